"""Recognise a format by what a source holds; the name of a file is not asked."""

import re
from collections.abc import Callable
from importlib import import_module

import msgspec

from trialbridge.formats import FORMATS, Format, names, read_formats
from trialbridge.formats.unread import (
    FHIR_R6_XML,
    LIST,
    Unread,
    by_bytes,
    by_keys,
    by_root,
    by_text,
)
from trialbridge.io.encoding import REMEDY, not_utf_8, utf_8
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.decode import parse_object

# Far enough for the first key of a document that does not parse; the rest is its reader's matter.
_HEAD = 65_536
_FIRST_KEY = re.compile(rb'\{\s*"([A-Za-z]+)"\s*:')
_WRAPPED = re.compile(rb"<root>\s*<([A-Za-z_]+)(?=[\s>/])")
_FENCED = re.compile(r"^[ \t]*```.*?^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)
# A zip archive, and a file of SAS.
_NO_TEXT = (b"PK\x03\x04", b"HEADER RECORD", b"**COMPRESSED**")
_BEGINS = {"json": b"{", "xml": b"<", "text": b""}
_MARKDOWN = re.compile(r"\A\s*# ")


def recognise(data: bytes, *, whole: bool = True) -> Format:
    """Tell the format of a source by its content; `whole` is False for its beginning alone.

    Raises ReadError if it is empty, in an encoding that is not read, of no known format, or of one
    that is known and not read: then with its name, and what to do instead. A document that begins
    as a format and breaks off is of that format: its reader says where it is broken.
    """
    if known := _packed(data):
        return known
    if kind := by_bytes(data):
        raise _unread_kind("byte 0", kind)
    if data[:2] in (b"<\0", b"\0<"):
        # XML without a mark: https://www.w3.org/TR/xml/#sec-guessing
        return _xml(data)
    data = utf_8(data, whole=whole)
    head = data[:_HEAD].lstrip()
    if not head and not data.strip():
        raise _unread("line 1", "empty", "the source is empty")
    if head.startswith(b"{"):
        return _json(data, head)
    if head.startswith(b"["):
        raise _unread_kind(_line(data, data.index(b"[")), LIST)
    if head.startswith(b"<"):
        return _xml(data)
    return _text(data, whole)


def _packed(data: bytes) -> Format | None:
    """Find the format whose bytes are no text: a zip of datasets, a transport file."""
    if not data.startswith(_NO_TEXT):
        return None
    for known in FORMATS:
        if known.told_in is not None and import_module(known.told_in).is_one(data):
            return known
    return None


def xml_roots() -> tuple[str, ...]:
    """The roots, or their namespaces, that tell the formats of XML which are read."""
    roots = dict.fromkeys(
        mark
        for known in read_formats()
        if known.syntax == "xml"
        for mark in known.marks
        if not mark.startswith("root/")
    )
    return tuple(roots)


def _xml(data: bytes) -> Format:
    from trialbridge.schemas.syntax.xml import parse, root_of

    root = root_of(data)
    if root is None:
        if kind := by_text(data[:_HEAD].decode(errors="replace")):
            raise _unread_kind("line 1", kind)
        # Its parser says what is wrong with it.
        parse(data)
        raise _unread(_line(data, data.index(b"<")), "format", "the document has no root element")
    told = {root.namespace or root.name}
    # A root that tells nothing by itself: what it holds first does.
    inner = _WRAPPED.search(data, 0, _HEAD) if told == {"root"} else None
    if inner is not None:
        told.add(f"root/{inner[1].decode()}")
    for known in FORMATS:
        if known.syntax == "xml" and not told.isdisjoint(known.marks):
            return _edition(known, data)
    if kind := by_root(root.namespace, root.name):
        raise _unread_kind(f"line {root.line}", kind)
    namespace = f"of namespace {root.namespace!r}" if root.namespace else "of no namespace"
    expected = ", ".join(xml_roots())
    raise _unread(
        f"line {root.line}",
        "format",
        f"the root of the XML is <{root.name}> {namespace}, which is no known format's; "
        f"expected {expected}",
    )


def _json(data: bytes, head: bytes) -> Format:
    if (marked := _first_marked(data, head)) and _is_of(marked, data):
        return _edition(marked, data)
    try:
        keys = set(msgspec.json.decode(data, type=dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        if broken := _begun(data):
            return broken
        keys = set(parse_object(data))
    if (marked := _marked(keys)) and _is_of(marked, data):
        return _edition(marked, data)
    place = _line(data, data.index(b"{"))
    if kind := by_keys(keys):
        raise _unread_kind(place, kind)
    expected = ", ".join(
        dict.fromkeys(known.marks[0] for known in read_formats() if known.syntax == "json")
    )
    found = f"found {', '.join(sorted(keys)[:5])}" if keys else "it has no keys"
    raise _unread(
        place,
        "format",
        f"the JSON object has none of the keys that tell a format ({expected}): {found}",
    )


def _is_of(known: Format, data: bytes) -> bool:
    """Tell if a document is of a format that has its mark, where others have that too."""
    is_one: Callable[[bytes], bool] | None = (
        import_module(known.told_in).is_one if known.told_in else None
    )
    return is_one is None or is_one(data)


def _first_marked(data: bytes, head: bytes) -> Format | None:
    """Find the format by the first key, if no key of a format that comes first is in the bytes.

    Most documents are told by this, and need not be gone through for their keys.
    """
    first = _FIRST_KEY.match(head)
    marked = _marked({first[1].decode()}) if first else None
    if marked is None or marked.told_by:
        # A resource of FHIR has no members but its own.
        return marked
    for known in FORMATS:
        if known is marked:
            return marked
        if any(b'"%b"' % mark.encode() in data for mark in known.marks_in("json")):
            return None
    return None


def _marked(keys: set[str]) -> Format | None:
    """Find the first format that has one of the keys."""
    return next(
        (known for known in FORMATS if not keys.isdisjoint(known.marks_in("json"))),
        None,
    )


def _edition(known: Format, data: bytes) -> Format:
    """Tell the versions of a standard apart, of which one is known.

    The only one that has no row is FHIR R6 in XML.
    """
    if known.told_by is None:
        return known
    edition = import_module(known.told_by).told(data)
    for other in FORMATS:
        if other.told_by == known.told_by and other.edition == edition:
            return other
    raise _unread_kind(_line(data, max(data.find(_BEGINS[known.syntax]), 0)), FHIR_R6_XML)


def _begun(data: bytes) -> Format | None:
    """Tell which format a broken JSON document began as, by the first telling key in it."""
    head = data[:_HEAD].decode(errors="replace")
    first: tuple[int, Format] | None = None
    for known in FORMATS:
        for mark in known.marks_in("json"):
            found = re.search(rf'"{mark}"\s*:', head)
            if found and (first is None or found.start() < first[0]):
                first = (found.start(), known)
    return first[1] if first else None


def _text(data: bytes, whole: bool) -> Format:
    # A table whose rows are in part in another encoding is of its format: each row is read.
    head = data[:_HEAD].decode(errors="ignore")
    for known in FORMATS:
        of_table = known.marks_in("csv")
        if of_table and re.match("|".join(of_table), head, re.MULTILINE):
            return known
    try:
        text = data.decode(errors="strict" if whole else "ignore")
    except UnicodeDecodeError as error:
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason}); {REMEDY}"
        raise not_utf_8(error.start, message) from error
    # Pages are quoted in Markdown, which is no page for that.
    shown = _FENCED.sub("", text) if "```" in text else text
    if "\r" in shown:
        shown = shown.replace("\r\n", "\n").replace("\r", "\n")
    markdown = _MARKDOWN.match(text)
    for known in FORMATS if not markdown else ():
        if known.syntax == "text":
            marks = "|".join(known.marks)
            if re.search(rf"^\s*(?:{marks})\s*$", shown, re.MULTILINE | re.IGNORECASE):
                return known
    if kind := by_text(text):
        raise _unread_kind("line 1", kind)
    found = "Markdown, which is no" if markdown else "no"
    raise _unread(
        "line 1",
        "format",
        f"the source is {found} trial record in a known format; known are {names(read_formats())}",
    )


def _line(data: bytes, offset: int) -> str:
    return f"line {data.count(10, 0, offset) + 1}"


def _unread_kind(path: str, kind: Unread) -> ReadError:
    return _unread(path, "format", f"the source is {kind.message}")


def _unread(path: str, code: str, message: str) -> ReadError:
    return ReadError(
        [Problem(severity="fatal", layer="read", path=path, code=code, message=message)]
    )
