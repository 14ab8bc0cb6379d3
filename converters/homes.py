"""Which leaf of a record rode where in a conversion: natively, in an extension, or not at all."""

from collections.abc import Callable
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

from trialbridge.formats import Format, by_name
from trialbridge.mappings.codec import bare, fields_of, is_struct, item_type
from trialbridge.mappings.coverage import Home, main_homes, pattern
from trialbridge.schemas.once import once
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.decode import restore
from trialbridge.schemas.syntax.pointer import ABSENT, walk
from trialbridge.schemas.trial import Trial

HOMES: Final[tuple[Home, ...]] = get_args(Home)


class Fidelity(msgspec.Struct, frozen=True, kw_only=True):
    """Where each leaf value of one record is after a conversion, by JSON pointers into the model.

    `native`: in the format's own elements. `official`: in official extensions. `ours`: in
    extensions of ours. `not_carried`: nowhere. `problems` are the warnings of reading and writing.
    """

    source: str
    to: str
    native: tuple[str, ...]
    official: tuple[str, ...]
    ours: tuple[str, ...]
    not_carried: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def counts(self) -> dict[Literal["native", "official", "ours", "not carried"], int]:
        """Count the leaf values by home."""
        return {
            "native": len(self.native),
            "official": len(self.official),
            "ours": len(self.ours),
            "not carried": len(self.not_carried),
        }


def counted(trial: Trial, to: Format) -> dict[Home, int]:
    """Count the leaf values of a trial by the main home that each leaf has in a format.

    It costs far less than to measure, and takes the format's own word for it: of a leaf that has
    several homes it counts the main one.
    """
    found = [0] * len(HOMES)
    _counting(to.name)(trial, found)
    return dict(zip(HOMES, found, strict=True))


@once
def _counting(to: str) -> Callable[[Trial, list[int]], None]:
    """Make the function that counts: one for each struct at each place, as generated source."""
    homes = main_homes(by_name(to).rows())
    made: list[str] = []
    name = _function(Trial, "", homes, made)
    space: dict[str, Any] = {}
    exec(compile("\n".join(made), "<homes>", "exec"), space)
    function: Callable[[Trial, list[int]], None] = space[name]
    return function


def _function(type_: type[Any], pointer: str, homes: dict[str, Home], made: list[str]) -> str:
    """Add the source of a struct's function, after those that it calls; give its name."""
    ones: dict[Home, list[str]] = {}
    lines = []
    for name, field in fields_of(type_).items():
        inner, item = bare(field.type), item_type(field.type)
        at = f"{pointer}/{field.encode_name}{'/*' if item else ''}"
        home = homes.get(at, "none")
        below = next((one for one in (inner, item) if is_struct(one)), None)
        if below:
            called = _function(below, at, homes, made)
            lines.append(f"    if (v := s.{name}) is not None:")
            lines.append(
                f"        for i in v: {called}(i, n)" if item else f"        {called}(v, n)"
            )
        elif item is not None or get_origin(inner) is dict:
            lines.append(f"    if (v := s.{name}) is not None: n[{HOMES.index(home)}] += len(v)")
        else:
            ones.setdefault(home, []).append(f"(s.{name} is not None)")
    for home, counts in ones.items():
        lines.append(f"    n[{HOMES.index(home)}] += {' + '.join(counts)}")
    function = f"f{len(made)}"
    made.append("\n".join((f"def {function}(s, n):", *(lines or ["    pass"]))))
    return function


def model_tree(trial: Trial) -> dict[str, Any]:
    """Give a trial as a JSON tree in the model's keys, unmapped values back at their places."""
    tree: dict[str, Any] = msgspec.to_builtins(trial)
    tree.pop("trialbridge", None)
    restored: dict[str, Any] = restore(tree, tree.pop("unmapped", None) or {})
    return restored


def measure(
    trial: Trial, source: Format, to: Format, written: bytes, problems: list[Problem]
) -> Fidelity:
    """Find the home of each leaf value of a trial in what was written of it.

    A value that cannot be read back is not carried, one that can still be read after all
    extensions are taken out is native, one that needs the official ones alone is official. One
    leaf may have values in several homes, so this is measured; the coverage table tells where the
    format has no extensions, or cannot be read without them, or is not read at all.
    """
    table = main_homes(row for row in to.rows() if row.home != "none")
    back, left = {}, None
    if to.reader is not None:
        back, left = _read(to, written) or {}, _stripped(to, written)
    found: dict[Home, list[str]] = {"native": [], "official": [], "ours": [], "none": []}
    for pointer, value in walk(model_tree(trial)):
        if not pointer:
            continue
        home: Home
        if to.reader is None:
            home = table.get(pattern(pointer), "none")
        elif not _has(back, pointer, value):
            home = "none"
        elif left is None:
            home = table.get(pattern(pointer)) or table.get("/unmapped", "native")
        else:
            home = next((home for home in left if _has(left[home], pointer, value)), "ours")
        found[home].append(pointer)
    return Fidelity(
        source=source.name,
        to=to.name,
        native=tuple(found["native"]),
        official=tuple(found["official"]),
        ours=tuple(found["ours"]),
        not_carried=tuple(found["none"]),
        problems=tuple(problems),
    )


def _stripped(to: Format, written: bytes) -> dict[Home, dict[str, Any]] | None:
    """Read what is left of a document without all extensions, and without ours."""
    read = {home: _read(to, data) for home, data in to.bare(written).items()}
    left = {home: leaves for home, leaves in read.items() if leaves is not None}
    return left if left and len(left) == len(read) else None


def _read(to: Format, written: bytes) -> dict[str, Any] | None:
    """Read the leaf values of a document; None if it cannot be read."""
    try:
        trial, _ = to.read(written)
    except ReadError:
        return None
    return dict(walk(model_tree(trial)))


def _has(leaves: dict[str, Any], pointer: str, value: Any) -> bool:
    """Tell if the same place has the same value; true is no number, null is a value."""
    other = leaves.get(pointer, ABSENT)
    return bool(other == value) and isinstance(other, bool) is isinstance(value, bool)
