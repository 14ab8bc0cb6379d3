"""FHIR in XML says what the JSON says: there and back, and what is no FHIR is refused.

https://hl7.org/fhir/R5/xml.html
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import fhir_examples
import msgspec
import pytest
from click.testing import CliRunner
from corpus import ALL, records
from fhir.resources import get_fhir_model_class

import trialbridge
from trialbridge.cli.commands import convert
from trialbridge.formats.laid_out import laid_out
from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Version
from trialbridge.schemas.fhir.xml import form as xml_form

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXACT = msgspec.json.Decoder(float_hook=Decimal)
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def exact(data: bytes) -> Any:
    """JSON with each decimal by its digits: 1.0 is not 1.00."""

    def by_digits(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: by_digits(value) for key, value in node.items()}
        if isinstance(node, list):
            return [by_digits(value) for value in node]
        return ("decimal", str(node)) if isinstance(node, Decimal) else node

    return by_digits(EXACT.decode(data))


def there_and_back(data: bytes, version: Version) -> None:
    written = xml_form.to_xml(data, version)
    assert exact(xml_form.to_json(written, version)) == exact(data)


# --- laws ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_json_to_xml_to_json_is_the_same(version: Version) -> None:
    for path in sorted(EXAMPLES.glob(f"*.fhir-{version}.json")):
        there_and_back(path.read_bytes(), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_json_to_xml_to_json_is_the_same_over_the_corpus(version: Version) -> None:
    for record in records()[:: 1 if ALL else 200]:
        trial = trialbridge.read(record)
        there_and_back(trialbridge.write(trial, f"fhir-{version}", validate=False), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_record_comes_back_and_the_version_is_told(version: Version) -> None:
    name = f"fhir-{version}-xml"
    for path in sorted(EXAMPLES.glob("*.ctgov.json")):
        data = trialbridge.convert(path, name)
        assert trialbridge.recognise(data).name == name
        assert trialbridge.diff(path, data) == []
        assert [p for p in trialbridge.validate(data) if p.severity in ("fatal", "error")] == []


def test_what_fhir_resources_writes_is_read_and_what_we_write_it_reads() -> None:
    data = (EXAMPLES / "NCT99900001.fhir-r5.json").read_bytes()
    for entry in json.loads(data)["entry"]:
        resource = entry["resource"]
        model = get_fhir_model_class(resource["resourceType"])
        theirs = model.model_validate(resource)
        assert json.loads(xml_form.to_json(theirs.model_dump_xml(), "r5")) == resource
        ours = xml_form.to_xml(json.dumps(resource).encode(), "r5")
        assert model.model_validate_xml(ours) == theirs


@pytest.mark.parametrize("version", ["r5", "r4"])
def test_the_examples_of_the_standard_come_back(version: Version) -> None:
    """With FHIR_R5_EXAMPLES naming the folder of the package hl7.fhir.r5.examples, or R4's."""
    for path in fhir_examples.paths(version):
        # Larger ones are over the limit of elements of an XML document.
        if path.stat().st_size < 5_000_000 and b'"resourceType"' in path.read_bytes()[:200]:
            there_and_back(path.read_bytes(), version)


# --- the form -----------------------------------------------------------------------------------

STUDY = {
    "text": {"div": f"{DIV}A &lt; B&#160;<b>c</b> <i>d</i><br/></div>", "status": "generated"},
    "contained": [{"id": "o", "resourceType": "Organization", "name": "Höfe & Söhne"}],
    "status": "active",
    "_title": {"extension": [{"valueBoolean": False, "url": "http://a.example/x"}]},
    "resourceType": "ResearchStudy",
    "id": "s",
    "title": 'Tea\n"green"',
    "recruitment": {"targetNumber": 12, "_targetNumber": {"id": "n"}},
    "extension": [
        {"url": "http://a.example/y", "valueDecimal": 1.5},
        {"url": "http://a.example/z", "extension": [{"url": "p", "valueAge": {"value": 2}}]},
    ],
}
WRITTEN = f"""\
{HEAD}<ResearchStudy xmlns="http://hl7.org/fhir">\
<id value="s"/>\
<text><status value="generated"/>{DIV}A &lt; B&#160;<b>c</b> <i>d</i><br/></div></text>\
<contained><Organization><id value="o"/><name value="Höfe &amp; Söhne"/></Organization></contained>\
<extension url="http://a.example/y"><valueDecimal value="1.50"/></extension>\
<extension url="http://a.example/z"><extension url="p"><valueAge><value value="2"/></valueAge>\
</extension></extension>\
<title value="Tea&#10;&quot;green&quot;">\
<extension url="http://a.example/x"><valueBoolean value="false"/></extension></title>\
<status value="active"/>\
<recruitment><targetNumber id="n" value="12"/></recruitment>\
</ResearchStudy>"""


