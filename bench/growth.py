"""How time and memory grow with each element of a record that may be repeated.

    python bench/growth.py                             # every element and pair, every direction
    python bench/growth.py --elements outcome arm      # those whose place has one of these in it
    python bench/growth.py --directions text invariants --sizes 100 1000

The elements are the lists of the model, each filled from the structs in an otherwise whole record,
and the pairs of lists of which the items of one name those of the other: groups and what is counted
of each, arms and their interventions. There both grow, and each item names the other's of its
number. The directions are to write, to read back and to check each format that is written. The
largest size is smaller where all directions together would take more than `--seconds`. What is
above the limit is measured again, by the best of five and four times as long, before it is told.
The exponent is that of a power of the number of items, by the two largest sizes, what the smallest
takes subtracted: 1 is linear, 2 is quadratic. Time is that of the processor, with the collector
paused. What the library remembers in caches of a fixed size is forgotten before each pass: else one
over 1,000 names would find all of them and one over 5,000 none, which looks like a power and is a
step. It tells and never fails; what takes less than 20 ms, or less than 1 MB, has no exponent. At
the end stands the worst of each direction.
"""

import argparse
import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import count
from math import log
from typing import Any

import msgspec
from msgspec import inspect

from trialbridge.formats import written_formats
from trialbridge.formats.odm.xml.plain import Scanner
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.fhir.invariants import check as check_invariants
from trialbridge.schemas.problem import Invalid, ReadError
from trialbridge.schemas.trial import Trial

INVARIANTS: dict[str, Version] = {"fhir-r5": "r5", "fhir-r4b": "r4b", "fhir-r4": "r4"}
# What a format cannot do without.
OPTIONS = {"prs": {"org_name": "Bench"}}
SIZES = (100, 1_000, 5_000)
MOST = 1.15
_LEFT_OUT = ("unmapped",)
_SECONDS = 0.02
_AGAIN = 5
_LONGER = 4
_BYTES = 1 << 20
_CACHE = type(lru_cache(len))
# What takes less time than this at the largest size is not asked for its memory, which is slow.
_QUICK = 0.005

Place = tuple[str, ...]

# What items are named by where others name them, by the member that says it.
_NAMED = {
    ("armGroups", "label"): "arm {}",
    ("armGroupLabels",): "arm {}",
    ("interventions", "name"): "thing {}",
    ("interventionNames",): "Behavioral: thing {}",
    ("groups", "id"): "G{}",
    ("eventGroups", "id"): "G{}",
    ("groupId",): "G{}",
    ("groupIds",): "G{}",
}


def bare(info: inspect.Type) -> inspect.Type:
    """The type inside annotations and of what may be absent."""
    while isinstance(info, inspect.Metadata | inspect.UnionType):
        if isinstance(info, inspect.Metadata):
            info = info.type
        else:
            info = next(one for one in info.types if not isinstance(one, inspect.NoneType))
    return info


def places(info: inspect.Type, place: Place = ()) -> Iterator[Place]:
    """The places of all lists; of a list in a list, that of the first item."""
    match bare(info):
        case inspect.StructType(fields=fields):
            for field in fields:
                if field.encode_name not in _LEFT_OUT:
                    yield from places(field.type, (*place, field.encode_name))
        case inspect.ListType(item_type=item):
            yield place
            yield from places(item, (*place, "0"))


def pairs(listed: Sequence[Place]) -> Iterator[tuple[Place, Place]]:
    """The lists that meet: one of named items, and each of its module that names them."""
    arms = ("protocolSection", "armsInterventionsModule")
    groups, things = (*arms, "armGroups"), (*arms, "interventions")
    yield groups, things
    yield things, (*groups, "0", "interventionNames")
    yield groups, (*things, "0", "armGroupLabels")
    naming = ("counts", "measurements", "stats", "achievements", "reasons", "groupIds")
    for place in listed:
        if place[-1] in ("groups", "eventGroups"):
            for other in listed:
                if other[: len(place) - 1] == place[:-1] and other[-1] in naming:
                    yield place, other


