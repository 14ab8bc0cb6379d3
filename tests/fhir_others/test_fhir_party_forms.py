"""Parties as we write them are passed over: never where a form of others would change something."""

from pathlib import Path
from typing import Any

import pytest
from fhir_others import Node
from hypothesis import example, given
from hypothesis import strategies as st

import trialbridge
from trialbridge.mappings.fhir.bundle import write_tree
from trialbridge.mappings.fhir.links import Resources
from trialbridge.mappings.fhir.others import FORMS, parties
from trialbridge.mappings.fhir.others.forms import Others
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.names import Names
from trialbridge.schemas.base import BASE

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
READ = [form.read for form in FORMS if form.member == "associatedParty"]
OURS = f"{BASE}/CodeSystem/of-ours"
PARTY = {"name": "Acme", "telecom": [{"system": "phone", "value": "555"}]}
RESOURCES: tuple[Node, ...] = (
    {"resourceType": "Organization", "id": "o", **PARTY},
    {"resourceType": "Practitioner", "id": "p", "name": [{"text": "Ada Byron"}]},
    {"resourceType": "PractitionerRole", "id": "r", "telecom": PARTY["telecom"]},
    {"resourceType": "PractitionerRole", "id": "c", "contact": [PARTY]},
)


def others(study: Node, resources: tuple[Node, ...] = RESOURCES) -> Others:
    names = Names()
    names.once(Resources).add_each((None, one) for one in resources)
    return Others(study, names)


def objects(needed: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Node]:
    return st.fixed_dictionaries(needed, optional=optional)


CODES = (
    "lead-sponsor", "sponsor", "collaborator", "general-contact", "recruitment-contact",
    "primary-investigator", "study-chair", "SPONSOR",
)  # fmt: skip
NAMES = st.sampled_from(["Acme", "Ada Byron", "INDUSTRY", "Principal Investigator", "lead sponsor"])
systems = st.sampled_from([codes.PARTY_ROLE, OURS, "http://example.org/roles"])
codings = objects({}, {"system": systems, "code": st.sampled_from(CODES)})
concepts = objects({}, {"coding": st.lists(codings, max_size=3), "text": NAMES})
references = st.sampled_from([f"{one['resourceType']}/{one['id']}" for one in RESOURCES] + ["x"])
found = objects(
    {},
    {
        "role": concepts,
        "party": objects({}, {"reference": references, "display": NAMES}),
        "name": NAMES,
        "classifier": st.lists(concepts, max_size=2),
    },
)


def role(*pairs: tuple[str, str]) -> Node:
    return {"coding": [{"system": system, "code": code} for system, code in pairs]}


RESPONSIBLE = {
    "role": role((codes.PARTY_ROLE, "lead-sponsor"), (codes.PARTY_ROLE, "sponsor"), (OURS, "X")),
    "party": {"reference": "Organization/o"},
}


@given(st.lists(found, max_size=3))
@example([RESPONSIBLE])
@example([{**RESPONSIBLE, "role": role((codes.PARTY_ROLE, "sponsor"))}])
def test_what_is_passed_over_has_no_form_of_others(nodes: list[Node]) -> None:
    if parties.are_as_we_write(nodes, others({"associatedParty": nodes})):
        assert [read(nodes, others({"associatedParty": nodes})) for read in READ] == [None] * 6


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ctgov.json")), ids=lambda path: path.name)
def test_what_we_write_is_passed_over(path: Path) -> None:
    tree, _ = write_tree(trialbridge.read(path.read_bytes()))
    resources = tuple(entry["resource"] for entry in tree["entry"])
    study = resources[0]
    assert parties.are_as_we_write(study["associatedParty"], others(study, resources))


def test_a_sponsor_that_is_responsible_is_passed_over_and_one_alone_is_not() -> None:
    alone = {**RESPONSIBLE, "role": role((codes.PARTY_ROLE, "sponsor"))}
    assert parties.are_as_we_write([RESPONSIBLE], others({}))
    assert not parties.are_as_we_write([alone], others({}))
