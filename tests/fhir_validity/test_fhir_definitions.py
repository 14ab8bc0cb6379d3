"""The digests have what the official definitions have, and name where they come from."""

import os
from importlib import import_module
from pathlib import Path

import pytest
from corpus import ALL, named

from trialbridge.schemas.fhir.digests import build_digest as build_fhir_digest
from trialbridge.schemas.fhir.digests import build_displays
from trialbridge.schemas.fhir.digests.codes import codes
from trialbridge.schemas.fhir.digests.definitions import (
    VERSIONS,
    Invariant,
    Row,
    Version,
    definitions,
)
from trialbridge.schemas.fhir.digests.displays import displays_of, sources
from trialbridge.schemas.fhir.digests.types import extension_of, type_of

each_version = pytest.mark.parametrize("version", VERSIONS)


def test_codes_are_those_of_the_official_definitions() -> None:
    fhir = "http://hl7.org/fhir"
    assert codes(f"{fhir}/research-study-arm-type") == {
        "active-comparator", "placebo-comparator", "sham-comparator", "no-intervention",
        "experimental", "other-arm-type",
    }  # fmt: skip
    counts = {
        "research-study-status": 17, "research-study-party-role": 12,
        "research-study-objective-type": 3, "research-study-phase": 8,
        "research-study-prim-purp-type": 8, "title-type": 13, "study-design": 72,
        "research-study-classifiers": 4, "research-study-party-organization-type": 6,
        "research-study-registration-activity": 13,
    }  # fmt: skip
    assert {name: len(codes(f"{fhir}/{name}")) for name in counts} == counts


def test_an_unknown_code_system_is_named() -> None:
    with pytest.raises(KeyError, match=r"http://loinc\.org is not a code system of the FHIR R5"):
        codes("http://loinc.org")


@pytest.mark.parametrize(
    ("url", "systems"),
    [
        ("publication-status", {"publication-status": ("draft", "active", "retired", "unknown")}),
        # A part of a code system, by its concepts and by a filter.
        ("value-filter-comparator",
         {"search-comparator": ("eq", "gt", "lt", "ge", "le", "sa", "eb")}),
    ],
)  # fmt: skip
def test_a_value_set_has_its_codes_by_system(url: str, systems: dict[str, tuple[str, ...]]) -> None:
    found = definitions("r5").value_set(f"http://hl7.org/fhir/ValueSet/{url}")
    assert found is not None
    assert found.systems == {f"http://hl7.org/fhir/{name}": of for name, of in systems.items()}


def test_what_cannot_be_enumerated_is_left_open() -> None:
    for url in ("all-languages", "mimetypes", "condition-code"):
        assert definitions("r5").value_set(f"http://hl7.org/fhir/ValueSet/{url}") is None
    assert definitions("r5").code_system("http://loinc.org") is None


def test_displays_are_of_the_codes_of_the_digests_and_name_their_sources() -> None:
    urls = {url for version in VERSIONS for url in definitions(version).code_systems()}
    assert len(urls) > 800
    named = 0
    for url in urls:
        known = [definitions(version).code_system(url) for version in VERSIONS]
        told = displays_of(url)
        assert told.keys() <= {code for one in known if one for code in one.codes}, url
        assert all(all(each) for each in told.values()), url
        named += len(told)
    assert named > 9_900
    digests = [definitions(version).sources for version in VERSIONS]
    assert sources() == {**digests[0], **digests[1], **digests[2]}
    assert displays_of("http://loinc.org") == {}


@pytest.mark.parametrize(
    ("version", "fhir", "core"),
    [
        ("r5", "5.0.0", "hl7.fhir.r5.core"),
        ("r4b", "4.3.0", "hl7.fhir.r4b.core"),
        ("r4", "4.0.1", "hl7.fhir.r4.core"),
    ],
)
def test_a_digest_names_its_sources(version: Version, fhir: str, core: str) -> None:
    known = definitions(version)
    assert known.fhir == known.sources[core].version == fhir
    assert all(source.integrity.startswith("sha512-") for source in known.sources.values())
    other = "r5" if version == "r5" else "r4"
    assert set(known.sources) == {
        core, f"hl7.fhir.uv.extensions.{other}", f"hl7.terminology.{other}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("version", "package"),
    # It takes long to make the classes of a version.
    [("r5", "fhir.resources"), ("r4b", "fhir.resources.R4B")][: 2 if ALL else 1],
)
def test_the_digest_and_fhir_resources_know_the_same_elements(
    version: Version, package: str
) -> None:
    known = definitions(version)
    model_class = import_module(package).get_fhir_model_class
    # It has no classes of profiles, nor of types that R4B has but for R5's sake.
    others = {"Base", "CanonicalResource", "DataType", "MetadataResource", "MoneyQuantity",
              "SimpleQuantity"}  # fmt: skip
    names = known.types - known.primitives.keys() - others
    paths = [path for name in sorted(names) for path in known.paths(name)]
    assert len(paths) > 600
    for path in paths:
        fields = model_class("".join(part[0].upper() + part[1:] for part in path.split(".")))
        theirs = {field.alias or key for key, field in fields.model_fields.items()}
        ours = set(type_of(version, path).elements)
        if path == "Extension":
            # It lacks the twins of an extension's value.
            ours = {key for key in ours if not key.startswith("_value")}
        # XHTML cannot be extended, so it has no twin.
        beside = {"fhir_comments", "resourceType", "resource_type", "_div"}
        assert ours - beside == theirs - beside, path


