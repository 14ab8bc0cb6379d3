"""What a criterion measures: the words for each analyte, its code and its units."""

from typing import Final, NamedTuple


class Analyte(NamedTuple):
    """A value that thresholds are stated of.

    `pattern` finds its names, in each of which is one of `parts`: to look for these takes far less.
    `units` are those that its thresholds have, as they are written and in UCUM; `bare` is the unit
    of a threshold that has none in words, None where it must have one.
    """

    loinc: str
    display: str
    pattern: str
    parts: tuple[str, ...]
    units: dict[str, str]
    bare: str | None = None


_PERCENT = {"%": "%", "percent": "%"}
_MASS = {"g/dl": "g/dL", "mg/dl": "mg/dL", "mmol/l": "mmol/L"}
_MICROMOLES = {"mg/dl": "mg/dL", "umol/l": "umol/L", "mmol/l": "mmol/L"}
_CELLS = {
    "/mm3": "/mm3",
    "/ul": "/uL",
    "/mm^3": "/mm3",
    "cells/mm3": "/mm3",
    "cells/ul": "/uL",
    "x 10^9/l": "10*9/L",
    "x10^9/l": "10*9/L",
    "10^9/l": "10*9/L",
    "x 109/l": "10*9/L",
    "x109/l": "10*9/L",
}
_FILTRATION = {
    f"ml/min{per}": "mL/min/{1.73_m2}"
    for per in ("/1.73m2", "/1.73 m2", "/1,73 m2", "/1,73m2", "/1.72m2", "/1.73m^2", "/1.73 m^2")
} | {"ml/min": "mL/min"}
_SEATED = "(?:sitting |seated |office |resting )?"
_PRESSURE = {"mmhg": "mm[Hg]", "mm hg": "mm[Hg]"}
_INDEX = dict.fromkeys(("kg/m2", "kg/m^2", "kg/m²", "kg/ m2", "kg / m2", "kg/m 2"), "kg/m2")

ANALYTES: Final[dict[str, Analyte]] = {
    "HbA1c": Analyte(
        "4548-4",
        "Hemoglobin A1c/Hemoglobin.total in Blood",
        r"(?:hb ?a ?1c|ha1c|a1c|(?:glycated |glycosylated )?ha?emoglobin a1c"
        r"|glyc(?:osyl)?ated ha?emoglobin(?: \(hb ?a1c\))?|ha?emoglobin a1c \(hba1c\))",
        ("a1c", "glyc"),
        _PERCENT,
    ),
    "hemoglobin": Analyte(
        "718-7",
        "Hemoglobin [Mass/volume] in Blood",
        r"ha?emoglobin(?: \(hgb\)| \(hb\))?|hgb",
        ("moglobin", "hgb"),
        {"g/dl": "g/dL", "mg/dl": "mg/dL", "g/l": "g/L"},
    ),
    "platelets": Analyte(
        "26515-7",
        "Platelets [#/volume] in Blood",
        r"platelets?(?: counts?)?",
        ("platelet",),
        _CELLS,
    ),
    "neutrophils": Analyte(
        "26499-4",
        "Neutrophils [#/volume] in Blood",
        r"(?:absolute )?neutrophils?(?: counts?)?(?: \(anc\))?|anc",
        ("neutro", "anc"),
        _CELLS,
    ),
    "leukocytes": Analyte(
        "26464-8",
        "Leukocytes [#/volume] in Blood",
        r"(?:leu[kc]ocytes?|white blood cells?|wbcs?)(?: counts?)?(?: \(wbc\))?",
        ("leuko", "leuco", "white", "wbc"),
        _CELLS,
    ),
    "hematocrit": Analyte(
        "20570-8", "Hematocrit [Volume Fraction] of Blood", r"ha?ematocrit", ("matocrit",), _PERCENT
    ),
    "INR": Analyte(
        "34714-6",
        "INR in Blood by Coagulation assay",
        r"(?:international normali[sz]ed ratio )?[\[(]?inr[\])]?",
        ("inr",),
        {},
        "{INR}",
    ),
    "creatinine": Analyte(
        "2160-0",
        "Creatinine [Mass/volume] in Serum or Plasma",
        r"(?:serum |plasma )?creatinine(?: levels?| concentrations?)?",
        ("creatinine",),
        _MICROMOLES,
    ),
    "bilirubin": Analyte(
        "1975-2",
        "Bilirubin.total [Mass/volume] in Serum or Plasma",
        r"(?:total |serum )*bilirubin",
        ("bilirubin",),
        _MICROMOLES,
    ),
    "albumin": Analyte(
        "1751-7",
        "Albumin [Mass/volume] in Serum or Plasma",
        r"(?:serum )?albumin",
        ("albumin",),
        {"g/dl": "g/dL", "g/l": "g/L"},
    ),
    "potassium": Analyte(
        "2823-3",
        "Potassium [Moles/volume] in Serum or Plasma",
        r"(?:serum |plasma |pre-dialysis )?potassium(?: levels?)?",
        ("potassium",),
        {"meq/l": "meq/L", "mmol/l": "mmol/L"},
    ),
    "triglycerides": Analyte(
        "2571-8",
        "Triglyceride [Mass/volume] in Serum or Plasma",
        r"(?:fasting |serum )*(?:triglycerides?|tgs?)(?: \(tg\))?(?: levels?)?",
        ("triglyc", "tg"),
        _MASS,
    ),
    "eGFR": Analyte(
        "98979-8",
        "Glomerular filtration rate/1.73 sq M.predicted",
        r"(?:estimated )?(?:glomerular filtration rate|gfr|grf)(?: \(e?gfr\))?|egfr",
        ("gfr", "grf", "filtration"),
        _FILTRATION,
    ),
    "LVEF": Analyte(
        "10230-1",
        "Left ventricular Ejection fraction",
        r"lvef|(?:left ventricular|lv) ejection fraction(?: \(lvef\))?",
        ("lvef", "ejection"),
        _PERCENT,
    ),
    "SBP": Analyte(
        "8480-6",
        "Systolic blood pressure",
        rf"{_SEATED}(?:systolic (?:blood pressure|bp)|sbp)(?: \(sbp\))?",
        ("sbp", "systolic"),
        _PRESSURE,
    ),
    "DBP": Analyte(
        "8462-4",
        "Diastolic blood pressure",
        rf"{_SEATED}(?:diastolic (?:blood pressure|bp)|dbp)(?: \(dbp\))?",
        ("dbp", "diastolic"),
        _PRESSURE,
    ),
    "BMI": Analyte(
        "39156-5",
        "Body mass index (BMI) [Ratio]",
        r"(?:body[- ]mass index|bmi)(?: ?\(bmi\))?",
        ("bmi", "mass"),
        _INDEX,
        "kg/m2",
    ),
    "weight": Analyte(
        "29463-7", "Body weight", r"(?:body ?)?weight|weigh", ("weigh",), {"kg": "kg"}
    ),
}
"""Values by our keys. LOINC, https://loinc.org, has the codes and displays."""
