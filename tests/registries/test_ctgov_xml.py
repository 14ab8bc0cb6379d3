"""ClinicalTrials.gov's legacy XML: each element at its place of today, and back as it was."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from corpus import ALL, file, records
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from strategies import trials

import trialbridge
from trialbridge.formats.registries.clinicaltrials_gov import ctgov, ctgov_xml
from trialbridge.formats.sniff import recognise
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import texts, words
from trialbridge.schemas.problem import Invalid, Problem, ReadError
from trialbridge.schemas.syntax.pointer import differences, get
from trialbridge.schemas.trial import Trial

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "sources"
EXAMPLE = FOLDER / "NCT99900003.ctgov-xml.xml"
DATA = EXAMPLE.read_bytes()

READ: dict[str, Any] = {
    "/protocolSection/identificationModule/nctId": "NCT99900003",
    "/protocolSection/identificationModule/nctIdAliases": ["NCT99900013"],
    "/protocolSection/identificationModule/secondaryIdInfos": [{"id": "2021-999003-33"}],
    "/protocolSection/sponsorCollaboratorsModule/leadSponsor/class": "FED",
    "/protocolSection/sponsorCollaboratorsModule/responsibleParty/type": "SPONSOR_INVESTIGATOR",
    "/protocolSection/statusModule/overallStatus": "ACTIVE_NOT_RECRUITING",
    "/protocolSection/statusModule/startDateStruct": {"date": "2021-03-04", "type": "ACTUAL"},
    "/protocolSection/statusModule/completionDateStruct": {"date": "2022-05", "type": "ESTIMATED"},
    "/protocolSection/statusModule/studyFirstPostDateStruct/type": "ESTIMATED",
    "/protocolSection/descriptionModule/briefSummary": "The study asks whether tea quenches thirst"
    r" better than water. Participants drink 5 \< 10 cups a day.",
    "/protocolSection/designModule/phases": ["PHASE1", "PHASE2"],
    "/protocolSection/designModule/designInfo/primaryPurpose": "ECT",
    "/protocolSection/designModule/designInfo/maskingInfo": {
        "masking": "DOUBLE",
        "maskingDescription": r"Cups are opaque \& closed.",
        "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"],
    },
    "/protocolSection/designModule/enrollmentInfo": {"count": 168, "type": "ACTUAL"},
    "/protocolSection/armsInterventionsModule/armGroups/0/interventionNames": [
        "Dietary Supplement: Tea",
        "Other: Water",
    ],
    "/protocolSection/outcomesModule/primaryOutcomes/0/description": "A scale of 0 to 10.\n\n"
    "Less is better.",
    "/protocolSection/eligibilityModule": {
        "eligibilityCriteria": "Inclusion Criteria:\n\n* Thirst for more than an hour\n\n"
        "  1. by day\n  2. at night\n* Age \\> 18\n\n1\\. This is no list.",
        "healthyVolunteers": True,
        "sex": "ALL",
        "minimumAge": "18 Years",
    },
    "/protocolSection/contactsLocationsModule/overallOfficials/0/name": "Ada B Brewer, MD",
    "/protocolSection/contactsLocationsModule/locations/0/contacts": [
        {"name": "Dee Drop", "role": "CONTACT"},
        {"name": "Ed Earl, PhD", "role": "SUB_INVESTIGATOR"},
    ],
    "/protocolSection/referencesModule/references/1/type": "RESULT",
    "/protocolSection/ipdSharingStatementModule/infoTypes": ["SAP"],
    "/documentSection/largeDocumentModule/largeDocs/0/typeAbbrev": "Prot_SAP",
    "/documentSection/largeDocumentModule/largeDocs/0/filename": "Prot_SAP_000.pdf",
    "/derivedSection/miscInfoModule/versionHolder": "2022-03-04",
    "/derivedSection/conditionBrowseModule/meshes": [{"term": "Thirst"}],
    "/resultsSection/participantFlowModule/periods/0/milestones/0/achievements": [
        {"groupId": "FG000", "numSubjects": "84", "comment": "One had coffee."}
    ],
    "/resultsSection/baselineCharacteristicsModule/denoms/0/counts": [
        {"groupId": "BG000", "value": "84"}
    ],
    "/resultsSection/outcomeMeasuresModule/outcomeMeasures/0/reportingStatus": "POSTED",
    "/resultsSection/outcomeMeasuresModule/outcomeMeasures/0/analyses/0/pValue": "0.04",
    "/resultsSection/adverseEventsModule/eventGroups": [
        {
            "id": "EG000",
            "title": "Tea",
            "deathsNumAffected": 0,
            "deathsNumAtRisk": 84,
            "seriousNumAffected": 1,
            "seriousNumAtRisk": 84,
            "otherNumAffected": 0,
            "otherNumAtRisk": 84,
        }
    ],
    "/resultsSection/adverseEventsModule/seriousEvents/0/assessmentType": (
        "NON_SYSTEMATIC_ASSESSMENT"
    ),
    "/resultsSection/moreInfoModule/certainAgreement": {
        "piSponsorEmployee": False,
        "restrictiveAgreement": False,
    },
    "/hasResults": True,
}


def test_each_element_is_at_its_place_of_today() -> None:
    tree = msgspec.to_builtins(trialbridge.read(DATA))
    assert {pointer: get(tree, pointer) for pointer in READ} == READ


def test_what_the_model_has_no_place_for_is_kept_and_told() -> None:
    told: list[trialbridge.Problem] = []
    trial = trialbridge.read(DATA, warnings=told)
    assert [str(problem) for problem in told] == [
        "warning: clinical_study.primary_outcome.safety_issue: 1 value has no place in the record: "
        "kept in unmapped"
    ]
    assert trial.unmapped is not None
    kept = trial.unmapped["/clinical_study"]
    assert kept["/primary_outcome/0/safety_issue"] == "No"
    assert kept["/eligibility/gender"] == "Both"


def test_it_is_recognised_by_its_root() -> None:
    assert recognise(DATA).name == "ctgov-xml"
    assert recognise(DATA.decode().encode("utf-16")).name == "ctgov-xml"


def test_the_document_comes_back() -> None:
    assert _canonical(trialbridge.convert(DATA, "ctgov-xml")) == _canonical(DATA)
    through = trialbridge.convert(trialbridge.convert(DATA, "fhir-r5"), "ctgov-xml")
    assert b"<clinical_results>" in through


def test_other_formats_carry_its_own_words() -> None:
    trial = trialbridge.read(DATA)
    for name in ("trial", "ctgov", "fhir-r5", "odm-2.0"):
        again = trialbridge.read(trialbridge.write(trial, name))
        assert again.unmapped == trial.unmapped, name
        if again.results is not None:
            assert _canonical(trialbridge.write(again, "ctgov-xml")) == _canonical(DATA), name


def test_an_edit_wins_over_what_the_document_said() -> None:
    trial = trialbridge.read(DATA)
    assert trial.protocol
    assert trial.protocol.eligibility
    eligibility = msgspec.structs.replace(trial.protocol.eligibility, sex="FEMALE")
    protocol = msgspec.structs.replace(trial.protocol, eligibility=eligibility)
    told: list[trialbridge.Problem] = []
    edited = msgspec.structs.replace(trial, protocol=protocol)
    data = trialbridge.write(edited, "ctgov-xml", warnings=told)
    assert b"<gender>Female</gender>" in data
    assert b"<safety_issue>No</safety_issue>" in data
    assert [str(problem) for problem in told] == [
        "warning: /unmapped/~1clinical_study/~1eligibility~1gender: the record says something else "
        "by now: left out"
    ]


def test_what_it_cannot_carry_is_told() -> None:
    record = trialbridge.read(
        {
            "protocolSection": {
                "identificationModule": {"nctId": "NCT00000001"},
                "sponsorCollaboratorsModule": {"leadSponsor": {"name": "A", "class": "OTHER_GOV"}},
                "outcomesModule": {
                    "primaryOutcomes": [{"measure": "B", "description": "* c\n* d"}]
                },
                "referencesModule": {"references": [{"pmid": "1", "type": "DERIVED"}]},
            },
            "hasResults": False,
        }
    )
    told: list[trialbridge.Problem] = []
    trialbridge.write(record, "ctgov-xml", warnings=told)
    protocol = "warning: /protocolSection"
    assert [str(problem) for problem in told] == [
        f"{protocol}/sponsorCollaboratorsModule/leadSponsor/class: "
        'legacy XML says "OTHER" for "OTHER_GOV"',
        f"{protocol}/outcomesModule/primaryOutcomes/0/description: "
        r'legacy XML says "c\n\nd" for "* c\n* d"',
        f"{protocol}/referencesModule/references/0/type: "
        'legacy XML says "BACKGROUND" for "DERIVED"',
    ]


@settings(max_examples=15, deadline=None)
@given(trials())
def test_whatever_is_written_is_read_and_written_again(trial: Trial) -> None:
    try:
        data, _ = ctgov_xml.write(trial)
    except Invalid:
        return
    assert ctgov_xml.write_untold(trial) == data
    again, _ = ctgov_xml.read(data)
    assert ctgov_xml.write(again)[0] == data


def test_what_other_sources_said_beyond_the_model_is_told() -> None:
    record = trialbridge.read({"protocolSection": {}, "hasResults": False, "colour": "blue"})
    told: list[trialbridge.Problem] = []
    trialbridge.write(record, "ctgov-xml", warnings=told)
    assert "warning: /unmapped: legacy XML has no place for it" in map(str, told)


def test_a_character_that_xml_forbids_is_an_error_with_its_place() -> None:
    with pytest.raises(Invalid) as caught:
        ctgov_xml.write(
            trialbridge.read({"protocolSection": {"identificationModule": {"acronym": "a\0"}}})
        )
    assert [str(problem) for problem in caught.value.problems] == [
        "error: /protocolSection/identificationModule/acronym: U+0000 at character 2 of the text "
        "is a character that XML has no form for"
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            b"Phase 1/Phase 2",
            b"Phase 9",
            "phase: 'Phase 9' is not a phase (such as Phase 1/Phase 2)",
        ),
        (
            b"March 4, 2021",
            b"Mar 4, 2021",
            "start_date.#: 'Mar 4, 2021' is not a date (March 4, 2021 or March 2021)",
        ),
        (b">168<", b">many<", "enrollment.#: 'many' is not a whole number"),
        (b">18 Years<", b">grown up<", "eligibility.minimum_age: 'grown up' is not an age"),
        (b">Study Chair<", b">Boss<", "overall_official[0].role: 'Boss' is not one of Sub-"),
        (b'subjects_affected="1"', b'subjects_affected="x"', "'x' is not a whole number"),
    ],
)
def test_words_that_are_not_known_are_told_and_stay(before: bytes, after: bytes, said: str) -> None:
    told: list[trialbridge.Problem] = []
    data = DATA.replace(before, after)
    trialbridge.read(data, warnings=told)
    assert any(said in str(problem) for problem in told)
    assert _canonical(trialbridge.convert(data, "ctgov-xml")) == _canonical(data)


def test_words_that_are_not_known_are_told_where_they_stand() -> None:
    data = DATA
    for before, after in (
        (b"<role>Sub-Investigator<", b"<role>Boss<"),
        (b"<default_assessment>Non-systematic Assessment<", b"<default_assessment>None<"),
        (b'subjects_at_risk="84" events="2"', b'subjects_at_risk="84" events="x"'),
    ):
        assert data.count(before) == 1
        data = data.replace(before, after)
    told: list[Problem] = []
    trialbridge.read(data, warnings=told)
    events = "clinical_study.clinical_results.reported_events.serious_events"
    assert [one.path for one in told if one.code == "not-readable"] == [
        "clinical_study.location[0].investigator[0].role",
        f"{events}.default_assessment",
        f"{events}.category_list.category[1].event_list.event[0].counts[0].@events",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            DATA[:5000],
            "fatal: line 151: the document ends before </study_first_posted>: "
            "<study_first_posted> of line 151 is not closed",
        ),
        (
            DATA.replace(b"UTF-8", b"latin-2", 1),
            "fatal: line 1: the encoding 'latin-2' is not read, expected UTF-8",
        ),
        (DATA.replace(b"Ume\xc3\xa5", b"Ume\xe5"), "byte 0xe5 is not UTF-8"),
        (
            DATA.replace(b"Tea &amp; Sons", b"Tea &and; Sons"),
            "fatal: line 24: &and; is no entity of XML, expected &amp;",
        ),
        (b"<!DOCTYPE a>" + DATA.partition(b"\n")[2], "a DOCTYPE is not read"),
        (b"<clinical_studies/>", "the root is <clinical_studies>, expected clinical_study"),
        (
            DATA.replace(b"<masking>", b"<masking><b/>"),
            "error: clinical_study.study_design_info: expected text",
        ),
        (
            DATA.replace(b"<phase>Phase 1/Phase 2</phase>", b"<phase>Phase 1</phase>" * 2),
            "error: clinical_study.phase: expected text, found ['Phase 1', 'Phase 1']",
        ),
        (
            DATA.replace(b"<sponsors>", b"<sponsors>us</sponsors><sponsors>"),
            "error: clinical_study.sponsors: expected an object",
        ),
    ],
)
def test_bad_documents_are_refused_with_the_place(data: bytes, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        trialbridge.read(data)
    assert any(said in str(problem) for problem in caught.value.problems), caught.value.problems


def test_a_list_of_studies_is_several_records() -> None:
    study = DATA.partition(b"\n")[2]
    several = b"<clinical_studies>\n" + study + study + b"</clinical_studies>"
    found = list(trialbridge.records(several))
    assert [(one.name, one.trial and one.trial.nct_id) for one in found] == [
        ("<bytes>#/clinical_study[1]", "NCT99900003"),
        ("<bytes>#/clinical_study[2]", "NCT99900003"),
    ]
    alone = b"<clinical_studies>" + study + b"</clinical_studies>"
    assert trialbridge.read(alone).nct_id == "NCT99900003"


def test_validate_warns_of_what_is_not_read() -> None:
    found = trialbridge.validate(DATA)
    assert {problem.severity for problem in found} == {"warning"}


# --- texts and values --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("a", ["      a"]),
        ("* a\n* b", ["        -  a", "", "        -  b"]),
        ("9. a\n10. b\n\nc", ["        9. a", "", "       10. b", "", "      c"]),
        (
            "* a\n\n  1. b\n\n     c\n* d",
            ["        -  a", "", "             1. b", "", "                c", "", "        -  d"],
        ),
        (r"\- a \& \<b", ["      - a & <b"]),
        (r"1\) a", ["      1) a"]),
        ("a\n\n.\n\n) b", ["      a", "", "      .", "", "      ) b"]),
    ],
)
def test_a_text_block_is_laid_out_and_read_again(markdown: str, lines: list[str]) -> None:
    codec = texts.block(6)
    text = codec.write(markdown, Names())
    assert text == "\n".join(["", *lines, "    "])
    assert codec.read(text, Names()) == markdown


@pytest.mark.parametrize(
    ("lines", "markdown"),
    [
        (["-  a b", "           c", "", "      d"], "* a b c\n\nd"),
        (["1. a", "           b", "", "        2. c"], "1. a b\n2. c"),
        (["a", "", "      -  b"], "a\n\n\\- b"),
    ],
)
def test_the_first_item_of_a_text_block_has_its_indent_trimmed(
    lines: list[str], markdown: str
) -> None:
    text = "\n".join(["", f"      {lines[0]}", *lines[1:], "    "])
    assert texts.block(6).read(text, Names()) == markdown


_AGES = ("<=18 years", "Between 18 and 65 years", ">=65 years")


@pytest.mark.parametrize(
    ("param", "parts", "title"),
    [
        ("MEAN", (), "Age, Continuous"),
        ("COUNT_OF_PARTICIPANTS", _AGES, "Age, Categorical"),
        ("COUNT_OF_PARTICIPANTS", ("Young", "Old"), "Age, Customized"),
    ],
)
def test_the_registrys_measures_of_age_are_told_apart(
    param: str, parts: tuple[str, ...], title: str
) -> None:
    categories = [{"title": one, "measurements": [{"value": "1"}]} for one in parts] or [
        {"measurements": [{"value": "1"}]}
    ]
    measure = {"title": title, "paramType": param, "classes": [{"categories": categories}]}
    study = {
        "protocolSection": {"identificationModule": {"nctId": "NCT00000001"}},
        "resultsSection": {"baselineCharacteristicsModule": {"measures": [measure]}},
    }
    written = trialbridge.convert(study, "ctgov-xml")
    said = title if title == "Age, Customized" else "Age"
    assert f"<title>{said}</title>".encode() in written
    again = json.loads(trialbridge.convert(written, "ctgov"))
    assert again["resultsSection"]["baselineCharacteristicsModule"]["measures"] == [measure]


def test_blanks_around_a_text_are_layout_and_told() -> None:
    told: list[Problem] = []
    names = {"nctId": "NCT00000001", "briefTitle": "Tea "}
    trialbridge.convert(
        {"protocolSection": {"identificationModule": names}}, "ctgov-xml", warnings=told
    )
    at = "/protocolSection/identificationModule/briefTitle"
    assert str(told[0]) == f'warning: {at}: legacy XML says "Tea" for "Tea "'


def test_a_measure_of_age_that_is_not_the_registrys_is_told() -> None:
    told: list[Problem] = []
    study = {
        "protocolSection": {"identificationModule": {"nctId": "NCT00000001"}},
        "resultsSection": {"baselineCharacteristicsModule": {"measures": [{"title": "Age"}]}},
    }
    trialbridge.convert(study, "ctgov-xml", warnings=told)
    at = "/resultsSection/baselineCharacteristicsModule/measures/0/title"
    assert str(told[0]) == f'warning: {at}: legacy XML says "Age, Continuous" for "Age"'


_WORDS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=40)


@settings(max_examples=100)
@given(st.lists(_WORDS.filter(str.strip), min_size=1, max_size=4))
def test_any_paragraphs_come_back_from_a_text_block(paragraphs: list[str]) -> None:
    markdown = texts.to_markdown([texts.Block(0, "", " ".join(one.split())) for one in paragraphs])
    codec = texts.block(8)
    assert codec.read(codec.write(markdown, Names()), Names()) == markdown
    assert words.markup.read(words.markup.write(markdown, Names()), Names()) == markdown


def test_values_are_written_as_they_are_read() -> None:
    names = Names()
    for codec, value, said in (
        (words.date, "2021-03-04", "March 4, 2021"),
        (words.date, "2021-03", "March 2021"),
        (words.processed, "2021-03-04", "ClinicalTrials.gov processed this data on March 04, 2021"),
        (words.posting, "2021-03", "03/2021"),
        (words.posting, "2021", "2021"),
        (words.yes_no, False, "No"),
        (words.bound, "1 Month", "1 Month"),
        (words.OUTCOME_TYPE, "POST_HOC", "Post-Hoc"),
    ):
        assert codec.write(value, names) == said
        assert codec.read(said, names) == value
    assert words.date.write("2021", names) is None
    assert words.AGENCY_CLASS.write("NETWORK", names) == "Other"
    assert words.AGENCY_CLASS.read("Other", names) == "OTHER"


# --- the registry's documents ------------------------------------------------------------------


def _canonical(data: bytes) -> Any:
    """A document without comments, and without the white space of its texts."""
    return _element(etree.fromstring(data))


def _element(element: Any) -> Any:
    text = " ".join((element.text or "").split())
    children = [_element(child) for child in element if isinstance(child.tag, str)]
    return element.tag, sorted(element.items()), text, children


def _documents() -> Iterator[tuple[str, bytes]]:
    for name in ("records.zip", "records-with-results.zip"):
        with zipfile.ZipFile(file(f"ctgov-xml/{name}")) as archive:
            for member in archive.namelist()[:: 1 if ALL else 20]:
                yield member, archive.read(member)


def test_the_registrys_documents_come_back() -> None:
    for name, data in _documents():
        trial, _ = ctgov_xml.read(data)
        written, told = ctgov_xml.write(trial)
        assert _canonical(written) == _canonical(data), name
        assert told == [], name
        kept = [*(trial.unmapped or {}).get("/clinical_study", {})]
        assert len(kept) <= 12, name


def test_what_of_an_api_record_does_not_come_back_is_told() -> None:
    for data in records()[:: 20 if ALL else 100]:
        trial, _ = ctgov.read(data)
        written, told = ctgov_xml.write(trial)
        assert ctgov_xml.write_untold(trial) == written
        again, _ = ctgov_xml.read(written)
        assert again.unmapped is None
        before = msgspec.structs.replace(trial, unmapped=None)
        kinds = {_pattern(problem.path) for problem in told}
        for difference in differences(before, again):
            pattern = _pattern(difference.pointer)
            assert any(pattern.startswith(kind) for kind in kinds), difference


def _pattern(pointer: str) -> str:
    return "/".join("*" if step.isdigit() else step for step in pointer.split("/"))


# What the two say differently of the same data, by the rules in
# docs/formats/registries/ctgov-xml.md.
_KNOWN = (
    "/derivedSection",
    "/protocolSection/identificationModule/organization",
    "/protocolSection/eligibilityModule/stdAges",
    "/protocolSection/sponsorCollaboratorsModule/collaborators/*/class",
    "/protocolSection/sponsorCollaboratorsModule/responsibleParty/investigatorAffiliation",
    "/protocolSection/statusModule/overallStatus",
    "/protocolSection/statusModule/lastKnownStatus",
    "/protocolSection/contactsLocationsModule/locations/*/geoPoint",
    "/protocolSection/armsInterventionsModule/armGroups/*/description",
    "/protocolSection/armsInterventionsModule/interventions/*/description",
    "/protocolSection/referencesModule/references/*",
    "/annotationSection",
)


def test_a_document_says_what_the_api_says_of_the_same_data() -> None:
    of_api = {ctgov.read(data)[0].nct_id: data for data in records()}
    compared = 0
    with zipfile.ZipFile(file("ctgov-xml/records.zip")) as archive:
        for member in archive.namelist():
            if (data := of_api.get(Path(member).stem)) is None:
                continue
            here, there = ctgov_xml.read(archive.read(member))[0], ctgov.read(data)[0]
            assert here.protocol
            assert here.protocol.status
            assert there.protocol
            assert there.protocol.status
            if here.protocol.status.last_update_submit_date != (
                there.protocol.status.last_update_submit_date
            ):
                continue
            compared += 1
            before = msgspec.structs.replace(there, unmapped=None)
            after = msgspec.structs.replace(here, unmapped=None)
            for difference in differences(before, after):
                assert _pattern(difference.pointer).startswith(_KNOWN), difference
    assert compared == 5
