"""Writing AACT's tables costs as much as a record is long: calls are counted, not time."""

import json
import sys
from typing import Any

import pytest

import trialbridge


def _milestone(many: int) -> dict[str, Any]:
    """A milestone with a value for each of many groups."""
    groups = [f"FG{number:03}" for number in range(many)]
    milestone = {"type": "STARTED", "achievements": [{"groupId": id_} for id_ in groups]}
    flow = {"groups": [{"id": id_} for id_ in groups], "periods": [{"milestones": [milestone]}]}
    return {"participantFlowModule": flow}


def _categories(many: int) -> dict[str, Any]:
    """A class of a baseline measure with many categories, each with the value of one group."""
    measured = [{"groupId": "BG000", "value": "1"}]
    categories = [{"title": f"Tea {number}", "measurements": measured} for number in range(many)]
    measure = {"title": "Tea", "classes": [{"categories": categories}]}
    return {
        "baselineCharacteristicsModule": {
            "groups": [{"id": "BG000", "title": "All"}],
            "measures": [measure],
        }
    }


@pytest.mark.parametrize("results", [_milestone, _categories])
def test_values_cost_as_much_as_they_are_many(results: Any) -> None:
    def calls(many: int) -> int:
        """How many functions are called to write a record, which is read again too."""
        study = {
            "protocolSection": {
                "identificationModule": {"nctId": "NCT99900012", "briefTitle": "Tea"}
            },
            "resultsSection": results(many),
        }
        source = json.dumps(study).encode()
        count = 0

        def seen(frame: Any, event: str, argument: Any) -> None:
            nonlocal count
            count += event == "call"

        sys.setprofile(seen)
        try:
            trialbridge.convert(source, "aact")
        finally:
            sys.setprofile(None)
        return count

    calls(1)  # what is made at first use
    base, few, many = calls(1), calls(100), calls(400)
    assert 3.2 < (many - base) / (few - base) < 4.8