def test_elements_are_in_the_order_of_the_definitions_and_nothing_is_lost() -> None:
    data = json.dumps(STUDY).replace("1.5}", "1.50}").encode()
    assert xml_form.to_xml(data, "r5").decode() == WRITTEN
    assert exact(xml_form.to_json(WRITTEN.encode(), "r5")) == exact(data)


@pytest.mark.parametrize(
    "digits", ["0.10", "1.00", "100", "-0.0010", "1.0E+2", "12345678901234.50"]
)
def test_decimals_keep_their_digits(digits: str) -> None:
    data = b'{"resourceType":"Observation","valueQuantity":{"value":%b}}' % digits.encode()
    assert xml_form.to_json(xml_form.to_xml(data, "r5"), "r5") == data


@pytest.mark.parametrize(
    "name",
    [
        {"given": ["A", "B"]},
        {"given": ["A", None, "C"], "_given": [None, {"id": "b"}, {"id": "c"}]},
        {"given": [None, "B"], "_given": [{"id": "a"}, None]},
        {"_given": [{"id": "a"}]},
        {"_family": {"extension": [{"url": "http://a.example/x", "valueCode": "y"}]}},
    ],
)
def test_what_stands_beside_primitives_stays_at_its_place(name: dict[str, Any]) -> None:
    there_and_back(json.dumps({"resourceType": "Patient", "name": [name]}).encode(), "r4")


def test_entities_of_html_become_characters_which_xml_has_without_a_doctype() -> None:
    narrative = {"status": "additional", "div": f"{DIV}a&nbsp;b &amp; c</div>"}
    written = xml_form.write({"resourceType": "Patient", "text": narrative}, "r5")
    assert f"{DIV}a&#160;b &amp; c</div>".encode() in written


def test_a_narrative_whose_namespace_stands_above_it_is_made_whole() -> None:
    document = (
        '<Patient xmlns="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><text>'
        '<status value="generated"/><h:div><!-- <div> --><h:p>x</h:p></h:div></text></Patient>'
    )
    text = xml_form.read(document.encode(), "r5")["text"]
    assert text["div"].startswith("<h:div ")
    assert 'xmlns:h="http://www.w3.org/1999/xhtml"' in text["div"]


def test_divs_in_divs_and_in_comments_belong_to_their_narrative() -> None:
    inner = f"{DIV}<!-- </div> --><div class='a>b'>x</div><![CDATA[<div>]]></div>"
    other = f"{DIV}y</div>"
    entries = "".join(
        f'<entry><resource><Patient><text><status value="generated"/>{div}</text></Patient>'
        "</resource></entry>"
        for div in (inner, other)
    )
    tree = xml_form.read(
        f'<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/>{entries}</Bundle>'.encode(),
        "r5",
    )
    assert [entry["resource"]["text"]["div"] for entry in tree["entry"]] == [inner, other]


# --- what is no FHIR in XML ---------------------------------------------------------------------


def patient(inner: str, head: str = "") -> bytes:
    return f'{head}<Patient xmlns="http://hl7.org/fhir">\n{inner}</Patient>'.encode()


