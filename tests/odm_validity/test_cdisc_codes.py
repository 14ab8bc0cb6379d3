"""CDISC's terms stand for the registry's codes, and agree with what CDISC publishes elsewhere."""

import csv
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, get_args

import pytest
from corpus import beside
from lxml import etree

from trialbridge.schemas import trial
from trialbridge.schemas.terms import cdisc_codes
from trialbridge.schemas.terms.cdisc_codes import (
    ALLOCATION,
    ARM_TYPE,
    CONTACT_ROLE,
    EARLY_PHASE_1,
    EXPANDED_ACCESS_TYPE,
    INTERVENTION_MODEL,
    INTERVENTION_TYPE,
    MASKING,
    OBSERVATIONAL_MODEL,
    PARAMETERS,
    PHASE,
    PRIMARY_PURPOSE,
    SAMPLING_METHOD,
    SEX,
    STUDY_TYPE,
    TIME_PERSPECTIVE,
    TITLE_TYPE,
    WHO_MASKED,
    YES_NO,
    Parameter,
    Term,
)

SCHEMA = "schemas/odm/2.0/ODM-enumerations.xsd"
XS = {"xs": "http://www.w3.org/2001/XMLSchema"}

# Table, the model's enumeration, and those of its values that the standard has no term for.
ENUMERATIONS: dict[str, tuple[Mapping[str, Term], Any, set[str]]] = {
    "study type": (STUDY_TYPE, trial.StudyType, set()),
    "intervention model": (INTERVENTION_MODEL, trial.InterventionalAssignment, set()),
    "allocation": (ALLOCATION, trial.DesignAllocation, set()),
    "masking": (MASKING, trial.DesignMasking, set()),
    "who masked": (WHO_MASKED, trial.WhoMasked, set()),
    "primary purpose": (PRIMARY_PURPOSE, trial.PrimaryPurpose, {"ECT", "OTHER"}),
    "observational model": (
        OBSERVATIONAL_MODEL,
        trial.ObservationalModel,
        {"DEFINED_POPULATION", "NATURAL_HISTORY", "OTHER"},
    ),
    "time perspective": (TIME_PERSPECTIVE, trial.DesignTimePerspective, {"OTHER"}),
    "sampling method": (SAMPLING_METHOD, trial.SamplingMethod, set()),
    "arm type": (ARM_TYPE, trial.ArmGroupType, {"OTHER"}),
    "intervention type": (INTERVENTION_TYPE, trial.InterventionType, {"OTHER"}),
    "sex": (SEX, trial.Sex, set()),
    "contact role": (CONTACT_ROLE, trial.ContactRole, {"STUDY_DIRECTOR", "CONTACT"}),
}
ATTRIBUTES: dict[str, tuple[Mapping[str, Term], type]] = {
    "title type": (TITLE_TYPE, trial.IdentificationModule),
    "expanded access type": (EXPANDED_ACCESS_TYPE, trial.ExpandedAccessTypes),
}
# Three counts of masked parties share DOUBLE BLIND.
SHARED = {MASKING["TRIPLE"]: ["DOUBLE", "TRIPLE", "QUADRUPLE"]}


def _terms() -> Iterator[tuple[str, Term | Parameter]]:
    for name, value in vars(cdisc_codes).items():
        if isinstance(value, (Term, Parameter)):
            yield name, value
        elif isinstance(value, Mapping) and name.isupper():
            yield from ((f"{name}[{key!r}]", term) for key, term in value.items())


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_a_table_has_the_registrys_values_in_its_order_less_those_without_a_term(name: str) -> None:
    table, enumeration, without = ENUMERATIONS[name]
    assert list(table) == [value for value in get_args(enumeration) if value not in without]
    assert without <= set(get_args(enumeration))


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_table_by_attribute_names_attributes_of_the_model(name: str) -> None:
    table, struct = ATTRIBUTES[name]
    assert set(table) <= set(struct.__annotations__)


def test_phases_are_the_registrys_each_once_and_in_order() -> None:
    order = get_args(trial.Phase)
    for phases in PHASE:
        assert list(phases) == [phase for phase in order if phase in phases]
    assert {(phase,) for phase in order} <= set(PHASE)


