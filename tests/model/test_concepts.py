"""The table of concepts is the registry's, whole and in order, and CDISC's as published."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from corpus import named

from trialbridge.schemas import trial
from trialbridge.schemas.terms import cdisc_codes, concepts, trial_summary
from trialbridge.schemas.terms.cdisc_codes import Term
from trialbridge.schemas.terms.concepts import VALUE_SETS

ENUMERATIONS: dict[str, Any] = {
    "STUDY_TYPE": trial.StudyType,
    "STATUS": trial.Status,
    "ALLOCATION": trial.DesignAllocation,
    "INTERVENTION_MODEL": trial.InterventionalAssignment,
    "PRIMARY_PURPOSE": trial.PrimaryPurpose,
    "MASKING": trial.DesignMasking,
    "WHO_MASKED": trial.WhoMasked,
    "OBSERVATIONAL_MODEL": trial.ObservationalModel,
    "TIME_PERSPECTIVE": trial.DesignTimePerspective,
    "SAMPLING_METHOD": trial.SamplingMethod,
    "ARM_TYPE": trial.ArmGroupType,
    "INTERVENTION_TYPE": trial.InterventionType,
    "SEX": trial.Sex,
    "CONTACT_ROLE": trial.ContactRole,
    "RESPONSIBLE_PARTY": trial.ResponsiblePartyType,
    "AGENCY_CLASS": trial.AgencyClass,
    "AGE_UNIT": trial.AgeUnit,
    "OUTCOME_MEASURE_TYPE": trial.OutcomeMeasureType,
    "MEASURE_PARAM": trial.MeasureParam,
    "MEASURE_DISPERSION": trial.MeasureDispersionType,
    "ANALYSIS_DISPERSION": trial.AnalysisDispersionType,
}
NOT_ENUMERATED = {"PHASE", "YES_NO", "TITLE_TYPE", "EXPANDED_ACCESS_TYPE", "CRITERION"}


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_a_set_has_each_of_the_registrys_codes_once_and_in_its_order(name: str) -> None:
    assert tuple(row.code for row in VALUE_SETS[name].rows) == get_args(ENUMERATIONS[name])
    assert all(row.label for row in VALUE_SETS[name].rows)


def test_every_row_of_the_table_is_of_a_set() -> None:
    assert set(VALUE_SETS) == {*ENUMERATIONS, *NOT_ENUMERATED}
    assert {name.lower().replace("_", "-") for name in VALUE_SETS} == set(concepts._TABLE)


def test_a_set_names_the_system_and_the_list_that_its_codes_are_of() -> None:
    for name, held in VALUE_SETS.items():
        assert bool(held.codes) == bool(held.fhir), name
        assert bool(held.terms) == bool(held.cdisc), name


def test_one_row_has_the_codes_of_all_standards_beside_each_other() -> None:
    assert concepts.ARM_TYPE.rows[2] == (
        "PLACEBO_COMPARATOR",
        "Placebo comparator",
        "placebo-comparator",
        "Placebo Comparator Arm",
        "C174268",
        "Placebo Control Arm",
    )
    assert concepts.PHASE.rows[3].code == ("PHASE1", "PHASE2")
    assert concepts.AGE_UNIT.codes["Month"] == "mo"


def test_a_code_of_fhir_that_several_share_is_read_as_the_first() -> None:
    many = {name: Counter(held.codes.values()) for name, held in VALUE_SETS.items()}
    shared = {
        name: [code for code, said in held.codes.items() if many[name][said] > 1]
        for name, held in VALUE_SETS.items()
    }
    assert {name: codes for name, codes in shared.items() if codes} == {
        "AGENCY_CLASS": ["OTHER_GOV", "FED"],
        "MEASURE_PARAM": ["COUNT_OF_PARTICIPANTS", "COUNT_OF_UNITS"],
        "MEASURE_DISPERSION": [
            "CONFIDENCE_95",
            "CONFIDENCE_80",
            "CONFIDENCE_90",
            "CONFIDENCE_975",
            "CONFIDENCE_99",
            "CONFIDENCE_OTHER",
        ],
    }


# --- against CDISC's packages --------------------------------------------------------------------

# List code and version of the package: its terms by code, submission value and preferred name.
Packages = Mapping[tuple[str, str], Mapping[str, tuple[str, str]]]


@cache
def _packages() -> Packages:
    """The CDISC Library's answers in the PyPI package usdm4: `ct/cdisc/library_cache/*.yaml`."""
    folder = named("CDISC_TERMINOLOGY", "the folder of CDISC's terminology")
    yaml = pytest.importorskip("yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for path in sorted(Path(folder).glob("library_cache_*.yaml")):
        for code, held in yaml.load(path.read_text(encoding="utf-8"), Loader=loader).items():
            found[code, held["source"]["effective_date"]] = {
                term["conceptId"]: (term["submissionValue"], term["preferredTerm"])
                for term in held["terms"]
            }
    assert found, f"{folder} has no library_cache_*.yaml"
    return found


# In the words of ODM 2.0's own list, which today's terminology has not.
RENAMED = {"C54721": "EARLY PHASE I"}
# A unit that the list of units of age has not.
ELSEWHERE = {"C48154": "C71620"}


def _as_published(cdisc: str, version: str, term: Term) -> tuple[str, str]:
    published = _packages()[ELSEWHERE.get(term.code, cdisc), version]
    return published.get(term.code, ("", ""))


@pytest.mark.parametrize("name", [name for name, held in VALUE_SETS.items() if held.cdisc])
def test_the_terms_of_a_set_are_those_of_cdiscs_package(name: str) -> None:
    held = VALUE_SETS[name]
    for term in held.terms.values():
        value, preferred = _as_published(held.cdisc, held.version, term)
        if term.value:
            assert value == RENAMED.get(term.code, term.value)
        assert preferred == term.preferred


def test_the_terms_that_say_more_than_a_code_are_cdiscs() -> None:
    version = concepts.CDISC_VERSION
    for cdisc, term in (
        ("C99077", concepts.PATIENT_REGISTRY),
        ("C66737", concepts.EARLY_PHASE_1),
        ("C66735", concepts.OBSERVER_BLIND),
        *(("C66785", term) for term in trial_summary.CONTROL.values()),
        ("C66785", trial_summary.NO_CONTROL),
        ("C127257", concepts.CENTRAL_CONTACT),
        ("C127257", concepts.FACILITY_CONTACT),
    ):
        value, preferred = _as_published(cdisc, version, term)
        assert value == term.value
        assert term.preferred in ("", preferred)


def test_parameters_of_the_trial_summary_have_cdiscs_codes_and_names() -> None:
    codes = _packages()["C66738", cdisc_codes.CDISC_VERSION]
    names = _packages()["C67152", cdisc_codes.CDISC_VERSION]
    for short, parameter in trial_summary.SUMMARY.items():
        assert codes[parameter.code][0] == short
        assert names[parameter.code][0] == parameter.term


def test_a_code_of_no_set_is_of_the_package_that_is_stated() -> None:
    for code, version in concepts._OTHERS.items():
        lists = [terms for (_, of), terms in _packages().items() if of == version]
        assert any(code in terms for terms in lists), code
