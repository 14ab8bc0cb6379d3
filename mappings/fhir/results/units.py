"""Units of measure with their codes in UCUM, where words certainly are one.

https://ucum.org/ucum
"""

from collections.abc import Mapping
from functools import lru_cache

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.terminology.codes import UCUM

_WORDS: Mapping[str, str] = {
    # time
    "years": "a",
    "year": "a",
    "months": "mo",
    "month": "mo",
    "weeks": "wk",
    "week": "wk",
    "days": "d",
    "day": "d",
    "hours": "h",
    "hour": "h",
    "hr": "h",
    "hrs": "h",
    "minutes": "min",
    "minute": "min",
    "min": "min",
    "seconds": "s",
    "second": "s",
    "sec": "s",
    "milliseconds": "ms",
    "msec": "ms",
    # length, mass, volume
    "meters": "m",
    "centimeters": "cm",
    "cm": "cm",
    "millimeters": "mm",
    "mm": "mm",
    "kilograms": "kg",
    "kilogram": "kg",
    "kg": "kg",
    "grams": "g",
    "milligrams": "mg",
    "milligram": "mg",
    "mg": "mg",
    "liters": "L",
    "liter": "L",
    "milliliters": "mL",
    "ml": "mL",
    "kg/m^2": "kg/m2",
    "kg/m2": "kg/m2",
    "kg/m²": "kg/m2",
    "kilograms per meter squared": "kg/m2",
    "kilograms per square meter": "kg/m2",
    # pressure, rate
    "mmhg": "mm[Hg]",
    "mm hg": "mm[Hg]",
    "millimeters of mercury": "mm[Hg]",
    "millimeter of mercury": "mm[Hg]",
    "beats per minute": "/min",
    "beats/min": "/min",
    "bpm": "/min",
    "breaths per minute": "/min",
    # concentrations
    "mg/dl": "mg/dL",
    "milligrams per deciliter": "mg/dL",
    "g/dl": "g/dL",
    "grams per deciliter": "g/dL",
    "g/l": "g/L",
    "grams per liter": "g/L",
    "mg/l": "mg/L",
    "ng/ml": "ng/mL",
    "nanograms per milliliter": "ng/mL",
    "nanogram per milliliter": "ng/mL",
    "pg/ml": "pg/mL",
    "picograms per milliliter": "pg/mL",
    "picogram per milliliter": "pg/mL",
    "µg/ml": "ug/mL",
    "μg/ml": "ug/mL",
    "ug/ml": "ug/mL",
    "ng/l": "ng/L",
    "mmol/l": "mmol/L",
    "millimoles per liter": "mmol/L",
    "umol/l": "umol/L",
    "µmol/l": "umol/L",
    "μmol/l": "umol/L",
    "nmol/l": "nmol/L",
    "pmol/l": "pmol/L",
    "u/l": "U/L",
    "units per liter": "U/L",
    "iu/l": "[IU]/L",
    "iu/ml": "[IU]/mL",
    # flows
    "l/min": "L/min",
    "ml/min": "mL/min",
    "ml/kg/min": "mL/kg/min",
    "ml/min/1.73m^2": "mL/min/{1.73_m2}",
    "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "ml/min/1.73 m^2": "mL/min/{1.73_m2}",
    "liters per hour": "L/h",
    "litres per hour": "L/h",
    "l/h": "L/h",
    # shares
    "%": "%",
    "percent": "%",
    "percentage": "%",
    "percentage of participants": "%",
    "percentage of patients": "%",
    "percentage of subjects": "%",
    "percent of participants": "%",
}


@lru_cache(maxsize=4096)
def unit(words: str) -> Node:
    """The members of a Quantity that say its unit. They are shared: change none."""
    code = _code(" ".join(words.lower().split()))
    return {"unit": words, **({"system": UCUM, "code": code} if code else {})}


def _code(words: str) -> str | None:
    found = _WORDS.get(words)
    # "kilograms (kg)": both name the same unit.
    if found is None and words.endswith(")"):
        name, _, short = words[:-1].rpartition("(")
        both = {_WORDS.get(name.strip()), _WORDS.get(short.strip())}
        found = both.pop() if len(both) == 1 else None
    return found
