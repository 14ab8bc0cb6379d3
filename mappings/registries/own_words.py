"""What a document of the registry's XML says in words of its own, kept beside the record.

A document is a tree: children and attributes (`@type`) of an element are members, what may stand
several times is a list, the text of an element with attributes is `#`; `#order` are the names of
children that do not stand in the order of the schema. What of a document is not what the record
would be written as is in `unmapped`, at a pointer of the format: by pointer into the tree, the
source's own words, and null for what would be written and does not stand in it. They are written
again where the record still says the same.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from trialbridge.mappings.codec import Node
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.pointer import (
    ABSENT,
    as_index,
    differences,
    escape,
    sort_key,
    steps,
    walk,
)
from trialbridge.schemas.trial import Trial, intervention_name


class Form(NamedTuple):
    """A format that keeps its documents' own words.

    `kept` is the pointer in `unmapped`, `root` what paths begin with. `again` reads a tree without
    looking for what is left of it. `says_the_same` tells of two texts that differ and mean the
    same. `is_read` tells of a pointer that is kept, and of all that is written, whether it is read
    and spelt in another way.
    """

    title: str
    root: str
    link: str
    kept: str
    again: Callable[[Node], Trial]
    is_read: Callable[[str, Mapping[str, Any]], bool]
    says_the_same: Callable[[Any, Any], bool] = lambda one, other: False


def split(form: Form, trial: Trial) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What a document of the format said, and what is of other sources."""
    said = trial.unmapped or {}
    kept = said.get(form.kept)
    if not isinstance(kept, dict) or any(key[:1] != "/" for key in kept):
        return {}, said or None
    return kept, {pointer: held for pointer, held in said.items() if pointer != form.kept} or None


# --- writing -----------------------------------------------------------------------------------


def lost(form: Form, trial: Trial, again: Trial, told: list[str]) -> list[Problem]:
    """A warning for each kind of leaf of the record that reading gives back otherwise."""
    before = msgspec.structs.replace(trial, unmapped=None, page=None, registration=None)
    found: dict[str, list[tuple[str, Any, Any]]] = {}
    for pointer, held, after in differences(before, again):
        if any(pointer == one or pointer.startswith(f"{one}/") for one in told):
            continue
        if form.says_the_same(held, after):
            continue
        pattern = "/".join(
            "*" if as_index(step) is not None else step for step in pointer.split("/")
        )
        found.setdefault(pattern, []).append((pointer, held, after))
    problems = []
    for places in found.values():
        pointer, held, after = places[0]
        message = (
            f"{form.title} has no place for it"
            if after is ABSENT
            else f"{form.title} says {_shown(after)} where the record says nothing"
            if held is ABSENT
            else "{} says {} for {}".format(form.title, *_both_shown(after, held))
        )
        if len(places) > 1:
            message += f", and for {len(places) - 1} more like it"
        problems.append(_warning(pointer, "not-carried", message))
    return problems


def _both_shown(one: Any, other: Any) -> tuple[str, str]:
    """Two values, from where they differ if that is not at their beginning."""
    shown = _shown(one), _shown(other)
    if shown[0] == shown[1] and isinstance(one, str) and isinstance(other, str):
        pairs = enumerate(zip(one, other, strict=False))
        same = next((at for at, (char, its) in pairs if char != its), min(len(one), len(other)))
        at = max(0, same - _BEFORE)
        return _shown(f"...{one[at:]}"), _shown(f"...{other[at:]}")
    return shown


_BEFORE = 12


def _shown(value: Any) -> str:
    said = msgspec.json.encode(value).decode()
    return said if len(said) <= 60 else f"{said[:57]}..."


def _warning(path: str, code: str, message: str) -> Problem:
    return Problem(severity="warning", layer="mapping", path=path, code=code, message=message)


def put_back(form: Form, node: Node, kept: dict[str, Any], again: Trial) -> list[Problem]:
    """Write what a document said, where the record still says what that is read as."""
    if not kept:
        return []
    before = msgspec.json.encode(node)
    _patch(node, kept)
    if _same(form, node, again):
        return []
    # Somebody has edited the record: what disagrees with it is left out.
    node.clear()
    node.update(msgspec.json.decode(before))
    problems = []
    # What an element says is read together, as the parts of a name are.
    elements: dict[str, dict[str, Any]] = {}
    for pointer in sorted(kept, key=sort_key):
        elements.setdefault(pointer.rpartition("/")[0], {})[pointer] = kept[pointer]
    for said in elements.values():
        step = msgspec.json.encode(node)
        _patch(node, said)
        if not _same(form, node, again):
            node.clear()
            node.update(msgspec.json.decode(step))
            problems += [
                _warning(
                    f"/unmapped/{escape(form.kept)}/{escape(pointer)}",
                    "left-out",
                    "the record says something else by now: left out",
                )
                for pointer in said
            ]
    return problems


