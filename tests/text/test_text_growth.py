"""Reading and writing a page costs as much as the page is long: calls are counted, not time."""

import copy
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from text_pages import EXAMPLES, HEADINGS, VELO

from trialbridge.formats import text
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.schemas.problem import ReadError

RECORD = msgspec.json.decode(EXAMPLES[0].with_suffix(".ctgov.json").read_bytes())["protocolSection"]
FEW, MANY = 40, 160


def calls(run: Callable[[], Any]) -> int:
    """How many functions are called, Python's own included."""
    count = 0

    def seen(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        run()
    except ReadError:
        pass
    finally:
        sys.setprofile(None)
    return count


def grows(make: Callable[[int], Callable[[], Any]]) -> float:
    """How many times the calls grow where what is repeated grows four times."""
    calls(make(1))  # what is made at first use
    base, few, many = (calls(make(times)) for times in (1, FEW, MANY))
    return (many - base) / max(few - base, 1)


@pytest.mark.parametrize(
    "line", [*(name for name in HEADINGS if name in VELO), "Group Type EXPERIMENTAL", "PARTICIPANT"]
)
def test_a_line_repeated_costs_as_much_as_it_is_long(line: str) -> None:
    def make(times: int) -> Callable[[], Any]:
        source = VELO.replace(f"\n{line}\n", f"\n{line}\n" * times, 1).encode()
        return lambda: text.read(source)

    assert grows(make) < 5


@pytest.mark.parametrize("pair", [("Interventions", "Study Groups"), ("Locations", "Conditions")])
def test_headings_by_turns_cost_as_much_as_they_are_long(pair: tuple[str, str]) -> None:
    turns = "".join(f"\n{name}\n\nWords\n" for name in pair)
    assert grows(lambda times: lambda: text.read(f"{VELO}{turns * times}".encode())) < 5


@pytest.mark.parametrize(
    "of",
    [
        "armsInterventionsModule/armGroups",
        "armsInterventionsModule/interventions",
        "outcomesModule/secondaryOutcomes",
        "contactsLocationsModule/locations",
        "referencesModule/references",
    ],
)
@pytest.mark.parametrize("named", ["alike", "each by a name of its own"])
def test_items_repeated_cost_as_much_as_they_are_long(of: str, named: str) -> None:
    module, key = of.split("/")

    def make(times: int) -> Callable[[], Any]:
        protocol = copy.deepcopy(RECORD)
        items = protocol[module][key]
        for number in range(times):
            item = copy.deepcopy(items[0])
            for name in ("label", "name", "description", "facility", "citation"):
                if name in item and named != "alike":
                    item[name] += f" {number}"
            items.append(item)
        trial, _ = ctgov.read(msgspec.json.encode({"protocolSection": protocol}))
        return lambda: text.write(trial)

    assert grows(make) < 5


@pytest.mark.parametrize("run", [" ", ",", ", ", "/", ";", "\u200b", "PHASE1/"])
@pytest.mark.parametrize("where", ["PHASE1/PHASE2", "Umea, V", "Other Names: V", "PMID: "])
def test_a_long_line_is_read_at_once(where: str, run: str) -> None:
    source = VELO.replace(where, f"{where}{run * (100_000 // len(run))}x", 1).encode()
    begun = time.process_time()
    calls(lambda: text.read(source))
    # A pattern that looks again at each blank of the line takes minutes.
    assert time.process_time() - begun < 10
