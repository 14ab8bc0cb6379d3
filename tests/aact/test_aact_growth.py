"""Writing AACT's tables costs as much as a record is long: calls are counted, not time."""

import json
import sys
from typing import Any

import trialbridge


def test_values_of_a_milestone_cost_as_much_as_they_are_many() -> None:
    def calls(many: int) -> int:
        """How many functions are called to write a milestone, which is read again too."""
        groups = [f"FG{number:03}" for number in range(many)]
        milestone = {"type": "STARTED", "achievements": [{"groupId": id_} for id_ in groups]}
        flow = {"groups": [{"id": id_} for id_ in groups], "periods": [{"milestones": [milestone]}]}
        study = {
            "protocolSection": {
                "identificationModule": {"nctId": "NCT99900012", "briefTitle": "Tea"}
            },
            "resultsSection": {"participantFlowModule": flow},
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
