"""The model: its leaves, its helpers, and that nothing is lost between JSON and its structs."""

# ruff: noqa: E501 (an exact message stands on one line)

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from corpus import records
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect
from strategies import foreign_trees, json_values, studies, trials

from trialbridge.formats import trial as trial_format
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.schemas import json_schema, trial
from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.syntax.decode import decode, parse_object, put_back, restore
from trialbridge.schemas.syntax.pointer import (
    ABSENT,
    Difference,
    differences,
    escape,
    get,
    put,
    sort_key,
    steps,
    walk,
)
from trialbridge.schemas.trial import Quantity, Study, Trial, age, age_text, precision


def canonical(tree: Any) -> str:
    """JSON with sorted keys: 1, 1.0 and true are three things, order of members is none."""
    return json.dumps(tree, sort_keys=True)


def refusal(data: bytes, type_: type[msgspec.Struct] = Study) -> list[str]:
    with pytest.raises(ReadError) as caught:
        decode(data, type_)
    return [str(problem) for problem in caught.value.problems]


# --------------------------------------------------------------------------------------- the model


def leaves(info: inspect.Type, at: str = "") -> Iterator[str]:
    """Paths to what holds no object: a struct used in two places has its leaves twice."""
    match info:
        case inspect.UnionType():
            yield from leaves(info.types[0], at)
        case inspect.Metadata():
            yield from leaves(info.type, at)
        case inspect.ListType():
            yield from leaves(info.item_type, at)
        case inspect.StructType():
            for field in info.fields:
                yield from leaves(field.type, f"{at}.{field.encode_name}".lstrip("."))
        case _:
            yield at


def test_the_model_has_the_344_leaves_of_the_data_dictionary() -> None:
    """Counted as the registry's OpenAPI file does.

    So `geoPoint` is two leaves (`lat`, `lon`), and `dropWithdraws.reasons.numUnits` is one, since
    reasons share `FlowStats` with achievements; the registry's table of fields has neither.
    """
    paths = list(leaves(inspect.type_info(Study)))
    assert len(paths) == len(set(paths)) == 344
    sections = {section: sum(path.startswith(section) for path in paths) for section in (
        "protocolSection.", "resultsSection.", "annotationSection.", "documentSection.",
        "derivedSection.", "hasResults",
    )}  # fmt: skip
    assert sections == {
        "protocolSection.": 152,
        "resultsSection.": 141,
        "annotationSection.": 10,
        "documentSection.": 10,
        "derivedSection.": 30,
        "hasResults": 1,
    }


def test_every_struct_says_what_it_is() -> None:
    structs = [
        value
        for value in vars(trial).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value is not msgspec.Struct
    ]
    assert len(structs) == 88
    assert [struct.__name__ for struct in structs if not struct.__doc__] == []
    assert all(
        struct.__struct_config__.frozen and struct.__struct_config__.forbid_unknown_fields
        for struct in structs
    )


@given(st.integers(0, 10**6), st.sampled_from(trial.AgeUnit.__args__))
def test_age_and_age_text_are_inverse(value: int, unit: trial.AgeUnit) -> None:
    assert age(age_text(value, unit)) == (value, unit)
    document = {"minimumAge": age_text(value, unit)}
    assert msgspec.convert(document, trial.EligibilityModule).minimum_age == age_text(value, unit)


def test_age_gives_value_and_unit() -> None:
    assert age("18 Years") == Quantity(18, "Year")
    assert age("1 Month") == Quantity(1, "Month")


@pytest.mark.parametrize(
    "text", ["", "18", "1 Years", "2 Year", "018 Years", "٣ Years", "N/A", "1 Day\n"]
)
def test_age_has_one_text_for_each_value(text: str) -> None:
    with pytest.raises(ValueError, match="is not an age"):
        age(text)
    _, unmapped, _ = decode(document(minimumAge=text), Study)
    assert unmapped == {"/protocolSection/eligibilityModule/minimumAge": text}


