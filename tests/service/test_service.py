"""The service as its clients see it: what is asked for, what is answered, what is refused."""

import base64
import gzip
import json
from pathlib import Path

import pytest
from service import Service

import trialbridge
from trialbridge.formats import FORMATS
from trialbridge.schemas.problem import Problem
from trialbridge.service.asking import OPTION_TYPES, PARAMETERS
from trialbridge.service.processes.first import FIRST

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TEXT = (EXAMPLES / "NCT99900001.txt").read_bytes()
FHIR = (EXAMPLES / "NCT99900001.fhir-r5.json").read_bytes()
ODM = (EXAMPLES / "NCT99900001.odm-2.0.xml").read_bytes()
RECORD = json.dumps(
    {"protocolSection": {"identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea"}}}
).encode()
FHIR_JSON = "application/fhir+json"


@pytest.mark.parametrize(
    ("to", "media"),
    [
        ("text", "text/plain; charset=utf-8"),
        ("ctgov", "application/json"),
        ("ctgov-csv", "text/csv; charset=utf-8"),
        ("fhir-r5", "application/fhir+json; fhirVersion=5.0"),
        ("fhir-r4", "application/fhir+json; fhirVersion=4.0"),
        ("fhir-r4b-xml", "application/fhir+xml; fhirVersion=4.3"),
        ("odm", "application/xml"),
    ],
)
def test_a_record_is_converted_to_the_bytes_that_the_library_gives(
    service: Service, to: str, media: str
) -> None:
    answer = service.http.post("/convert", params={"to": to}, content=TEXT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media
    assert answer.headers["trialbridge-from"] == "text"
    assert answer.content == trialbridge.convert(TEXT, to)


def test_options_of_the_format_are_parameters(service: Service) -> None:
    query = {"to": "fhir", "bundle": "transaction", "narrative": "true", "indent": "2"}
    answer = service.http.post("/convert", params=query, content=TEXT)
    assert answer.status_code == 200
    assert answer.text.startswith('{\n  "resourceType": "Bundle",\n  "type": "transaction"')
    assert answer.json()["entry"][0]["resource"]["text"]["status"] == "generated"


def test_an_option_that_must_be_given_is_asked_for(service: Service) -> None:
    answer = service.http.post("/convert", params={"to": "prs"}, content=TEXT)
    assert answer.status_code == 400
    assert "option org_name is missing, expected org_name=...: it is the name" in answer.text
    query = {"to": "prs", "org_name": "NorrlandU"}
    answer = service.http.post("/convert", params=query, content=TEXT)
    assert answer.status_code == 200
    assert b"<org_name>NorrlandU</org_name>" in answer.content


def test_a_report_has_the_document_and_the_warnings_with_their_places(service: Service) -> None:
    record = b'{\n  "protocolSection": {\n    "teaModule": 1\n  }\n}'
    query = {"to": "ctgov", "report": "true", "validate": "false"}
    answer = service.http.post("/convert", params=query, content=record)
    assert answer.status_code == 200
    report = answer.json()
    assert (report["from"], report["to"]) == ("ctgov", "ctgov")
    assert report["mediaType"] == "application/json"
    assert json.loads(report["document"]) == {"protocolSection": {"teaModule": 1}}
    places = {problem["path"]: problem.get("line") for problem in report["problems"]}
    assert places["/protocolSection/teaModule"] == 3


def test_a_packed_format_is_taken_and_given_as_its_bytes(service: Service) -> None:
    packed = trialbridge.convert(TEXT, "sdtm")
    answer = service.http.post("/convert?to=sdtm", content=TEXT)
    assert (answer.headers["content-type"], answer.content) == ("application/zip", packed)
    report = service.http.post("/convert?to=sdtm&report=true", content=TEXT).json()
    assert report["encoding"] == "base64"
    assert base64.b64decode(report["document"]) == packed
    headers = {"Content-Type": "application/zip"}
    back = service.http.post("/convert?to=trial", content=packed, headers=headers)
    assert back.content == trialbridge.convert(packed, "trial")
    headers = {"Content-Type": "text/xml"}
    assert service.http.post("/validate", content=packed, headers=headers).status_code == 415
    query = {"to": "sdtm", "pointer": "/protocolSection/identificationModule/briefTitle"}
    located = service.http.post("/page/locate", params=query, content=TEXT)
    assert located.json()["lines"] == []


def test_accept_names_the_format_where_nothing_else_does(service: Service) -> None:
    accept = {"Accept": "application/fhir+xml; fhirVersion=4.0"}
    answer = service.http.post("/convert", content=TEXT, headers=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/fhir+xml; fhirVersion=4.0"
    assert answer.content == trialbridge.convert(TEXT, "fhir-r4-xml")


def test_problems_have_their_lines_and_come_as_the_client_wants_them(service: Service) -> None:
    broken = b'{"protocolSection": {"identificationModule":\n {"nctId": 1}}}'
    answer = service.http.post("/convert?to=fhir", content=broken)
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert problem["path"] == "/protocolSection/identificationModule/nctId"
    assert (problem["severity"], problem["line"], problem["column"]) == ("error", 2, 12)
    answer = service.http.post("/convert?to=fhir", content=broken, headers={"Accept": FHIR_JSON})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == FHIR_JSON
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    assert issue["details"]["text"] == problem["message"]
    assert {"valueInteger": 2}.items() <= issue["extension"][1].items()


REFUSED = [
    (400, "parameter", "/convert", {}, "parameter to is missing: the format to write, one of "),
    (400, "format", "/convert?to=fihr", {}, "parameter to: unknown format 'fihr', did you mean"),
    (400, "format", "/convert?to=fhir-r6", {}, "parameter to: fhir-r6 is not written"),
    (400, "format", "/convert?to=odm&from=odm-1", {}, "parameter from: unknown format 'odm-1'"),
    (400, "parameter", "/convert?to=fhir&tea=1", {}, "unknown parameter 'tea'; there are to, from"),
    (400, "option", "/convert?to=fhir&bundle=x", {}, "option bundle is 'x', expected collection"),
    (400, "parameter", "/convert?to=odm&to=odm", {}, "parameter 'to' is given twice"),
    (400, "parameter", "/convert?to=odm&indent=x", {}, "parameter indent is 'x', expected 0 to 8"),
    (400, "parameter", "/validate?tea=1", {}, "unknown parameter 'tea'; there are from"),
    (400, "parameter", "/convert?to=odm&report=x", {}, "parameter report is 'x', expected true or"),
    (406, "media-type", "/convert?to=odm", {"Accept": "image/png"}, "Accept takes none of "),
    (406, "media-type", "/fidelity?to=odm", {"Accept": "text/html"}, "Accept does not take"),
    (415, "media-type", "/convert?to=odm", {"Content-Type": "image/png"}, "Content-Type is 'im"),
    (415, "media-type", "/convert?to=odm", {"Content-Type": "text/xml"}, "Content-Type says xml"),
    (415, "charset", "/convert?to=odm", {"Content-Type": "text/plain; charset=zip"}, "charset is"),
    (415, "encoding", "/convert?to=odm", {"Content-Encoding": "br"}, "Content-Encoding is 'br'"),
    (400, "encoding", "/convert?to=odm", {"Content-Encoding": "gzip"}, "Content-Encoding is gzip"),
    (415, "media-type", "/diff", {"Content-Type": "text/xml"}, "expected application/json"),
    (400, "body", "/diff", {}, "the body: "),
    (404, "path", "/nothing", {}, "Not Found: GET /openapi.json lists what there is"),
]


@pytest.mark.parametrize(("status", "code", "path", "headers", "message"), REFUSED)
def test_a_request_is_refused_with_what_would_do(
    service: Service, status: int, code: str, path: str, headers: dict[str, str], message: str
) -> None:
    answer = service.http.post(path, content=TEXT, headers=headers)
    (problem,) = answer.json()["problems"]
    assert (answer.status_code, problem["code"]) == (status, code)
    assert problem["message"].startswith(message)


def test_a_method_that_there_is_not_is_refused(service: Service) -> None:
    answer = service.http.get("/convert")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_bodies_come_in_the_encodings_that_headers_say(service: Service) -> None:
    wanted = trialbridge.convert(TEXT, "ctgov")
    packed = service.http.post(
        "/convert?to=ctgov", content=gzip.compress(TEXT), headers={"Content-Encoding": "gzip"}
    )
    assert packed.content == wanted
    wide = TEXT.replace(b"velorastat", "vélorastat".encode())
    latin = service.http.post(
        "/convert?to=ctgov",
        content=wide.decode().encode("iso-8859-1"),
        headers={"Content-Type": "text/plain; charset=ISO-8859-1"},
    )
    assert latin.content == trialbridge.convert(wide, "ctgov")


def test_xml_that_declares_the_encoding_that_its_header_says_is_read_in_it(
    service: Service,
) -> None:
    wide = TEXT.replace(b"velorastat", "vélorastat".encode())
    document = trialbridge.convert(wide, "ctgov-xml").decode()
    assert 'encoding="UTF-8"' in document
    latin = service.http.post(
        "/convert?to=ctgov",
        content=document.replace("UTF-8", "ISO-8859-1", 1).encode(
            "iso-8859-1", "xmlcharrefreplace"
        ),
        headers={"Content-Type": "application/xml; charset=ISO-8859-1"},
    )
    assert latin.content == trialbridge.convert(document.encode(), "ctgov")


def test_validate_tells_what_is_wrong_and_is_no_error_itself(service: Service) -> None:
    fine = service.http.post("/validate", content=ODM).json()
    assert fine == {"format": "odm-2.0", "valid": True, "problems": []}
    tree = json.loads(FHIR)
    tree["entry"][0]["resource"]["status"] = "tea"
    answer = service.http.post("/validate", content=json.dumps(tree, indent=1))
    assert answer.status_code == 200
    found = answer.json()
    assert found["valid"] is False
    wrong = [problem for problem in found["problems"] if problem["severity"] == "error"]
    assert wrong[0]["path"].endswith("status")
    assert wrong[0]["line"] > 1
    headers = {"Accept": FHIR_JSON}
    outcome = service.http.post("/validate", content=ODM, headers=headers).json()
    assert outcome["issue"][0]["severity"] == "success"


def test_roundtrip_fidelity_and_coverage_say_what_the_library_says(service: Service) -> None:
    assert service.http.post("/roundtrip?via=odm", content=TEXT).json() == {
        "same": True,
        "differences": [],
    }
    lost = service.http.post("/roundtrip?via=ctgov", content=TEXT).json()
    assert [each["pointer"] for each in lost["differences"]] == [
        difference.pointer for difference in trialbridge.roundtrip(TEXT, "ctgov")
    ]
    fidelity = service.http.post("/fidelity?to=odm", content=TEXT).json()
    assert fidelity["counts"] == trialbridge.fidelity(TEXT, "odm").counts
    rows = service.http.get("/coverage/odm").json()["rows"]
    assert rows[0] == trialbridge.coverage("odm")[0]._asdict()
    read_only = service.http.get("/coverage/ictrp").json()
    assert (read_only["written"], read_only["totals"]["ours"]) == (False, 0)
    assert service.http.get("/coverage/tea").status_code == 404


def test_two_records_in_any_formats_are_compared(service: Service) -> None:
    same = {"before": TEXT.decode(), "after": json.loads(FHIR)}
    assert service.http.post("/diff", json=same).json() == {"same": True, "differences": []}
    after = RECORD.replace(b"Tea", b"Coffee").decode()
    pair = {"before": json.loads(RECORD), "after": after, "fromBefore": "ctgov"}
    assert service.http.post("/diff", json=pair).json()["differences"] == [
        {
            "pointer": "/protocolSection/identificationModule/briefTitle",
            "before": "Tea",
            "after": "Coffee",
        }
    ]
    wrong = service.http.post("/diff", json=pair | {"after": "tea"})
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["side"] == "after"


def test_what_there_is_is_listed(service: Service) -> None:
    names = [known["name"] for known in service.http.get("/formats").json()]
    assert names == [known.name for known in FORMATS]
    described = service.http.get("/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    for path in described["paths"]:
        assert service.http.options(path).status_code in (405, 404)
    assert service.http.get("/health").json()["status"] == "ready"


def test_metrics_count_what_was_done(service: Service) -> None:
    line = 'trialbridge_conversions_total{source="ctgov",to="trial"} '

    def count() -> int:
        text = service.http.get("/metrics").text
        found = [each for each in text.splitlines() if each.startswith(line)]
        return int(found[0].removeprefix(line)) if found else 0

    before = count()
    service.http.post("/convert?to=trial", content=RECORD)
    assert count() == before + 1


def test_no_option_of_a_format_is_hidden_by_a_parameter_or_names_a_file() -> None:
    for known in FORMATS:
        for option in known.options:
            assert option.name not in PARAMETERS["convert"], (known.name, option.name)
            assert option.type in OPTION_TYPES, (known.name, option.name)


def test_the_record_that_processes_begin_with_has_nothing_wrong() -> None:
    assert trialbridge.validate(FIRST) == []
    for name in ("fhir-r5", "odm-2.0"):
        warnings: list[Problem] = []
        trialbridge.convert(FIRST, name, format="ctgov", warnings=warnings)
        assert warnings == []
