"""What a USDM document plans beyond the record, and a plan as the objects of a document.

CDISC maps SDTM's TE, TA and TV to StudyElement, StudyCell, StudyEpoch and Encounter. Where it takes
a code from the label and the name from the description, this takes them from the name and the
label: a name is required, and is one of its list, a label may be absent, and descriptions are the
same of two arms in CDISC's own pilot study, whereas code and name of an arm are one to one.

https://github.com/cdisc-org/DDF-RA/tree/main/Documents/Mappings
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import msgspec

from trialbridge.mappings.beyond import left_behind
from trialbridge.mappings.codec import Node
from trialbridge.mappings.record.planned import Element, Planned, PlannedArm, Step, Visit
from trialbridge.mappings.usdm.apart import OURS, by_id, objects
from trialbridge.mappings.usdm.completed import stated
from trialbridge.mappings.usdm.others.beyond import PREFIX, document_of
from trialbridge.mappings.usdm.others.foreign import Texts
from trialbridge.schemas.problem import Problem

_DAY: Final = re.compile(r"(?i)day ([+-]?[0-9]{1,5})")
_PARTS: Final = re.compile(
    rf"{PREFIX}study/versions/0/studyDesigns/0/"
    r"(?:elements|epochs|studyCells|encounters|scheduleTimelines|arms/[0-9]+/name)(?:/|$)"
)


def is_planned(pointer: str) -> bool:
    """Whether a plan has something of what stands here beyond a record."""
    return _PARTS.match(pointer) is not None


def planned(unmapped: dict[str, Any] | None) -> Planned | None:
    """The plan of the document that a record was read from; None where it states none."""
    document = document_of(unmapped)
    if document is None:
        return None
    tree = msgspec.json.decode(document)
    return of_tree(stated(tree, ours=tree.get("systemName") == OURS))


def of_tree(tree: Node) -> Planned | None:
    """The plan of a document, in its first version and design."""
    version = ((tree.get("study") or {}).get("versions") or [{}])[0]
    design = (version.get("studyDesigns") or [{}])[0]
    texts = Texts(version)
    nodes = list(objects(design, "elements"))
    codes = _codes(nodes, _MOST_OF_ELEMENT)
    names = _names(nodes)
    elements = tuple(
        Element(
            codes[at],
            names[at],
            _rule(node, "transitionStartRule", texts),
            _rule(node, "transitionEndRule", texts),
        )
        for at, node in enumerate(nodes)
    )
    found = Planned(
        elements,
        tuple(_arms(design, {str(one.get("id")): codes[at] for at, one in enumerate(nodes)}))
        if elements
        else (),
        tuple(_visits(design, texts)),
    )
    return found if any(found) else None


# Codes have at most as many characters as SDTM gives them.
_MOST_OF_ELEMENT: Final = 8
_MOST_OF_ARM: Final = 20
_MOST_OF_NAME: Final = 200


def _texts_of(nodes: list[Node], key: str, most: int) -> list[str] | None:
    """The texts that all nodes have of a member, if each has one of its own that is no longer."""
    found = [" ".join(str(node.get(key) or "").split()) for node in nodes]
    if all(0 < len(text) <= most for text in found) and len(set(found)) == len(found):
        return found
    return None


def _codes(nodes: list[Node], most: int) -> list[str]:
    """A code for each node: all names, if each is short enough, else all labels, else names cut.

    What is cut ends in its number in the list, all of one width, so that each is another.
    """
    for key in ("name", "label"):
        if (found := _texts_of(nodes, key, most)) is not None:
            return found
    width = len(str(len(nodes)))
    return [
        f"{' '.join(str(node.get('name') or '').split())[: most - width].rstrip()}{at:0{width}}"
        for at, node in enumerate(nodes, 1)
    ]


def _names(nodes: list[Node]) -> list[str]:
    """What each node is called: all labels, else all descriptions, else names."""
    for key in ("label", "description", "name"):
        if (found := _texts_of(nodes, key, _MOST_OF_NAME)) is not None:
            return found
    return _codes(nodes, _MOST_OF_NAME)


def _rule(node: Node, key: str, texts: Texts) -> str:
    rule = node.get(key)
    if rule.__class__ is not dict or not rule.get("text"):
        return ""
    return " ".join(texts.words(str(rule["text"]), rule).split())


def _chained(nodes: list[Node]) -> list[Node]:
    """Nodes in the order in which each says which one is next, those that no other does first."""
    by = {str(node.get("id")): node for node in nodes}
    later = {str(node.get("nextId")) for node in nodes}
    found: dict[str, Node] = {}
    for start in (*(one for one in nodes if str(one.get("id")) not in later), *nodes):
        node: Node | None = start
        while node is not None and str(node.get("id")) not in found:
            found[str(node.get("id"))] = node
            node = by.get(str(node.get("nextId")))
    return list(found.values())


def _arms(design: Node, codes: dict[str, str]) -> Iterator[PlannedArm]:
    arms = list(objects(design, "arms"))
    epochs = _chained(list(objects(design, "epochs")))
    called = dict(zip((str(one.get("id")) for one in epochs), _names(epochs), strict=True))
    order = {id_: at for at, id_ in enumerate(called)}
    moves = dict(_transitions(design))
    cells: dict[str, list[Node]] = {}
    for cell in sorted(
        objects(design, "studyCells"), key=lambda one: order.get(_epoch(one), len(order))
    ):
        cells.setdefault(str(cell.get("armId")), []).append(cell)
    for node, code, name in zip(arms, _codes(arms, _MOST_OF_ARM), _names(arms), strict=True):
        steps = tuple(
            Step(codes[element], called.get(_epoch(cell), ""), "", moves.get(_epoch(cell), ""))
            for cell in cells.get(str(node.get("id")), ())
            for element in map(str, cell.get("elementIds") or ())
            if element in codes
        )
        yield PlannedArm(code, name, steps)


def _epoch(cell: Node) -> str:
    return str(cell.get("epochId"))


def _transitions(design: Node) -> Iterator[tuple[str, str]]:
    """The conditions by which a timeline leaves an epoch, by the epoch that they are stated of."""
    for timeline in objects(design, "scheduleTimelines"):
        instances = by_id(timeline, "instances")
        for node in instances.values():
            epoch = node.get("epochId")
            said = [
                str(one["condition"])
                for one in objects(node, "conditionAssignments")
                if one.get("condition")
                and instances.get(str(one.get("conditionTargetId")), {}).get("epochId") != epoch
            ]
            if epoch is not None and said:
                yield str(epoch), " ".join("; ".join(said).split())


def _visits(design: Node, texts: Texts) -> Iterator[Visit]:
    timings = {
        id_: node
        for timeline in objects(design, "scheduleTimelines")
        for id_, node in by_id(timeline, "timings").items()
    }
    nodes = _chained(list(objects(design, "encounters")))
    for number, (node, name) in enumerate(zip(nodes, _names(nodes), strict=True), 1):
        timing = timings.get(str(node.get("scheduledAtId")), {})
        day = _day(timing.get("label"))
        yield Visit(
            number,
            name,
            _day(node.get("label")) if day is None else day,
            "",
            _rule(node, "transitionStartRule", texts),
            _rule(node, "transitionEndRule", texts),
        )


def _day(label: Any) -> int | None:
    """The day that a label states, as `Day -7`: a duration from another visit is none."""
    found = _DAY.fullmatch(label.strip()) if label.__class__ is str else None
    return int(found[1]) if found else None


# --- a plan in a document that is written ---------------------------------------------------------


def put(plan: Planned, design: Node) -> None:
    """Put a plan into the design of a document that is written.

    An arm is that of the record with its name, the next of them where several have it. What is not
    put there, `left_out` tells.
    """
    elements = {
        one.code: {
            "id": f"StudyElement.planned.{number}",
            "name": one.code,
            **_unless_empty("label", one.name),
            **_rules(one.start, one.end, f"{one.code} "),
        }
        for number, one in enumerate(plan.elements, 1)
    }
    epochs = {
        name: {"id": f"StudyEpoch.planned.{number}", "name": name}
        for number, name in enumerate(_epochs(plan), 1)
    }
    _chain(list(epochs.values()))
    arms: defaultdict[str, deque[Node]] = defaultdict(deque)
    for one in objects(design, "arms"):
        arms[str(one.get("label"))].append(one)
    cells: list[Node] = []
    for arm in plan.arms:
        if not arms[arm.name]:
            continue
        node = arms[arm.name].popleft()
        node["name"] = arm.code
        for step in arm.steps:
            element = elements.get(step.element)
            if element is None or step.epoch not in epochs:
                continue
            epoch = epochs[step.epoch]["id"]
            if cells and (cells[-1]["armId"], cells[-1]["epochId"]) == (node["id"], epoch):
                cells[-1]["elementIds"].append(element["id"])
            else:
                cells.append({"armId": node["id"], "epochId": epoch, "elementIds": [element["id"]]})
    visits = [
        {
            "id": f"Encounter.planned.{number}",
            "name": f"{one.number:.15g}",
            **_unless_empty("label", one.name),
            **_rules(one.start, one.end, f"{one.number:.15g} "),
        }
        for number, one in enumerate(plan.visits, 1)
        if one.number is not None
    ]
    _chain(visits)
    for key, found in (
        ("elements", list(elements.values())),
        ("epochs", list(epochs.values())),
        ("studyCells", cells),
        ("encounters", visits),
    ):
        if found:
            design[key] = [*design.get(key, ()), *found]


def left_out(plan: Planned, design: Node) -> Iterator[Problem]:
    """What of a plan `put` does not put into a design: a warning for each kind of fact."""
    others = Counter(arm.name for arm in plan.arms)
    others -= Counter(str(one.get("label")) for one in objects(design, "arms"))
    steps = [step for arm in plan.arms for step in arm.steps]
    elements = plan.element_names
    for path, what, count in (
        ("StudyArm", "an arm that is none of the record", others.total()),
        (
            "StudyElement",
            "an element with the code of another",
            len(plan.elements) - len(elements),
        ),
        (
            "StudyElement",
            "the duration of an element",
            sum(bool(one.duration) for one in plan.elements),
        ),
        ("StudyCell", "a step without an epoch", sum(not step.epoch for step in steps)),
        ("StudyCell", "a step of no element", sum(step.element not in elements for step in steps)),
        ("StudyCell", "the branch of a step", sum(bool(step.branch) for step in steps)),
        ("StudyCell", "the rule of a transition", sum(bool(step.transition) for step in steps)),
        (
            "Encounter",
            "a visit without a number",
            sum(one.number is None for one in plan.visits),
        ),
        (
            "Encounter",
            "the day of a visit that is not its name",
            sum(one.day is not None and _day(one.name) != one.day for one in plan.visits),
        ),
        ("Encounter", "the arm of a visit", sum(bool(one.arm) for one in plan.visits)),
    ):
        if count:
            yield left_behind(path, f"{what} is not written in USDM: {count} left out")


def _unless_empty(key: str, said: str) -> Node:
    return {key: said} if said else {}


def _rules(start: str, end: str, before: str) -> Node:
    return {
        key: {"name": f"{before}{key}", "text": text}
        for key, text in (("transitionStartRule", start), ("transitionEndRule", end))
        if text
    }


def _chain(nodes: list[Node]) -> None:
    for one, following in pairwise(nodes):
        one["nextId"] = following["id"]
        following["previousId"] = one["id"]


def _epochs(plan: Planned) -> list[str]:
    """The epochs of all arms, each behind those that any arm has before it."""
    found: list[str] = []
    for arm in plan.arms:
        at = 0
        for step in arm.steps:
            if not step.epoch:
                continue
            if step.epoch in found:
                at = max(at, found.index(step.epoch) + 1)
            else:
                found.insert(at, step.epoch)
                at += 1
    return found
