"""Rows of the website's CSV download of ClinicalTrials.gov as records, and back.

A row is a dict of texts by column. Today's site writes codes and ISO dates, the one before 2024
labels. What a column joins is taken apart where that is certain; outcomes and places, whose parts
are joined by commas, are kept whole in `unmapped`, at `/csv`, by their columns.
https://clinicaltrials.gov/data-api/about-api/csv-download
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_args

import msgspec

from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.registries import labels
from trialbridge.mappings.tree import put
from trialbridge.mappings.whole import not_carried
from trialbridge.schemas import trial as model
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.decode import settle
from trialbridge.schemas.syntax.pointer import get
from trialbridge.schemas.trial import Study, Trial, trial_of

TITLE = "the CSV of ClinicalTrials.gov"
LINK = "https://clinicaltrials.gov/data-api/about-api/csv-download"
_KEPT = "/csv"
_P = "protocolSection"
_SITE = "https://clinicaltrials.gov/study/"
_FILES = "https://cdn.clinicaltrials.gov/large-docs/"

Tree = dict[str, Any]


class Column(NamedTuple):
    """A column: its name, what it was called before 2024, and the leaves that it has.

    `write` gives its text of a study's tree. `read` gives members of the tree by pointer of their
    object, or None where the text is kept as it is.
    """

    name: str
    before: str
    leaves: tuple[str, ...]
    write: Callable[[Tree], str]
    read: Callable[[str], Any]


def _found(tree: Tree, pointer: str) -> Any:
    try:
        return get(tree, f"/{pointer}")
    except LookupError:
        return None


def _value(
    name: str,
    before: str,
    pointer: str,
    read: Callable[[str], Any] = str,
    write: Callable[[Any], str] = str,
) -> Column:
    """A column of one value, or of a list that is joined by pipes."""
    leaf = f"/{_P}/{pointer}"

    def text(tree: Tree) -> str:
        held = _found(tree, f"{_P}/{pointer}")
        return "" if held is None else write(held)

    def taken(said: str) -> Any:
        value = read(said)
        return None if value is None else {leaf: value}

    # A list is joined by what its writer joins it by.
    listed = leaf if write is str else f"{leaf}/*"
    return Column(name, before, (listed,), text, taken)


def _listed(name: str, before: str, pointer: str, member: str = "") -> Column:
    leaf = f"/{_P}/{pointer}"

    def text(tree: Tree) -> str:
        held = _found(tree, f"{_P}/{pointer}") or []
        return "|".join(one.get(member, "") if member else one for one in held)

    def taken(said: str) -> Any:
        parts = said.split("|")
        return {leaf: [{member: part} for part in parts] if member else parts}

    return Column(name, before, (f"{leaf}/*" + (f"/{member}" if member else ""),), text, taken)


def _code(enumeration: Any) -> Callable[[str], str | None]:
    codes = [str(code) for code in get_args(enumeration)]
    return lambda said: said if said in codes else labels.code(said, codes)


def _date(type_: Any) -> Callable[[str], str | None]:
    def read(said: str) -> str | None:
        try:
            return str(msgspec.convert(labels.date(said) or said, type_))
        except msgspec.ValidationError:
            return None

    return read


def _whole(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 16 else None


def _joined(name: str, kind: str) -> Column:
    """Outcomes, whose parts no text tells apart."""

    def text(tree: Tree) -> str:
        held = _found(tree, f"{_P}/outcomesModule/{kind}") or []
        keys = ("measure", "description", "timeFrame")
        return "|".join(", ".join(one[key] for key in keys if one.get(key)) for one in held)

    leaves = tuple(
        f"/{_P}/outcomesModule/{kind}/*/{key}" for key in ("measure", "description", "timeFrame")
    )
    return Column(name, "", leaves, text, lambda said: None)


def _interventions(tree: Tree) -> str:
    held = _found(tree, f"{_P}/armsInterventionsModule/interventions") or []
    return "|".join(f"{one.get('type', '')}: {one.get('name', '')}" for one in held)


_TYPE = _code(model.InterventionType)


def _read_interventions(said: str) -> Any:
    found: list[Tree] = []
    for part in said.split("|"):
        kind, colon, name = part.partition(": ")
        type_ = _TYPE(kind) if colon else None
        if type_ is not None:
            found.append({"type": type_, "name": name})
        elif found:
            # A pipe in a name: what follows has no type.
            found[-1]["name"] += f"|{part}"
        else:
            return None
    return {f"/{_P}/armsInterventionsModule/interventions": found}


_PHASE = _code(model.Phase)


def _phases(said: str) -> list[str | None] | None:
    codes = [_PHASE(one) for one in said.split("|")]
    return None if None in codes else codes


_AGE = _code(model.StandardAge)


def _ages(said: str) -> list[str | None] | None:
    codes = [_AGE(one) for one in said.split(", ")]
    return None if None in codes else codes


_INFO = f"{_P}/designModule/designInfo"
_ALLOCATION = _code(model.DesignAllocation)
_MODEL = _code(model.InterventionalAssignment)
_MASKING = _code(model.DesignMasking)
_WHO = _code(model.WhoMasked)
_PURPOSE = _code(model.PrimaryPurpose)


def _design(tree: Tree) -> str:
    info = _found(tree, _INFO) or {}
    kind = _found(tree, f"{_P}/designModule/studyType")
    if kind == "OBSERVATIONAL":
        # What the site writes, whatever the study is.
        return "Observational Model: |Time Perspective: p"
    if kind == "EXPANDED_ACCESS":
        return ""
    masking = info.get("maskingInfo", {})
    who = ", ".join(masking.get("whoMasked", ()))
    said = masking.get("masking", "") + (f" ({who})" if who else "")
    parts = {
        "Allocation": info.get("allocation", ""),
        "Intervention Model": info.get("interventionModel", ""),
        "Masking": said,
        "Primary Purpose": info.get("primaryPurpose", ""),
    }
    return "|".join(f"{label}: {value}" for label, value in parts.items())


def _read_design(said: str) -> Any:
    info: Tree = {}
    for part in said.split("|"):
        label, colon, value = part.partition(":")
        value = value.strip()
        # Today's site ends every observational study in this `p`, which tells nothing.
        if not colon or not value or (label, value) == ("Time Perspective", "p"):
            continue
        if label == "Masking":
            masking = _masked(value)
            if masking is None:
                return None
            info["maskingInfo"] = masking
            continue
        key, read = {
            "Allocation": ("allocation", _ALLOCATION),
            "Observational Model": ("observationalModel", _code(model.ObservationalModel)),
            "Time Perspective": ("timePerspective", _code(model.DesignTimePerspective)),
            "Intervention Model": ("interventionModel", _MODEL),
            "Primary Purpose": ("primaryPurpose", _PURPOSE),
        }.get(label, ("", str))
        code = read(value)
        if not key or code is None:
            return None
        info[key] = code
    return {f"/{_INFO}": info} if info else {}


def _masked(said: str) -> Tree | None:
    whole = _MASKING(said)
    if whole is not None:
        return {"masking": whole}
    head, _, rest = said.partition(" (")
    degree = _MASKING(head)
    who = [_WHO(one) for one in rest.removesuffix(")").split(", ")]
    return None if degree is None or None in who else {"masking": degree, "whoMasked": who}


def _ids(tree: Tree) -> str:
    identification = _found(tree, f"{_P}/identificationModule") or {}
    own = identification.get("orgStudyIdInfo", {}).get("id", "")
    return "|".join(
        [own, *(one.get("id", "") for one in identification.get("secondaryIdInfos", ()))]
    )


def _read_ids(said: str) -> Any:
    own, *others = said.split("|")
    found: Tree = {f"/{_P}/identificationModule/orgStudyIdInfo": {"id": own}} if own else {}
    if others:
        found[f"/{_P}/identificationModule/secondaryIdInfos"] = [{"id": one} for one in others]
    return found


def _locations(tree: Tree) -> str:
    keys = ("facility", "city", "state", "zip", "country")
    held = _found(tree, f"{_P}/contactsLocationsModule/locations") or []
    return "|".join(", ".join(one[key] for key in keys if one.get(key)) for one in held)


def _documents(tree: Tree) -> str:
    nct_id = _found(tree, f"{_P}/identificationModule/nctId") or ""
    held = _found(tree, "documentSection/largeDocumentModule/largeDocs") or []
    return "|".join(
        f"{one.get('label', '')}, {_FILES}{nct_id[-2:]}/{nct_id}/{one.get('filename', '')}"
        for one in held
    )


def _read_documents(said: str) -> Any:
    found = []
    for part in said.split("|"):
        label, comma, url = part.rpartition(", ")
        if not comma or not url.startswith("http"):
            return None
        found.append({"label": label.strip('"'), "filename": url.rpartition("/")[2]})
    return {"/documentSection/largeDocumentModule/largeDocs": found}


def _results(tree: Tree) -> str:
    held = tree.get("hasResults")
    return "" if held is None else "YES" if held else "NO"


_RESULTS = {"YES": True, "NO": False, "Has Results": True, "No Results Available": False}


def _url(tree: Tree) -> str:
    nct_id = _found(tree, f"{_P}/identificationModule/nctId")
    return f"{_SITE}{nct_id}" if nct_id else ""


_PARTIAL = model.PartialDate
_STATUS, _IDS = "statusModule", "identificationModule"
COLUMNS: tuple[Column, ...] = (
    _value("NCT Number", "NCT Number", f"{_IDS}/nctId"),
    _value("Study Title", "Title", f"{_IDS}/briefTitle"),
    Column("Study URL", "URL", (), _url, lambda said: {}),
    _value("Acronym", "Acronym", f"{_IDS}/acronym"),
    _value("Study Status", "Status", f"{_STATUS}/overallStatus", _code(model.Status)),
    _value("Brief Summary", "", "descriptionModule/briefSummary"),
    Column(
        "Study Results",
        "Study Results",
        ("/hasResults",),
        _results,
        lambda said: {"/hasResults": _RESULTS[said]} if said in _RESULTS else None,
    ),
    _listed("Conditions", "Conditions", "conditionsModule/conditions"),
    Column(
        "Interventions",
        "Interventions",
        tuple(f"/{_P}/armsInterventionsModule/interventions/*/{key}" for key in ("type", "name")),
        _interventions,
        _read_interventions,
    ),
    _joined("Primary Outcome Measures", "primaryOutcomes"),
    _joined("Secondary Outcome Measures", "secondaryOutcomes"),
    _joined("Other Outcome Measures", "otherOutcomes"),
    _value("Sponsor", "", "sponsorCollaboratorsModule/leadSponsor/name"),
    _listed("Collaborators", "", "sponsorCollaboratorsModule/collaborators", "name"),
    _value("Sex", "Gender", "eligibilityModule/sex", _code(model.Sex)),
    _value("Age", "", "eligibilityModule/stdAges", _ages, ", ".join),
    _value("Phases", "Phases", "designModule/phases", _phases, "|".join),
    _value("Enrollment", "Enrollment", "designModule/enrollmentInfo/count", _whole),
    _value(
        "Funder Type",
        "",
        "sponsorCollaboratorsModule/leadSponsor/class",
        _code(model.AgencyClass),
    ),
    _value("Study Type", "Study Type", "designModule/studyType", _code(model.StudyType)),
    Column(
        "Study Design",
        "Study Designs",
        tuple(
            f"/{_INFO}/{key}"
            for key in (
                "allocation",
                "interventionModel",
                "primaryPurpose",
                "maskingInfo/masking",
                "maskingInfo/whoMasked/*",
            )
        ),
        _design,
        _read_design,
    ),
    Column(
        "Other IDs",
        "Other IDs",
        (f"/{_P}/{_IDS}/orgStudyIdInfo/id", f"/{_P}/{_IDS}/secondaryIdInfos/*/id"),
        _ids,
        _read_ids,
    ),
    *(
        _value(
            name, name, f"{_STATUS}/{key}/date", _date(model.Date if "Posted" in name else _PARTIAL)
        )
        for name, key in (
            ("Start Date", "startDateStruct"),
            ("Primary Completion Date", "primaryCompletionDateStruct"),
            ("Completion Date", "completionDateStruct"),
            ("First Posted", "studyFirstPostDateStruct"),
            ("Results First Posted", "resultsFirstPostDateStruct"),
            ("Last Update Posted", "lastUpdatePostDateStruct"),
        )
    ),
    Column(
        "Locations",
        "Locations",
        tuple(
            f"/{_P}/contactsLocationsModule/locations/*/{key}"
            for key in ("facility", "city", "state", "zip", "country")
        ),
        _locations,
        lambda said: None,
    ),
    Column(
        "Study Documents",
        "Study Documents",
        tuple(
            f"/documentSection/largeDocumentModule/largeDocs/*/{key}"
            for key in ("label", "filename")
        ),
        _documents,
        _read_documents,
    ),
)
_BY_NAME: Mapping[str, Column] = {
    **{column.before: column for column in COLUMNS if column.before},
    **{column.name: column for column in COLUMNS},
}
# Of the classic site alone; the rank is that of a row in the search.
_KNOWN_TEXTS = frozenset({"Rank", "Outcome Measures", "Sponsor/Collaborators", "Funded Bys", "Age"})
NAMES = tuple(column.name for column in COLUMNS)
WHOLE = frozenset(
    {
        "Primary Outcome Measures",
        "Secondary Outcome Measures",
        "Other Outcome Measures",
        "Locations",
    }
)
"""Columns whose parts are joined by commas, which texts have too."""


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes; what is not listed goes nowhere."""
    return [
        CoverageRow(leaf, column.name, "native") for column in COLUMNS for leaf in column.leaves
    ]


