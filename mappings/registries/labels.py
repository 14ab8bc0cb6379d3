"""Words of ClinicalTrials.gov's older formats for the codes of the model: labels, days, yes and no.

The legacy XML, the classic API and the website's CSV have the labels that its pages show.
https://clinicaltrials.gov/data-api/about-api/api-migration
"""

import re
from collections.abc import Sequence

from trialbridge.schemas.once import once

_PARTS = re.compile(r"[^A-Z0-9]+")
_DATE = re.compile(r"([A-Z][a-z]+) (?:([0-9]{1,2}), )?([0-9]{4})")
_MINUTE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4}) ([0-9]{2}:[0-9]{2})")
# Not of `calendar`, whose names are those of the locale.
MONTHS = {
    "January": "01",
    "February": "02",
    "March": "03",
    "April": "04",
    "May": "05",
    "June": "06",
    "July": "07",
    "August": "08",
    "September": "09",
    "October": "10",
    "November": "11",
    "December": "12",
}

# Labels that are not their code in other letters.
_LABELS = {
    "N/A": "NA",
    "Not Applicable": "NA",
    "Anticipated": "ESTIMATED",
    "Estimate": "ESTIMATED",
    "Both": "ALL",
    "Unknown status": "UNKNOWN",
    "U.S. Fed": "FED",
    "Single Group Assignment": "SINGLE_GROUP",
    "Parallel Assignment": "PARALLEL",
    "Crossover Assignment": "CROSSOVER",
    "Factorial Assignment": "FACTORIAL",
    "Sequential Assignment": "SEQUENTIAL",
    "Educational/Counseling/Training": "ECT",
    "None (Open Label)": "NONE",
    "Open Label": "NONE",
    "Statistical Analysis Plan (SAP)": "SAP",
    "Informed Consent Form (ICF)": "ICF",
    "Clinical Study Report (CSR)": "CSR",
    "U.S. NIH Grant/Contract": "NIH",
    "U.S. FDA Grant/Contract": "FDA",
    "U.S. VA Grant/Contract": "VA",
    "U.S. CDC Grant/Contract": "CDC",
    "U.S. AHRQ Grant/Contract": "AHRQ",
    "U.S. SAMHSA Grant/Contract": "SAMHSA",
    "Other Grant/Funding Number": "OTHER_GRANT",
    "Registry Identifier": "REGISTRY",
    "Other Identifier": "OTHER",
    "EU Trial (CTIS) Number": "CTIS",
    "1-Sided": "ONE_SIDED",
    "2-Sided": "TWO_SIDED",
    "80% Confidence Interval": "CONFIDENCE_80",
    "90% Confidence Interval": "CONFIDENCE_90",
    "95% Confidence Interval": "CONFIDENCE_95",
    "97.5% Confidence Interval": "CONFIDENCE_975",
    "99% Confidence Interval": "CONFIDENCE_99",
    "Other Confidence Interval Level": "CONFIDENCE_OTHER",
    "Geometric Coefficient of Variation": "GEOMETRIC_COEFFICIENT",
    "Standard Error of the Mean": "STANDARD_ERROR_OF_MEAN",
    "Non-Inferiority or Equivalence (legacy)": "NON_INFERIORITY_OR_EQUIVALENCE_LEGACY",
    "Superiority or Other (legacy)": "SUPERIORITY_OR_OTHER_LEGACY",
    "Early Phase 1": "EARLY_PHASE1",
    **{f"Phase {number}": f"PHASE{number}" for number in range(1, 5)},
}


@once
def _folded(codes: tuple[str, ...]) -> dict[str, str]:
    return {_fold(code): code for code in codes}


def _fold(label: str) -> str:
    return _PARTS.sub("_", label.upper()).strip("_")


def code(label: str, codes: Sequence[str]) -> str | None:
    """The code of an enumeration that a label is for: by its letters, or by a name of its own."""
    known = _LABELS.get(label)
    if known in codes:
        return known
    return _folded(tuple(codes)).get(_fold(label))


def date(words: str) -> str | None:
    """`March 4, 2021` as 2021-03-04 and `March 2021` as 2021-03; None for other words."""
    found = _DATE.fullmatch(words)
    month = MONTHS.get(found[1]) if found else None
    if found is None or month is None:
        return None
    return f"{found[3]}-{month}" + (f"-{int(found[2]):02}" if found[2] else "")


def minute(words: str) -> str | None:
    """`05/27/2020 04:13`, in the order of the US, as 2020-05-27T04:13; None for other words."""
    found = _MINUTE.fullmatch(words)
    return f"{found[3]}-{found[1]}-{found[2]}T{found[4]}" if found else None


def yes_or_no(words: str) -> bool | None:
    """Yes as true, No as false; None for other words."""
    return {"Yes": True, "No": False, "Accepts Healthy Volunteers": True}.get(words)