def test_precision_of_partial_dates() -> None:
    assert [precision(date) for date in ("2024", "2024-03", "2024-03-01")] == [
        "year",
        "month",
        "day",
    ]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("2024", "24"),
        ("2024-12", "2024-13"),
        ("2024-02-29", "2023-02-29"),
        ("2000-02-29", "1900-02-29"),
        ("2024-04-30", "2024-04-31"),
        ("0001-01-01", "0000-01-01"),
        ("2024-01-01", "2024-01-01\n"),
        ("2024-01-01", "2024-01-01T00:00"),
        ("2024-01-01", "٢٠٢٤-01-01"),
    ],
)  # fmt: skip
def test_only_days_of_the_calendar_are_dates(good: str, bad: str) -> None:
    assert msgspec.convert({"date": good}, trial.PartialDateStruct).date == good
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"date": bad}, trial.PartialDateStruct)


# -------------------------------------------------------------------------------- the JSON Schema


def test_the_json_schema_is_current() -> None:
    command = [sys.executable, "-m", "trialbridge.schemas.json_schema", "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_an_old_json_schema_is_told(tmp_path: Any, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(json_schema, "PATH", tmp_path / "trial.schema.json")
    assert json_schema.main(["--check"]) == 1
    assert capsys.readouterr().err == (
        "trial.schema.json is not current: python -m trialbridge.schemas.json_schema\n"
    )
    assert json_schema.main([]) == 0
    assert json_schema.main(["--check"]) == 0


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(json_schema.PATH.read_bytes()))


def test_the_json_schema_describes_fields(schema: Any) -> None:
    defs = json_schema.build()["$defs"]
    assert defs["LargeDoc"]["properties"]["size"] == {"type": "integer", "description": "Bytes."}
    assert defs["EnrollmentInfo"]["description"] == (
        "How many participants there are.\n\n"
        "https://clinicaltrials.gov/data-api/about-api/study-data-structure#EnrollmentInfo"
    )
    assert "null" not in json.dumps(json_schema.build())


@given(record=trials(unmapped=True))
def test_every_trial_is_valid_by_the_json_schema(schema: Any, record: Trial) -> None:
    assert [
        error.message for error in schema.iter_errors(json.loads(trial_format.write(record)[0]))
    ] == []


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"trialbridge": "2"},
        {"trialbridge": "1", "hasResults": None},
        {"trialbridge": "1", "other": 1},
        {"trialbridge": "1", "page": {"relatedTrials": [{"status": "NO_SUCH_CODE"}]}},
        {"trialbridge": "1", "derivedSection": {"miscInfoModule": {"versionHolder": "2023-02-29"}}},
    ],
)  # fmt: skip
def test_the_json_schema_refuses(schema: Any, tree: Any) -> None:
    assert not schema.is_valid(tree)


def test_the_corpus_is_valid_by_the_json_schema(schema: Any) -> None:
    for line in records():
        written, _ = trial_format.write(ctgov.read(line)[0])
        assert schema.is_valid(json.loads(written)), line[:200]


# ----------------------------------------------------------------------------- the model's own JSON


@given(trials(unmapped=True, empty_texts=True))
def test_write_then_read_gives_the_trial_back(record: Trial) -> None:
    written, warnings = trial_format.write(record)
    back, problems = trial_format.read(written)
    assert (back, warnings, problems) == (record, [], [])
    assert trial_format.write(back)[0] == written


def test_the_corpus_through_the_models_own_json() -> None:
    for line in records():
        record, _ = ctgov.read(line)
        written, _ = trial_format.write(record)
        assert written.startswith(b'{"trialbridge":"1",')
        assert trial_format.read(written) == (record, [])


def test_equal_trials_give_the_same_bytes() -> None:
    one = Trial(unmapped={"/a": {"x": 1, "y": 2}, "/b": 1})
    other = Trial(unmapped={"/b": 1, "/a": {"y": 2, "x": 1}})
    assert trial_format.write(one) == trial_format.write(other)