@each_version
def test_every_type_and_target_that_a_digest_names_is_in_it(version: Version) -> None:
    known = definitions(version)
    for name in known.types - known.primitives.keys():
        for path in known.paths(name):
            assert path == name or known.element_types(path)[0] in ("BackboneElement", "Element")
            for element in type_of(version, path).elements.values():
                root = element.type.partition(".")[0]
                assert root in known.types
                if "." in element.type:
                    assert element.type in known.paths(root)
                assert (element.targets or set()) <= known.resources
                assert element.codes != frozenset()


@each_version
def test_every_row_and_extension_of_a_digest_decodes(version: Version) -> None:
    known = definitions(version)
    assert len(known.extensions()) > 600
    for url in known.extensions():
        found = extension_of(version, url)
        assert found is not None
        assert found.values or found.parts, url


def test_what_a_type_builds_on_is_not_repeated_in_it() -> None:
    known = definitions("r5")
    assert [each.key for each in known.invariants("Element")] == ["ele-1"]
    assert [each.key for each in known.invariants("Extension")] == ["ext-1"]
    assert [each.key for each in known.invariants("DomainResource")] == [
        "dom-2", "dom-3", "dom-4", "dom-5", "dom-6",
    ]  # fmt: skip
    assert known.invariants("ResearchStudy") == []
    assert known.invariants("Period") == [
        Invariant(
            "per-1",
            "error",
            "start.hasValue().not() or end.hasValue().not() or "
            "(start.lowBoundary() <= end.highBoundary())",
            "Period",
        )
    ]
    assert known.base("ResearchStudy") == "DomainResource"
    assert list(known.kinds("PlanDefinition")) == [
        "PlanDefinition", "CanonicalResource", "MetadataResource", "DomainResource", "Resource",
    ]  # fmt: skip
    assert list(known.kinds("code"))[:2] == ["code", "string"]


def test_an_element_has_types_by_its_path() -> None:
    known = definitions("r5")
    assert known.element_types("Group") == ["Group"]
    assert known.element_types("Group.characteristic") == ["BackboneElement"]
    assert known.element_types("Group.characteristic.value[x]") == [
        "CodeableConcept", "boolean", "Quantity", "Range", "Reference",
    ]  # fmt: skip
    assert known.element_types("PlanDefinition.action.action") == ["#PlanDefinition.action"]
    assert known.element_types("Range.low") == ["SimpleQuantity"]
    assert known.base("SimpleQuantity") == "Quantity"
    assert "comparator" not in known.rows("SimpleQuantity")
    assert known.rows("ResearchStudy")["status"] == Row(
        1, 1, ("code",), "required", "http://hl7.org/fhir/ValueSet/publication-status"
    )
    with pytest.raises(KeyError):
        known.element_types("Group.nothing")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_digest_is_what_the_packages_give(version: Version) -> None:
    """Wants the packages' paths in FHIR_R5_PACKAGES and its like, the core first."""
    packages = named(f"FHIR_{version.upper()}_PACKAGES", "the .tgz files of the packages")
    assert build_fhir_digest.main([version, *packages.split(os.pathsep), "--check"]) == 0


def test_the_displays_are_what_the_packages_give() -> None:
    given = [
        path
        for version in VERSIONS
        for path in named(
            f"FHIR_{version.upper()}_PACKAGES", "the .tgz files of the packages"
        ).split(os.pathsep)
    ]
    # R4B and R4 have two in common.
    packages = {Path(path).name: path for path in given}
    assert build_displays.main([*packages.values(), "--check"]) == 0