def _same(form: Form, node: Node, trial: Trial) -> bool:
    try:
        return form.again(node) == trial
    except ReadError:
        return False


def _patch(node: Node, kept: dict[str, Any]) -> None:
    """Put values at their places; null takes away what stands there."""
    for pointer in sorted((one for one in kept if kept[one] is not None), key=sort_key):
        _put(node, steps(pointer), kept[pointer])
    for pointer in sorted((one for one in kept if kept[one] is None), key=sort_key, reverse=True):
        _take(node, steps(pointer))


def _put(node: Any, way: list[str], value: Any) -> None:
    for step, below in zip(way, [*way[1:], ""], strict=True):
        last = below == ""
        new: Any = value if last else ([] if as_index(below) is not None else {})
        index = as_index(step)
        if isinstance(node, list) and index is not None:
            if index >= len(node):
                node.append(new)
                index = len(node) - 1
            elif last:
                node[index] = new
            node = node[index]
        elif isinstance(node, dict) and index is None:
            if last or step not in node:
                node[step] = new
            node = node[step]
        else:
            return


def _take(node: Any, way: list[str]) -> None:
    above: list[tuple[Any, Any]] = []
    for step in way:
        key: Any = as_index(step) if isinstance(node, list) else step
        if isinstance(node, dict) and key not in node:
            return
        if isinstance(node, list) and (key is None or key >= len(node)):
            return
        if not isinstance(node, dict | list):
            return
        above.append((node, key))
        node = node[key]
    for holder, key in reversed(above):
        if holder[key] and (holder, key) is not above[-1] and isinstance(holder[key], dict | list):
            return
        del holder[key]


# --- reading -----------------------------------------------------------------------------------


def rest(form: Form, tree: Node, trial: Trial, written: Node) -> tuple[Trial, list[Problem]]:
    """The record with all of a document that it would not be `written` as."""
    before, after = dict(walk(tree)), dict(walk(written))
    kept: dict[str, Any] = {
        pointer: value
        for pointer, value in before.items()
        if pointer not in after or not _alike(value, after[pointer])
    }
    kept |= dict.fromkeys(after.keys() - before.keys())
    if not kept:
        return trial, []
    unmapped = {form.kept: dict(sorted(kept.items()))}
    trial = msgspec.structs.replace(trial, unmapped=unmapped)
    counted: dict[str, int] = {}
    for pointer, value in kept.items():
        if value not in (None, "") and not form.is_read(pointer[1:], after):
            names = [one for one in steps(pointer) if as_index(one) is None]
            place = ".".join([form.root, *names])
            counted[place] = counted.get(place, 0) + 1
    return trial, [
        Problem(
            severity="warning",
            layer="mapping",
            path=place,
            code="not-read",
            message=f"{count} value{'s have' if count > 1 else ' has'} no place in the record: "
            "kept in unmapped",
            link=form.link,
        )
        for place, count in sorted(counted.items())
    ]


def _alike(one: Any, other: Any) -> bool:
    """Whether two texts are the same but for white space, which wrapping changes."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other or one.split() == other.split()
    return bool(one == other)


def with_intervention_names(trial: Trial) -> Trial:
    """The record with the interventions of its arms, which follow from those that name an arm."""
    protocol = trial.protocol
    module = protocol.arms_interventions if protocol else None
    if not (protocol and module and module.arm_groups and module.interventions):
        return trial
    given: dict[str, list[str]] = {}
    for one in module.interventions:
        for label in one.arm_group_labels or ():
            given.setdefault(label, []).append(intervention_name(one.type, one.name or ""))
    arms = [
        # Of two interventions of one name, an arm has the name once.
        msgspec.structs.replace(
            arm, intervention_names=list(dict.fromkeys(given.get(arm.label or "", ()))) or None
        )
        for arm in module.arm_groups
    ]
    module = msgspec.structs.replace(module, arm_groups=arms)
    protocol = msgspec.structs.replace(protocol, arms_interventions=module)
    return msgspec.structs.replace(trial, protocol=protocol)
