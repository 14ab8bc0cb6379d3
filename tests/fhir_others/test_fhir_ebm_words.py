"""What HL7's guide on evidence-based medicine says of a study in words before a colon."""

import json
from typing import Any

import pytest

import trialbridge

LABELS = {
    "IPDSharing": "Yes",
    "IPDSharingDescription": "All of it",
    "IPDSharingTimeFrame": "After a year",
    "IPDSharingAccessCriteria": "On request",
    "Minimum Age": "18 Years",
}


def study(labels: dict[str, str], *types: str, group: bool = True) -> tuple[Any, Any]:
    """The record of a study with these classifiers and ids, and what was kept of it."""
    node: Any = {
        "resourceType": "ResearchStudy",
        "id": "1",
        "status": "active",
        "title": "Tea",
        "classifier": [{"text": f"{label}: {value}"} for label, value in labels.items()],
        "identifier": [{"value": f"X{at}", "type": {"text": one}} for at, one in enumerate(types)],
        "recruitment": {"eligibility": {"reference": "Group/2"}},
    }
    node = {key: value for key, value in node.items() if value != []}
    whom = {"resourceType": "Group", "id": "2", "type": "person", "membership": "definitional"}
    resources = [node, *([whom] if group else [])]
    entries = [
        {"fullUrl": f"https://example.org/{one['resourceType']}/{one['id']}", "resource": one}
        for one in resources
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    trial = trialbridge.read(json.dumps(bundle).encode(), format="fhir-r5", warnings=[])
    record: Any = json.loads(trialbridge.write(trial, "ctgov"))["protocolSection"]
    return record, trial.unmapped


def test_what_is_said_of_sharing_and_ages_is_read() -> None:
    record, kept = study(LABELS)
    assert record["ipdSharingStatementModule"] == {
        "ipdSharing": "YES",
        "description": "All of it",
        "timeFrame": "After a year",
        "accessCriteria": "On request",
    }
    assert record["eligibilityModule"] == {"minimumAge": "18 Years"}
    assert kept is None


def test_types_of_ids_are_read_by_the_names_that_the_register_shows() -> None:
    record, _ = study({}, "Registry Identifier", "Other Identifier", "U.S. NIH Grant/Contract")
    types = [one["type"] for one in record["identificationModule"]["secondaryIdInfos"]]
    assert types == ["REGISTRY", "OTHER", "NIH"]
    _, kept = study({}, "Amendment Identifier")
    assert kept["/fhir/study/identifier/0/type"] == {"text": "Amendment Identifier"}


@pytest.mark.parametrize(
    ("labels", "group"),
    [
        ({"Minimum Age": "18 Years"}, False),
        ({"Minimum Age": "N/A"}, True),
        ({"Maximum Age": "old"}, True),
        ({"IPDSharingDescription": "Nobody says whether"}, True),
        ({"IPDSharingTimeFrame": ""}, True),
    ],
)
def test_what_has_no_place_is_kept(labels: dict[str, str], group: bool) -> None:
    record, kept = study(labels, group=group)
    assert "eligibilityModule" not in record
    assert "ipdSharingStatementModule" not in record
    ((label, value),) = labels.items()
    assert {"text": f"{label}: {value}"} in [
        one for node in kept.values() for one in (node if isinstance(node, list) else [node])
    ]
