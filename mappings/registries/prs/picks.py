"""What the registry lets choose in its results, and names of one's own beside it.

The schema has a list for each in another document, and none in its comments: these are the labels
that its records show. What is none of them is the choice `Other`, with its name in an element
beside.
https://clinicaltrials.gov/policy/results-definitions
"""

import re

from trialbridge.mappings.codec import Codec, Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import words as older
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import word
from trialbridge.schemas import trial

_OTHER = "Other"


def _pick(key: str, beside: str, labels: tuple[str, ...], other: str = _OTHER) -> Codec[str]:
    def read(node: Node, names: Names) -> str | None:
        return word(node.get(beside, "")) or word(node.get(key, "")) or None

    def write(value: str, names: Names) -> Node:
        return {key: value} if value in labels or value == other else {key: other, beside: value}

    return Codec(read, write, label=f"{key} or {beside}", gives=str)


baseline_title = _pick(
    "title",
    "otherTitle",
    (
        "Age, Categorical",
        "Age, Continuous",
        "Age, Customized",
        "Sex: Female, Male",
        "Sex/Gender, Customized",
        "Race (NIH/OMB)",
        "Ethnicity (NIH/OMB)",
        "Race/Ethnicity, Customized",
        "Race and Ethnicity Not Collected",
        "Region of Enrollment",
    ),
    other="Study-Specific Measure",
)
reason = _pick(
    "reasonType",
    "otherReasonName",
    (
        "Adverse Event",
        "Death",
        "Lack of Efficacy",
        "Lost to Follow-up",
        "Physician Decision",
        "Pregnancy",
        "Protocol Violation",
        "Withdrawal by Subject",
    ),
)
method = _pick(
    "statisticalMethod",
    "otherMethodName",
    (
        "ANCOVA",
        "ANOVA",
        "Chi-squared",
        "Chi-squared, Corrected",
        "Cochran-Mantel-Haenszel",
        "Fisher Exact",
        "Kruskal-Wallis",
        "Log Rank",
        "Mantel Haenszel",
        "McNemar",
        "Mixed Models Analysis",
        "Regression, Cox",
        "Regression, Linear",
        "Regression, Logistic",
        "Sign test",
        "t-test, 1 sided",
        "t-test, 2 sided",
        "Wilcoxon (Mann-Whitney)",
    ),
)
parameter = _pick(
    "parameterType",
    "otherTypeName",
    (
        "Cox Proportional Hazard",
        "Hazard Ratio (HR)",
        "Hazard Ratio, log",
        "Mean Difference (Final Values)",
        "Mean Difference (Net)",
        "Median Difference (Final Values)",
        "Median Difference (Net)",
        "Odds Ratio (OR)",
        "Odds Ratio, log",
        "Risk Difference (RD)",
        "Risk Ratio (RR)",
        "Risk Ratio, log",
        "Slope",
    ),
)

_INTERVAL = re.compile(r"([0-9.]{1,8})% Confidence Interval")


def _read_dispersion(node: Node, names: Names) -> str | None:
    said = word(node.get("dispersionType", ""))
    level = word(node.get("ciPctLevel", ""))
    if said == "Confidence Interval" and level:
        return f"{level}% {said}"
    return said or None


def _write_dispersion(value: str, names: Names) -> Node:
    interval = _INTERVAL.fullmatch(value)
    if interval is None:
        return {"dispersionType": value}
    return {"dispersionType": "Confidence Interval", "ciPctLevel": interval[1]}


dispersion: Codec[str] = Codec(
    _read_dispersion, _write_dispersion, label="dispersionType and ciPctLevel", gives=str
)
"""A measure of dispersion by its label; the level of an interval has an element of its own."""

dispersion_code: Codec[trial.MeasureDispersionType] = Codec(
    lambda node, names: older.DISPERSION.read(_read_dispersion(node, names) or "", names),
    lambda value, names: _write_dispersion(str(older.DISPERSION.write(value, names)), names),
    label="dispersionType and ciPctLevel",
    gives=str,
)
"""The same by the code of the model."""
