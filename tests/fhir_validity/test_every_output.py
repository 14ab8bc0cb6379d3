"""Every record, in every form that a FHIR document has, is valid, invariants and all.

A sample by default; all records with TRIALBRIDGE_CORPUS_ALL=1, as `.ci/run` sets it.
"""

from typing import Any, Final

import corpus
import pytest
from corpus import records

from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.schemas.fhir.digests.definitions import VERSIONS, Version
from trialbridge.schemas.fhir.invariants import check
from trialbridge.schemas.fhir.validate import validate
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial

KINDS: Final = ("collection", "transaction", "batch")
# One of so many records is run by default.
EVERY: Final = 500


def written(trial: Trial, version: Version, kind: str, *, narrative: bool) -> dict[str, Any]:
    """The record as a Bundle, of which nothing is left aside."""
    tree, warnings = write_tree(trial, kind=kind, narrative=narrative, version=version)
    assert warnings == []
    return tree


def faults(line: bytes, version: Version) -> list[Problem]:
    """What is wrong with a record in the three kinds of Bundle, with a text for people and without.

    Each check takes long, so it is asked of what differs: all of the whole with a text; all but the
    invariants of the three kinds without one; the invariants of the study without one, and of the
    other kinds with resources that say nothing. That nothing else differs is asserted.
    """
    trial = ctgov.read(line)[0]
    bare = written(trial, version, "collection", narrative=False)
    study = {**bare, "entry": bare["entry"][:1]}
    found = [*validate(bare, version), *check(study, version=version, budget=None)]
    alike = without(bare)
    for kind in KINDS:
        for narrative in (False, True):
            tree = written(trial, version, kind, narrative=narrative)
            assert ("text" in tree["entry"][0]["resource"]) is narrative
            assert without(tree) == alike
            if kind == "collection" and narrative:
                found += validate(tree, version, invariants=True, budget=None)
            elif kind != "collection" and not narrative:
                found += validate(tree, version)
                found += check(with_nothing_said(tree), version=version, budget=None)
    # dom-6: it is a recommendation that every resource has a text.
    return [one for one in found if one.severity != "information"]


def with_nothing_said(tree: dict[str, Any]) -> dict[str, Any]:
    """A Bundle with an id alone in each of its resources."""
    return {
        **tree,
        "entry": [
            {**entry, "resource": {"resourceType": "Basic", "id": entry["resource"]["id"]}}
            for entry in tree["entry"]
        ],
    }


def without(tree: dict[str, Any]) -> dict[str, Any]:
    """A Bundle without what its kind and the text for people add to it."""
    entries = [
        {key: value for key, value in entry.items() if key != "request"} for entry in tree["entry"]
    ]
    study = {key: value for key, value in entries[0]["resource"].items() if key != "text"}
    entries[0] = {**entries[0], "resource": study}
    return {**tree, "type": "", "entry": entries}


# Parts, so that every record can be run by several processes.
@pytest.mark.parametrize("part", range(4 if corpus.ALL else 1))
@pytest.mark.parametrize("version", VERSIONS)
def test_every_form_of_every_record_is_valid(version: Version, part: int) -> None:
    lines = records()[part::4] if corpus.ALL else records()[70::EVERY]
    assert [problem for line in lines for problem in faults(line, version)] == []


def test_the_invariants_of_a_bundle_need_nothing_that_its_resources_say() -> None:
    tree = written(ctgov.read(records()[70])[0], "r5", "transaction", narrative=False)
    tree = with_nothing_said(tree)
    tree["entry"].append(dict(tree["entry"][0]))
    del tree["entry"][1]["request"]
    told = check(tree, budget=None)
    assert {one.code for one in told if one.severity == "error"} == {"bdl-3c", "bdl-7"}
