"""What every converter owes, whatever the format: nothing is lost, and nothing in silence.

A table has rows for values. Beside them a record has what no row carries: empty objects, lists and
texts, `unmapped`, and parts that the format has no place for. `write` and `read` see to all of it,
and turn what codecs say into problems with their places.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

import msgspec

from trialbridge.mappings.beyond import left_behind
from trialbridge.mappings.codec import Mismatch, Node, Record, bare, fields_of, item_type
from trialbridge.mappings.compiled import Read, Write, reader, writer
from trialbridge.mappings.coverage import CoverageRow, leaves
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.empty import empty_elements, with_empty_elements
from trialbridge.schemas.once import LOCK, once
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import Trial

Coverage = Callable[[], list[CoverageRow]]

Facts = Iterable[tuple[str, Any]]
"""The values of a document, each with the path of its element."""


class Keep(NamedTuple):
    """What a format is called, and how it keeps what no row of its table carries.

    `root` is what paths in its documents begin with, `link` the page of the standard. `store` puts
    into the written node a marker for each empty element (its JSON pointer and kind) and the JSON
    of `unmapped`, which is None where there is none; `find` gives both of a node that is read.
    `marker_place` and `unmapped_place` are the paths of them in errors. A format without `store`
    keeps neither, and `write` says so. `results` tells whether it has what is empty in the results.
    """

    title: str
    root: str
    link: str
    coverage: Coverage
    store: Callable[[Names, Node, list[tuple[str, str]], str | None], None] | None = None
    find: Callable[[Names, Node], tuple[dict[str, str], Any]] | None = None
    marker_place: str = ""
    unmapped_place: str = ""
    results: bool = False


def write(trial: Trial, table: Record, names: Names, keep: Keep) -> tuple[Node, list[Problem]]:
    """The node that a table gives of a record, and warnings of what is not in it."""
    node = _functions(table)[0](trial, names)
    problems = not_carried(trial, keep.coverage, keep.title)
    empty = empty_elements(trial, results=keep.results) if names.odd else []
    unmapped = None
    if trial.unmapped:
        unmapped = msgspec.json.encode(trial.unmapped, order="sorted").decode()
    if keep.store is not None:
        if empty or unmapped:
            keep.store(names, node, empty, unmapped)
        return node, problems
    told = {problem.path for problem in problems}
    problems += (
        left_behind(pointer, f"{keep.title} has no place for an empty {kind}")
        for pointer, kind in empty
    )
    if unmapped and "/unmapped" not in told:
        problems.append(left_behind("/unmapped", f"{keep.title} has no place for it"))
    return node, problems


def node_of(trial: Trial, table: Record, names: Names) -> Node:
    """The node that a table gives of a record, without what no row carries."""
    return _functions(table)[0](trial, names)


def read(
    node: Node,
    table: Record,
    names: Names,
    keep: Keep,
    rest: Callable[[Trial], tuple[Trial, list[Problem]]] | None,
    malformed: Callable[[], list[Problem]] | None = None,
) -> tuple[Trial, list[Problem]]:
    """The record that a table reads from a node, and what is odd with it.

    `rest` looks for what of the document is not in the record: it gives the record, to which it
    may add that as unmapped, and warnings (`not_read` makes them). It is None where nobody asks.
    `malformed` says what is wrong with a document that cannot be walked; where nothing is, the
    fault is ours, and raised as it is. Raises ReadError with each place that is not of its form.
    """
    try:
        trial = _functions(table)[1](node, names)
        empty, unmapped = keep.find(names, node) if keep.find else ({}, None)
    except Mismatch as mismatch:
        raise ReadError(
            [
                Problem(
                    severity="error",
                    layer="mapping",
                    path=_under(keep.root, path),
                    code="not-readable",
                    message=message,
                    link=keep.link,
                )
                for path, message in mismatch.places
            ]
        ) from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if malformed is not None and (problems := malformed()):
            raise ReadError(problems) from error
        raise
    try:
        trial = with_empty_elements(trial, empty)
    except (ValueError, msgspec.ValidationError) as error:
        raise fatal(keep.marker_place, "not-readable", str(error), keep.link) from None
    if unmapped is not None:
        try:
            said = msgspec.json.decode(unmapped, type=dict[str, Any])
        except (msgspec.DecodeError, TypeError) as error:
            raise fatal(keep.unmapped_place, "not-json", str(error), keep.link) from None
        trial = msgspec.structs.replace(trial, unmapped=said)
    warnings = [
        Problem(
            severity="warning",
            layer="mapping",
            path=_under(keep.root, path),
            code=code,
            message=message,
        )
        for path, code, message in names.warnings
    ]
    if rest is None:
        return trial, warnings
    trial, found = rest(trial)
    return trial, [*warnings, *found]


def _under(root: str, path: str) -> str:
    return f"{root}.{path}" if path else root


def fatal(path: str, code: str, message: str, link: str) -> ReadError:
    """The error of a document that is not read at all."""
    return ReadError(
        [Problem(severity="fatal", layer="read", path=path, code=code, message=message, link=link)]
    )


def not_read(document: Facts, again: Facts, link: str) -> list[Problem]:
    """A warning for each element of a document whose values are not in what is written again.

    What is not read is what is not written again: of a document of ours nothing, of others'
    documents the elements that a trial record has no place for.
    """
    left = Counter(document)
    left.subtract(Counter(again))
    missing: Counter[str] = Counter()
    for (path, _), count in left.items():
        if count > 0:
            missing[path] += count
    return unread(missing, link)


def unread(missing: Mapping[str, int], link: str, but: str = "") -> list[Problem]:
    """A warning for each element, of which so many values are in no part of the record.

    `but` says what becomes of them nevertheless.
    """
    return [
        Problem(
            severity="warning",
            layer="mapping",
            path=path,
            code="not-read",
            message=f"{count} value{'s have' if count > 1 else ' has'} no place in the record{but}",
            link=link,
        )
        for path, count in sorted(missing.items())
    ]


def facts(
    tree: Any, root: str, skip: Callable[[str, Any], bool] | None = None
) -> list[tuple[str, Any]]:
    """Each value of a tree with the names on the way to it.

    Members that `skip` accepts, by name and value, say nothing of the record.
    """
    found: list[tuple[str, Any]] = []

    def look(node: Any, path: str) -> None:
        if isinstance(node, dict):
            for key, inner in node.items():
                if skip is None or not skip(key, inner):
                    look(inner, f"{path}.{key}")
        elif isinstance(node, list):
            for inner in node:
                look(inner, path)
        else:
            found.append((path, node))

    look(tree, root)
    return found


# --- what a format leaves behind ---------------------------------------------------------------


class _Part(NamedTuple):
    """A part of the model, by its attribute and its key in JSON ("" and "*" for list items).

    It has no home at all, or some of the parts in it have none.
    """

    attribute: str
    key: str
    within: tuple["_Part", ...] | None


def not_carried(trial: Trial, coverage: Coverage, title: str) -> list[Problem]:
    """A warning for each part of a record that the coverage list of a format has no home for."""
    problems = []
    for part, places in _left_behind(trial, coverage).items():
        message = f"{title} has no place for it"
        if part == "/resultsSection":
            message = f"the results section is left aside: {title} carries the rest of the record"
        elif len(places) > 1:
            message += f", and for {len(places) - 1} more like it"
        problems.append(left_behind(places[0], message))
    return problems


def _left_behind(trial: Trial, coverage: Coverage) -> dict[str, list[str]]:
    """The pointers of all parts of a record that have no home, by the pattern of the part."""
    found: dict[str, list[str]] = {}
    _look(trial, _homeless(coverage), "", "", found)
    return found


def _look(
    held: Any, parts: tuple[_Part, ...], at: str, pattern: str, found: dict[str, list[str]]
) -> None:
    for part in parts:
        if part.key == "*":
            inside = [(str(position), inner) for position, inner in enumerate(held)]
        else:
            inside = [(part.key, getattr(held, part.attribute))]
        for key, inner in inside:
            if inner is None or inner == {}:
                continue
            here, its = f"{at}/{key}", f"{pattern}/{part.key}"
            if part.within is None:
                found.setdefault(its, []).append(here)
            else:
                _look(inner, part.within, here, its, found)


@once
def _homeless(coverage: Coverage) -> tuple[_Part, ...]:
    """The largest parts of the model of which a coverage list has no leaf."""
    homes = {row.leaf for row in coverage() if row.home != "none"}
    every = {leaf: list(accumulate(leaf.split("/"), "{}/{}".format))[1:] for leaf in leaves(Trial)}
    carried: set[str] = set()
    homeless: set[str] = set()
    for ways in every.values():
        (carried if homes.intersection(ways) else homeless).update(ways)
    return _parts(Trial, "", homeless, carried)


def _parts(type_: Any, at: str, homeless: set[str], carried: set[str]) -> tuple[_Part, ...]:
    found = []
    for attribute, key, inner in _members(type_):
        here = f"{at}/{key}"
        if here in homeless:
            mixed = here in carried
            within = _parts(inner, here, homeless, carried) if mixed else None
            found.append(_Part(attribute, key, within))
    return tuple(found)


def _members(type_: Any) -> Iterable[tuple[str, str, Any]]:
    """The attributes of a struct with their keys and types, or the items of a list."""
    inner = item_type(type_)
    if inner is not None:
        return [("", "*", inner)]
    return [(f.name, f.encode_name, bare(f.type)) for f in fields_of(type_).values()]


# --- functions of tables -----------------------------------------------------------------------

_FUNCTIONS: dict[int, tuple[Write, Read, Record]] = {}


def _functions(table: Record) -> tuple[Write, Read, Record]:
    """The writer and the reader of a table, made at first use."""
    found = _FUNCTIONS.get(id(table))
    if found is None:
        with LOCK:
            found = _FUNCTIONS.get(id(table))
            if found is None:
                # With the table, so that its id stays its own.
                found = _FUNCTIONS[id(table)] = writer(table), reader(table), table
    return found
