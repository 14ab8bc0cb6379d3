"""The records of a document that has several: a Bundle of several studies, an ODM file likewise.

Each is made a document of its own, with all that it refers to; what several refer to is in each.
"""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from trialbridge.formats import Format
from trialbridge.io.encoding import utf_8
from trialbridge.schemas.syntax import exact

_ENTRY: Final = re.compile(r"\bBundle\.entry\[(\d+)\]")
# Of the page that a search gave, not of a study in it.
_OF_THE_WHOLE: Final = ("entry", "total", "link", "signature")
_STUDY: Final = "ResearchStudy"
_UPLOAD: Final = re.compile(rb"<((?:[A-Za-z]+:)?study_collection)(?=[\s>])[^<>]*>")


class Member(NamedTuple):
    """A record of a document: where it is, its own document, and a path in that in the whole's."""

    pointer: str
    data: bytes
    place: Callable[[str], str]


def split(known: Format, data: bytes) -> list[Member]:
    """Give the records of a document that has several studies; empty for any other.

    The document has been parsed once, so that it is JSON or XML is known. A reader whose documents
    may be broken between records has `parts` in its module, which gives them.
    """
    parts = getattr(import_module(known.reader), "parts", None) if known.reader else None
    if parts is not None:
        return [Member(f"/{part.name}", part.data, part.place) for part in parts(data)]
    syntax = known.syntax
    if syntax == "json":
        tree = exact.decode(utf_8(data))
        return [*_of_answer(tree), *_of_bundle(tree)]
    if syntax == "csv":
        from trialbridge.formats.registries.clinicaltrials_gov import ctgov_csv

        return [Member(f"/line {line}", own, str) for line, own in ctgov_csv.members(data)]
    return [*_of_odm(data), *_of_list(data)] if syntax == "xml" else []


def _of_answer(tree: dict[str, Any]) -> Iterator[Member]:
    """Give the studies of an answer of the registry's classic API."""
    answer = tree.get("FullStudiesResponse")
    studies = answer.get("FullStudies") if isinstance(answer, dict) else None
    if isinstance(studies, list) and len(studies) > 1:
        for number, study in enumerate(studies):
            at = f"/FullStudiesResponse/FullStudies/{number}"
            yield Member(at, exact.encode(study), lambda path: path)


def _of_bundle(tree: dict[str, Any]) -> Iterator[Member]:
    entries: list[dict[str, Any]] = tree.get("entry", [])
    studies = [index for index, entry in enumerate(entries) if _kind(entry) == _STUDY]
    if len(studies) < 2:
        return
    below = _references(entries)
    reached = {study: _reach(study, below, set(studies)) for study in studies}
    taken = set[int]().union(*reached.values())
    for index in range(len(entries)):
        if index not in taken:
            # What nothing refers to goes where it refers to: a site's list of subjects, say.
            found = _reach(index, below, set(studies))
            for study in found & set(studies) or studies:
                reached[study].add(index)
    rest = {key: value for key, value in tree.items() if key not in _OF_THE_WHOLE}
    for study in studies:
        chosen = sorted(reached[study])
        own = {**rest, "entry": [entries[index] for index in chosen]}
        yield Member(f"/entry/{study}/resource", exact.encode(own), _in_whole(chosen))


def _in_whole(chosen: list[int]) -> Callable[[str], str]:
    def place(path: str) -> str:
        return _ENTRY.sub(lambda found: f"Bundle.entry[{chosen[int(found[1])]}]", path)

    return place


def _kind(entry: dict[str, Any]) -> str:
    return str(entry["resource"].get("resourceType"))


def _references(entries: list[dict[str, Any]]) -> list[set[int]]:
    """Give for each entry those that it refers to, by fullUrl, type and id, or canonical."""
    names: dict[str, int] = {}
    for index, entry in enumerate(entries):
        resource = entry["resource"]
        for name in (
            entry.get("fullUrl"),
            f"{_kind(entry)}/{resource.get('id')}",
            resource.get("url"),
        ):
            if isinstance(name, str):
                names.setdefault(name, index)
    return [
        {
            names[text]
            for text in _texts(entry["resource"])
            if text in names and names[text] != index
        }
        for index, entry in enumerate(entries)
    ]


def _texts(tree: Any) -> Iterator[str]:
    """Give all texts of a tree, without the version of a canonical."""
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str):
            yield value
            yield value.partition("|")[0]


def _reach(start: int, below: list[set[int]], studies: set[int]) -> set[int]:
    """Give all that an entry leads to, and itself: not through another study, nor that study."""
    found, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for there in below[here] - found:
            if there in studies and start in studies:
                continue
            found.add(there)
            if there not in studies:
                waiting.append(there)
    return found


class _Child(NamedTuple):
    """A child of the root: its name, the OID of its study or of itself, its bytes."""

    name: str
    study: str
    start: int
    end: int


def _of_odm(data: bytes) -> Iterator[Member]:
    text = utf_8(data)
    children = _children(text)
    data = text
    studies = [child for child in children if child.name == "Study"]
    if len(studies) < 2:
        return
    for number, study in enumerate(studies, 1):
        pieces, end = [], 0
        for child in children:
            if child is study or (child.name != "Study" and child.study in ("", study.study)):
                continue
            pieces += [data[end : child.start], _blank(data, child)]
            end = child.end
        pieces.append(data[end:])
        yield Member(f"/ODM/Study[{number}]", b"".join(pieces), str)


def _of_list(data: bytes) -> Iterator[Member]:
    """Give the studies of a list of the registry's XML, or of an upload, each on its own lines."""
    text = utf_8(data)
    children = _children(text)
    studies = [child for child in children if child.name == "clinical_study"]
    upload = _UPLOAD.search(text, 0, studies[0].start) if len(studies) > 1 else None
    for number, study in enumerate(studies if len(studies) > 1 else (), 1):
        above = b"\n" * text.count(b"\n", 0, study.start)
        own = text[study.start : study.end]
        if upload:
            # The tag of the root declares the prefixes of what is in it.
            above = above[: -upload[0].count(b"\n") or None] + upload[0]
            own += b"</%b>" % upload[1]
        yield Member(f"/clinical_study[{number}]", above + own, str)


def _blank(data: bytes, child: _Child) -> bytes:
    """Give the ends of lines of what is left out, so that the lines of the rest stay."""
    return b"\n" * data.count(b"\n", child.start, child.end)


def _children(data: bytes) -> list[_Child]:
    """Give the children of the root with their places, without a tree."""
    from trialbridge.schemas.syntax.xml import declares_wide

    found: list[_Child] = []
    open_: list[_Child] = []
    depth = 0

    def close() -> None:
        # A tag ends where the next thing begins.
        if open_ and depth == 1:
            found.append(open_.pop()._replace(end=parser.CurrentByteIndex))

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        close()
        if depth == 1:
            local = name.rpartition(":")[2]
            study = attributes.get("OID" if local == "Study" else "StudyOID", "")
            open_.append(_Child(local, study, parser.CurrentByteIndex, 0))
        depth += 1

    def end(name: str) -> None:
        nonlocal depth
        close()
        depth -= 1

    parser = expat.ParserCreate("utf-8" if declares_wide(data) else None)
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.DefaultHandler = lambda _: close()
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        # An encoding that libxml2 alone knows.
        return []
    return found