def row_of(trial: Trial, names: tuple[str, ...] = NAMES) -> tuple[list[str], list[Problem]]:
    """The record as the texts of columns, and warnings of what is not in them."""
    tree = msgspec.to_builtins(trial)
    kept = (trial.unmapped or {}).get(_KEPT)
    kept = kept if isinstance(kept, dict) else {}
    row = []
    problems = []
    for name in names:
        column = _BY_NAME[name]
        said = column.write(tree)
        if not _comes_back(column, said, tree):
            message = f"the column {name!r} is not read as the record has it: {said!r:.60}"
            problems.append(_warning(f"/{_P}", message))
        # An absent list has no text of its own: what a table said is still what is known.
        row.append(str(kept.get(column.name, said)) if said in _NOTHING else said)
    others = {key: value for key, value in (trial.unmapped or {}).items() if key != _KEPT}
    own = msgspec.structs.replace(trial, unmapped=others or None)
    problems += not_carried(own, coverage, TITLE)
    left = [column for column in COLUMNS if column.name not in names and column.write(tree)]
    problems += (
        _warning(f"/{_P}", f"the column {column.name!r} is not written") for column in left
    )
    return row, problems


def _comes_back(column: Column, said: str, tree: Tree) -> bool:
    """Tell if a text is read as it was written of: a value may have the pipe that joins them."""
    members = column.read(said.strip()) if said.strip() and said not in _NOTHING else None
    return members is None or all(
        _says(_found(tree, pointer[1:]), value) for pointer, value in members.items()
    )


