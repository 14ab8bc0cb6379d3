"""What the library takes and gives: sources, warnings, options, structs, trials built by hand."""

import copy
import datetime
import io
import json
import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from format_names import asked

import trialbridge
from trialbridge import Invalid, Problem, ReadError, Trial, UnknownFormat, UnknownOption, model
from trialbridge.formats import written_formats
from trialbridge.formats.options import Option
from trialbridge.schemas import trial as structs
from trialbridge.schemas.built import faults

NAMES = {"nctId": "NCT00000001", "briefTitle": "Tea in Mild Fatigue"}
RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": NAMES,
        "statusModule": {"overallStatus": "COMPLETED"},
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Tea House"}},
        "conditionsModule": {"conditions": ["Fatigue"]},
        "designModule": {"phases": ["PHASE1", "PHASE2"]},
        "armsInterventionsModule": {
            "armGroups": [{"label": "Tea"}],
            "interventions": [{"type": "OTHER", "name": "Tea"}],
        },
        "contactsLocationsModule": {"locations": [{"city": "Bath", "country": "United Kingdom"}]},
    }
}
BYTES = json.dumps(RECORD).encode()
ODD = RECORD | {"newSection": {"fact": 1}}


# --- sources -----------------------------------------------------------------------------------


def test_a_source_is_a_path_or_the_content_in_any_of_its_shapes(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(BYTES)
    trial = trialbridge.read(BYTES)
    sources: list[trialbridge.Source] = [
        path,
        str(path),
        bytearray(BYTES),
        memoryview(BYTES),
        io.BytesIO(BYTES),
        RECORD,
    ]
    for source in sources:
        assert trialbridge.read(source) == trial
    with path.open("rb") as file:
        assert trialbridge.read(file) == trial
    assert trialbridge.validate(RECORD) == trialbridge.validate(path)
    assert trialbridge.read(json.loads(trialbridge.write(trial, "fhir"))) == trial


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (BYTES.decode(), "a str is a path; pass the content as bytes"),
        ("Tea\n\nNCT ID: NCT00000001\n" * 1000, "a str is a path; pass the content as bytes"),
        ({"a": {1}}, "the object is not what JSON can hold: Object of type set is not JSON"),
        ({"a": float("nan")}, "the object is not what JSON can hold: Out of range float values"),
        ({"a": "\ud800"}, "the object is not what JSON can hold: 'utf-8' codec can't encode"),
        (io.StringIO("{}"), "gives text, expected bytes: open it as 'rb'"),
    ],
    ids=["json", "text", "set", "nan", "surrogate", "text file"],
)
def test_what_is_no_source_is_told_in_one_short_sentence(source: Any, message: str) -> None:
    with pytest.raises(ReadError) as error:
        trialbridge.read(source)
    (problem,) = error.value.problems
    assert problem.message.startswith(message)
    assert len(str(error.value)) < 200


def test_a_stream_is_read_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALBRIDGE_MAX_BYTES", "100")
    with pytest.raises(ReadError, match="the stream: larger than the limit of 100 bytes"):
        trialbridge.read(io.BytesIO(BYTES))


# --- warnings and options ----------------------------------------------------------------------


def test_warnings_are_added_to_the_list_that_is_given() -> None:
    earlier = Problem(severity="warning", layer="x", path="", code="x", message="earlier")
    warnings = [earlier]
    trial = trialbridge.read(ODD, warnings=warnings)
    assert [each.path for each in warnings] == ["", "/newSection"]
    told: list[Problem] = []
    page = trialbridge.write(trial, "text", warnings=told)
    assert "not-carried" in {each.code for each in told}
    both: list[Problem] = []
    assert trialbridge.convert(ODD, "text", warnings=both) == page
    assert both == [*warnings[1:], *told]


@pytest.mark.parametrize("kind", ["collection", "transaction", "batch"])
def test_a_bundle_of_any_type_is_valid_and_says_the_same(kind: str) -> None:
    trial = trialbridge.read(RECORD)
    bundle = trialbridge.write(trial, "fhir", options={"bundle": kind})
    assert bundle == trialbridge.convert(RECORD, "fhir", options={"bundle": kind})
    assert json.loads(bundle)["type"] == kind
    assert [each for each in trialbridge.validate(bundle) if each.severity != "information"] == []
    warnings: list[Problem] = []
    assert trialbridge.read(bundle, warnings=warnings) == trial
    assert warnings == []


