"""Decode JSON into the model's structs without losing what the model does not know.

The fast way is msgspec's typed decoder. What it refuses, a null too, goes the slow way: the plain
tree is walked beside the type. Unknown keys, unknown codes, ages of another form, incomplete
objects and nulls are moved to a dict, JSON pointer to value, each with a warning; `restore` puts
them back. Wrong types and invalid dates are errors, reported all together. Of a key
that stands twice in an object the last is taken, as msgspec does; `duplicate_keys` tells of it.

https://www.rfc-editor.org/rfc/rfc8259
"""

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import inspect

from trialbridge.schemas.once import once
from trialbridge.schemas.problem import EACH, Problem, ReadError, Severity
from trialbridge.schemas.syntax.exact import decode as decode_exact
from trialbridge.schemas.syntax.pointer import as_index, escape, sort_key, steps

S = TypeVar("S", bound=msgspec.Struct)

DEEPEST = 100
"""How deep the values that go to the dict may be nested."""

MOST_UNMAPPED = 100_000
"""How many values go to the dict. A document of more is no record, and would fill the memory."""

_RFC = "https://www.rfc-editor.org/rfc/rfc8259"
_MODEL = "https://clinicaltrials.gov/data-api/about-api/study-data-structure"
_UTF_8_BOM = b"\xef\xbb\xbf"
_UTF_16_OR_32_BOM = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_BYTE = re.compile(r"^(?:JSON is malformed: )?(.*?)(?: \(byte (\d+)\))?$", re.DOTALL)
# Possessive: a string of 100 MB is not to be remembered character by character.
_TEXT_OR_NUMBER = re.compile(
    rb'"(?:[^"\\]++|\\.)*+"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?', re.DOTALL
)
_TEXT_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_WORD = re.compile(rb"-?(?:NaN|Infinity)\b")
# Far enough to find the place where hostile nesting begins, near enough to be quick.
_SEARCHED = 1 << 20
_SHOWN = 60
# What Python converts, and msgspec reads, at most.
_DIGITS = 4300


def decode(data: bytes, type_: type[S]) -> tuple[S, dict[str, Any], list[Problem]]:
    """Decode JSON text as a struct.

    Gives the struct, what it has no place for (JSON pointer to value) and a warning for each of
    these. Raises ReadError with every error, or with the one thing that makes it no JSON at all.
    """
    data = data.removeprefix(_UTF_8_BOM)
    try:
        return _decoder(type_).decode(data), {}, []
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError([_unreadable(data, error)]) from error
    # Most of what it refuses has nothing but keys that the model does not know.
    tree, found = parse_object(data), _Found()
    _object(type_).strip(tree, "", found)
    if not found.errors:
        try:
            return msgspec.convert(tree, type_), found.unmapped, found.warnings
        except msgspec.ValidationError:
            pass
    return settle(parse_object(data), type_)


def parse_object(data: bytes, *, exact: bool = False) -> dict[str, Any]:
    """Decode JSON text as a plain object; `exact`: with the digits of its numbers.

    Raises ReadError if it is no JSON, saying where, or if it is no object.
    """
    data = data.removeprefix(_UTF_8_BOM)
    try:
        tree = decode_exact(data) if exact else msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReadError([_unreadable(data, error)]) from error
    if not isinstance(tree, dict):
        at = len(data) - len(data.lstrip())
        message = f"the source is {_shown(tree)}, expected one record: an object"
        raise ReadError([_problem("fatal", _place(data, at), "root", message, _RFC)])
    return tree


def settle(tree: Any, type_: type[S], pointer: str = "") -> tuple[S, dict[str, Any], list[Problem]]:
    """Make a struct of a plain tree, as `decode` does. The tree is taken apart.

    `pointer` is where the tree stands in the document. Raises ReadError with every error.
    """
    found = _Found()
    if isinstance(tree, dict):
        _object(type_).members(tree, pointer, found)
    else:
        _wrong(tree, "an object", pointer, found)
    if found.errors:
        raise ReadError(found.errors)
    try:
        return msgspec.convert(tree, type_), found.unmapped, found.warnings
    except msgspec.ValidationError as error:
        found.error(pointer, "model", str(error))
        raise ReadError(found.errors) from error


def misfits(tree: Any, type_: type[msgspec.Struct], pointer: str = "") -> list[Problem]:
    """List all that a struct cannot hold of a plain tree, which is taken apart."""
    found = _Found()
    if isinstance(tree, dict):
        _object(type_).members(tree, pointer, found)
    else:
        _wrong(tree, "an object", pointer, found)
    return [*found.errors, *found.warnings]