def _says(held: Any, value: Any) -> bool:
    """Tell if what is held says all of a value, and maybe more."""
    if isinstance(value, dict):
        return isinstance(held, dict) and all(_says(held.get(key), value[key]) for key in value)
    if isinstance(value, list):
        return isinstance(held, list) and len(held) == len(value) and all(map(_says, held, value))
    return bool(held == value)


_NOTHING = frozenset(
    {
        "",
        "Observational Model: |Time Perspective: p",
        "Allocation: |Intervention Model: |Masking: |Primary Purpose: ",
    }
)


def read_row(row: Mapping[str, str], line: str) -> tuple[Trial, list[Problem]]:
    """The record of a row, and warnings of what of it is kept as text.

    Raises ReadError with what does not have the form of its element.
    """
    tree: Tree = {}
    kept: dict[str, str] = {}
    problems = []
    for name, given in row.items():
        said = given.strip()
        if said in ("", "null"):
            continue
        column = _BY_NAME.get(name)
        classic = name in _KNOWN_TEXTS and not (name == "Age" and _ages(said))
        members = None if column is None or classic else column.read(said)
        if members is None:
            kept[column.name if column and not classic else name] = given
            why = "it has no place in the record"
            if column is not None and not classic:
                apart = "its parts are not told apart"
                why = apart if column.name in WHOLE else f"{said!r:.60} is not read"
            problems.append(
                _warning(f"{line}, column {name!r}", f"{why}: kept in unmapped", "kept-as-text")
            )
            continue
        for pointer, value in members.items():
            put(tree, pointer.split("/")[1:], value)
    study, unmapped, found = settle(tree, Study)
    if kept:
        unmapped = {**unmapped, _KEPT: kept}
    problems += (msgspec.structs.replace(one, path=f"{line}: {one.path}") for one in found)
    return trial_of(study, unmapped=unmapped or None), problems


def _warning(path: str, message: str, code: str = "not-carried") -> Problem:
    return Problem(severity="warning", layer="mapping", path=path, code=code, message=message)