@pytest.mark.parametrize(
    ("to", "options", "message"),
    [
        (
            "fhir",
            {"bundel": "x"},
            "fhir-r5 has no option 'bundel'; its options are bundle, base, narrative, picture,"
            " stated, profile",
        ),
        (
            "fhir",
            {"bundle": 1},
            "option bundle is 1, expected collection, transaction, batch",
        ),
        ("ctgov", {"indent": 2}, "ctgov has no option 'indent'; it has none"),
    ],
)
def test_an_option_that_there_is_not_is_a_value_error(
    to: str, options: dict[str, object], message: str
) -> None:
    for call in (trialbridge.write, trialbridge.convert):
        with pytest.raises(ValueError, match="option") as error:
            call(
                trialbridge.read(RECORD) if call is trialbridge.write else BYTES,
                to,
                options=options,
            )
        assert isinstance(error.value, UnknownOption)
        assert str(error.value) == message


def test_an_option_takes_its_type_or_the_word_for_it() -> None:
    flag = Option("narrative", "bool", True, "")
    assert [flag.settled(value) for value in (True, "false", "YES", "no")] == [
        True,
        False,
        True,
        False,
    ]
    number = Option("width", "int", 80, "", least=1, most=99)
    assert [number.settled(value) for value in (1, "99")] == [1, 99]
    assert Option("base", "text", "", "").settled("x") == "x"
    for option, value, expected in (
        (flag, 1, "option narrative is 1, expected true, false"),
        (number, "0", "option width is '0', expected a whole number from 1 to 99"),
        (number, True, "option width is True, expected a whole number from 1 to 99"),
        (number, "x" * 99, f"option width is '{'x' * 59}..., expected a whole number from 1 to 99"),
        (
            Option("base", "text", "", ""),
            5,
            "option base is 5, expected a text without control characters",
        ),
    ):
        with pytest.raises(UnknownOption) as error:
            option.settled(value)
        assert str(error.value) == expected


def test_the_options_of_a_row_are_those_of_its_writer() -> None:
    from importlib import import_module
    from inspect import signature

    for known in written_formats():
        assert known.writer is not None
        _, *rest = signature(import_module(known.writer).write).parameters.values()
        # The version of a standard is the row's; what another document plans is the source's.
        given = {"version", "planned"} if known.plans else {"version"}
        assert {each.name: each.default for each in rest if each.name not in given} == {
            option.name: option.default for option in known.options
        }
        for option in known.options:
            assert option.settled(option.default) == option.default


# --- names of formats --------------------------------------------------------------------------


def test_names_of_formats_are_of_any_case_and_near_ones_are_told() -> None:
    assert trialbridge.read(BYTES, format="CTGov") == trialbridge.read(BYTES)
    assert trialbridge.recognise(RECORD).name == "ctgov"
    with pytest.raises(UnknownFormat, match=r"^unknown format 'fihr', did you mean fhir\? known"):
        trialbridge.convert(BYTES, "fihr")


# --- pickling ----------------------------------------------------------------------------------


def test_errors_and_records_survive_pickling() -> None:
    with pytest.raises(ReadError) as error:
        trialbridge.read(b"{}")
    for raised in (
        error.value,
        Invalid(error.value.problems),
        UnknownFormat("x"),
        UnknownOption("y"),
    ):
        for again in (pickle.loads(pickle.dumps(raised)), copy.copy(raised)):
            assert type(again) is type(raised)
            assert str(again) == str(raised)
            assert getattr(again, "problems", None) == getattr(raised, "problems", None)
    trial = trialbridge.read(ODD)
    assert pickle.loads(pickle.dumps(trial)) == trial
    fidelity = trialbridge.fidelity(ODD, "text")
    assert pickle.loads(pickle.dumps(fidelity)) == fidelity


# --- the structs -------------------------------------------------------------------------------


def test_the_structs_of_the_model_are_exported() -> None:
    every = {
        name
        for name, value in vars(structs).items()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and name != "Struct"
    }
    assert len(every) > 80
    assert [name for name in every if getattr(model, name) is not getattr(structs, name)] == []
    assert trialbridge.model is model


def test_what_is_asked_most_is_at_hand() -> None:
    trial = trialbridge.read(RECORD)
    assert (trial.nct_id, trial.title) == ("NCT00000001", "Tea in Mild Fatigue")
    assert (trial.status, trial.phases) == ("COMPLETED", ["PHASE1", "PHASE2"])
    assert (trial.sponsor, trial.conditions) == ("Tea House", ["Fatigue"])
    assert [arm.label for arm in trial.arms] == ["Tea"]
    assert [each.name for each in trial.interventions] == ["Tea"]
    assert [site.city for site in trial.sites] == ["Bath"]
    official = {"protocolSection": {"identificationModule": {"officialTitle": "Tea"}}}
    assert trialbridge.read(official).title == "Tea"


