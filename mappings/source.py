"""The source of a function that is made of a table: its lines, and the steps of all rows in one."""

import linecache
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, NamedTuple

from trialbridge.mappings.codec import Aside, Field, Item, ItemName, Record
from trialbridge.mappings.tree import first_by, merge

_FILES = count(1)


class Source:
    """Lines of a function, and the values that its names stand for."""

    def __init__(self, verb: str, table: Record, parameters: str) -> None:
        short = "_".join(table.module.split(".")[-2:])
        self.name = f"{verb}_{short}_{table.type.__name__}"
        # A struct may have several tables in a module.
        self.file = f"<{verb} {table.type.__name__}, {table.module}, {next(_FILES)}>"
        self.lines = [f"def {self.name}({parameters}):"]
        self.names: dict[str, Any] = {"merge": merge, "first_by": first_by}
        self.absent: dict[str, str] = {}
        """The names of what stands for absent structs, by their paths."""
        self.depth = 1
        self.count = 0

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def new(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def bind(self, name: str, value: Any) -> None:
        self.names[name] = value

    def value(self, value: Any, word: str = "c") -> str:
        """A name in the function for a value of ours."""
        name = self.new(f"{word.replace('.', '__')}_")
        self.names[name] = value
        return name

    def members(self, const: Mapping[str, Any]) -> list[str]:
        """The members of a display of a dict with these."""
        return [f"{key!r}: {self.expression(value)}" for key, value in const.items()]

    def expression(self, value: Any) -> str:
        """What gives a value of ours, or the name that stands for it."""
        if value.__class__ is ItemName:
            return f"{str(value)!r} + names.item" if value else "names.item"
        return repr(value) if value.__class__ in (str, bool, int) else self.value(value)

    def function(self) -> Any:
        # All of the source is made here, from tables of ours: no input has a part in it.
        source = "\n".join(self.lines)
        # Where tracebacks look for lines; without a time of change it is kept.
        linecache.cache[self.file] = len(source), None, source.splitlines(True), self.file
        exec(compile(source, self.file, "exec"), self.names)
        return self.names[self.name]


class Branch:
    """The steps of all rows as one tree."""

    def __init__(self) -> None:
        self.members: dict[str, Branch] = {}
        self.items: dict[int, tuple[Item, Branch]] = {}
        self.asides: dict[int, tuple[Aside, Branch]] = {}
        self.rows: list[Field] = []
        self.elements: list[Field | int] = []
        """What of a list the rows have, in their order: a row, or the key of an item."""

    @classmethod
    def of(cls, rows: tuple[Field, ...]) -> "Branch":
        top = cls()
        for row in rows:
            branch = top
            for step in row.steps:
                if isinstance(step, str):
                    branch = branch.members.setdefault(step, cls())
                elif isinstance(step, Item):
                    if id(step) not in branch.items:
                        branch.items[id(step)] = (step, cls())
                        branch.elements.append(id(step))
                    branch = branch.items[id(step)][1]
                else:
                    branch = branch.asides.setdefault(id(step), (step, cls()))[1]
            branch.rows.append(row)
            if row.many:
                branch.elements.append(row)
        return top

    @property
    def all_rows(self) -> tuple[Field, ...]:
        """The rows at the branch and below."""
        below = [*self.members.values()]
        below += (branch for _, branch in (*self.items.values(), *self.asides.values()))
        return (*self.rows, *(row for branch in below for row in branch.all_rows))

    def rows_of(self, element: Field | int) -> tuple[Field, ...]:
        """The rows of an element of the list."""
        return (element,) if isinstance(element, Field) else self.items[element][1].all_rows

    @property
    def further(self) -> bool:
        """Whether there are steps below, other than into the items of a list."""
        return bool(self.members or self.asides)

    @property
    def only(self) -> "Only | None":
        """The one row at or below the branch, and the steps on the way, if there is no other."""
        steps: list[str | Item] = []
        branch = self
        while not branch.asides:
            if len(branch.members) + len(branch.elements) + len(branch.rows) != 1:
                return None
            if branch.rows:
                row = branch.rows[0]
                # An element of a list is a node, whose members a merging codec may leave away.
                listed = any(isinstance(step, Item) for step in steps)
                whole = row.merge or isinstance(steps[-1], Item) if listed else False
                return None if whole else Only(tuple(steps), row)
            step: str | Item
            if branch.members:
                ((step, branch),) = branch.members.items()
            else:
                ((step, branch),) = branch.items.values()
            steps.append(step)
        return None


class Only(NamedTuple):
    """The one row below a branch, and the steps that lead to it."""

    steps: tuple[str | Item, ...]
    row: Field

    def within(
        self, source: "Source", head: str, tail: str = "", *, item: Item | None = None
    ) -> Callable[[str], str]:
        """The expression of the value, within the nodes on the way, between these words.

        `item`: the first of these is the element of a list.
        """

        def store(expr: str) -> str:
            # What a merging codec gives stands as it is: it may be shared, and nobody changes it.
            for outer, step in reversed([*zip((item, *self.steps), self.steps, strict=False)]):
                if isinstance(step, Item):
                    expr = f"[{expr}]"
                else:
                    const = source.members(outer.const) if isinstance(outer, Item) else []
                    expr = f"{{{', '.join([*const, f'{step!r}: {expr}'])}}}"
            return f"{head}{expr}{tail}"

        return store
