"""The CodeSystem and ValueSet of each code system of ours."""

from functools import cache

from trialbridge.mappings.codec import Node, System
from trialbridge.mappings.fhir.definitions.head import head
from trialbridge.mappings.fhir.terminology import codes as fhir_codes
from trialbridge.schemas.base import BASE


@cache
def systems() -> tuple[System, ...]:
    """List the code systems of ours, by url."""
    found: dict[str, System] = {}
    for value in vars(fhir_codes).values():
        system = value.exact if isinstance(value, fhir_codes.Codes) else value
        if isinstance(system, System):
            found[system.url] = system
    return tuple(found[url] for url in sorted(found))


def value_set_url(system: System) -> str:
    return f"{BASE}/ValueSet/{system_id(system)}"


def system_id(system: System) -> str:
    return system.url.rpartition("/")[2]


def code_system(system: System) -> Node:
    """The CodeSystem of a system of ours, whole. https://hl7.org/fhir/R5/codesystem.html"""
    concepts = [{"code": code, "display": display} for code, display in system.codes.items()]
    return {
        **head("CodeSystem", system_id(system), system.title, f"{system.title}."),
        "caseSensitive": True,
        "valueSet": value_set_url(system),
        "content": "complete",
        "count": len(concepts),
        "concept": concepts,
    }


def value_set(system: System) -> Node:
    """The ValueSet of all codes of a system. https://hl7.org/fhir/R5/valueset.html"""
    return {
        **head("ValueSet", system_id(system), system.title, f"All codes of {system.url}."),
        "compose": {"include": [{"system": system.url}]},
    }
