"""Define-XML 2.1: the official XSD, its references, and what it says of the datasets beside it.

https://www.cdisc.org/standards/data-exchange/define-xml/define-xml-v2-1
"""

import os
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from trialbridge.schemas.once import once
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax import xml
from trialbridge.schemas.syntax.dataset import Dataset

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

LINK: Final = "https://www.cdisc.org/standards/data-exchange/define-xml/define-xml-v2-1"
_NAMESPACE: Final = "http://www.cdisc.org/ns/def/v2.1"
_MOST: Final = 50


@once
def _schema(process: int) -> tuple[Any, Lock]:
    """The compiled XSD, and a lock, as it keeps the problems of its last document."""
    from lxml import etree  # type: ignore[import-untyped]

    spec = find_spec("odmlib")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "schemas" / "define" / "2.1" / "define2-1-0.xsd"
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return etree.XMLSchema(etree.parse(str(path), parser)), Lock()


def check_define(data: bytes, datasets: Iterable[Dataset], file: str) -> list[Problem]:
    """Check a Define-XML and whether it says what the datasets have; `file` is how it is called."""
    try:
        root = xml.parse(data)
    except ReadError as error:
        from msgspec.structs import replace

        return [replace(one, path=f"{file}, {one.path}") for one in error.problems]
    if next(root.iter(f"{{{_NAMESPACE}}}*"), None) is None:
        message = f"nothing of {_NAMESPACE}: Define-XML of another version is not checked"
        return [_problem(f"{file}, line 1", "version", message, severity="warning")]
    problems = list(_by_xsd(root, file))
    problems += _references(root, file)
    for dataset in datasets:
        problems += _against(root, dataset, file)
    return problems


def _problem(path: str, code: str, message: str, severity: Any = "error") -> Problem:
    return Problem(
        severity=severity, layer="define", path=path, code=code, message=message, link=LINK
    )


def _by_xsd(root: "_Element", file: str) -> Iterator[Problem]:
    schema, lock = _schema(os.getpid())
    with lock:
        if schema.validate(root):
            return
        entries = list(schema.error_log)
    for entry in entries[:_MOST]:
        yield _problem(f"{file}, line {entry.line}", "xsd", str(entry.message)[:500])


# Which element each attribute refers to.
_REFERS: Final = {
    "ItemOID": "ItemDef",
    "CodeListOID": "CodeList",
    "ValueListOID": "ValueListDef",
    "WhereClauseOID": "WhereClauseDef",
    "MethodOID": "MethodDef",
    "StandardOID": "Standard",
    "CommentOID": "CommentDef",
    "ArchiveLocationID": "leaf",
    "leafID": "leaf",
}


def _references(root: "_Element", file: str) -> Iterator[Problem]:
    """OIDs that stand twice, and references to what is not there."""
    there: set[tuple[str, str]] = set()
    for element in root.iter("*"):
        name = _local(element.tag)
        oid = element.get("OID") or (element.get("ID") if name == "leaf" else None)
        if oid is None or name in ("Study", "MetaDataVersion"):
            continue
        if (name, oid) in there:
            message = f"the OID {oid!r:.60} of a {name} stands twice"
            yield _problem(_place(element, file), "twice", message)
        there.add((name, oid))
    for element in root.iter("*"):
        for key, value in element.attrib.items():
            wanted = _REFERS.get(_local(key))
            if wanted is not None and (wanted, value) not in there:
                message = f"no {wanted} has the OID {value!r:.60}"
                yield _problem(_place(element, file), "unresolved", message)


def _local(name: Any) -> str:
    return str(name).rpartition("}")[2]


def _place(element: "_Element", file: str) -> str:
    return f"{file}, {xml.line_of(element)}: {_local(element.tag)}"


def _against(root: "_Element", dataset: Dataset, file: str) -> Iterator[Problem]:
    """What a Define-XML lacks of a dataset, and has of it that is not there."""
    groups = [one for one in root.iter("{*}ItemGroupDef") if one.get("Name") == dataset.name]
    if not groups:
        yield _problem(file, "dataset", f"no ItemGroupDef for the dataset {dataset.name}")
        return
    items = {item.get("OID"): item for item in root.iter("{*}ItemDef")}
    listed: dict[str, _Element] = {}
    for reference in groups[0].iterchildren("{*}ItemRef"):
        item = items.get(reference.get("ItemOID"))
        if item is not None:
            listed[str(item.get("Name"))] = item
    for column in dataset.columns:
        item = listed.pop(column.name, None)
        if item is None:
            yield _problem(file, "column", f"no ItemDef for {dataset.name}.{column.name}")
            continue
        stated = item.get("Length", "")
        longest = max(
            (len(str(row[dataset.names.index(column.name)] or "")) for row in dataset.rows),
            default=0,
        )
        if stated.isdecimal() and not column.numeric and longest > int(stated):
            message = (
                f"{dataset.name}.{column.name} is {longest} long, and the ItemDef says {stated}"
            )
            yield _problem(_place(item, file), "length", message)
    for name, item in listed.items():
        yield _problem(_place(item, file), "column", f"{dataset.name} has no column {name}")
