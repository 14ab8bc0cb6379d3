"""ClinicalTrials.gov legacy XML, one `clinical_study`: bytes to elements and back.

https://clinicaltrials.gov/data-api/about-api/api-migration
"""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import msgspec

from trialbridge.mappings.codec import Node
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import document
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.once import once
from trialbridge.schemas.problem import EACH, Invalid, Problem, ReadError
from trialbridge.schemas.syntax.pointer import walk
from trialbridge.schemas.syntax.xml import FORBIDDEN, forbidden, line_of, parse
from trialbridge.schemas.trial import Trial

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class _Elements(msgspec.Struct):
    elements: dict[str, list[str]]


@once
def _known() -> dict[str, dict[str, bool]]:
    """The children and attributes of each element in their order, and whether they are several."""
    packed = files("trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml").joinpath(
        "elements.json"
    )
    found = msgspec.json.decode(packed.read_bytes(), type=_Elements)
    return {
        name: {child.removesuffix("*"): child.endswith("*") for child in children}
        for name, children in found.elements.items()
    }


# --- reading -----------------------------------------------------------------------------------


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """The record of a study. What the model has no place for is in `unmapped`, with a warning.

    Raises ReadError if the bytes are no `clinical_study`, or several, with all that does not have
    its form.
    """
    return document.read_tree(_tree(_study(parse(data)), "clinical_study"))


def _study(root: "_Element") -> "_Element":
    if root.tag == "clinical_study":
        return root
    studies = root.findall(".//clinical_study")
    if len(studies) == 1:
        return studies[0]
    if studies:
        raise fatal(
            line_of(studies[1]),
            "one-study",
            f"expected one clinical_study, found {len(studies)}: {EACH}",
            document.LINK,
        )
    raise _refused(root)


def _refused(root: "_Element") -> ReadError:
    what = f"the root is <{root.tag}>, expected clinical_study"
    return fatal(line_of(root), "root", what, document.LINK)


def _tree(element: "_Element", name: str) -> Any:
    """The tree of an element; a child that stands again, and may not, is in a list too."""
    plan = _known().get(name, {})
    node: Node = {f"@{key}": value for key, value in element.items()}
    children = list(element)
    text = (element.text or "").replace("\r\n", "\n").replace("\r", "\n")
    if not children:
        shown = text if name == "textblock" else text.strip()
        if not node and not any(key.startswith("@") for key in plan):
            return {} if plan and not shown else shown
        return node | {"#": shown} if shown else node
    for child in children:
        below = _tree(child, child.tag)
        if plan.get(child.tag, False):
            node.setdefault(child.tag, []).append(below)
        elif child.tag not in node:
            node[child.tag] = below
        else:
            held = node[child.tag]
            node[child.tag] = [*held, below] if isinstance(held, list) else [held, below]
    if text.strip():
        node["#"] = text.strip()
    order = list(dict.fromkeys(child.tag for child in children))
    if order != _ordered(order, plan):
        node["#order"] = " ".join(order)
    return node


def _ordered(names: Iterable[str], plan: Mapping[str, bool]) -> list[str]:
    """Names of members in the order of the schema, and those behind that it does not have."""
    given = dict.fromkeys(names)
    return [key for key in plan if key in given] + [key for key in given if key not in plan]


# --- writing -----------------------------------------------------------------------------------


def write(trial: Trial) -> tuple[bytes, list[Problem]]:
    """The record as a `clinical_study`, and warnings of what is not in it.

    Raises Invalid if the record has characters that XML has no form for, with the place of each.
    """
    tree, problems = document.write_tree(trial)
    return _bytes(tree, trial), problems


def write_untold(trial: Trial) -> bytes:
    """The same bytes, without the warnings."""
    return _bytes(document.write_untold(trial), trial)


def _bytes(tree: Node, trial: Trial) -> bytes:
    pieces = [_HEAD]
    _element(tree, "clinical_study", "", pieces)
    text = "".join(pieces)
    if FORBIDDEN.search(text):
        raise Invalid(forbidden(walk(msgspec.to_builtins(trial))))
    return text.encode()


def _element(node: Any, name: str, indent: str, pieces: list[str]) -> None:
    if isinstance(node, list):
        for one in node:
            _element(one, name, indent, pieces)
        return
    if not isinstance(node, dict):
        pieces.append(f"{indent}<{name}>{_escaped(str(node))}</{name}>\n")
        return
    plan = _known().get(name, {})
    order = _ordered(node, plan)
    if "#order" in node:
        first = str(node["#order"]).split()
        order = [key for key in first if key in node] + [key for key in order if key not in first]
    attributes = "".join(f" {key[1:]}={quoteattr(node[key])}" for key in order if key[0] == "@")
    children = [key for key in order if key[0] not in "@#"]
    text = _escaped(str(node.get("#", "")))
    if not children:
        end = f">{text}</{name}>" if text else "/>"
        pieces.append(f"{indent}<{name}{attributes}{end}\n")
        return
    pieces.append(f"{indent}<{name}{attributes}>{text}\n")
    for key in children:
        _element(node[key], key, indent + "  ", pieces)
    pieces.append(f"{indent}</{name}>\n")


def _escaped(text: str) -> str:
    return escape(text, {'"': "&quot;"})
