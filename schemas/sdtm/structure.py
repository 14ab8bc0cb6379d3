"""The members of a Dataset-JSON 1.1, as its schema demands them: a digest of `dataset.schema.json`.

https://github.com/cdisc-org/DataExchange-DatasetJson
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from trialbridge.schemas.problem import Problem

LINK: Final = "https://www.cdisc.org/standards/data-exchange/dataset-json"
_TIME: Final = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]|Z)?"
)
_MOST: Final = 50

# The type of each member, and whether it is required.
_MEMBERS: Final[Mapping[str, tuple[type, bool]]] = {
    "datasetJSONCreationDateTime": (str, True),
    "datasetJSONVersion": (str, True),
    "fileOID": (str, False),
    "dbLastModifiedDateTime": (str, False),
    "originator": (str, False),
    "sourceSystem": (dict, False),
    "studyOID": (str, False),
    "metaDataVersionOID": (str, False),
    "metaDataRef": (str, False),
    "itemGroupOID": (str, True),
    "records": (int, True),
    "name": (str, True),
    "label": (str, True),
    "columns": (list, True),
    "rows": (list, False),
}
_COLUMN: Final[Mapping[str, tuple[type, bool]]] = {
    "itemOID": (str, True),
    "name": (str, True),
    "label": (str, True),
    "dataType": (str, True),
    "targetDataType": (str, False),
    "length": (int, False),
    "displayFormat": (str, False),
    "keySequence": (int, False),
}
_SOURCE: Final[Mapping[str, tuple[type, bool]]] = {"name": (str, True), "version": (str, True)}
_WORDS: Final = {str: "a text", int: "a whole number", list: "a list", dict: "an object"}


def check_structure(tree: Mapping[str, Any], file: str) -> list[Problem]:
    """What of a Dataset-JSON is not as its schema demands; `file` is what places begin with."""
    before = f"{file}, " if file else ""
    found = []
    for count, (path, code, message) in enumerate(_faults(tree)):
        if count == _MOST:
            break
        found.append(
            Problem(
                severity="error",
                layer="schema",
                path=f"{before}{path}",
                code=code,
                message=message,
                link=LINK,
            )
        )
    return found


def _faults(tree: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    yield from _members(tree, _MEMBERS, "")
    for name in ("datasetJSONCreationDateTime", "dbLastModifiedDateTime"):
        said = tree.get(name)
        if isinstance(said, str) and not _TIME.fullmatch(said):
            yield name, "time", f"{said!r:.40} is no time (YYYY-MM-DDThh:mm:ss)"
    if isinstance(tree.get("sourceSystem"), dict):
        yield from _members(tree["sourceSystem"], _SOURCE, "sourceSystem.")
    columns, rows, records = tree.get("columns"), tree.get("rows"), tree.get("records")
    for position, column in enumerate(columns if isinstance(columns, list) else ()):
        if isinstance(column, dict):
            yield from _members(column, _COLUMN, f"columns[{position}].")
            target = column.get("targetDataType", "integer")
            if target not in ("integer", "decimal"):
                path = f"columns[{position}].targetDataType"
                yield path, "code", f"{target!r:.40} is not one of integer, decimal"
            for name in ("length", "keySequence"):
                number = column.get(name, 1)
                if isinstance(number, int) and number < 1:
                    yield f"columns[{position}].{name}", "number", f"{number} is less than 1"
    if isinstance(rows, list) and isinstance(records, int) and records != len(rows):
        yield "records", "number", f"{records}, and there are {len(rows)} rows"


def _members(
    node: Mapping[str, Any], known: Mapping[str, tuple[type, bool]], before: str
) -> Iterator[tuple[str, str, str]]:
    for name, (kind, needed) in known.items():
        if name not in node:
            if needed:
                yield f"{before}{name}", "missing", "the member is required, and is not there"
        elif not isinstance(node[name], kind) or isinstance(node[name], bool):
            message = f"expected {_WORDS[kind]}, found {node[name]!r:.40}"
            yield f"{before}{name}", "type", message
    for name in node:
        if name not in known:
            yield f"{before}{name}", "unknown", f"no such member; known are {', '.join(known)}"
