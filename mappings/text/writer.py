"""Write a tree of the model as the text of its page, by the rows of the layout."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trialbridge.mappings.text.layout import (
    ARMS,
    HEAD,
    INTERVENTIONS,
    LAYOUT,
    TYPE_OF_LABEL,
    UNKNOWN,
)
from trialbridge.mappings.text.rows import (
    ABSENT,
    Arms,
    Block,
    Choice,
    Item,
    Items,
    Line,
    Pair,
    Pairs,
    Part,
    Party,
    Places,
    Prose,
    Related,
    Tree,
    Words,
    get,
    items_of,
)
from trialbridge.schemas.trial import intervention_name


def write(tree: Tree, unknown: Mapping[str, Any]) -> str:
    """Write the text of a page: every block that the trial has a fact for.

    `unknown` are texts under headings that the layout does not have, by their pointers.
    """
    blocks: list[str] = []
    if HEAD.prose is not None and (title := get(tree, HEAD.prose.keys)):
        blocks.append(_flat(title))
    blocks += [
        f"{row.labels[0]}: {row.value.write(value)}"
        for row in HEAD.rows
        if (value := get(tree, row.path.keys)) is not None
    ]
    for block in LAYOUT:
        if lines := list(_write_block(block, tree)):
            blocks += [block.names[0], *lines]
    for pointer, value in unknown.items():
        heading = pointer.removeprefix(UNKNOWN).replace("~1", "/").replace("~0", "~")
        blocks += [heading, str(value)]
    return "\n\n".join(blocks) + "\n"


def _flat(text: Any) -> str:
    """A name is one line, whatever breaks its source had."""
    return " ".join(str(text).split("\n"))


def _write_block(block: Block, tree: Tree) -> Iterator[str]:
    match block:
        case Pairs():
            if block.prose is not None and (text := get(tree, block.prose.keys)):
                yield str(text)
            for row in block.rows:
                yield from _write_pair(row, tree)
        case Prose():
            if text := get(tree, block.path.keys):
                yield str(text)
        case Line():
            if line := conditions_line(block, tree):
                yield line
        case Choice():
            value = get(tree, block.path.keys)
            yield from (said for said, meant in block.sentences.items() if meant is value)
        case Words():
            found = get(tree, block.path.keys)
            yield from map(_flat, block.implied(tree) if found is None else found)
        case Items():
            for item in block.shelf.take(tree):
                yield from _write_item(block.parts, item)
        case Places():
            for site in block.shelf.take(tree):
                if facility := site.get("facility"):
                    yield _flat(facility)
                yield ", ".join(_flat(site.get(key, "")) for key in ("city", "state", "country"))
                yield from _write_tag(block.status, site.get("status"))
        case Arms():
            yield from _write_arms(block, tree)
        case Party():
            yield from _write_party(block, tree)
        case Related():
            trials = items_of(get(tree, block.path.keys))
            if trials:
                yield "\n".join(line for trial in trials for line in _write_related(trial))


def conditions_line(block: Line, tree: Tree) -> str | None:
    """The conditions and keywords on one line: the model's terms, or the line that it kept."""
    found = [
        str(term)
        for where in block.parts
        if isinstance(listed := get(tree, where.keys), list)
        for term in listed
    ]
    line = " ".join(found) if found else get(tree, block.path.keys)
    return " ".join(line.split()) if isinstance(line, str) else None


def _write_pair(row: Pair, tree: Tree) -> Iterator[str]:
    value = get(tree, row.path.keys)
    below: list[str] = []
    for where in row.below:
        under = get(tree, where.keys)
        if isinstance(under, list):
            if under:
                below.append("\n".join(map(_flat, under)))
        elif under:
            below.append(str(under))
    # An empty list of codes has no line to stand on.
    if (value is None or value == []) and not below:
        return
    yield row.labels[0]
    yield ABSENT if value is None or value == [] else _flat(row.value.write(value))
    yield from below


def _write_tag(part: Part, value: Any) -> Iterator[str]:
    label = part.labels[0] + (":" if part.colon else "")
    if value is None or value == [] or value == "":
        if not part.optional:
            yield f"{label} {ABSENT}" if part.colon else label
    elif part.below:
        yield label
        yield _flat(part.value.write(value))
    else:
        yield f"{label} {_flat(part.value.write(value))}"


def _write_item(parts: Sequence[Part], item: Item) -> Iterator[str]:
    waiting: list[str] = []
    free = [part for part in parts if not part.labels and not part.last]
    for part in parts:
        value = get(item, part.path.keys)
        if part.path.keys == ("phone",) and "phoneExt" in item:
            value = f"{value or ABSENT} ext. {item['phoneExt']}"
        if part.labels:
            lines = list(_write_tag(part, value))
            if part.tight and lines and waiting:
                waiting[-1] = "\n".join([waiting[-1], *lines])
            else:
                waiting += lines
        elif value:
            waiting.append(str(value) if part.rest else _flat(value))
        elif part is free[0] and len(free) > 1 and any(get(item, p.path.keys) for p in free[1:]):
            waiting.append(ABSENT)
    yield from waiting


def _write_arms(block: Arms, tree: Tree) -> Iterator[str]:
    known = items_of(get(tree, INTERVENTIONS.keys))
    names = [intervention_name(item.get("type"), str(item.get("name", ""))) for item in known]
    bare = [str(item.get("name", "")) for item in known]
    for arm in items_of(get(tree, ARMS.keys)):
        yield _flat(arm.get("label") or ABSENT)
        if description := arm.get("description"):
            yield str(description)
        yield from _write_tag(block.group, arm.get("type"))
        used: set[int] = set()
        for name in arm.get("interventionNames") or ():
            item = _named(str(name), names, bare, known, arm.get("label"), used)
            yield _flat(item.get("name") or ABSENT)
            yield from _write_tag(block.intervention, item.get("type"))
            if description := item.get("description"):
                yield str(description)


def _named(
    name: str,
    names: list[str],
    bare: list[str],
    known: list[Item],
    label: Any,
    used: set[int],
) -> Item:
    """The intervention that an arm names; two of one name are told apart by the arms they name."""
    same = [index for index, other in enumerate(names) if other == name and index not in used]
    same = same or [index for index, other in enumerate(bare) if other == name]
    if same:
        index = min(same, key=lambda i: label not in (known[i].get("armGroupLabels") or ()))
        used.add(index)
        return known[index]
    kind, colon, rest = name.partition(": ")
    if colon and kind in TYPE_OF_LABEL:
        return {"type": TYPE_OF_LABEL[kind], "name": rest}
    return {"name": name}


def _write_party(block: Party, tree: Tree) -> Iterator[str]:
    kind = get(tree, block.role.path.keys)
    names = [get(tree, where.keys) for where in (block.old if kind is None else block.current)]
    while names and not names[-1]:
        names.pop()
    if kind is None and not names:
        return
    shown = [_flat(name or ABSENT) for name in names]
    label = block.role.labels[0]
    if kind is None:
        yield from (shown[0], label, *shown[1:])
    else:
        yield f"{label} {kind}"
        yield from shown


def _write_related(trial: Item) -> Iterator[str]:
    yield _flat(trial.get("title") or ABSENT)
    words = [trial.get("nctId"), trial.get("status"), "/".join(trial.get("phases") or ())]
    yield " ".join(str(word) for word in words if word)
