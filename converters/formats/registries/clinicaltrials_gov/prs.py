"""PRS upload XML, what ClinicalTrials.gov's own system takes in: bytes to elements and back.

https://prsinfo.clinicaltrials.gov/ProtocolRecordSchema.xsd
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from trialbridge.formats import by_name
from trialbridge.mappings.codec import Node
from trialbridge.mappings.registries.prs import document
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.once import once
from trialbridge.schemas.problem import EACH, Invalid, Problem, ReadError
from trialbridge.schemas.prs.digest import LINK, NAMESPACE, RESULTS, STUDY, type_of
from trialbridge.schemas.prs.validate import named, validate
from trialbridge.schemas.syntax.pointer import walk
from trialbridge.schemas.syntax.xml import forbidden, line_of, parse
from trialbridge.schemas.trial import Trial

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<prs:study_collection xmlns:prs="{NAMESPACE}" xmlns:rrs="{RESULTS}">\n'
)
_TAIL: Final = "</prs:study_collection>\n"
# What XML has no form for: all else that is none of UTF-8 is refused when it is encoded.
_CONTROLS: Final = bytes(set(range(32)) - {9, 10, 13})
_NO_CHARACTER: Final = re.compile(b"\xef\xbf[\xbe\xbf]")
_MOST_SHAPES: Final = 1_000


class Child(NamedTuple):
    """What the bytes of an element are made by: its type, whether it may stand several times.

    `blank` is what stands where the schema demands the element and the record has none.
    """

    type: str
    many: bool
    blank: bool


class Plan(NamedTuple):
    """The children of a type in their order, its attributes, and whether the order counts."""

    children: dict[str, Child]
    attributes: tuple[str, ...]
    any_order: bool
    is_text: bool


@once
def _plan(name: str) -> Plan:
    type_ = type_of(name)
    return Plan(
        {one.name: Child(one.type, one.most == 0, one.least > 0) for one in type_.children},
        tuple(f"@{name}" for name, _, _ in type_.attributes),
        type_.any_order,
        bool(type_.text),
    )


# --- reading -----------------------------------------------------------------------------------


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """The record of a study. What the model has no place for is in `unmapped`, with a warning.

    Raises ReadError if the bytes are no upload, or one of several studies, with all that does not
    have its form.
    """
    root = parse(data)
    return document.read_tree(_tree(_study(root), STUDY), lambda: _errors(root))


def read_alone(data: bytes) -> Trial:
    """The record of a study, without what is beyond it and without warnings."""
    root = parse(data)
    return document.read_alone(_tree(_study(root), STUDY), lambda: _errors(root))


def _errors(root: "_Element") -> list[Problem]:
    return [one for one in validate(root) if one.severity == "error"]


def _study(root: "_Element") -> "_Element":
    found = named(root.tag)
    if found == document.ROOT:
        return root
    if found != "prs:study_collection":
        raise _refused(root, f"the root is <{found}>")
    studies = root.findall(document.ROOT)
    if len(studies) > 1:
        message = f"expected one clinical_study, found {len(studies)}: {EACH}"
        raise fatal(line_of(studies[1]), "one-study", message, LINK)
    if not studies:
        inner = next((named(one.tag) for one in root), None)
        raise _refused(root, f"the root has <{inner}>" if inner else "the root is empty")
    return studies[0]


def _refused(root: "_Element", what: str) -> ReadError:
    message = f"{what}, expected prs:study_collection of {NAMESPACE} with a clinical_study"
    return fatal(line_of(root), "root", message, LINK)


def _tree(element: "_Element", name: str) -> Any:
    """The tree of an element; a child that stands again, and may not, is in a list too."""
    plan = _plan(name)
    node: Node = {f"@{key}": value for key, value in element.items()}
    children = list(element)
    text = element.text or ""
    if not children:
        shown = text if text.strip() else ""
        if plan.is_text and not node:
            return shown
        return node | {"#": shown} if shown else node
    for child in children:
        key = named(child.tag)
        known = plan.children.get(key)
        below = _tree(child, known.type if known else "")
        # What the schema demands and nobody had anything for says nothing.
        if known is not None and known.blank and below in ("", {}):
            continue
        if known is not None and known.many:
            node.setdefault(key, []).append(below)
        elif key not in node:
            node[key] = below
        else:
            held = node[key]
            node[key] = [*held, below] if isinstance(held, list) else [held, below]
    if text.strip():
        node["#"] = text.strip()
    order = list(dict.fromkeys(named(child.tag) for child in children))
    if order != _ordered(order, plan):
        node["#order"] = " ".join(order)
    return node


def _ordered(names: Iterable[str], plan: Plan) -> list[str]:
    """Names of members in the order of the schema, and those behind that it does not have."""
    given = dict.fromkeys(names)
    return [key for key in plan.children if key in given] + [
        key for key in given if key not in plan.children
    ]


# --- writing -----------------------------------------------------------------------------------


def write(trial: Trial, *, org_name: str = "") -> tuple[bytes, list[Problem]]:
    """The record as an upload of one study, and warnings of what is not in it.

    `org_name` is the name of the account. Raises UnknownOption without one, and Invalid if the
    record has characters that XML has no form for, with the place of each.
    """
    tree, problems = document.write_tree(trial, _account(trial, org_name))
    return _bytes(tree, trial), problems


def write_untold(trial: Trial, *, org_name: str = "") -> bytes:
    """The same bytes, without the warnings."""
    return _bytes(document.write_untold(trial, _account(trial, org_name)), trial)


def _account(trial: Trial, org_name: str) -> str:
    if not org_name and not document.account_of(trial):
        (option,) = by_name("prs", "written").options
        raise option.missing()
    return org_name


def _bytes(tree: Node, trial: Trial) -> bytes:
    pieces = [_HEAD]
    _write(tree, _kind(document.ROOT, STUDY), pieces)
    pieces.append(_TAIL)
    text = "".join(pieces)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = _CONTROLS
    # Faster than a pattern: what is not there is not found.
    if len(data.translate(None, _CONTROLS)) != len(data) or _NO_CHARACTER.search(data):
        raise Invalid(forbidden(walk(msgspec.to_builtins(trial))))
    return data


class Step(NamedTuple):
    """A member of a node: its key, the text before it, its tags, its kind, the text behind it."""

    key: str
    before: str
    start: str
    end: str
    kind: "Kind"
    behind: str


class Kind(NamedTuple):
    """Elements of a name and a type, and how nodes of the members that occur are written.

    There are some hundreds of such sets of members. None is for those that have members which the
    schema does not have, or attributes.
    """

    name: str
    type: str
    shapes: dict[tuple[str, ...], tuple[Step, ...] | None]


@once
def _kind(name: str, type_: str) -> Kind:
    return Kind(name, type_, {})


def _steps(node: Node, kind: Kind) -> tuple[Step, ...] | None:
    plan = _plan(kind.type)
    if not node or any(key not in plan.children for key in node):
        return None
    before = f"<{kind.name}>\n"
    steps: list[Step] = []
    for key, child in plan.children.items():
        if key in node:
            inner = _kind(key, child.type)
            steps.append(Step(key, before, f"<{key}>", f"</{key}>\n", inner, ""))
            before = ""
        elif child.blank:
            blank: list[str] = []
            _write({}, _kind(key, child.type), blank)
            before += "".join(blank)
    steps[-1] = steps[-1]._replace(behind=f"{before}</{kind.name}>\n")
    return tuple(steps)


def _write(node: Any, kind: Kind, pieces: list[str]) -> None:
    add = pieces.append
    if node.__class__ is not dict:
        add(f"<{kind.name}>{_escaped(str(node))}</{kind.name}>\n")
        return
    shape = tuple(node)
    shapes = kind.shapes
    if shape in shapes:
        steps = shapes[shape]
    else:
        steps = _steps(node, kind)
        if len(shapes) < _MOST_SHAPES:
            shapes[shape] = steps
    if steps is None:
        _write_odd(node, kind, pieces)
        return
    for key, before, start, end, inner, behind in steps:
        if before:
            add(before)
        held = node[key]
        if held.__class__ is str:
            add(f"{start}{held if held.isalnum() else _escaped(held)}{end}")
        elif held.__class__ is list:
            for one in held:
                if one.__class__ is str:
                    add(f"{start}{one if one.isalnum() else _escaped(one)}{end}")
                else:
                    _write(one, inner, pieces)
        else:
            _write(held, inner, pieces)
        if behind:
            add(behind)


def _write_odd(node: Node, kind: Kind, pieces: list[str]) -> None:
    """An element that is empty, has attributes or text, or stands otherwise than in the schema."""
    name, plan = kind.name, _plan(kind.type)
    attributes = "".join(
        f' {key[1:]}="{_escaped(str(value))}"' for key, value in node.items() if key[0] == "@"
    )
    text = _escaped(str(node["#"])) if "#" in node else ""
    start = len(pieces)
    pieces.append("")
    known = plan.children
    first = str(node["#order"]).split() if "#order" in node else []
    further = [key for key in node if key not in known and key[0] not in "@#"]
    for key in dict.fromkeys((*first, *known, *further)):
        child = known.get(key)
        held = node.get(key)
        if held is None:
            if child is not None and child.blank:
                _write({}, _kind(key, child.type), pieces)
            continue
        inner = _kind(key, child.type if child else "")
        for one in held if held.__class__ is list else (held,):
            _write(one, inner, pieces)
    if len(pieces) == start + 1:
        end = f">{text}</{name}>" if text else "/>"
        pieces[start] = f"<{name}{attributes}{end}\n"
        return
    pieces[start] = f"<{name}{attributes}>{text}\n"
    pieces.append(f"</{name}>\n")


def _escaped(text: str) -> str:
    if text.isspace():
        # Blanks alone say nothing: a document is laid out with them.
        return ""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if '"' in text:
        text = text.replace('"', "&quot;")
    # A parser makes a line break of it.
    return text.replace("\r", "&#13;") if "\r" in text else text