REFUSED = {
    "an entity": (
        patient("&x;", '<!DOCTYPE Patient [<!ENTITY x "y">]>'),
        "line 1",
        "a DOCTYPE is not read, as it may declare entities or name files, expected none",
    ),
    "a file": (
        patient("&x;", '<!DOCTYPE Patient [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "line 1",
        "a DOCTYPE is not read, as it may declare entities or name files, expected none",
    ),
    "another namespace": (
        patient('<id xmlns="http://a.example/" value="x"/>'),
        "line 2",
        "<id> is of namespace 'http://a.example/', expected 'http://hl7.org/fhir'",
    ),
    "a text": (
        patient("<id>x</id>"),
        "line 2",
        '<id> has a text, expected an attribute value="..."',
    ),
    "two in one": (
        patient("<contained><Group/><Group/></contained>"),
        "line 2",
        "2 elements in <contained>, expected one resource",
    ),
    "a document that breaks off": (
        patient("")[: -len("</Patient>")],
        "line 2",
        "the document ends before </Patient>: <Patient> of line 1 is not closed",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_fhir_in_xml_is_refused_with_its_line(name: str) -> None:
    data, place, message = REFUSED[name]
    with pytest.raises(trialbridge.ReadError) as refused:
        trialbridge.read(data, format="fhir-r5-xml")
    (problem,) = refused.value.problems
    assert problem.path == place
    assert problem.message.startswith(message)
    assert trialbridge.validate(data, format="fhir-r5-xml") == [problem]


def test_what_the_definitions_do_not_have_is_told_by_the_check() -> None:
    data = patient('<colour value="blue"/><active value="maybe"/><id value="x"/><id value="y"/>')
    told = {
        f"{problem.path}: {problem.message}"
        for problem in trialbridge.validate(data, format="fhir-r5-xml")
        if problem.severity == "error"
    }
    assert {place.partition(":")[0] for place in told} == {
        "Patient.colour",
        "Patient.active",
        "Patient.id",
    }


def test_nesting_without_an_end_is_refused() -> None:
    deep = patient("<extension>" * 200 + "</extension>" * 200)
    assert [p.code for p in trialbridge.validate(deep, format="fhir-r5-xml")] == ["depth"]


def test_r6_in_xml_is_refused_by_name() -> None:
    data = (
        b'<Bundle xmlns="http://hl7.org/fhir"><meta><profile value="http://hl7.org/fhir/'
        b'StructureDefinition/Bundle|6.0.0-ballot3"/></meta></Bundle>'
    )
    with pytest.raises(trialbridge.ReadError, match=r"R6 .a ballot. in XML, which is not read"):
        trialbridge.recognise(data)


def test_a_character_that_xml_has_no_form_for_is_an_error_with_its_place() -> None:
    title = {"nctId": "NCT00000001", "briefTitle": "Tea\x01"}
    trial = trialbridge.read({"protocolSection": {"identificationModule": title}})
    with pytest.raises(trialbridge.Invalid) as refused:
        trialbridge.write(trial, "fhir-r5-xml", validate=False)
    assert str(refused.value) == (
        "error: Bundle.entry.resource.ResearchStudy.title: XML has no form for the character U+0001"
    )


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"resourceType": "Tree"}, "the document: 'Tree' is no type of resource"),
        ({"resourceType": "Patient", "leaf": 1}, "Patient.leaf: Patient has no such element"),
        ({"resourceType": "Patient", "name": [1]}, "Patient.name: expected an object"),
        ({"resourceType": "Patient", "active": {}}, "Patient.active: expected a value, found dict"),
        (
            {"resourceType": "Patient", "text": {"div": "<p/>"}},
            'Patient.text.div: expected <div xmlns="http://www.w3.org/1999/xhtml">',
        ),
    ],
)
def test_what_has_no_form_in_xml_is_told(tree: dict[str, Any], said: str) -> None:
    with pytest.raises(xml_form.Unwritten) as refused:
        xml_form.write(tree, "r5")
    assert str(refused.value) == said


# --- the commands -------------------------------------------------------------------------------


def test_what_is_laid_out_keeps_the_narrative(tmp_path: Path) -> None:
    (known,) = (each for each in trialbridge.FORMATS if each.name == "fhir-r5-xml")
    written = WRITTEN.replace("&#160;", "\u00a0").encode()
    assert xml_form.read(laid_out(written, known, 2), "r5") == xml_form.read(written, "r5")
    output = tmp_path / "study.fhir-r5.xml"
    command = [str(EXAMPLES / "NCT99900001.txt"), "--to", "fhir-xml", "-o", str(output)]
    assert CliRunner().invoke(convert, command).exit_code == 0
    text = output.read_text()
    assert '\n  <entry>\n    <fullUrl value="' in text
    assert trialbridge.diff(EXAMPLES / "NCT99900001.txt", output) == []


def test_an_output_that_ends_in_xml_is_odm_unless_fhir_is_named(tmp_path: Path) -> None:
    for name, format in (("a.xml", "odm-2.0"), ("a.fhir-r4-xml.xml", "fhir-r4-xml")):
        output = tmp_path / name
        result = CliRunner().invoke(convert, [str(EXAMPLES / "NCT99900001.txt"), "-o", str(output)])
        assert result.exit_code == 0, result.output
        assert trialbridge.recognise(output).name == format
