"""PRS upload XML: each fact at its place, valid by the registry's schemas, and back."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from corpus import ALL, records
from filled import filled_trial, turns
from hypothesis import given, settings
from lxml import etree
from prs_schemas import ACCOUNT, faults, files, study_of
from strategies import trials

import trialbridge
from trialbridge.formats.registries.clinicaltrials_gov import ctgov, prs
from trialbridge.mappings.coverage import pattern
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.markdown import plain
from trialbridge.mappings.registries import people
from trialbridge.mappings.registries.prs import words
from trialbridge.schemas.problem import Invalid
from trialbridge.schemas.prs.validate import check
from trialbridge.schemas.syntax.pointer import ABSENT, differences
from trialbridge.schemas.trial import Trial

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "NCT99900001.ctgov.json"
FACTS = {
    "id_info/org_name": ["NorrlandU"],
    "id_info/org_study_id": ["NIIM-017"],
    "id_info/secondary_id/id_type": ["EU Trial (CTIS) Number"],
    "brief_title": ["Two Doses of Velorastat Against Placebo in Adults With Plaque Psoriasis"],
    "sponsors/lead_sponsor/agency": ["Norrland Institute of Invented Medicine"],
    "sponsors/collaborator/agency": ["Velora Therapeutics", "Fund for Imaginary Research"],
    "sponsors/resp_party/resp_party_type": ["Principal Investigator"],
    "overall_status": ["Recruiting"],
    "start_date": ["2024-02"],
    "primary_compl_date": ["2026-06-30"],
    "study_design/study_type": ["Interventional"],
    "study_design/interventional_design/phase": ["Phase 1/Phase 2"],
    "study_design/interventional_design/allocation": ["Randomized"],
    "study_design/interventional_design/masked_subject": ["yes"],
    "study_design/interventional_design/masked_caregiver": ["no"],
    "study_design/interventional_design/number_of_arms": ["2"],
    "primary_outcome/outcome_time_frame": ["24 weeks"],
    "enrollment": ["240"],
    "arm_group/arm_type": ["Experimental", "Placebo Comparator"],
    "intervention[1]/intervention_other_name": ["VLR-17", "velorastat hydrochloride"],
    "intervention[3]/arm_group_label": ["Placebo", "Velorastat"],
    "eligibility/gender": ["All"],
    "eligibility/minimum_age": ["18 Years"],
    "eligibility/maximum_age": ["75 Years"],
    "eligibility/healthy_volunteers": ["no"],
}


def test_each_fact_is_at_its_place() -> None:
    study = study_of(trialbridge.read(EXAMPLE))
    assert {path: [one.text for one in study.xpath(path)] for path in FACTS} == FACTS


def test_a_name_of_a_person_is_in_its_parts() -> None:
    for name, first, middle, last, degrees in (
        ("Ada B Brewer, MD", "Ada", "B", "Brewer", "MD"),
        ("Monica Elizabeth de la Torre", "Monica", "", "Elizabeth de la Torre", ""),
        ("Prof. Dr. F. W. Asselbergs", "Prof. Dr. F.", "W.", "Asselbergs", ""),
        ("Clinical Trials Call Center", "", "", "Clinical Trials Call Center", ""),
        ("Novartis", "", "", "Novartis", ""),
        ("Lee  Hartline", "", "", "Lee  Hartline", ""),
    ):
        parts = people.parts_of(name)
        assert parts == {
            key: value
            for key, value in (
                ("first_name", first),
                ("middle_name", middle),
                ("last_name", last),
                ("degrees", degrees),
            )
            if value
        }
        assert people.read_name(parts, Names()) == name


def test_a_name_that_xml_has_no_form_for_is_refused_with_a_reason() -> None:
    for name in ("X\x01", "X\ufffe", "X\n"):
        with pytest.raises(trialbridge.UnknownOption) as caught:
            trialbridge.convert(EXAMPLE, "prs", options={"org_name": name})
        assert str(caught.value) == (
            f"option org_name is {name!r}, expected a text without control characters"
        )


def test_a_name_of_the_account_must_be_given() -> None:
    with pytest.raises(trialbridge.UnknownOption) as caught:
        trialbridge.convert(EXAMPLE, "prs")
    assert str(caught.value) == (
        "option org_name is missing, expected org_name=...: it is the name of the account that "
        "uploads the record, by which the registry knows whose it is, and no record has it"
    )
    upload = trialbridge.convert(EXAMPLE, "prs", options=ACCOUNT)
    # An upload has it.
    assert trialbridge.convert(upload, "prs") == upload
    assert b"<org_name>Other</org_name>" in trialbridge.convert(
        upload, "prs", options={"org_name": "Other"}
    )


def test_a_partial_upload_is_never_written() -> None:
    upload = trialbridge.convert(EXAMPLE, "prs", options=ACCOUNT)
    assert b"partial" not in upload


# --- the registry's own schemas ----------------------------------------------------------------


def test_the_digest_is_that_of_the_schemas() -> None:
    from trialbridge.schemas.prs.build_digest import main

    assert main([*files(), "--check"]) == 0


def _sample() -> list[bytes]:
    return records() if ALL else records()[::40]


def test_what_is_written_of_the_corpus_is_valid() -> None:
    for data in _sample():
        upload, _ = prs.write(ctgov.read(data)[0], **ACCOUNT)
        assert faults(upload) == []
        assert [str(one) for one in check(upload) if one.severity == "error"] == []


def test_what_is_written_of_a_record_with_all_is_valid() -> None:
    for turn in range(turns()):
        upload, _ = prs.write(filled_trial(turn), **ACCOUNT)
        assert faults(upload) == []
        assert [str(one) for one in check(upload) if one.severity == "error"] == []


# --- and back ----------------------------------------------------------------------------------

_PLACES = {row.leaf for row in trialbridge.coverage("prs") if row.home != "none"}
_STATUS = "/protocolSection/statusModule"


def _has_place(leaf: str) -> bool:
    return any(place == leaf or place.startswith(f"{leaf}/") for place in _PLACES)


def _is_coarser(leaf: str, before: Any, after: Any) -> bool:
    """Whether the form has no such value there: it is another one, or none."""
    if leaf == f"{_STATUS}/overallStatus":
        # The status that the sponsor gave stands for one that the registry derived.
        return before == "UNKNOWN"
    if leaf.startswith(f"{_STATUS}/expandedAccessInfo"):
        # There is a place in a study under an IND alone, see the page of the format.
        return before == {"hasExpandedAccess": False}
    if leaf.endswith("/outcomeMeasures/*/reportingStatus"):
        # Whether there are data, where the record does not say it.
        return before is ABSENT
    # An empty object has no form in XML.
    return before == {}


def _carried(trial: Trial) -> Trial:
    """A record without what has no place: publications that the registry found, third contacts."""
    tree = msgspec.to_builtins(trial)
    protocol = tree.get("protocolSection", {})
    references = protocol.get("referencesModule", {})
    if "references" in references:
        kept = [one for one in references.pop("references") if one.get("type") != "DERIVED"]
        if kept:
            references["references"] = kept
        elif not references:
            del protocol["referencesModule"]
    for site in protocol.get("contactsLocationsModule", {}).get("locations", ()):
        if "contacts" in site:
            asked = [one for one in site["contacts"] if one.get("role") == "CONTACT"]
            others = [one for one in site["contacts"] if one.get("role") != "CONTACT"]
            site["contacts"] = [*asked[:2], *others]
    return msgspec.convert(tree, Trial)


def _unequal(trial: Trial, again: Trial) -> list[tuple[str, Any, Any]]:
    """The facts that have a place and are not the same; of texts the words count."""
    return [
        (pointer, before, after)
        for pointer, before, after in differences(_carried(trial), again)
        if _has_place(pattern(pointer))
        and not (
            isinstance(before, str) and isinstance(after, str) and plain(before) == plain(after)
        )
    ]


def test_each_fact_that_has_a_place_comes_back() -> None:
    with_results = 0
    for data in _sample():
        trial = ctgov.read(data)[0]
        upload, told = prs.write(trial, **ACCOUNT)
        again, warnings = prs.read(upload)
        assert warnings == []
        assert prs.read_alone(upload) == msgspec.structs.replace(again, unmapped=None)
        with_results += again.results is not None
        assert (again.results is None) == (trial.results is None)
        # One is told for all that are like it.
        places = [pattern(one.path) for one in told]
        for pointer, before, after in _unequal(trial, again):
            leaf = pattern(pointer)
            assert _is_coarser(leaf, before, after), (trial.nct_id, pointer, before)
            assert before == {} or any(leaf.startswith(place) for place in places), pointer
    assert with_results > 3


def test_each_leaf_of_the_protocol_has_a_place_or_is_told() -> None:
    for turn in range(turns()):
        # The id in another register is a secondary id here.
        trial = msgspec.structs.replace(filled_trial(turn), registration=None)
        upload, told = prs.write(trial, **ACCOUNT)
        again, _ = prs.read(upload)
        places = [pattern(one.path) for one in told]
        for pointer, _, _ in differences(
            msgspec.structs.replace(trial, page=None, unmapped=None),
            msgspec.structs.replace(again, unmapped=None),
        ):
            leaf = pattern(pointer)
            assert any(leaf.startswith(place) for place in places), pointer


@settings(max_examples=40, deadline=None)
@given(trials(empty_texts=True))
def test_whatever_is_written_is_read_and_written_again(trial: Trial) -> None:
    try:
        data, _ = prs.write(trial, **ACCOUNT)
    except Invalid:
        return
    assert prs.write_untold(trial, **ACCOUNT) == data
    assert [str(one) for one in check(data) if one.severity == "error"] == []
    again, _ = prs.read(data)
    assert prs.write(again)[0] == data


def test_a_text_is_plain_words_there() -> None:
    codec = words.markup
    markdown = "Inclusion Criteria:\n\n* Age \\> 18 \\& well\n\n  1. by day"
    shown = "Inclusion Criteria:\n\n* Age > 18 & well\n\n  1. by day"
    assert codec.write(markdown, Names()) == shown
    assert codec.read(shown, Names()) == markdown
    # Documents are laid out.
    laid_out = "\n      Inclusion Criteria:\n\n        - a\n      "
    assert codec.read(laid_out, Names()) == "Inclusion Criteria:\n\n  - a"


def test_a_paragraph_that_becomes_an_item_of_a_list_is_told_from_where_it_does() -> None:
    before = "What this trial wants to know is said in so many words that it takes a line."
    description = {
        "briefSummary": "1\\. To determine",
        "detailedDescription": f"{before}\n\n1\\. To determine\n\n2\\* tea",
    }
    record = {"protocolSection": {"descriptionModule": description}}
    told: list[trialbridge.Problem] = []
    data = msgspec.json.encode(record)
    trialbridge.convert(data, "prs", options=ACCOUNT, warnings=told)
    at = "/protocolSection/descriptionModule"
    assert [str(one) for one in told if one.path.startswith(at)] == [
        f'warning: {at}/briefSummary: PRS upload XML says "1. To determine" for '
        '"1\\\\. To determine"',
        f'warning: {at}/detailedDescription: PRS upload XML says "...s a line.\\n\\n1. To determine'
        '\\n\\n2\\\\* tea" for "...s a line.\\n\\n1\\\\. To determine\\n\\n2\\\\* tea"',
    ]


def test_what_nobody_entered_in_a_file_of_the_registry_is_absent() -> None:
    # As the registry's system gives a record for download: elements that are empty, None for no
    # answer, ends of lines of Windows.
    data = b"""<?xml version="1.0" encoding="UTF-8"?>
