"""Where each leaf of the model goes in an older version: composed of where it goes in R5."""

import re
from collections.abc import Iterable

from trialbridge.mappings.codec import Home
from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.fhir.versions.dialect import (
    Dialect,
    dialect,
)
from trialbridge.schemas.fhir.digests.definitions import Version

_STEP = re.compile(r"\.(?![^\[]*\])")


def coverage(rows: Iterable[CoverageRow], version: Version) -> list[CoverageRow]:
    """The homes of leaves in an older version, of those that they have in R5."""
    return [_covered(row, dialect(version)) for row in rows]


def _covered(row: CoverageRow, known: Dialect) -> CoverageRow:
    type_, *steps = _STEP.split(row.place)
    if not type_ or type_ not in known.r5.resources:
        return row
    if not known.holds(type_):
        return row._replace(place=_joined("Basic", type_, steps), home=_official(row))
    place, path, older = type_, type_, type_
    for number, step in enumerate(steps):
        name, _, rest = step.partition("[")
        found = known.place(path, older, name)
        if found is None:
            break
        if found.key is None:
            return row._replace(place=_joined(place, path, steps[number:]), home=_official(row))
        steps[number] = found.key + (f"[{rest}" if rest else "")
        place = f"{place}.{steps[number]}"
        if found.path is None or found.older is None:
            break
        path, older = found.path, found.older
    return row._replace(place=".".join([type_, *steps]))


def _official(row: CoverageRow) -> Home:
    return "official" if row.home == "native" else row.home


def _joined(place: str, path: str, steps: list[str]) -> str:
    """The place of a cross-version extension, and what of it."""
    first, *rest = steps
    name, bracket, label = first.partition("[")
    return ".".join([f"{place}.extension[{path}.{name}]{bracket}{label}", *rest])