def restore(tree: Any, unmapped: dict[str, Any]) -> Any:
    """Put back into a plain tree what `decode` moved out of it, and give the tree.

    It is changed in place. Where something else stands by now, that stays; `put_back` tells.
    """
    put_back(tree, unmapped)
    return tree


def put_back(tree: Any, unmapped: dict[str, Any]) -> list[Problem]:
    """Do as `restore`, with a warning for each value that no longer stands as it stood.

    An object or list that held a value and is gone is made again, so that the value is not lost
    (code `made-again`); where something else stands, the value is left out (`left-out`).
    Raises ValueError if a key is no JSON pointer.
    """
    problems = []
    # Ascending, so that an item of a list finds those before it in place.
    for pointer in sorted(unmapped, key=sort_key):
        odd = _put_back(tree, steps(pointer), msgspec.to_builtins(unmapped[pointer]))
        if odd:
            problems.append(_problem("warning", pointer, *odd, _MODEL))
    return problems


def _put_back(tree: Any, way: Sequence[str], value: Any) -> tuple[str, str] | None:
    """Put one value back; give code and message if something is odd about it."""
    *above, last = way or [""]
    made = ""
    for step, below in zip(above, way[1:], strict=True):
        # No key of the model is a number, so a number leads into a list.
        new: Any = {} if as_index(below) is None else []
        index = as_index(step)
        if isinstance(tree, dict):
            if step not in tree:
                tree[step] = new
                made = made or step
            tree = tree[step]
        elif isinstance(tree, list) and index is not None:
            if index >= len(tree):
                index = len(tree)
                tree.append(new)
                made = made or step
            tree = tree[index]
        else:
            return "left-out", f"no object or list holds {step!r} by now: left out of the record"
    if way and isinstance(tree, dict) and last not in tree:
        tree[last] = value
    elif isinstance(tree, list) and (index := as_index(last)) is not None:
        tree.insert(index, value)
    else:
        return "left-out", "something else stands there by now: left out of the record"
    return ("made-again", f"{made!r} was gone, and is made again to hold this") if made else None


class _Found:
    """What a walk has found so far."""

    def __init__(self) -> None:
        self.unmapped: dict[str, Any] = {}
        self.warnings: list[Problem] = []
        self.errors: list[Problem] = []

    def error(self, pointer: str, code: str, message: str) -> None:
        self.errors.append(_problem("error", pointer, code, message, _MODEL))

    def move(self, pointer: str, value: Any, code: str, reason: str) -> Any:
        """Take a value out of the tree, kept with its pointer."""
        if is_deeper(value, DEEPEST):
            self.error(pointer, "nesting", f"nested more than {DEEPEST} deep")
        if len(self.unmapped) == MOST_UNMAPPED:
            message = f"more than {MOST_UNMAPPED:,} values that the model does not know: no record"
            raise ReadError([_problem("fatal", "", "size", message, _MODEL)])
        self.unmapped[pointer] = value
        self.warnings.append(
            _problem("warning", pointer, code, f"{reason}: kept in unmapped", _MODEL)
        )
        return _GONE

    def null(self, pointer: str) -> Any:
        return self.move(pointer, None, "null", "an explicit null")


_GONE = object()


class _Object(NamedTuple):
    """An object: for each key the class whose values are right whatever they are, and the kind."""

    fields: dict[str, tuple[type | None, "_Kind"]]
    required: tuple[str, ...]
    objects: dict[str, "_Object"]
    """The members that are objects, or lists of objects."""

    def strip(self, value: dict[str, Any], pointer: str, found: _Found) -> None:
        """Take out the keys that the model does not know, and look at nothing else."""
        if not value.keys() <= self.fields.keys():
            for key in [key for key in value if key not in self.fields]:
                place = f"{pointer}/{escape(key)}"
                reason = f"the model has no {_shown(key)} here"
                found.move(place, value.pop(key), "unknown-key", reason)
        for key, inner in self.objects.items():
            member = value.get(key)
            if member.__class__ is dict:
                inner.strip(member, f"{pointer}/{key}", found)
            elif member.__class__ is list:
                for index, item in enumerate(member):
                    if item.__class__ is dict:
                        inner.strip(item, f"{pointer}/{key}/{index}", found)

    def settle(self, value: Any, pointer: str, found: _Found) -> Any:
        if value.__class__ is not dict:
            return _wrong(value, "an object", pointer, found)
        if self.required:
            lacking = [key for key in self.required if value.get(key) is None]
            if lacking:
                reason = f"{' and '.join(lacking)} required, but absent"
                return found.move(pointer, value, "incomplete", reason)
        self.members(value, pointer, found)
        return value

    def members(self, value: dict[str, Any], pointer: str, found: _Found) -> None:
        fields = self.fields
        kept: Any
        changed = []
        for key, member in value.items():
            field = fields.get(key)
            if field is None:
                place = f"{pointer}/{escape(key)}"
                reason = f"the model has no {_shown(key)} here"
                kept = found.move(place, member, "unknown-key", reason)
            elif member.__class__ is field[0]:
                continue
            elif member is None:
                kept = found.null(f"{pointer}/{key}")
            else:
                kept = field[1].settle(member, f"{pointer}/{key}", found)
            if kept is not member:
                changed.append((key, kept))
        for key, kept in changed:
            if kept is _GONE:
                del value[key]
            else:
                value[key] = kept