def test_what_is_asked_most_is_none_or_empty_where_it_is_absent() -> None:
    inner = model.ProtocolSection(
        identification=model.IdentificationModule(),
        sponsor_collaborators=model.SponsorCollaboratorsModule(),
        arms_interventions=model.ArmsInterventionsModule(),
    )
    for trial in (Trial(), Trial(protocol=model.ProtocolSection()), Trial(protocol=inner)):
        assert (trial.nct_id, trial.title, trial.status, trial.sponsor) == (None,) * 4
        assert trial.phases == trial.conditions == trial.arms == trial.interventions == []
        assert trial.sites == []


# --- trials built by hand ----------------------------------------------------------------------


def built(**parts: Any) -> Trial:
    names = model.IdentificationModule(nct_id="NCT00000001", brief_title="Tea")
    return Trial(protocol=model.ProtocolSection(identification=names, **parts))


WRONG = built(
    status=model.StatusModule(
        overall_status="FINISHED",  # type: ignore[arg-type]
        start_date=model.PartialDateStruct(date="soon"),
    ),
    description=model.DescriptionModule(brief_summary=5),  # type: ignore[arg-type]
    conditions=model.ConditionsModule(conditions="Fatigue"),  # type: ignore[arg-type]
    design=model.DesignModule(phases=["PHASE9"]),  # type: ignore[list-item]
)
PLACES = [
    "/protocolSection/conditionsModule/conditions",
    "/protocolSection/descriptionModule/briefSummary",
    "/protocolSection/designModule/phases/0",
    "/protocolSection/statusModule/overallStatus",
    "/protocolSection/statusModule/startDateStruct/date",
]


@pytest.mark.parametrize("known", written_formats(), ids=lambda known: known.name)
def test_a_trial_of_wrong_types_and_codes_is_refused_with_every_place(
    known: trialbridge.Format,
) -> None:
    with pytest.raises(Invalid) as error:
        trialbridge.write(WRONG, known.name)
    assert sorted(each.path for each in error.value.problems) == PLACES
    told = {each.path: each.message for each in error.value.problems}
    assert told[PLACES[0]] == "'Fatigue' is not a list"
    assert told[PLACES[1]] == "5 is not a text"
    assert told[PLACES[3]].startswith("'FINISHED' is not a code that the model knows (ACTIVE_")
    assert told[PLACES[3]].endswith(")")


@pytest.mark.parametrize("known", written_formats(), ids=lambda known: known.name)
def test_unchecked_it_is_written_or_refused_with_every_place(known: trialbridge.Format) -> None:
    places = PLACES
    try:
        trialbridge.write(WRONG, known.name, options=asked(known), validate=False)
    except Invalid as error:
        places = sorted(each.path for each in error.problems)
    assert places == PLACES


@pytest.mark.parametrize(
    ("trial", "path", "message"),
    [
        (b"{}", "", "bytes found, expected a Trial"),
        (
            built(status=model.StatusModule(study_first_submit_date=datetime.date(2024, 1, 2))),  # type: ignore[arg-type]
            "/protocolSection/statusModule/studyFirstSubmitDate",
            '"2024-01-02" is not a date (YYYY-MM-DD)',
        ),
        (
            built(status=model.DesignModule(phases=["NA"])),
            "/protocolSection/statusModule/phases",
            "the model has no 'phases' here",
        ),
        (
            built(design=model.DesignModule(phases=("NA",))),  # type: ignore[arg-type]
            "/protocolSection/designModule/phases",
            '["NA"] is not a list',
        ),
        (
            built(description=model.DescriptionModule(brief_summary=object())),  # type: ignore[arg-type]
            "/protocolSection/descriptionModule/briefSummary",
            "an object is not a text",
        ),
        (
            Trial(unmapped={"/a": {1}}),
            "/unmapped/~1a",
            "not what JSON can hold: Object of type set is not JSON serializable",
        ),
        (
            Trial(unmapped=[]),  # type: ignore[arg-type]
            "/unmapped",
            "list found, expected a dict, JSON pointer to value",
        ),
    ],
    ids=["bytes", "date", "struct", "tuple", "object", "set", "unmapped"],
)
def test_each_kind_of_wrong_value_is_told(trial: Any, path: str, message: str) -> None:
    assert [(each.path, each.message) for each in faults(trial)] == [(path, message)]
    with pytest.raises(Invalid):
        trialbridge.write(trial, "ctgov")


STATUS = "/protocolSection/statusModule/overallStatus"


def test_a_trial_built_right_is_written() -> None:
    trial = built(status=model.StatusModule(overall_status="COMPLETED"))
    assert faults(trial) == []
    for known in written_formats():
        written = trialbridge.write(trial, known.name, options=asked(known))
        status = {row.leaf: row.home for row in known.rows()}[STATUS]
        assert trialbridge.read(written).status == ("COMPLETED" if status != "none" else None)
