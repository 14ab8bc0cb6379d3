"""ODM documents of small records, and how tests find their way in one."""

from collections.abc import Iterator
from typing import Any

import msgspec
from fhir_bundles import at, full, own, trial_of
from lxml import etree

from trialbridge.formats.odm import v2_0 as odm
from trialbridge.mappings.odm.elements import MARKDOWN
from trialbridge.schemas.odm.digests.document import NAMESPACES
from trialbridge.schemas.odm.validate import check
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.terms.cdisc_codes import CDISC
from trialbridge.schemas.trial import Trial

__all__ = [
    "CDISC",
    "NAMESPACE",
    "add",
    "at",
    "bytes_of",
    "codings",
    "comes_back",
    "document",
    "facts",
    "find",
    "full",
    "own",
    "parameter",
    "read",
    "root_of",
    "row",
    "rows",
    "said",
    "texts",
    "trial_of",
    "value",
    "written",
]

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
Element = Any
"""An element of lxml, which has no types."""

NAMESPACE = NAMESPACES["2.0"]
XLINK = "http://www.w3.org/1999/xlink"
_PREFIXES = {"o": NAMESPACE, "xlink": XLINK}


def written(trial: Trial) -> bytes:
    """The document of a trial, written without a warning."""
    data, problems = odm.write(trial)
    assert problems == []
    return data


def root_of(data: bytes) -> Element:
    return etree.fromstring(data)


def document(trial: Trial) -> Element:
    """The root of the document of a trial, by way of its bytes."""
    return root_of(written(trial))


def bytes_of(root: Element) -> bytes:
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return data


def read(root: Element) -> tuple[Trial, list[Problem]]:
    """What is read of a document, by way of its bytes; it has the model's types in any case."""
    trial, problems = odm.read(bytes_of(root))
    assert msgspec.convert(msgspec.to_builtins(trial), Trial) == trial
    return trial, problems


def comes_back(trial: Trial) -> Element:
    """The valid document of a trial, which reads as that trial without warning, byte by byte."""
    data = written(trial)
    assert odm.read(data) == (trial, [])
    assert written(odm.read(data)[0]) == data
    assert check(data) == []
    return root_of(data)


def texts(root: Element, path: str) -> list[str]:
    """The attributes or texts at an XPath whose names are ODM's where they have no prefix."""
    found: list[str] = [str(one) for one in _found(root, path)]
    return found


def find(root: Element, path: str) -> Element:
    """The one element at an XPath."""
    (found,) = _found(root, path)
    return found


def _found(root: Element, path: str) -> list[Any]:
    found: list[Any] = root.xpath(path, namespaces=_PREFIXES)
    return found


def said(root: Element, path: str) -> dict[str, str]:
    """The TranslatedTexts of the Description of an element, by language, else type."""
    nodes = _found(root, f"{path}/o:Description/o:TranslatedText")
    assert all(node.get("Type") == "text/plain" for node in nodes)
    assert all(node.get(_LANG) in (None, MARKDOWN) for node in nodes)
    return {node.get(_LANG) or node.get("Type"): node.text or "" for node in nodes}


def parameter(root: Element, oid: str) -> Element:
    """The StudyParameter of an OID, without its `SP.`."""
    return find(root, f"//o:StudySummary/o:StudyParameter[@OID='SP.{oid}']")


def value(root: Element, oid: str) -> str:
    """The value of a StudyParameter."""
    (found,) = texts(parameter(root, oid), "o:ParameterValue/@Value")
    return found


def rows(root: Element) -> dict[str, dict[str, str]]:
    """The rows of the registry form: by group, and key where it has one, the items and values."""
    return {
        "@".join(filter(None, (node.get("ItemGroupOID")[3:], node.get("ItemGroupRepeatKey")))): {
            item.get("ItemOID")[3:]: item.findtext(f"{{{NAMESPACE}}}Value") or ""
            for item in _found(node, "o:ItemData")
        }
        for node in _found(root, "/o:ODM/o:ReferenceData/o:ItemGroupData")
    }


def row(name: str) -> str:
    """The XPath of the row of a group, and of a key where it has one: `Location@ORG.SITE.1`."""
    group, _, key = name.partition("@")
    path = f"//o:ItemGroupData[@ItemGroupOID='IG.{group}']"
    return f"{path}[@ItemGroupRepeatKey='{key}']" if key else path


def codings(node: Element) -> list[tuple[str, str]]:
    """(system, code) of each Coding that an element has."""
    return [(one.get("System"), one.get("Code")) for one in _found(node, "o:Coding")]


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element of ODM at the end of another."""
    node = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    node.text = text
    return node


def facts(root: Element) -> Iterator[tuple[str, str]]:
    """Each attribute and text of a document, with the name of what it is of."""
    for node in root.iter(etree.Element):
        name = etree.QName(node).localname
        for key, held in node.items():
            yield f"{name}/@{key.replace(f'{{{XLINK}}}', 'xlink:')}", held
        if node.text and node.text.strip():
            yield name, node.text