class _List(NamedTuple):
    item: "_Kind"

    def settle(self, value: Any, pointer: str, found: _Found) -> Any:
        if value.__class__ is not list:
            return _wrong(value, "a list", pointer, found)
        right = _always_right(self.item)
        kept: Any
        changed = False
        items = []
        for index, item in enumerate(value):
            if item.__class__ is right:
                kept = item
            elif item is None:
                kept = found.null(f"{pointer}/{index}")
            else:
                kept = self.item.settle(item, f"{pointer}/{index}", found)
            changed = changed or kept is not item
            if kept is not _GONE:
                items.append(kept)
        return items if changed else value


class _Text(NamedTuple):
    """A text; one with a pattern says in an error what would do, or goes to the dict."""

    pattern: re.Pattern[str] | None = None
    expected: str = "a text"
    unmapped: bool = False

    def settle(self, value: Any, pointer: str, found: _Found) -> Any:
        if value.__class__ is not str:
            return _wrong(value, self.expected, pointer, found)
        if self.pattern and not self.pattern.search(value):
            message = f"{_shown(value)} is not {self.expected}"
            if self.unmapped:
                return found.move(pointer, value, "other-form", message)
            found.error(pointer, "invalid-text", message)
        return value


_TEXT = _Text()


class _Code(NamedTuple):
    codes: tuple[Any, ...]

    def settle(self, value: Any, pointer: str, found: _Found) -> Any:
        if value.__class__ is not str:
            return _wrong(value, "a code (a text)", pointer, found)
        if value not in self.codes:
            known = ", ".join(self.codes)
            reason = f"{_shown(value)} is not a code that the model knows ({known})"
            return found.move(pointer, value, "unknown-code", reason)
        return value


class _Tag(NamedTuple):
    tag: str

    def settle(self, value: Any, pointer: str, found: _Found) -> Any:
        return value if value == self.tag else _wrong(value, f"{self.tag!r}", pointer, found)


class _Plain(NamedTuple):
    classes: tuple[type, ...]
    expected: str

    def settle(self, value: Any, pointer: str, found: _Found) -> Any:
        # JSON has one kind of number: 5.0 is a whole one.
        if self.classes == (int,) and value.__class__ is float and value.is_integer():
            return int(value)
        if value.__class__ not in self.classes or (
            float in self.classes and value.__class__ is int and abs(value) >= 1 << 1023
        ):
            return _wrong(value, self.expected, pointer, found)
        return value


_Kind = _Object | _List | _Text | _Code | _Tag | _Plain


def _always_right(kind: _Kind) -> type | None:
    """Give the class whose values need no look: most members are texts of any form."""
    if kind is _TEXT:
        return str
    return kind.classes[0] if isinstance(kind, _Plain) and len(kind.classes) == 1 else None


@once
def _object(type_: type[msgspec.Struct]) -> _Object:
    """Say how a tree is walked beside a struct."""
    info = inspect.type_info(type_)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{type_} is not a struct")
    kinds = {field.encode_name: _kind(field.type) for field in info.fields}
    if info.tag_field:
        kinds[info.tag_field] = _Tag(str(info.tag))
    fields = {key: (_always_right(kind), kind) for key, kind in kinds.items()}
    items = {key: kind.item if isinstance(kind, _List) else kind for key, kind in kinds.items()}
    return _Object(
        fields,
        tuple(field.encode_name for field in info.fields if field.required),
        {key: kind for key, kind in items.items() if isinstance(kind, _Object)},
    )