def test_an_empty_unmapped_stays() -> None:
    assert trial_format.read(b'{"trialbridge":"1","unmapped":{}}')[0] == Trial(unmapped={})


def test_unknown_keys_of_the_models_own_json_join_the_unmapped() -> None:
    record, problems = trial_format.read(
        b'{"trialbridge":"1","protocolSection":{"designModule":{"phases":["PHASE1","PHASE8"]}},'
        b'"page":{"colour":"red"},"new":null,'
        b'"unmapped":{"/protocolSection/designModule/phases/1":"PHASE9","/hasResults":true}}'
    )
    # PHASE9 came first. What the model knows comes to its place.
    assert record.unmapped == {
        "/protocolSection/designModule/phases/1": "PHASE9",
        "/protocolSection/designModule/phases/2": "PHASE8",
        "/new": None,
        "/page/colour": "red",
    }
    assert record.has_results is True
    assert [problem.path for problem in problems] == [
        "/protocolSection/designModule/phases/2",
        "/new",
        "/page/colour",
    ]


def test_an_unmapped_value_without_a_place_makes_it_and_says_so() -> None:
    record, problems = trial_format.read(b'{"trialbridge":"1","unmapped":{"/documentSection/x":1}}')
    assert record == Trial(documents=trial.DocumentSection(), unmapped={"/documentSection/x": 1})
    assert [str(problem) for problem in problems] == [
        "warning: /documentSection/x: 'documentSection' was gone, and is made again to hold this"
    ]


