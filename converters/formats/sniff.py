"""Recognise a format by what a source holds; the name of a file is not asked."""

import re

import msgspec

from trialbridge.formats import FORMATS, VALIDATED, Format, names
from trialbridge.schemas.decode import parse_object
from trialbridge.schemas.problem import Problem, ReadError

# Far enough for the first key of a document that does not parse; the rest is its reader's matter.
_HEAD = 65_536
_UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def recognise(data: bytes) -> Format:
    """Tell the format of a source by its content.

    Raises ReadError if it is empty, not UTF-8, or of no known format. A document that begins as a
    format and breaks off is of that format: its reader says where it is broken.
    """
    if data.startswith(_UTF_16_OR_32):
        raise _unread("byte 0", "encoding", "the source is UTF-16 or UTF-32, expected UTF-8")
    head = data[:_HEAD].lstrip()
    if not head and not data.strip():
        raise _unread("line 1", "empty", "the source is empty")
    if head.startswith(b"{"):
        return _json(data)
    if head.startswith(b"["):
        raise _unread(
            _line(data, data.index(b"[")),
            "format",
            "the source is a JSON array, expected one record: an object",
        )
    if head.startswith(b"<"):
        return _xml(data)
    return _text(data)


def _xml(data: bytes) -> Format:
    from trialbridge.schemas.xml import parse, root_of

    root = root_of(data)
    if root is None:
        # Its parser says what is wrong with it.
        parse(data)
        raise _unread(_line(data, data.index(b"<")), "format", "the document has no root element")
    for known in (*FORMATS, *VALIDATED):
        if known.syntax == "xml" and root.namespace in known.marks:
            return known
    namespace = f"of namespace {root.namespace!r}" if root.namespace else "of no namespace"
    expected = ", ".join(mark for known in FORMATS if known.syntax == "xml" for mark in known.marks)
    raise _unread(
        f"line {root.line}",
        "format",
        f"the root of the XML is <{root.name}> {namespace}, which is no known format's; "
        f"expected {expected}",
    )


def _json(data: bytes) -> Format:
    try:
        keys = set(msgspec.json.decode(data, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        if broken := _begun(data):
            return broken
        keys = set(parse_object(data))
    for known in FORMATS:
        if known.syntax == "json" and not keys.isdisjoint(known.marks):
            return known
    expected = ", ".join(known.marks[0] for known in FORMATS if known.syntax == "json")
    found = f"found {', '.join(sorted(keys)[:5])}" if keys else "it has no keys"
    raise _unread(
        _line(data, data.index(b"{")),
        "format",
        f"the JSON object has none of the keys that tell a format ({expected}): {found}",
    )


def _begun(data: bytes) -> Format | None:
    """Tell which format a broken JSON document began as, by the first telling key in it."""
    head = data[:_HEAD].decode(errors="replace")
    first: tuple[int, Format] | None = None
    for known in FORMATS:
        for mark in known.marks if known.syntax == "json" else ():
            found = re.search(rf'"{mark}"\s*:', head)
            if found and (first is None or found.start() < first[0]):
                first = (found.start(), known)
    return first[1] if first else None


def _text(data: bytes) -> Format:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _unread(
            f"byte {error.start}",
            "encoding",
            f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason})",
        ) from error
    for known in FORMATS:
        if known.syntax == "text":
            marks = "|".join(map(re.escape, known.marks))
            if re.search(rf"^[ \t]*(?:{marks})", text, re.MULTILINE):
                return known
    raise _unread(
        "line 1", "format", f"the source is no trial record in a known format; known are {names()}"
    )


def _line(data: bytes, offset: int) -> str:
    return f"line {data.count(10, 0, offset) + 1}"


def _unread(path: str, code: str, message: str) -> ReadError:
    return ReadError(
        [Problem(severity="fatal", layer="read", path=path, code=code, message=message)]
    )