class Filler:
    """Makes records in which each list has one item, and those at the places `size`."""

    def __init__(self, places: Sequence[Place], size: int) -> None:
        self.places, self.size = places, size
        self.counted = count(1)

    def fill(self, info: inspect.Type, place: Place = ()) -> Any:
        if isinstance(info, inspect.Metadata):
            examples = (info.extra_json_schema or {}).get("examples")
            if examples:
                return examples[0]
        match bare(info):
            case inspect.StructType(fields=fields):
                return {
                    field.encode_name: self.fill(field.type, (*place, field.encode_name))
                    for field in fields
                    if field.encode_name not in _LEFT_OUT
                }
            case inspect.ListType(item_type=item):
                size = self.size if place in self.places else 1
                return [self.fill(item, (*place, str(number))) for number in range(size)]
            case inspect.LiteralType(values=values):
                return sorted(values)[0]
            case inspect.BoolType():
                return True
            case inspect.IntType():
                return next(self.counted)
            case inspect.FloatType():
                return 1.5
        name = place[-2] if place[-1].isdecimal() else place[-1]
        *_, number = (0, *(int(key) for key in place if key.isdecimal()))
        named = tuple(key for key in place if not key.isdecimal())
        if form := _NAMED.get(named[-2:]) or _NAMED.get(named[-1:]):
            return form.format(number)
        return "NCT99900001" if name == "nctId" else f"{name} {next(self.counted)}"


