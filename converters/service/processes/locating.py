"""Find the lines of a document that carry one value of a record: change the value, and compare.

No format has to say where it puts what. Of two documents that differ in one value of the record,
the lines that differ are those that carry it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

from trialbridge.formats import Format
from trialbridge.formats.laid_out import laid_out
from trialbridge.mappings.coverage import leaf_types
from trialbridge.schemas.once import once
from trialbridge.schemas.syntax.pointer import as_index, steps
from trialbridge.schemas.trial import Trial

INDENT: Final = 2
_MOST: Final = 200
_DATE: Final = re.compile(r"(\d{4})((?:-\d\d){0,2})")
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


class Located(NamedTuple):
    """The lines of a document that carry a value, from 1; `main` is the one that says it best."""

    main: int
    lines: list[int]


def shown(data: bytes, to: Format) -> str:
    """Give a document as it is shown. Raises UnicodeDecodeError for what is no text."""
    return laid_out(data, to, INDENT).decode()


def located(
    trial: Trial,
    to: Format,
    pointer: str,
    place: str = "",
    options: Mapping[str, object] | None = None,
) -> Located | None:
    """Find the lines of the document of a format that carry a value of a record.

    `place` is where the coverage list says that it goes; of several lines it tells which is meant.
    None where no line can be told.
    """
    tree: dict[str, Any] = msgspec.to_builtins(trial)
    before = shown(to.write(trial, options, told=False)[0], to).splitlines()
    value = _value(tree, pointer)
    for changed in _changed(tree, pointer, value):
        try:
            other = msgspec.convert(changed, Trial)
            after = shown(to.write(other, options, told=False)[0], to).splitlines()
        except Exception:
            # What is no value there, or none that the writer takes, tells nothing of the record.
            continue
        if lines := _different(before, after):
            return Located(_main(before, lines, value, place), lines[:_MOST])
    lines = [number for number, line in enumerate(before, 1) if _says(line, value)]
    return Located(_main(before, lines, value, place), lines[:_MOST]) if lines else None


def _value(tree: Any, pointer: str) -> Any:
    kept = tree.get("unmapped") or {}
    if pointer in kept:
        return kept[pointer]
    for step in steps(pointer):
        index = as_index(step) if isinstance(tree, list) else None
        try:
            tree = tree[step if index is None else index]
        except (LookupError, TypeError):
            return None
    return tree


def _changed(tree: dict[str, Any], pointer: str, value: Any) -> Iterator[dict[str, Any]]:
    """Give trees in which the value is another, or is not there."""
    for other in _others(pointer, value):
        changed = copy.deepcopy(tree)
        kept = changed.get("unmapped") or {}
        if pointer in kept:
            kept[pointer] = other
            yield changed
            continue
        node: Any = changed
        *way, last = steps(pointer) or [""]
        try:
            for step in way:
                index = as_index(step) if isinstance(node, list) else None
                node = node[step if index is None else index]
            if isinstance(node, list):
                node[int(last)] = other
            else:
                node[last] = other
        except (LookupError, TypeError, ValueError):
            return
        yield changed


def _others(pointer: str, value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str):
        if codes := _codes().get(re.sub(r"/\d+(?=/|$)", "/*", pointer)):
            yield from (code for code in codes if code != value)
            return
        if match := _DATE.fullmatch(value):
            yield f"{int(match[1]) - 1:04}{match[2]}"
        if match := re.fullmatch(r"(\D*)(\d+)( \D+)?", value):
            # NCT00000001, 18 Years
            digits = str(int(match[2]) + 2).zfill(len(match[2]))
            yield f"{match[1]}{digits}{match[3] or ''}"
        yield f"{value} x"
    elif isinstance(value, list | dict) and not value:
        yield None


@once
def _codes() -> dict[str, tuple[str, ...]]:
    """The codes that a leaf of the model may have, by its pattern."""
    return {
        pointer: tuple(str(value) for value in kind.values)
        for pointer, kind in leaf_types(Trial).items()
        if isinstance(kind, inspect.LiteralType)
    }


def _different(before: list[str], after: list[str]) -> list[int]:
    """Give the lines of a text that another has not, from 1."""
    if len(before) == len(after):
        pairs = zip(before, after, strict=True)
        return [number for number, (one, other) in enumerate(pairs, 1) if one != other]
    found: list[int] = []
    for kind, start, stop, _, _ in SequenceMatcher(None, before, after).get_opcodes():
        if kind == "insert":
            found.append(max(1, start))
        elif kind != "equal":
            found += range(start + 1, stop + 1)
    return found


def _main(before: list[str], lines: list[int], value: Any, place: str) -> int:
    """Choose the line that says the value, under the name that its place ends with."""
    names = _NAME.findall(place)
    last = names[-1].lower() if names else ""

    def rank(number: int) -> tuple[bool, bool, int]:
        line = before[number - 1]
        return (not _says(line, value), not (last and last in line.lower()), number)

    return min(lines, key=rank)


def _says(line: str, value: Any) -> bool:
    if not isinstance(value, str) or not value.strip():
        return False
    first = value.strip().splitlines()[0][:60]
    escaped = first.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return any(said in line for said in (first, msgspec.json.encode(first).decode()[1:-1], escaped))