<prs:study_collection xmlns:prs="http://clinicaltrials.gov/prs"><clinical_study>
<id_info><org_name>TeaHouse</org_name><org_study_id>1</org_study_id></id_info>
<delayed_posting>None</delayed_posting>
<oversight_info><has_dmc>None</has_dmc><fda_regulated_drug>No</fda_regulated_drug></oversight_info>
<eligibility><criteria><textblock>Inclusion Criteria:&#13;
  - Thirst&#13;
</textblock></criteria><minimum_age>18 Years</minimum_age><maximum_age> N/A</maximum_age>
</eligibility>
<overall_contact><first_name>T.</first_name><last_name>Pot</last_name></overall_contact>
<overall_contact_backup><first_name/><middle_name/><last_name/><degrees/><phone/><phone_ext/>
<email/></overall_contact_backup>
</clinical_study></prs:study_collection>"""
    told: list[trialbridge.Problem] = []
    record = msgspec.json.decode(trialbridge.convert(data, "ctgov", warnings=told))
    section = record["protocolSection"]
    assert section["oversightModule"] == {"isFdaRegulatedDrug": False}
    assert section["eligibilityModule"] == {
        "eligibilityCriteria": "Inclusion Criteria:\n  - Thirst",
        "minimumAge": "18 Years",
    }
    assert section["contactsLocationsModule"] == {
        "centralContacts": [{"name": "T. Pot", "role": "CONTACT"}]
    }
    assert [one for one in told if one.code == "not-readable"] == []
    assert [one.code for one in check(data) if one.code == "value"] == []


def test_words_that_are_not_known_are_told_where_they_stand() -> None:
    data = trialbridge.convert(EXAMPLE, "prs", options=ACCOUNT)
    edited = re.sub(b"<is_results_ref>[^<]*", b"<is_results_ref>maybe", data)
    told: list[trialbridge.Problem] = []
    trialbridge.read(edited, warnings=told)
    assert [str(one) for one in told if one.code == "not-readable"] == [
        f"warning: clinical_study.reference[{number}].is_results_ref: 'maybe' is not yes or no"
        for number in range(edited.count(b"maybe"))
    ]
    assert edited.count(b"maybe") > 1


def test_values_are_written_as_they_are_read() -> None:
    names = Names()
    for codec, value, said in (
        (words.yes_no, True, "yes"),
        (words.date, "2021-07", "2021-07"),
        (words.date, "2021-07-04", "2021-07-04"),
        (words.phases, ["PHASE1", "PHASE2"], "Phase 1/Phase 2"),
        (words.phases, ["NA"], "N/A"),
        (words.bound, "1 Month", "1 Month"),
        (words.ALLOCATION, "NON_RANDOMIZED", "Non-randomized"),
        (words.INTERVENTION_TYPE, "BIOLOGICAL", "Biological/Vaccine"),
        (words.SECONDARY_ID, "EUDRACT_NUMBER", "EudraCT Number"),
    ):
        assert codec.write(value, names) == said
        assert codec.read(said, names) == value
    for codec, said, value in (
        (words.yes_no, "Yes", True),
        (words.yes_no, "true", True),
        (words.phases, "2", ["PHASE2"]),
        (words.phases, "Phase 1/2", ["PHASE1", "PHASE2"]),
        (words.bound, "18", "18 Years"),
        (words.bound, "N/A", None),
    ):
        assert codec.read(said, names) == value
    assert names.warnings == []


@pytest.mark.parametrize("source", ["fhir-r5.json", "txt", "odm-2.0.xml"])
def test_records_in_other_formats_become_uploads(source: str) -> None:
    path = ROOT / "examples" / f"NCT99900001.{source}"
    study = etree.fromstring(trialbridge.convert(path, "prs", options=ACCOUNT))
    facts = {path: [one.text for one in study.xpath(f"clinical_study/{path}")] for path in FACTS}
    assert facts == FACTS