def directions(
    trial: Trial, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is done with a record: write, read back and check, in each format."""
    for known in written_formats():
        name, options = known.name, OPTIONS.get(known.name)
        write, read, check = f"{name} write", f"{name} read", f"{name} check"
        invariants = f"{name} invariants"
        if not any(map(wanted, (write, read, check, invariants))):
            continue
        try:
            written, _ = known.write(trial, options)
        except (ReadError, Invalid):
            # What a format has no form for it refuses.
            continue
        if wanted(write):
            yield write, lambda known=known, options=options: known.write(trial, options)
        if wanted(read) and known.reader is not None:
            yield read, lambda known=known, data=written: known.read(data)
        if name in INVARIANTS and wanted(invariants):
            tree, version = msgspec.json.decode(written), INVARIANTS[name]
            yield (
                invariants,
                lambda tree=tree, version=version: check_invariants(tree, version=version),
            )
        if known.validator is not None and wanted(check):
            yield check, lambda known=known, data=written: known.check(data)


def bounded_caches() -> list[Callable[[], None]]:
    """What makes the library's caches of a fixed size forget, each by itself."""
    found: list[Callable[[], None]] = []
    for one in gc.get_objects():
        # By its type alone: to ask a proxy for its class may be an error.
        if type(one) is _CACHE:
            bounded = (one.cache_parameters()["maxsize"] or 0) > 1
            if bounded and one.__module__.startswith("trialbridge."):
                found.append(one.cache_clear)
        elif type(one) is Scanner:
            kept = (one.tags, one.items, one.frames, *one.definitions.values())
            found += (each.clear for each in kept)
    return found


def measured(
    run: Callable[[], object], passes: int, caches: Sequence[Callable[[], None]], memory: bool
) -> tuple[float, float]:
    """Seconds, the best of the passes, and bytes at most; nan where memory is not asked for."""
    best = float("inf")
    for _ in range(passes):
        for forget in caches:
            forget()
        gc.collect()
        gc.disable()
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
        gc.enable()
    if not memory or best < _QUICK:
        return best, float("nan")
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return best, float(most)


def exponent(sizes: Sequence[int], values: Sequence[float], least: float) -> float | None:
    """The power of the number of items that a value grows by; None if it is too small to tell."""
    base, some, many = (values[0] if len(values) > 2 else 0.0), values[-2], values[-1]
    fewest = sizes[0] if len(values) > 2 else 0
    if not (many > least and some > base and many > base):
        return None
    return log((many - base) / (some - base)) / log((sizes[-1] - fewest) / (sizes[-2] - fewest))


def largest(sizes: Sequence[int], spent: float, seconds: float) -> list[int]:
    """The sizes, the last as small as it has to be for a time, from that of the one before."""
    *fewer, most = sizes
    fits = int(fewer[-1] * seconds / spent) if spent else most
    return [*fewer, min(most, max(2 * fewer[-1], fits))]


def grown(
    places: Sequence[Place],
    sizes: Sequence[int],
    passes: int,
    memory: bool,
    wanted: Callable[[str], bool],
    limit: float,
) -> Iterator[tuple[str, str, float | None, float | None]]:
    """Give each direction with its line, and its exponents of time and memory."""
    info = inspect.type_info(Trial)
    runs: dict[str, list[tuple[float, float]]] = {}
    caches: list[Callable[[], None]] = []
    before = 0.0
    for number in range(len(sizes)):
        if number == len(sizes) - 1:
            sizes = largest(sizes, before, limit)
        trial = msgspec.convert(Filler(places, sizes[number]).fill(info), Trial)
        ways = list(directions(trial, wanted))
        if not number:
            for _, run in ways:
                with suppress(ReadError, Invalid):
                    run()
            caches = bounded_caches()
        # What is there already is not looked at by the collector.
        gc.collect()
        gc.freeze()
        start = time.process_time()
        for direction, run in ways:
            try:
                found = measured(run, passes, caches, memory)
            except (ReadError, Invalid):
                continue
            runs.setdefault(direction, []).append(found)
        before = time.process_time() - start
    for direction, values in runs.items():
        if len(values) < len(sizes):
            continue
        seconds, peaks = zip(*values, strict=True)
        growths = (exponent(sizes, seconds, _SECONDS), exponent(sizes, memories(peaks), _BYTES))
        shown = ["    -" if each is None else f"{each:5.2f}" for each in growths]
        line = (
            f"{said(places):<75} {direction:<19} time {shown[0]}  memory {shown[1]}"
            f"  {seconds[-1] * 1000:9.1f} ms of {sizes[-1]}"
        )
        yield direction, line, *growths


def memories(peaks: Sequence[float]) -> list[float]:
    """Peaks, of which the smallest may have been too quick to be asked for."""
    return [0.0 if peak != peak and number == 0 else peak for number, peak in enumerate(peaks)]


def said(places: Sequence[Place]) -> str:
    return " + ".join("/".join(place) for place in places)


def above(*growths: float | None) -> bool:
    return any(each is not None and each > MOST for each in growths)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elements", nargs="*", default=[], metavar="TEXT")
    parser.add_argument("--directions", nargs="*", default=[], metavar="TEXT")
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="for one list, at most")
    parser.add_argument("--no-memory", action="store_true", help="time alone, which is quicker")
    asked = parser.parse_args(arguments)
    if len(asked.sizes) < 2 or sorted(set(asked.sizes)) != asked.sizes:
        parser.error("--sizes: two or more, the smallest first")
    over: list[str] = []
    worst: dict[str, list[tuple[float, str]]] = {}

    def among(name: str, parts: list[str]) -> bool:
        return not parts or any(part.lower() in name.lower() for part in parts)

    def grow(
        places: Sequence[Place],
        sizes: Sequence[int],
        passes: int,
        wanted: Callable[[str], bool],
    ) -> Iterator[tuple[str, str, float | None, float | None]]:
        yield from grown(places, sizes, passes, not asked.no_memory, wanted, asked.seconds * passes)

    def tell(places: Sequence[Place], direction: str, line: str, *growths: float | None) -> None:
        print(line, flush=True)
        for kind, growth in zip(("time", "memory"), growths, strict=True):
            if growth is not None:
                worst.setdefault(f"{direction}, {kind}", []).append((growth, said(places)))
        if above(*growths):
            over.append(line)

    print(f"exponents of time and memory over {asked.sizes} items", flush=True)
    listed = list(places(inspect.type_info(Trial)))
    for each in [*((place,) for place in listed), *pairs(listed)]:
        if not among(said(each), asked.elements):
            continue
        again: dict[str, tuple[Any, ...]] = {}
        for direction, line, *growths in grow(
            each, asked.sizes, asked.passes, lambda name: among(name, asked.directions)
        ):
            if above(*growths) and asked.passes < _AGAIN:
                again[direction] = line, *growths
            else:
                tell(each, direction, line, *growths)
        if again:
            # Of longer lists too, since what takes few milliseconds has an exponent of chance.
            longer = [*asked.sizes[-2:], _LONGER * asked.sizes[-1]]
            for direction, line, *growths in grow(each, longer, _AGAIN, again.__contains__):
                again.pop(direction)
                tell(each, direction, line, *growths)
            # What of such a length is refused has been measured as long as it may be.
            for direction, (line, *growths) in again.items():
                tell(each, direction, line, *growths)
    print("\nthe worst of each direction")
    for direction, told in sorted(worst.items()):
        growth, place = max(told)
        print(f"{direction:<30} {growth:5.2f}  {place}")
    print(f"\n{len(over)} above {MOST}" + "".join(f"\n{line}" for line in over))
    return 0


if __name__ == "__main__":
    sys.exit(main())