def _kind(info: inspect.Type, expected: str = "a text", unmapped: bool = False) -> _Kind:
    match info:
        case inspect.StructType():
            return _object(info.cls)
        case inspect.ListType():
            return _List(_kind(info.item_type))
        case inspect.Metadata():
            extra = info.extra or {}
            return _kind(
                info.type, extra.get("expected", expected), extra.get("otherwise") == "unmapped"
            )
        case inspect.StrType(pattern=None):
            return _TEXT
        case inspect.StrType():
            return _Text(re.compile(info.pattern or ""), expected, unmapped)
        case inspect.LiteralType():
            return _Code(info.values)
        case inspect.BoolType():
            return _Plain((bool,), "true or false")
        case inspect.IntType():
            return _Plain((int,), "a whole number")
        case inspect.FloatType():
            return _Plain((float, int), "a number")
        case inspect.DictType():
            return _Plain((dict,), "an object")
    raise TypeError(f"no way to walk beside {info}")


@once
def _decoder(type_: type[S]) -> msgspec.json.Decoder[S]:
    return msgspec.json.Decoder(type_)


def _wrong(value: Any, expected: str, pointer: str, found: _Found) -> Any:
    found.error(pointer, "wrong-type", f"{_shown(value)} is not {expected}")
    return value


def _shown(value: Any) -> str:
    """Show a value in a message: objects and lists by kind, others as they are, cut short."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def is_deeper(value: Any, limit: int) -> bool:
    """Tell if a tree is nested deeper than a limit, without recursion."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _problem(severity: Severity, path: str, code: str, message: str, link: str) -> Problem:
    return Problem(
        severity=severity, layer="read", path=path, code=code, message=message, link=link
    )


def _unreadable(data: bytes, error: Exception) -> Problem:
    """Say why a text is no JSON that can be read, and where."""

    def fatal(path: str, code: str, message: str) -> Problem:
        return _problem("fatal", path, code, message, _RFC)

    if not data.strip():
        return fatal("line 1", "empty", "the source is empty")
    if data.startswith(_UTF_16_OR_32_BOM) or b"\x00" in data[:4]:
        return fatal("byte 0", "encoding", "the source is UTF-16 or UTF-32, expected UTF-8")
    if isinstance(error, RecursionError):
        message = f"nested more than {DEEPEST} deep"
        return fatal(_nested(data), "nesting", message)
    try:
        data.decode()
    except UnicodeDecodeError as wrong:
        message = f"the byte 0x{data[wrong.start]:02x} is not UTF-8, which is expected"
        return fatal(f"byte {wrong.start}", "encoding", message)
    reason, byte = _BYTE.match(str(error)).groups()  # type: ignore[union-attr]
    if isinstance(error, msgspec.ValidationError):
        number = _beyond(data)
        shown = number.group().decode() if number else "a number"
        message = f"{shown[:_SHOWN]} is beyond the numbers that can be kept"
        return fatal(_place(data, number.start() if number else 0), "number", message)
    if byte is None:
        message = "the JSON breaks off: a value, a quote or a bracket is missing at the end"
        return fatal(_place(data, len(data.rstrip())), "truncated", message)
    at = int(byte)
    if reason == "trailing characters":
        at = len(data) - len(data[at - 1 :].lstrip())
        if data[at : at + 1] == b"{":
            message = f"another record begins here, expected one record: of a record a line {EACH}"
            return fatal(_place(data, at), "records", message)
    elif word := _WORD.match(data, max(at - 1, 0)) or _WORD.match(data, at):
        message = f"{word.group().decode()} is not JSON, expected a number"
        return fatal(_place(data, word.start()), "malformed", message)
    found = data[at : at + 8].decode(errors="ignore")[:1]
    return fatal(
        _place(data, at), "malformed", f"not JSON: {reason}{f', found {found!r}' if found else ''}"
    )


def _place(data: bytes, at: int) -> str:
    """Tell line and column of a byte, both from 1, the column in characters."""
    start = data.rfind(b"\n", 0, at) + 1
    column = len(data[start:at].decode(errors="replace")) + 1
    line = data.count(b"\n", 0, at) + 1
    return f"line {line}, column {column}"


def _nested(data: bytes) -> str:
    """Find where nesting passes the limit; empty if that is too far into the text."""
    depth = 0
    for token in _TEXT_OR_BRACKET.finditer(data, 0, _SEARCHED):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token.group(), 0)
        if depth > DEEPEST:
            return _place(data, token.start())
    return ""


def _beyond(data: bytes) -> re.Match[bytes] | None:
    """Find a number that is too great for a float, or too long for a whole number."""
    for token in _TEXT_OR_NUMBER.finditer(data):
        text = token.group()
        if text.startswith(b'"'):
            continue
        if text.isdigit() or text[1:].isdigit():
            if len(text) > _DIGITS:
                return token
        elif math.isinf(float(text)):
            return token
    return None
