"""The registry's records through FHIR R5, with their results.

A sample by default; all records with TRIALBRIDGE_CORPUS_ALL=1.
"""

import json
from collections import Counter, defaultdict
from functools import cache
from typing import Any

import corpus
import pytest
from benches import bench
from corpus import is_serialised, records, some_records
from fhir_bundles import extensions, full, objects, strings
from two_processes import come_back

from trialbridge.formats.fhir import r5 as fhir
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.mappings.fhir.r5 import coverage
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir import r5 as fhir_r5

UNMAPPED = f"{BASE}/StructureDefinition/unmapped"
HOMES = "fidelity/homes"


def test_records_written_in_one_process_and_read_in_another_are_identical() -> None:
    """Unknown keys too. Sets and hashes differ between the processes, so no order hangs on them."""
    lines = some_records()
    bundles, unknown = come_back("fhir-r5", lines)
    assert all(b"\n" not in data for data in bundles)
    assert unknown > 0
    if corpus.ALL:
        assert (len(lines), unknown) == (1007, 173)


def test_bundles_of_the_corpus_are_valid_and_come_back_as_bytes() -> None:
    for line in some_records(14):
        trial, _ = ctgov.read(line)
        tree, problems = write_tree(trial)
        assert problems == []
        assert fhir_r5.validate(tree) == []
        data, _ = fhir.write(trial)
        assert fhir.write(fhir.read(data)[0])[0] == data


# --- homes -------------------------------------------------------------------------------------


@cache
def counts() -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = bench(HOMES).count(some_records(30))
    return found


def test_most_of_the_protocol_section_needs_no_extension_of_ours() -> None:
    records()
    print(f"\n{bench(HOMES).table(counts())}")
    share = bench(HOMES).share(counts())
    print(f"protocolSection without our extensions: {share:.2%}")
    assert share >= 0.70
    assert not [leaf for leaf, home in counts() if home == bench(HOMES).LOST]


def claims() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in coverage():
        found[row.leaf].add(row.home)
    return found


def test_no_leaf_rides_where_coverage_does_not_say() -> None:
    """What taking extensions out shows, leaf by leaf; that something is empty is told apart."""
    records()
    claimed = claims()
    wrong = {
        f"{leaf}: {home} ({number} values), said: {', '.join(sorted(claimed.get(leaf, ())))}"
        for (leaf, home), number in counts().items()
        if home not in claimed.get(leaf, {home} if holds_a_leaf(leaf, claimed) else set())
    }
    assert wrong == set()


def holds_a_leaf(pointer: str, claimed: dict[str, set[str]]) -> bool:
    """Whether an empty value stands where the model has an object or a list."""
    return any(leaf.startswith(f"{pointer}/") for leaf in claimed)


def test_no_leaf_of_our_own_full_record_rides_where_coverage_does_not_say() -> None:
    claimed = claims()
    wrong = {
        f"{leaf.pointer}: {leaf.home}, said: {', '.join(sorted(claimed[leaf.leaf]))}"
        for leaf in bench(HOMES).homes(full())
        if leaf.home not in claimed[leaf.leaf]
    }
    assert wrong == set()


def test_coverage_names_every_leaf_of_the_model() -> None:
    for row in coverage():
        assert row.home in ("native", "official", "ours")
        assert row.place


def test_a_link_of_arm_and_intervention_stands_once() -> None:
    """Where both sides name the same arms in another order, no list of ours repeats them."""
    names = ("arm-of-intervention", "arm-of-intervention-label")
    repeated = 0
    for line in some_records():
        trial, _ = ctgov.read(line)
        tree, _ = write_tree(trial)
        plans = [
            e["resource"]
            for e in tree["entry"]
            if e["resource"]["resourceType"] == "PlanDefinition"
        ]
        natively: dict[str, set[str]] = defaultdict(set)
        for plan in plans:
            for arm in plan.get("action", ()):
                for inner in arm.get("action", ()):
                    natively[inner.get("definitionCanonical", "")].add(arm["linkId"])
        for entry in tree["entry"]:
            activity = entry["resource"]
            if activity["resourceType"] != "ActivityDefinition":
                continue
            ours = {
                extension.get("valueId", extension.get("valueString"))
                for name in names
                for extension in activity.get("extension", ())
                if extension["url"] == f"{BASE}/StructureDefinition/{name}"
            }
            repeated += bool(ours) and ours == natively[activity["url"]]
    assert repeated == 0


# --- honest carriage ---------------------------------------------------------------------------


def test_no_string_holds_the_source_or_a_serialised_model() -> None:
    for line in some_records():
        trial, _ = ctgov.read(line)
        tree = json.loads(fhir.write(trial)[0])
        of_record = set(strings(json.loads(line)))
        longest = max(map(len, of_record))
        odd = extensions(tree, UNMAPPED)
        assert len(odd) == bool(trial.unmapped)
        for extension in odd:
            assert set(extension) == {"url", "valueString"}
            assert json.loads(extension.pop("valueString")) == trial.unmapped
        for text in strings(tree):
            # A record's own text may look like anything; then it stands as it is.
            assert text in of_record or not is_serialised(text)
            # Nothing in one string but what the record has in one, or words of the mapping.
            assert text in of_record or len(text) <= longest
        assert "data" not in {key for node in objects(tree) for key in node}


@pytest.mark.parametrize("keys", [("protocolSection", "nctId"), ("trialbridge", "armGroups")])
def test_no_key_of_the_model_is_in_a_string(keys: tuple[str, ...]) -> None:
    for text in strings(json.loads(fhir.write(full())[0])):
        for key in keys:
            assert key not in text or text.startswith(BASE)


def test_nothing_in_a_bundle_but_what_a_reader_knows() -> None:
    """Every extension is an official one, or has a url below our base."""
    for line in some_records(30):
        tree, _ = write_tree(ctgov.read(line)[0])
        urls = {extension["url"] for extension in extensions(tree, "")}
        for url in urls:
            nested = "/" not in url
            assert nested or url.startswith((f"{BASE}/", "http://hl7.org/fhir/"))


def test_the_sample_has_every_kind_of_study() -> None:
    kinds: Counter[Any] = Counter()
    for line in some_records():
        trial, _ = ctgov.read(line)
        assert trial.protocol is not None
        design = trial.protocol.design
        kinds[design.study_type if design else None] += 1
    assert kinds["INTERVENTIONAL"] > 10
    assert kinds["OBSERVATIONAL"] > 3
