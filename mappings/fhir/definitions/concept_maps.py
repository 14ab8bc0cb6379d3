"""A ConceptMap for each table of the registry's codes and a standard's.

https://hl7.org/fhir/R5/conceptmap.html
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from trialbridge.mappings.codec import Node, System
from trialbridge.mappings.fhir.definitions.head import head
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology.displays import display
from trialbridge.mappings.record import registry
from trialbridge.schemas.base import BASE


class Table(NamedTuple):
    """Codes of a system, each with that of a standard's which is written for it."""

    source: System
    target: str
    codes: Mapping[str, str]


# Of the tables that have no code of the registry's in a Bundle, whose codes these are.
_SOURCES = {
    "ARM": registry.ARM_TYPE,
    "OFFICIAL_ROLE": registry.OFFICIAL_ROLE,
    "CONTACT_ROLE": registry.CONTACT_ROLE,
}
# Codes that say less than the standard's, though no other has the same.
_NARROWER = {("ctgov-status", "SUSPENDED")}
_EBM = {said.code: said.display for both in codes.EBM_FLAGS.values() for said in both}


@cache
def tables() -> tuple[Table, ...]:
    """List the tables, by the systems of both sides."""
    found = {
        (table.source.url, table.target): table
        for table in (*_coded(), *_flags(), Table(registry.PHASE, codes.STUDY_PHASE, _phases()))
        if table.codes
    }
    return tuple(found[key] for key in sorted(found))


def _coded() -> Iterator[Table]:
    for name, value in vars(codes).items():
        if isinstance(value, codes.Codes) and value.standard:
            source = value.exact or _SOURCES.get(name)
            if source is not None:
                yield Table(source, value.system, value.standard)


def _phases() -> dict[str, str]:
    """Two phases of one trial are one code of the standard's, and two of the registry's."""
    return {phases[0]: code for phases, code in codes.PHASES.items() if len(phases) == 1}


def _flags() -> Iterator[Table]:
    flags = {
        code: said.code
        for name, both in codes.EBM_FLAGS.items()
        for code, said in zip((name, f"not-{name}"), both, strict=True)
    }
    yield Table(codes.FLAG, codes.EBM_CLASSIFIER, flags)
    yield Table(codes.FLAG, codes.ARTIFACT_CLASSIFIER, codes.STANDARD_ARTIFACTS)


def concept_map(table: Table) -> Node:
    """The ConceptMap of a table, every code of its source in it."""
    source, target = _last(table.source.url), _last(table.target)
    title = f"{table.source.title}, in codes of {table.target}"
    elements = list(_elements(table))
    return {
        **head("ConceptMap", f"{source}-{target}"[:64], title, f"{title}."),
        "sourceScopeUri": f"{BASE}/ValueSet/{source}",
        "group": [{"source": table.source.url, "target": table.target, "element": elements}],
    }


def _elements(table: Table) -> Iterable[Node]:
    counted = Counter(table.codes.values())
    for code, shown in table.source.codes.items():
        element: Node = {"code": code, "display": shown}
        other = table.codes.get(code)
        if other is None:
            yield {**element, "noMap": True}
            continue
        narrower = counted[other] > 1 or (_last(table.source.url), code) in _NARROWER
        called = display(table.target, other) or _EBM.get(other)
        told = {
            "code": other,
            **({"display": called} if called else {}),
            "relationship": "source-is-narrower-than-target" if narrower else "equivalent",
        }
        yield {**element, "target": [told]}


def _last(url: str) -> str:
    return url.rpartition("/")[2]


@cache
def maps() -> tuple[Node, ...]:
    """Make all ConceptMaps, by id."""
    return tuple(map(concept_map, tables()))
