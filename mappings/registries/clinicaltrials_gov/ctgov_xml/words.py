"""Values of the legacy XML: labels for codes, days in words, numbers, yes and no.

What is written is the word of the table; what is read may be a word that the registry had before.
https://clinicaltrials.gov/data-api/about-api/api-migration
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from trialbridge.mappings.codec import Codec, Mismatch
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries import labels
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.texts import (
    lines_to_markdown,
    markdown_to_lines,
)
from trialbridge.schemas import trial

Given = Callable[[str], Any]


def word(value: Any) -> str:
    """The text of an element, which has attributes or none. Raises Mismatch if it has elements."""
    if value.__class__ is dict and value.keys() <= {"#"}:
        value = value.get("#", "")
    if value.__class__ is not str:
        raise Mismatch(f"expected text, found {value!r:.60}")
    return str(value)


def valued(
    read: Given,
    expected: str,
    write: Callable[[Any], str | None],
    gives: type,
    *,
    nothing: str = "",
) -> Any:
    """Values that stand as words; what is none of them is told, and stays in the source's words.

    `nothing` is a word that says nothing, as no word does.
    """

    def read_word(value: Any, names: Names) -> Any:
        said = word(value)
        if not said or said == nothing:
            return None
        found = read(said)
        if found is None:
            names.warn("not-readable", f"{said!r:.60} is not {expected}")
        return found

    return Codec(read_word, lambda value, names: write(value), gives=gives)


text: Codec[str] = Codec(
    lambda value, names: word(value).strip() or None, lambda value, names: value, gives=str
)
"""A text as it is, but for blanks around it, which are layout in XML."""

markup: Codec[str] = Codec(
    lambda value, names: lines_to_markdown(word(value)) or None,
    lambda value, names: markdown_to_lines(value),
    gives=str,
)
"""A text outside text blocks, which is CommonMark in the model."""

yes_no: Codec[bool] = valued(
    labels.yes_or_no, "Yes or No", lambda value: "Yes" if value else "No", bool
)
healthy: Codec[bool] = valued(
    labels.yes_or_no,
    "No or Accepts Healthy Volunteers",
    lambda value: "Accepts Healthy Volunteers" if value else "No",
    bool,
)


def _whole(words: str) -> int | None:
    return int(words) if re.fullmatch(r"[0-9]{1,18}", words) else None


integer: Codec[int] = valued(_whole, "a whole number", str, int)

_MONTHS = dict(zip(labels.MONTHS.values(), labels.MONTHS, strict=True))


def _date_words(value: str, digits: int = 1) -> str | None:
    year, _, rest = value.partition("-")
    month, _, day = rest.partition("-")
    if not month:
        return None
    return f"{_MONTHS[month]} {int(day):0{digits}}, {year}" if day else f"{_MONTHS[month]} {year}"


date: Codec[str] = valued(labels.date, "a date (March 4, 2021 or March 2021)", _date_words, str)
"""A day or a month in words; a year alone has none."""


def _posting(words: str) -> str | None:
    found = re.fullmatch(r"(?:(0?[1-9]|1[0-2])/)?([0-9]{4})", words)
    if found is None:
        return labels.date(words)
    return f"{found[2]}-{int(found[1]):02}" if found[1] else found[2]


posting: Codec[str] = valued(
    _posting, "a month (03/2021)", lambda value: "/".join(reversed(value.split("-")[:2])), str
)
"""The month in which results are to come."""

_PROCESSED = "ClinicalTrials.gov processed this data on "
processed: Codec[str] = valued(
    lambda words: labels.date(words.removeprefix(_PROCESSED)),
    f"{_PROCESSED}March 4, 2021",
    lambda value: f"{_PROCESSED}{_date_words(value, 2)}",
    str,
)


def _age(words: str) -> str | None:
    try:
        return trial.age_text(*trial.age(words))
    except ValueError:
        return None


_AN_AGE = "an age (such as 18 Years or 1 Month)"
age: Codec[str] = valued(_age, _AN_AGE, str, str)
bound: Codec[str] = valued(_age, _AN_AGE, str, str, nothing="N/A")
"""The age that participants have at least, or at most; no bound is a bound of N/A there."""


def coded(enumeration: Any, words: Mapping[str, str] = {}) -> Codec[Any]:
    """A code as its label: the code in title case, where the table has no other.

    Codes of the same label are read as the one in the table that comes first.
    """
    codes = [str(code) for code in get_args(enumeration)]
    said = {code: words.get(code, code.replace("_", " ").title()) for code in codes}
    back: dict[str, str] = {}
    for code in [*words, *codes]:
        back.setdefault(said[code], code)

    def read(label: str) -> str | None:
        return back.get(label) or labels.code(label, codes)

    expected = f"one of {', '.join(back)}"
    codec: Codec[Any] = valued(read, expected, said.__getitem__, str)
    return codec


AGENCY_CLASS = coded(
    trial.AgencyClass,
    {
        "NIH": "NIH",
        "FED": "U.S. Fed",
        "INDUSTRY": "Industry",
        "OTHER": "Other",
        # Kinds that came later.
        "OTHER_GOV": "Other",
        "INDIV": "Other",
        "NETWORK": "Other",
        "AMBIG": "Other",
        "UNKNOWN": "Other",
    },
)
_RECRUITMENT = {
    "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
    "ENROLLING_BY_INVITATION": "Enrolling by invitation",
    "NOT_YET_RECRUITING": "Not yet recruiting",
}
STATUS = coded(
    trial.Status,
    {
        **_RECRUITMENT,
        "NO_LONGER_AVAILABLE": "No longer available",
        "TEMPORARILY_NOT_AVAILABLE": "Temporarily not available",
        "APPROVED_FOR_MARKETING": "Approved for marketing",
        "UNKNOWN": "Unknown status",
    },
)
SITE_STATUS = coded(trial.RecruitmentStatus, _RECRUITMENT)
ANTICIPATED = coded(trial.DateType, {"ESTIMATED": "Anticipated"})
ESTIMATE = coded(trial.DateType, {"ESTIMATED": "Estimate"})
ENROLLMENT = coded(trial.EnrollmentType, {"ESTIMATED": "Anticipated"})
RESPONSIBLE_PARTY = coded(
    trial.ResponsiblePartyType, {"SPONSOR_INVESTIGATOR": "Sponsor-Investigator"}
)
ALLOCATION = coded(trial.DesignAllocation, {"NA": "N/A", "NON_RANDOMIZED": "Non-Randomized"})
INTERVENTION_MODEL = coded(
    trial.InterventionalAssignment,
    {
        code: f"{code.replace('_', ' ').title()} Assignment"
        for code in get_args(trial.InterventionalAssignment)
    },
)
PRIMARY_PURPOSE = coded(trial.PrimaryPurpose, {"ECT": "Educational/Counseling/Training"})
OBSERVATIONAL_MODEL = coded(
    trial.ObservationalModel,
    {
        "CASE_CONTROL": "Case-Control",
        "CASE_ONLY": "Case-Only",
        "CASE_CROSSOVER": "Case-Crossover",
        "ECOLOGIC_OR_COMMUNITY": "Ecologic or Community",
        "FAMILY_BASED": "Family-Based",
    },
)
TIME_PERSPECTIVE = coded(trial.DesignTimePerspective, {"CROSS_SECTIONAL": "Cross-Sectional"})
BIOSPEC = coded(
    trial.BioSpecRetention,
    {"SAMPLES_WITH_DNA": "Samples With DNA", "SAMPLES_WITHOUT_DNA": "Samples Without DNA"},
)
ARM_TYPE = coded(trial.ArmGroupType)
INTERVENTION_TYPE = coded(trial.InterventionType)
SEX = coded(trial.Sex)
SAMPLING = coded(trial.SamplingMethod, {"NON_PROBABILITY_SAMPLE": "Non-Probability Sample"})
_ROLES = {"SUB_INVESTIGATOR": "Sub-Investigator"}
OFFICIAL_ROLE = coded(trial.OfficialRole, _ROLES)
CONTACT_ROLE = coded(trial.ContactRole, _ROLES)
IPD_SHARING = coded(trial.IpdSharing)
IPD_INFO = coded(
    trial.IpdSharingInfoType,
    {
        "SAP": "Statistical Analysis Plan (SAP)",
        "ICF": "Informed Consent Form (ICF)",
        "CSR": "Clinical Study Report (CSR)",
    },
)

# --- results
PARAM = coded(
    trial.MeasureParam,
    {"COUNT_OF_PARTICIPANTS": "Count of Participants", "COUNT_OF_UNITS": "Count of Units"},
)
DISPERSION = coded(
    trial.MeasureDispersionType,
    {
        "NA": "N/A",
        "INTER_QUARTILE_RANGE": "Inter-Quartile Range",
        "CONFIDENCE_80": "80% Confidence Interval",
        "CONFIDENCE_90": "90% Confidence Interval",
        "CONFIDENCE_95": "95% Confidence Interval",
        "CONFIDENCE_975": "97.5% Confidence Interval",
        "CONFIDENCE_99": "99% Confidence Interval",
        "CONFIDENCE_OTHER": "Other Confidence Interval Level",
        "GEOMETRIC_COEFFICIENT": "Geometric Coefficient of Variation",
    },
)
OUTCOME_TYPE = coded(
    trial.OutcomeMeasureType,
    {"OTHER_PRE_SPECIFIED": "Other Pre-specified", "POST_HOC": "Post-Hoc"},
)
NON_INFERIORITY = coded(
    trial.NonInferiorityType,
    {
        "NON_INFERIORITY": "Non-Inferiority",
        "NON_INFERIORITY_OR_EQUIVALENCE": "Non-Inferiority or Equivalence",
        "SUPERIORITY_OR_OTHER": "Superiority or Other",
        "NON_INFERIORITY_OR_EQUIVALENCE_LEGACY": "Non-Inferiority or Equivalence (legacy)",
        "SUPERIORITY_OR_OTHER_LEGACY": "Superiority or Other (legacy)",
    },
)
SIDES = coded(trial.ConfidenceIntervalNumSides, {"ONE_SIDED": "1-Sided", "TWO_SIDED": "2-Sided"})
ANALYSIS_DISPERSION = coded(
    trial.AnalysisDispersionType, {"STANDARD_ERROR_OF_MEAN": "Standard Error of the Mean"}
)
ASSESSMENT = coded(
    trial.EventAssessment,
    {
        "NON_SYSTEMATIC_ASSESSMENT": "Non-systematic Assessment",
        "SYSTEMATIC_ASSESSMENT": "Systematic Assessment",
    },
)
EMPLOYED = {
    True: "All Principal Investigators ARE employed by the organization sponsoring the study.",
    False: "Principal Investigators are NOT employed by the organization sponsoring the study.",
}
