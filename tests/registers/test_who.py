"""Registers' XML for WHO: lists are lists, and what is kept has the path of its element."""

import time

import msgspec
import pytest
from registers import SOURCES

import trialbridge
from trialbridge.formats.sniff import recognise
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.pointer import get

TEA = (SOURCES / "RBR-999tea.who.xml").read_bytes()
P = "/protocolSection"
TWO = TEA.replace(
    b"</trials>",
    b"<Triall><main><trial_id>ChiCTR2699900002</trial_id><reg_name>ChiCTR</reg_name>"
    b"<date_registration>2026-03-04</date_registration></main></Triall>\n</trials>",
)


def test_each_element_is_at_its_place() -> None:
    told: list[Problem] = []
    tree = msgspec.to_builtins(trialbridge.read(TEA, warnings=told))
    assert recognise(TEA).name == "who"
    expected = {
        "/registration": {
            "register": "REBEC",
            "id": "RBR-999tea",
            "url": "https://ensaiosclinicos.gov.br/rg/RBR-999tea",
            "firstRegistered": "2026-03-04",
        },
        f"{P}/identificationModule": {
            "secondaryIdInfos": [
                {"id": "U1111-9990-0001", "type": "REGISTRY", "domain": "WHO UTN"},
                {"id": "TEA-3", "domain": "House of Tea"},
                {"id": "NCT99900001", "type": "REGISTRY", "domain": "ClinicalTrials.gov"},
            ],
            "briefTitle": "Tea for mild fatigue",
            "officialTitle": "Randomized trial of tea against water",
            "acronym": "TEA",
        },
        f"{P}/statusModule": {"startDateStruct": {"date": "2026-06-01", "type": "ESTIMATED"}},
        f"{P}/sponsorCollaboratorsModule": {
            "leadSponsor": {"name": "Casa do Chá"},
            "collaborators": [{"name": "Fund for Thirst"}],
        },
        f"{P}/conditionsModule": {"conditions": ["Fatigue; thirst"], "keywords": ["Fatigue"]},
        f"{P}/designModule/phases": ["PHASE2", "PHASE3"],
        f"{P}/armsInterventionsModule/interventions": [
            {"type": "DIETARY_SUPPLEMENT", "description": "Two cups of tea a day"}
        ],
        f"{P}/outcomesModule/primaryOutcomes": [
            {"measure": "Fatigue score; 4 weeks"},
            {"measure": "Sleep"},
        ],
        f"{P}/eligibilityModule/sex": "FEMALE",
        f"{P}/eligibilityModule/minimumAge": "18 Years",
        f"{P}/contactsLocationsModule": {
            "centralContacts": [
                {"name": "Ada B. Leaf", "phone": "+55 1", "email": "ada@example.org"}
            ],
            "locations": [{"country": "Brazil"}, {"country": "Portugal"}],
        },
        "/unmapped/~1who": {
            "main/recruitment_status": "data analysis completed",
            "main/study_design": "Randomized, open, two arms",
            "contacts/contact/type": "public",
            "contacts/contact/address": "1 Tea Street",
            "contacts/contact/country1": "Brazil",
            "contacts/contact/affiliation": "House of Tea",
            "contacts/contact[2]/type": "Scientific",
            "criteria/agemax": "0",
            "health_condition_code/hc_code": "C23.888.369",
            "source_support/source_name": "Fund for Thirst",
        },
    }
    assert {pointer: get(tree, pointer) for pointer in expected} == expected
    assert str(told[0]) == (
        "warning: line 17, <main/recruitment_status>: 'data analysis completed': the model has no"
        " code of that meaning; kept in unmapped"
    )


def test_rebec_has_a_root_around_it() -> None:
    wrapped = TEA.replace(b"<trials>", b"<root>\n<trials>").replace(
        b"</trials>", b"</trials></root>"
    )
    assert recognise(wrapped).name == "who"
    assert trialbridge.read(wrapped) == trialbridge.read(TEA)
    two = TWO.replace(b"<trials>", b"<root><trials>").replace(b"</trials>", b"</trials></root>")
    assert [one.trial is not None for one in trialbridge.records(two)] == [True, True]
    with pytest.raises(ReadError, match="the root of the XML is <root> of no namespace"):
        recognise(b"<root><tea/></root>")


