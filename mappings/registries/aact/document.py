"""A record as the rows of AACT's tables, and back.

https://aact.ctti-clinicaltrials.org/schema
"""

import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any, Final

import msgspec

from trialbridge.mappings.beyond import left_behind
from trialbridge.mappings.coverage import CoverageRow, pattern
from trialbridge.mappings.registries.aact import protocol, results
from trialbridge.mappings.registries.aact.rows import (
    ARMS,
    GROUPS,
    Cells,
    Flags,
    Reading,
    Row,
    Rows,
    Tree,
    Writing,
    compiled,
    leaves,
)
from trialbridge.schemas.once import once
from trialbridge.schemas.problem import Invalid, Problem, ReadError
from trialbridge.schemas.syntax.decode import settle
from trialbridge.schemas.syntax.pointer import walk
from trialbridge.schemas.trial import Registration, Study, Trial, intervention_name, trial_of

TITLE: Final = "AACT"
LINK: Final = "https://aact.ctti-clinicaltrials.org/schema"
_OF_THE_COPY: Final = frozenset(
    {"created_at", "updated_at", "nlm_download_date", "nlm_download_date_description"}
)
# What follows from another column, which copies of before 2023 or of a choice may not have.
_SAID_BY: Final = {
    "p_value": "p_value_raw",
    "p_value_modifier": "p_value_raw",
    "start_date": "start_month_year",
    "verification_date": "verification_month_year",
    "completion_date": "completion_month_year",
    "primary_completion_date": "primary_completion_month_year",
    "param_value_num": "param_value",
    "dispersion_value_num": "dispersion_value",
    "anticipated_posting_date": "anticipated_posting_month_year",
    "event_date": "event_date_description",
}
_NCT_ID: Final = re.compile(r"NCT[0-9]{8}")
_ARMS: Final = "/protocolSection/armsInterventionsModule/armGroups/*/interventionNames/*"


REFERENCES: Final = {
    "design_group_id": "design_groups",
    "facility_id": "facilities",
    "intervention_id": "interventions",
    "outcome_analysis_id": "outcome_analyses",
    "outcome_id": "outcomes",
    "reference_id": "study_references",
    "result_group_id": "result_groups",
}
"""Columns that have an id of another table."""


@once
def columns() -> dict[str, dict[str, str]]:
    """The columns of each table, in order, and their types in PostgreSQL."""
    package = "trialbridge.mappings.registries.aact"
    found: dict[str, dict[str, str]] = json.loads(
        files(package).joinpath("columns.json").read_text(encoding="utf-8")
    )["tables"]
    return found


@once
def table() -> tuple[Rows, ...]:
    """What rows each table has."""
    rows = (*protocol.TABLES, *results.TABLES, protocol.CALCULATED)
    return tuple(compiled(one, columns()) for one in rows)


@once
def joins() -> dict[str, tuple[str, ...]]:
    """The columns that each table must have: its id, that of the study, and that of its parent."""
    found: dict[str, list[str]] = {
        name: [one for one in types if one in ("id", "nct_id")] for name, types in columns().items()
    }
    for rows in _all(table()):
        if rows.parent and rows.parent not in found[rows.table]:
            # Groups of results are of outcomes or of none.
            found[rows.table] += [rows.parent] * (rows.table != GROUPS)
    found[ARMS].append("design_group_id")
    return {name: tuple(names) for name, names in found.items()}


def _all(rows: Iterable[Rows]) -> Iterator[Rows]:
    for one in rows:
        yield one
        yield from _all(one.below)