def test_values_share_a_term_only_where_it_is_said() -> None:
    tables: list[Mapping[Any, Term]] = [table for table, *_ in ENUMERATIONS.values()]
    tables += [table for table, _ in ATTRIBUTES.values()] + [PHASE, YES_NO]
    shared = {}
    for table in tables:
        for term in set(table.values()):
            keys = [key for key in table if table[key].code == term.code]
            assert keys == [key for key in table if table[key].value == term.value]
            if len(keys) > 1:
                shared[term] = keys
    assert shared == SHARED


def test_codes_have_the_form_of_nci_concepts() -> None:
    terms = list(_terms())
    assert len(terms) > 100
    wrong = {name: term for name, term in terms if not re.fullmatch(r"C[1-9][0-9]+", term.code)}
    assert wrong == {}


def test_one_code_has_one_meaning() -> None:
    # Names of the same concept in several lists, as published.
    names = {
        "C48660": {"NA", "NOT APPLICABLE"},
        "C54721": {"PHASE 0 TRIAL", "EARLY PHASE I"},
    }
    found: dict[str, set[str]] = {}
    for _, term in _terms():
        found.setdefault(term.code, set()).add(term[0])
    assert {code: words for code, words in found.items() if len(words) > 1} == names


def test_parameters_have_the_lengths_that_sdtm_allows() -> None:
    # https://wiki-test.cdisc.org/display/PUB/StudyParameter: 8 without white space; SDTMIG 7.4: 40.
    for short_name, parameter in PARAMETERS.items():
        assert re.fullmatch(r"[A-Z0-9]{1,8}", short_name)
        assert 0 < len(parameter.term) <= 40
    assert len({parameter.code for parameter in PARAMETERS.values()}) == len(PARAMETERS)
    assert len({parameter.term for parameter in PARAMETERS.values()}) == len(PARAMETERS)


def test_trial_phases_are_those_of_the_odm_2_0_schema() -> None:
    schema = etree.fromstring((files("odmlib") / SCHEMA).read_bytes())
    published = {
        item.get("value"): item.find(".//{*}Alias").get("Name")
        for item in schema.iterfind(
            ".//xs:simpleType[@name='TrialPhaseType']//xs:enumeration", namespaces=XS
        )
    }
    assert len(published) == 13
    beyond = {("PHASE1", "PHASE2", "PHASE3"), ("PHASE1", "PHASE3")}
    for phases, term in PHASE.items():
        assert published.get(term.value) == (None if phases in beyond else term.code)
    assert EARLY_PHASE_1.value not in published
    assert EARLY_PHASE_1.code == PHASE[("EARLY_PHASE1",)].code


def test_roles_have_the_codes_that_the_odm_2_0_schema_gives_them() -> None:
    schema = etree.fromstring((files("odmlib") / SCHEMA).read_bytes())
    roles = {
        "Investigator": WHO_MASKED["INVESTIGATOR"].code,
        "Subject": WHO_MASKED["PARTICIPANT"].code,
        "Sponsor": PARAMETERS["SPONSOR"].code,
    }
    published = {
        item.get("value"): alias.get("Name")
        for item in schema.iterfind(".//xs:enumeration", namespaces=XS)
        if item.get("value") in roles and (alias := item.find(".//{*}Alias")) is not None
    }
    assert published == roles


def test_parameters_agree_with_cdiscs_mapping_of_usdm_to_trial_summary() -> None:
    path = beside("reference/cdisc/usdm-mapping-sdtm-ts-parameters.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row[:3] for row in csv.reader(file, delimiter="\t")][2:]
    differences = set()
    compared = set()
    for names, short_name, code in rows:
        if (ours := PARAMETERS.get(short_name)) is None:
            continue
        compared.add(short_name)
        if ours.code != code:
            differences.add((short_name, code))
        if ours.term.casefold() not in names.casefold().split("; "):
            differences.add((short_name, names))
    assert len(compared) > 30
    # Slips of that file: the terminology itself and USDM 4.0's BiospecimenRetention.isRetained
    # have C164620, and the maximum age has the name of the minimum.
    assert differences == {
        ("BRIND", "C209699"),
        ("AGEMAX", "Planned Minimum Age of Subjects"),
    }