def test_a_date_with_slashes_is_read_where_its_register_is_known() -> None:
    def start(id_: bytes) -> object:
        trial = trialbridge.read(TEA.replace(b"RBR-999tea<", id_ + b"<"))
        tree = msgspec.to_builtins(trial)
        return tree["protocolSection"].get("statusModule"), tree["unmapped"]["/who"]

    read, _ = start(b"2026-999001-11-SE")
    assert read == {"startDateStruct": {"date": "2026-06-01", "type": "ESTIMATED"}}
    assert start(b"TCTR20990001")[0] == read
    read, kept = start(b"XX-1")
    assert read is None
    assert kept["main/date_enrolment"] == "01/06/2026"
    assert kept["main/type_enrolment"] == "anticipated"


def test_a_word_for_nothing_is_no_title_and_no_id() -> None:
    odd = TEA.replace(b">Tea for mild fatigue<", b">N.A.<").replace(b">TEA-3<", b">N.A.<")
    told: list[Problem] = []
    tree = msgspec.to_builtins(trialbridge.read(odd, warnings=told))
    names = tree["protocolSection"]["identificationModule"]
    assert "briefTitle" not in names
    assert [one["id"] for one in names["secondaryIdInfos"]] == ["U1111-9990-0001", "NCT99900001"]
    kept = tree["unmapped"]["/who"]
    assert kept["main/public_title"] == kept["secondary_ids/secondary_id/sec_id"] == "N.A."
    assert kept["secondary_ids/secondary_id/issuing_authority"] == "House of Tea"
    said = "'N.A.': it says that there is none; kept in unmapped"
    assert sum(said in str(one) for one in told) == 2


def test_states_that_leave_nothing_open_are_read() -> None:
    for word, state in (
        (b"Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        (b"Not yet recruiting", "NOT_YET_RECRUITING"),
        (b"Completed", None),
    ):
        tree = msgspec.to_builtins(trialbridge.read(TEA.replace(b"data analysis completed", word)))
        assert tree["protocolSection"]["statusModule"].get("overallStatus") == state
        assert ("main/recruitment_status" in tree["unmapped"]["/who"]) is (state is None)


def test_what_stands_twice_or_is_unknown_is_kept() -> None:
    odd = TEA.replace(b"<phase>", b"<phase>1</phase><colour>red</colour><phase>")
    tree = msgspec.to_builtins(trialbridge.read(odd))
    assert tree["protocolSection"]["designModule"]["phases"] == ["PHASE1"]
    kept = tree["unmapped"]["/who"]
    assert (kept["main/phase[2]"], kept["main/colour"]) == ("2-3", "red")


def test_several_records_and_broken_ones_are_read_apart() -> None:
    found = list(trialbridge.records(TWO))
    assert [one.name for one in found] == ["<bytes>#/trial[1]", "<bytes>#/trial[2]"]
    second = found[1].trial
    assert second is not None
    assert second.registration is not None
    assert second.registration.id == "ChiCTR2699900002"
    latin = TWO.replace(b"encoding=\"utf-8\"", b"encoding=\"ISO-8859-1\"").replace(
        b"Casa do Ch&#225;", b"Casa do Ch\xe1"
    )  # fmt: skip
    first = next(iter(trialbridge.records(latin))).trial
    assert first is not None
    assert first.sponsor == "Casa do Chá"
    cut = TWO[: TWO.index(b"2026-03-04")]
    assert [str(one.problems[0]) for one in trialbridge.records(cut) if one.trial is None] == [
        "fatal: line 88: the document ends before </date_registration>: <date_registration> of"
        " line 88 is not closed"
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<trials/>", "line 1: <trials> has no <trial>, expected one"),
        (b"<trials><trial/></trials>", "line 1: <trial> has no main/trial_id, expected one"),
        (TWO, "expected one <trial>, found 2"),
    ],
)
def test_what_is_not_one_record_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        trialbridge.read(data)
    assert said in str(caught.value.problems[0])


def test_it_goes_on_with_the_id_of_its_register() -> None:
    trial = trialbridge.read(TEA)
    for to in ("fhir-r5", "odm-2.0"):
        again = trialbridge.read(trialbridge.write(trial, to))
        assert again.registration == trial.registration
        assert again.protocol == trial.protocol


def test_many_elements_without_a_place_take_no_time() -> None:
    more = b"".join(b"<odd%d>x</odd%d>" % (number, number) for number in range(40_000))
    started = time.process_time()
    told: list[Problem] = []
    trialbridge.read(TEA.replace(b"</main>", more + b"</main>", 1), warnings=told)
    assert time.process_time() - started < 2
    assert any("main/odd39999" in str(problem) for problem in told)