@once
def _understood() -> dict[str, frozenset[str]]:
    """The columns of each table that are read, follow from others, or tell of the copy alone."""
    found = {name: {*joins()[name], *_OF_THE_COPY} for name in columns()}
    for rows in _all(table()):
        names = found[rows.table]
        names.update(rows.fixed, rows.derived, ("result_group_id", "outcome_id"))
        for column in (column for level in rows.levels for column in level.columns):
            if isinstance(column, Flags):
                names.update(name for name, _ in column.columns)
            else:
                names.add(column.name)
    return {name: frozenset(names) for name, names in found.items()}


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes; what is not listed goes nowhere."""
    found: dict[str, str] = {
        "/protocolSection/identificationModule/nctId": "studies.nct_id",
        "/registration/id": "studies.nct_id",
        _ARMS: ARMS,
    }
    for rows in table():
        for leaf, place in leaves(rows):
            found.setdefault(leaf, place)
    return [CoverageRow(leaf, place, "native") for leaf, place in found.items()]


# --- a record as rows ----------------------------------------------------------------------------


def rows_of(trial: Trial, *, told: bool = True) -> tuple[dict[str, list[Cells]], list[Problem]]:
    """The rows of each table that a record has, and warnings of what is not in them.

    Raises Invalid for a record without an id, by which the tables are joined.
    """
    registration = trial.registration
    study = trial.nct_id or (registration.id if registration else None)
    if not study:
        message = "the record has no id, and AACT joins its tables by that: give it one"
        raise Invalid(
            [_problem("error", "/protocolSection/identificationModule", "no-id", message)]
        )
    tree: Tree = msgspec.to_builtins(trial)
    writing = Writing(tree, study)
    for rows in table():
        if rows.table == "countries":
            # Those of sites come before those that were removed.
            writing.tables["countries"] = [
                {"id": str(number), "nct_id": study, "name": name, "removed": "f"}
                for number, name in enumerate(protocol.countries(writing), 1)
            ]
        writing.put(rows, tree, None)
    return writing.tables, _lost(trial, tree, writing.tables) if told else []


def _problem(severity: Any, path: str, code: str, message: str) -> Problem:
    return Problem(
        severity=severity, layer="write", path=path, code=code, message=message, link=LINK
    )


def _lost(trial: Trial, tree: Tree, tables: dict[str, list[Cells]]) -> list[Problem]:
    """A warning for each part of a record that its rows do not give back."""
    read = {name: [Row(0, row) for row in rows] for name, rows in tables.items()}
    back = dict(walk(msgspec.to_builtins(trial_from(read)[0])))
    carried = _carried()
    found: dict[str, list[str]] = {}
    for pointer, value in walk(tree):
        if pointer and back.get(pointer, _NOTHING) != value:
            part = pattern(pointer)
            if part.startswith("/unmapped/"):
                pointer = part = "/unmapped"
            found.setdefault(part, []).append(pointer)
    problems = []
    for part, places in found.items():
        message = "AACT has no place for it"
        if part in carried:
            message = "the tables of AACT do not tell it as the record does"
        if len(places) > 1 and part != "/unmapped":
            message += f", nor {len(places) - 1} more like it"
        problems.append(left_behind(places[0], message))
    return problems


_NOTHING: Final = object()


@once
def _carried() -> frozenset[str]:
    return frozenset(row.leaf for row in coverage())


# --- rows as a record ----------------------------------------------------------------------------


def trial_from(tables: dict[str, list[Row]]) -> tuple[Trial, list[Problem]]:
    """The record of the rows of one study, in the order of their ids, and warnings.

    Raises ReadError with all cells that are none of their column.
    """
    reading = Reading(tables)
    for rows in table():
        reading.take(rows)
    if reading.faults:
        raise ReadError(
            [
                Problem(
                    severity="error",
                    layer="read",
                    path=f"{fault.table}.txt, line {fault.line}: {fault.column}",
                    code="cell",
                    message=fault.message,
                    link=LINK,
                )
                for fault in reading.faults
            ]
        )
    tree = reading.tree
    own = tables["studies"][0].cells.get("nct_id")
    registration = None
    if own is not None and _NCT_ID.fullmatch(own):
        names = tree.setdefault("protocolSection", {}).setdefault("identificationModule", {})
        names["nctId"] = own
    else:
        registration = Registration(id=own)
    _received(tree)
    study, unmapped, problems = settle(tree, Study)
    return trial_of(study, unmapped=unmapped or None, registration=registration), problems


def not_read(tables: dict[str, list[Row]]) -> list[Problem]:
    """A warning for each column whose values are not read, at the first."""
    problems = []
    for name, rows in tables.items():
        known = _understood()[name]
        told: set[str] = set()
        for row in rows:
            for column, said in row.cells.items():
                if said is None or column in told:
                    continue
                if column not in known or row.cells.get(_SAID_BY.get(column, column)) is None:
                    told.add(column)
                    path = f"{name}.txt, line {row.line}: {column}"
                    message = f"the column is not read: {said!r:.60}"
                    problems.append(
                        Problem(
                            severity="warning",
                            layer="read",
                            path=path,
                            code="not-read",
                            message=message,
                            link=LINK,
                        )
                    )
    return problems


def _received(tree: Tree) -> None:
    """Name the interventions of arms, which the tables have from the other side alone."""
    module = tree.get("protocolSection", {}).get("armsInterventionsModule", {})
    names: dict[str, list[str]] = {}
    for one in module.get("interventions", ()):
        for label in one.get("armGroupLabels", ()):
            name = intervention_name(one.get("type"), one.get("name", ""))
            names.setdefault(label, []).append(name)
    for arm in module.get("armGroups", ()):
        if arm.get("label") in names:
            arm["interventionNames"] = names[arm["label"]]
