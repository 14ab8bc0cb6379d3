"""What a protocol plans, as the datasets TE, TA and TV, and of them.

https://www.cdisc.org/standards/foundational/sdtmig/sdtmig-v3-4
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from trialbridge.mappings.record.planned import Element, Planned, PlannedArm, Step, Visit
from trialbridge.mappings.sdtm.beyond import PREFIX, parted
from trialbridge.mappings.sdtm.rows import short
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.sdtm.domains import DOMAINS, columns_of
from trialbridge.schemas.sdtm.reading import LINK
from trialbridge.schemas.syntax.dataset import Dataset, Value

DATASETS: Final = ("TA", "TE", "TV")


def is_planned(pointer: str) -> bool:
    """Whether a plan has something of what stands here beyond a record."""
    return pointer.removeprefix(PREFIX) in DATASETS


# --- writing -----------------------------------------------------------------------------------


def datasets(plan: Planned, study: str) -> Iterator[Dataset]:
    """TA, TE and TV of a plan, those of which it states something."""
    for name, rows in (("TA", _arms(plan)), ("TE", _elements(plan)), ("TV", _visits(plan))):
        made = [{"STUDYID": study, "DOMAIN": name, **row} for row in rows]
        if made:
            yield _dataset(name, made)


def _dataset(name: str, rows: list[dict[str, Value]]) -> Dataset:
    """A dataset with the columns that it has to have, and those that have a value."""
    domain = DOMAINS[name]
    names = tuple(
        one.name
        for one in domain.variables
        if one.core != "Perm" or any(row.get(one.name) not in (None, "") for row in rows)
    )
    empty = {one.name: None if one.numeric else "" for one in domain.variables}
    values: list[list[Value]] = [[row.get(one, empty[one]) for one in names] for row in rows]
    return Dataset(name, domain.label, columns_of(domain, names, values), values)


def _arms(plan: Planned) -> Iterator[dict[str, Value]]:
    called = plan.element_names
    for arm in plan.arms:
        for number, step in enumerate(arm.steps, 1):
            yield {
                "ARMCD": arm.code,
                "ARM": arm.name,
                "TAETORD": number,
                "ETCD": step.element,
                "ELEMENT": called.get(step.element, ""),
                "TABRANCH": short(step.branch),
                "TATRANS": short(step.transition),
                # The guide wants what is no running text in capital letters (4.2.4).
                "EPOCH": step.epoch.upper(),
            }


def _elements(plan: Planned) -> Iterator[dict[str, Value]]:
    for one in plan.elements:
        yield {
            "ETCD": one.code,
            "ELEMENT": one.name,
            "TESTRL": short(one.start),
            "TEENRL": short(one.end),
            "TEDUR": one.duration,
        }


def _visits(plan: Planned) -> Iterator[dict[str, Value]]:
    called = plan.arm_names
    for one in plan.visits:
        yield {
            "VISITNUM": one.number,
            "VISIT": one.name,
            "VISITDY": one.day,
            "ARMCD": one.arm,
            "ARM": called.get(one.arm, ""),
            "TVSTRL": short(one.start),
            "TVENRL": short(one.end),
        }


def not_stated(dataset: Dataset) -> Iterator[Problem]:
    """What a dataset of a plan has to say, and its source does not: a warning for each column."""
    names = dataset.names
    for column in DOMAINS[dataset.name].required:
        at = names.index(column)
        missing = sum(row[at] in (None, "") for row in dataset.rows)
        if missing:
            yield _not_stated(dataset, column, "required", missing)
    if dataset.name == "TE":
        ends = [names.index(one) for one in ("TEENRL", "TEDUR") if one in names]
        missing = sum(not any(row[at] for at in ends) for row in dataset.rows)
        if missing:
            yield _not_stated(dataset, "TEENRL", "it or TEDUR is required", missing)


def _not_stated(dataset: Dataset, column: str, why: str, missing: int) -> Problem:
    return Problem(
        severity="warning",
        layer="mapping",
        path=f"{dataset.name}: {column}",
        code="not-stated",
        message=f"{why}, and empty in {missing} of {len(dataset.rows)} rows: the source does not "
        "state it",
        link=LINK,
    )


# --- reading -----------------------------------------------------------------------------------


def planned(unmapped: dict[str, Any] | None) -> Planned | None:
    """The plan that datasets state, as a record that was read from them keeps them."""
    kept = parted(unmapped or {})[0]
    held = {
        name: list(_rows(kept[f"{PREFIX}{name}"]))
        for name in DATASETS
        if isinstance(kept.get(f"{PREFIX}{name}"), dict)
    }
    found = Planned(
        tuple(
            Element(
                _text(row, "ETCD"),
                _text(row, "ELEMENT"),
                _text(row, "TESTRL"),
                _text(row, "TEENRL"),
                _text(row, "TEDUR"),
            )
            for row in held.get("TE", ())
        ),
        tuple(arms_of(held.get("TA", ()))),
        tuple(
            Visit(
                _number(row.get("VISITNUM")),
                _text(row, "VISIT"),
                _day(row),
                _text(row, "ARMCD"),
                _text(row, "TVSTRL"),
                _text(row, "TVENRL"),
            )
            for row in held.get("TV", ())
        ),
    )
    return found if any(found) else None


def _rows(kept: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    names = [str(column[0]) for column in kept.get("columns", ())]
    for row in kept.get("rows", ()):
        yield dict(zip(names, row, strict=False))


def _text(row: Mapping[str, Any], name: str) -> str:
    said = row.get(name)
    return "" if said is None else str(said)


def _number(said: Any) -> float | None:
    try:
        return float(said)
    except (TypeError, ValueError):
        return None


def _day(row: Mapping[str, Any]) -> float | str | None:
    day = _number(row.get("VISITDY"))
    return _text(row, "VISITDY") or None if day is None else day


def arms_of(rows: Iterable[Mapping[str, Any]]) -> Iterator[PlannedArm]:
    """The arms of the rows of a TA, in their order, each with its elements in theirs."""
    by_code: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_code.setdefault(_text(row, "ARMCD"), []).append(row)
    for code, held in by_code.items():
        held.sort(key=lambda row: _number(row.get("TAETORD")) or 0)
        yield PlannedArm(
            code,
            _text(held[0], "ARM"),
            tuple(
                Step(
                    _text(row, "ETCD"),
                    _text(row, "EPOCH"),
                    _text(row, "TABRANCH"),
                    _text(row, "TATRANS"),
                )
                for row in held
            ),
        )