VERSION = "fatal: /trialbridge: "


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        (b"{}", [VERSION + 'required, but absent: expected "trialbridge": "1"']),
        (b'{"trialbridge":1}', [VERSION + '1 is not a version of the model: expected "trialbridge": "1"']),
        (b'{"trialbridge":"0"}', [VERSION + '"0" is not a version of the model: expected "trialbridge": "1"']),
        (b'{"trialbridge":"12"}', [VERSION + "version 12 of the model is newer than this program, which reads up to 1: install a newer trialbridge"]),
        (b'{"trialbridge":"1","unmapped":[]}', ["fatal: /unmapped: expected an object, JSON pointer to value"]),
        (b'{"trialbridge":"1","unmapped":{"a":1}}', ["fatal: /unmapped: 'a' is not a JSON pointer (RFC 6901)"]),
        (b'{"trialbridge":"1","hasResults":true,"unmapped":{"/hasResults":1}}', ["error: /unmapped/~1hasResults: something else stands there by now: left out of the record"]),
        (b'{"trialbridge":"1","hasResults":1,"page":{"countries":"Iran"}}', ["error: /hasResults: 1 is not true or false", "error: /page/countries: 'Iran' is not a list"]),
        (b'{"trialbridge":"1","page":null}', ["error: /page: null is not an object"]),
        (b'{"trialbridge":"1",', ["fatal: line 1, column 20: the JSON breaks off: a value, a quote or a bracket is missing at the end"]),
        (b"[]", ["fatal: line 1, column 1: the source is a list, expected one record: an object"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_models_own_json(data: bytes, messages: list[str]) -> None:
    with pytest.raises(ReadError) as caught:
        trial_format.read(data)
    assert [str(problem) for problem in caught.value.problems] == messages


# ------------------------------------------------------------------------------ decode and restore


def document(**eligibility: Any) -> bytes:
    return json.dumps({"protocolSection": {"eligibilityModule": eligibility}}).encode()


@given(studies().flatmap(foreign_trees))
def test_restore_gives_back_what_decode_took_out(tree: dict[str, Any]) -> None:
    study, unmapped, warnings = decode(json.dumps(tree).encode(), Study)
    assert [warning.path for warning in warnings] == list(unmapped)
    assert canonical(restore(msgspec.to_builtins(study), unmapped)) == canonical(tree)


@given(studies(empty_texts=True))
def test_what_the_model_knows_is_decoded_without_a_warning(study: Study) -> None:
    data = msgspec.json.encode(study)
    assert decode(data, Study) == (study, {}, [])
    # The checked way gives the same.
    assert (
        decode(data[:-1] + b', "null": 0}' if study != Study() else b'{"null": 0}', Study)[0]
        == study
    )


@given(json_values)
def test_any_json_is_read_or_refused_and_never_lost(value: Any) -> None:
    tree = {"protocolSection": value, "other": value}
    try:
        study, unmapped, _ = decode(json.dumps(tree).encode(), Study)
    except ReadError:
        assert value is not None
    else:
        assert canonical(restore(msgspec.to_builtins(study), unmapped)) == canonical(tree)


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(ReadError):
        decode(data, Study)


def test_each_thing_that_the_model_does_not_know_is_told() -> None:
    study, unmapped, warnings = decode(
        json.dumps(
            {
                "protocolSection": {
                    "statusModule": {
                        "overallStatus": "PAUSED",
                        "whyStopped": None,
                        "a/b~c": [1, None],
                    },
                    "designModule": {"phases": ["PHASE1", None, "PHASE9", "PHASE2"]},
                    "eligibilityModule": {"minimumAge": "eighteen"},
                    "contactsLocationsModule": {
                        "locations": [{"geoPoint": {"lat": 1.5, "lon": None}}]
                    },
                }
            }
        ).encode(),
        Study,
    )
    assert unmapped == {
        "/protocolSection/statusModule/overallStatus": "PAUSED",
        "/protocolSection/statusModule/whyStopped": None,
        "/protocolSection/statusModule/a~1b~0c": [1, None],
        "/protocolSection/designModule/phases/1": None,
        "/protocolSection/designModule/phases/2": "PHASE9",
        "/protocolSection/eligibilityModule/minimumAge": "eighteen",
        "/protocolSection/contactsLocationsModule/locations/0/geoPoint": {"lat": 1.5, "lon": None},
    }
    assert study.protocol is not None
    assert study.protocol.design == trial.DesignModule(phases=["PHASE1", "PHASE2"])
    assert [str(warning) for warning in warnings] == [
        "warning: /protocolSection/statusModule/overallStatus: 'PAUSED' is not a code that the model "
        "knows (ACTIVE_NOT_RECRUITING, APPROVED_FOR_MARKETING, AVAILABLE, COMPLETED, "
        "ENROLLING_BY_INVITATION, NOT_YET_RECRUITING, NO_LONGER_AVAILABLE, RECRUITING, SUSPENDED, "
        "TEMPORARILY_NOT_AVAILABLE, TERMINATED, UNKNOWN, WITHDRAWN, WITHHELD): kept in unmapped",
        "warning: /protocolSection/statusModule/whyStopped: an explicit null: kept in unmapped",
        "warning: /protocolSection/statusModule/a~1b~0c: the model has no 'a/b~c' here: kept in unmapped",
        "warning: /protocolSection/designModule/phases/1: an explicit null: kept in unmapped",
        "warning: /protocolSection/designModule/phases/2: 'PHASE9' is not a code that the model "
        "knows (EARLY_PHASE1, NA, PHASE1, PHASE2, PHASE3, PHASE4): kept in unmapped",
        "warning: /protocolSection/eligibilityModule/minimumAge: 'eighteen' is not an age "
        "(such as 18 Years or 1 Month): kept in unmapped",
        "warning: /protocolSection/contactsLocationsModule/locations/0/geoPoint: lon required, "
        "but absent: kept in unmapped",
    ]  # fmt: skip


def test_all_wrong_types_and_dates_are_told_at_once() -> None:
    assert refusal(
        json.dumps(
            {
                "protocolSection": {
                    "statusModule": {
                        "startDateStruct": {"date": "March 2024", "type": 7},
                        "studyFirstSubmitDate": "2023-02-29",
                        "lastUpdateSubmitDate": "2024-03",
                    },
                    "designModule": {"enrollmentInfo": {"count": "5"}, "phases": "PHASE1"},
                    "conditionsModule": ["Asthma"],
                    "descriptionModule": {"briefSummary": 1.5, "detailedDescription": "x" * 99},
                    "eligibilityModule": {"healthyVolunteers": "Yes", "minimumAge": 18, "extra": 1},
                },
                "documentSection": {"largeDocumentModule": {"largeDocs": [{"uploadDate": "2024"}]}},
            }
        ).encode()
    ) == [
        "error: /protocolSection/statusModule/startDateStruct/date: 'March 2024' is not a date (YYYY, YYYY-MM or YYYY-MM-DD)",
        "error: /protocolSection/statusModule/startDateStruct/type: 7 is not a code (a text)",
        "error: /protocolSection/statusModule/studyFirstSubmitDate: '2023-02-29' is not a date (YYYY-MM-DD)",
        "error: /protocolSection/statusModule/lastUpdateSubmitDate: '2024-03' is not a date (YYYY-MM-DD)",
        "error: /protocolSection/designModule/enrollmentInfo/count: '5' is not a whole number",
        "error: /protocolSection/designModule/phases: 'PHASE1' is not a list",
        "error: /protocolSection/conditionsModule: a list is not an object",
        "error: /protocolSection/descriptionModule/briefSummary: 1.5 is not a text",
        "error: /protocolSection/eligibilityModule/healthyVolunteers: 'Yes' is not true or false",
        "error: /protocolSection/eligibilityModule/minimumAge: 18 is not an age (such as 18 Years or 1 Month)",
        "error: /documentSection/largeDocumentModule/largeDocs/0/uploadDate: '2024' is not a date and time (YYYY-MM-DDThh:mm)",
    ]  # fmt: skip


def test_numbers_come_back_as_they_were() -> None:
    text = '{"other": [0, -0.0, 1.0, 1, 1e22, 5e-324, 0.1, 18446744073709551616, -9223372036854775809, true]}'
    study, unmapped, _ = decode(text.encode(), Study)
    back = msgspec.json.encode(restore(msgspec.to_builtins(study), unmapped))
    assert canonical(json.loads(back)) == canonical(json.loads(text))


def test_a_whole_number_may_be_written_as_a_float() -> None:
    study, unmapped, warnings = decode(
        b'{"protocolSection":{"designModule":{"enrollmentInfo":{"count":5.0}}}}', Study
    )
    assert study.protocol.design.enrollment_info.count == 5  # type: ignore[union-attr]
    assert not unmapped
    assert not warnings


def test_a_byte_order_mark_is_no_content() -> None:
    assert decode(b'\xef\xbb\xbf{"hasResults": true}', Study)[0] == Study(has_results=True)
    assert parse_object(b"\xef\xbb\xbf{}") == {}


def test_what_a_value_stood_in_is_made_again() -> None:
    tree: dict[str, Any] = {"protocolSection": {"designModule": {"phases": []}}, "hasResults": True}
    unmapped = {
        "/protocolSection/designModule/phases/3": "PHASE9",
        "/protocolSection/contactsLocationsModule/locations/10/x": 10,
        "/protocolSection/contactsLocationsModule/locations/2/x": 2,
        "/hasResults": None,
        "/hasResults/x": 1,
    }
    problems = put_back(tree, unmapped)
    assert tree == {
        "protocolSection": {
            "designModule": {"phases": ["PHASE9"]},
            "contactsLocationsModule": {"locations": [{"x": 2}, {"x": 10}]},
        },
        "hasResults": True,
    }
    assert [str(problem) for problem in problems] == [
        "warning: /hasResults: something else stands there by now: left out of the record",
        "warning: /hasResults/x: something else stands there by now: left out of the record",
        "warning: /protocolSection/contactsLocationsModule/locations/2/x: "
        "'contactsLocationsModule' was gone, and is made again to hold this",
        "warning: /protocolSection/contactsLocationsModule/locations/10/x: "
        "'10' was gone, and is made again to hold this",
    ]


def test_restoring_leaves_the_unmapped_values_alone() -> None:
    unmapped: dict[str, Any] = {"/a": {}, "/a/b": 1}
    assert restore({}, unmapped) == {"a": {"b": 1}}
    assert unmapped == {"/a": {}, "/a/b": 1}


# ------------------------------------------------------------------------------------ JSON pointers


@given(json_values)
def test_get_finds_each_leaf_that_walk_gives(tree: Any) -> None:
    for pointer, value in walk(tree):
        assert get(tree, pointer) is value
        assert "".join(f"/{escape(step)}" for step in steps(pointer)) == pointer


@given(json_values, json_values)
def test_differences_are_none_only_between_the_same(before: Any, after: Any) -> None:
    assert differences(before, before) == []
    same = canonical(before) == canonical(after)
    assert bool(differences(before, after)) is not same or before == after


@pytest.mark.parametrize("pointer", ["a", "/~", "/~2", "/a~"])
def test_what_is_no_pointer_is_told(pointer: str) -> None:
    with pytest.raises(ValueError, match="is not a JSON pointer"):
        steps(pointer)


def test_put_sets_members_and_inserts_items() -> None:
    tree: dict[str, Any] = {"a": [1, 3], "b": {}}
    put(tree, "/a/1", 2)
    put(tree, "/a/-", 4)
    put(tree, "/b/x~1y", None)
    put(tree, "/b/0", 1)
    assert tree == {"a": [1, 2, 3, 4], "b": {"x/y": None, "0": 1}}
    for pointer in ("/a/5", "/a/01", "/a/x", "/c/d", "/a/0/x"):
        with pytest.raises(LookupError):
            put(tree, pointer, 0)
    with pytest.raises(ValueError, match="the root"):
        put(tree, "", 0)
    with pytest.raises(LookupError, match="there is no 'd' in /c/d"):
        get({"c": {}}, "/c/d")


def test_pointers_sort_by_index() -> None:
    pointers = ["/a/10", "/a/2", "/a", "/a/2/b", "/a/b"]
    assert sorted(pointers, key=sort_key) == ["/a", "/a/2", "/a/2/b", "/a/10", "/a/b"]


def test_differences_between_trees() -> None:
    before = {"a": 1, "b": [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}], "c": {"x/y": None}, "t": 1}
    after = {"a": 1.0, "b": [{"n": 1}, {"n": 3}, {"n": 5, "m": []}], "c": {"z": 0}, "t": True}
    found = differences(before, after)
    assert found == [
        Difference("/b/1", {"n": 2}, ABSENT),
        Difference("/b/3/n", 4, 5),
        Difference("/b/2/m", ABSENT, []),
        Difference("/c/x~1y", None, ABSENT),
        Difference("/c/z", ABSENT, 0),
        Difference("/t", 1, True),
    ]
    assert [str(difference) for difference in found[:3]] == [
        '/b/1: {"n":2} -> (absent)',
        "/b/3/n: 4 -> 5",
        "/b/2/m: (absent) -> []",
    ]


def test_one_item_removed_from_many_is_one_difference() -> None:
    sites = [{"facility": f"Site {n}"} for n in range(5000)]
    assert differences(sites, sites[:2500] + sites[2501:]) == [
        Difference("/2500", {"facility": "Site 2500"}, ABSENT)
    ]


def test_differences_between_structs() -> None:
    before = Trial(has_results=True, documents=trial.DocumentSection())
    assert differences(before, Trial(has_results=False)) == [
        Difference("/documentSection", {}, ABSENT),
        Difference("/hasResults", True, False),
    ]
