"""Parse XML that nobody has vouched for: no entities, nothing from outside, bounded memory.

A document with a DOCTYPE is refused before anything in it is expanded: no format of ours needs one,
and only a DOCTYPE can declare entities or name a file to fetch. What is too large for memory is
refused before a tree is built, or by libxml2's own limits (10 MB in one text, comment or
attribute), which stay on.

https://www.w3.org/TR/xml/
"""

import codecs
import re
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from trialbridge.schemas.problem import Problem, ReadError

if TYPE_CHECKING:
    from lxml.etree import XMLSyntaxError, _Element  # type: ignore[import-untyped]

MOST_NODES: Final = 1_000_000
"""How many elements and attributes a document may have: some 250 bytes of memory each."""

MOST_DEPTH: Final = 100
"""How deep elements may be nested: as deep as those who walk a document by recursion can go."""

MOST_ATTRIBUTES: Final = 256
"""How many attributes one element may have."""

MOST_CONVERTED: Final = 50_000_000
"""How many bytes a document in another encoding than UTF-8 may have: it is held twice over."""

LAST_LINE: Final = 65_535
"""libxml2 keeps a line in 16 bits: a later one is known only where text follows."""

FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that XML has no form for. https://www.w3.org/TR/xml/#charsets"""

LAYER: Final = "read"
_XML: Final = "https://www.w3.org/TR/xml/"

# How much of a reason is told: it may name what the document is full of.
_SHOWN: Final = 500
# Far enough for the root's start tag, whatever comments stand before it.
_HEAD: Final = 65_536
_CHUNK: Final = 1 << 20

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    # No mark, but a first character: https://www.w3.org/TR/xml/#sec-guessing
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# Python's codecs are more than character encodings (zip, unicode_escape, utf-7), so these by name.
_ENCODINGS: Final = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|koi8-[ru]|shift_jis|cp932|euc_jp|euc_kr|gb2312|gbk|gb18030|big5"
)
_BEYOND: Final = re.compile(r"[^\x00-\x7f]")
_WIDE: Final = re.compile(r"utf-(?:16|32)(?:-[lb]e)?")
_DECLARED: Final = re.compile(
    rb"""<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']"""
)
# What costs memory: elements (comments and sections too), and attributes.
_NODE: Final = re.compile(rb"""<[^/]|=\s*+["']""")
_DOCTYPE: Final = b"<!DOCTYPE"
_DOCTYPE_WHOLE: Final = re.compile(rb"<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*)?>", re.DOTALL)
_START_TAG: Final = re.compile(rb"""<(?![/!?])(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""")

_TOO_DEEP: Final = f"elements are nested deeper than {MOST_DEPTH}"
_PLACE: Final = re.compile(r"\s*, line \d+, column \d+$")
_WORDS: Final = tuple(
    (re.compile(pattern), code, words)
    for pattern, code, words in (
        (
            r"Premature end of data in tag (\S+) line (\d+)",
            "truncated",
            r"the document ends before </\1>: <\1> of line \2 is not closed",
        ),
        (r"Comment not terminated", "truncated", "a comment is not closed, expected -->"),
        (r"CData section not finished", "truncated", "a CDATA section is not closed, expected ]]>"),
        (
            r"PI (\S+) (?:space expected|never end)",
            "truncated",
            r"the processing instruction \1 is not closed, expected ?>",
        ),
        (
            r"Opening and ending tag mismatch: (\S+) line (\d+) and (\S+)",
            "malformed",
            r"<\1> of line \2 is closed by </\3>, expected </\1>",
        ),
        (
            r"Extra content at the end",
            "malformed",
            "something stands after the end of the root element, expected nothing",
        ),
        (
            r"Entity '(.*?)' not defined",
            "entity",
            r"&\1; is no entity of XML, expected &amp; &lt; &gt; &quot; &apos; or a number",
        ),
        (
            r"EntityRef: expecting ';'|ParseEntityRef: no name",
            "malformed",
            "an & stands alone, expected &amp;",
        ),
        (r"invalid (?:xmlChar|Char) value (\d+)", "character", r"character \1 is forbidden in XML"),
        (r"Char (0x\w+) out of allowed range", "character", r"character \1 is forbidden in XML"),
        (
            r"Unescaped '<' not allowed in attributes values",
            "malformed",
            "a < stands in an attribute's value, expected &lt;",
        ),
        (
            r"Attribute (\S+) redefined",
            "malformed",
            r"the attribute \1 stands twice in one element",
        ),
        (
            r"Namespace prefix (\S+)(?: for \S+)? on (\S+) is not defined",
            "malformed",
            r"the prefix \1 of \2 has no namespace, expected xmlns:\1",
        ),
        (
            r"Excessive depth|Maximum (?:element|entity) nesting",
            "depth",
            _TOO_DEEP,
        ),
        (
            r"[Tt]ext node too long|huge text node|[Bb]uffer size limit|AttValue length too long"
            r"|too big found|Huge input lookup",
            "size",
            "a text, comment or attribute is longer than 10 MB",
        ),
        (r"Name too long", "size", "a name is longer than 50,000 bytes"),
        (
            r"AttValue: .*expected",
            "malformed",
            "an attribute's value is not quoted or not closed, expected a quotation mark",
        ),
        (
            r"Specification mandates value for attribute (\S+)",
            "malformed",
            r'the attribute \1 has no value, expected \1="..."',
        ),
        (r"attributes construct error", "malformed", "attributes are not separated by blanks"),
        (r"invalid element name", "malformed", "a < begins no element, expected a name or &lt;"),
        (r"Couldn't find end of Start Tag (\S+)", "malformed", r"the tag <\1 is not closed by >"),
        (
            r"XML declaration allowed only at the start|XML or text declaration not at start",
            "malformed",
            "an XML declaration stands here, expected it at the very beginning",
        ),
        (r"Unsupported version '(.*?)'", "malformed", r"XML version \1, expected 1.0"),
        (r"Start tag expected|Document is empty", "malformed", "expected an element, found none"),
        (r"(.*)", "malformed", r"not well formed: \1"),
    )
)


class Root(NamedTuple):
    """The root element of a document, before the rest is read.

    `attributes` by name, `{namespace}name` where they have a namespace; `line` is where its tag
    begins.
    """

    namespace: str
    name: str
    attributes: dict[str, str]
    line: int


def parse(data: bytes, *, most_nodes: int = MOST_NODES) -> "_Element":
    """Parse a document and give its root. Comments and processing instructions are left out.

    Raises ReadError with the one reason, and its line, why it cannot be parsed: not well formed,
    truncated, a DOCTYPE, another encoding than it says, nested or grown beyond the limits.
    """
    data = utf_8(data)
    _refuse_size(data, most_nodes)
    start = _prolog(data)
    if data.startswith(_DOCTYPE, start):
        raise _unread(
            _line(data, start),
            "doctype",
            "a DOCTYPE is not read, as it may declare entities or name files, expected none",
        )
    if start == len(data):
        raise _unread(_line(data, start), "empty", "expected an element, found none")
    root = _tree(data)
    # In C, as every element is looked at.
    if root.xpath(f"boolean({'/*' * (MOST_DEPTH + 1)})"):
        (deep,) = root.xpath(f"({'/*' * (MOST_DEPTH + 1)})[1]")
        raise _unread(deep.sourceline, "depth", _TOO_DEEP)
    if root.xpath(f"boolean(//@*[{MOST_ATTRIBUTES + 1}])"):
        (crowded,) = root.xpath(f"(//*[count(@*) > {MOST_ATTRIBUTES}])[1]")
        raise _unread(
            crowded.sourceline,
            "size",
            f"<{_local(crowded.tag)}> has {len(crowded.attrib)} attributes,"
            f" expected at most {MOST_ATTRIBUTES}",
        )
    return root


def root_of(data: bytes) -> Root | None:
    """Tell the root element of what may be XML, from its first 64 kB.

    None if no start tag of an element is found there, or it is not well formed. A DOCTYPE is passed
    over: what to do about it is for `parse`.
    """
    try:
        head = utf_8(data[:_HEAD], whole=False)
    except ReadError:
        return None
    start = _prolog(head)
    if doctype := _DOCTYPE_WHOLE.match(head, start):
        start = _prolog(head, doctype.end())
    tag = _START_TAG.match(head, start)
    if not tag:
        return None
    try:
        root = _tree(tag[0].removesuffix(b">").removesuffix(b"/") + b"/>")
    except ReadError:
        return None
    namespace, _, name = str(root.tag).rpartition("}")
    attributes = {str(key): str(value) for key, value in root.attrib.items()}
    return Root(namespace.removeprefix("{"), name, attributes, _line(head, start))


def declares_wide(data: bytes) -> bool:
    """Tell whether XML of single bytes declares UTF-16 or UTF-32: it is read as UTF-8."""
    return _is_wide(_declared(data))


def misdeclared(data: bytes) -> list[Problem]:
    """Warn of XML whose declaration is not of its bytes.

    That is UTF-16 or UTF-32 over single bytes, which are read as UTF-8, and another encoding over
    bytes that are UTF-8: these are read as is declared, since they may be what they seem. Empty
    for any other document. https://www.w3.org/TR/xml/#charencoding
    """
    name = _declared(data)
    if _is_wide(name):
        message = (
            f"the document declares {name!r}, and its bytes are none: it is read as UTF-8,"
            ' expected encoding="UTF-8"'
        )
    elif (codec := _narrow(name)) and (letter := _letter(data)):
        read = letter.encode().decode(codec, "replace")
        message = (
            f"the document declares {name!r}, and its bytes are UTF-8 as well: it is read as"
            f' declared, {read!r} where UTF-8 has {letter!r}; expected encoding="UTF-8" if that is'
            " what is meant"
        )
    else:
        return []
    return [
        Problem(
            severity="warning",
            layer=LAYER,
            path="line 1",
            code="encoding",
            message=message,
            link=f"{_XML}#charencoding",
        )
    ]


def _declared(data: bytes) -> str:
    """The encoding that XML of single bytes declares, UTF-8 where it declares none."""
    found = _DECLARED.match(data.removeprefix(codecs.BOM_UTF8))
    return found[1].decode() if found else "utf-8"


def _narrow(name: str) -> str | None:
    """The codec of an encoding that is read, and is neither UTF-8 nor a part of it."""
    codec = _known(name)
    return codec if _ENCODINGS.fullmatch(codec) and codec not in ("utf-8", "ascii") else None


def _letter(data: bytes) -> str | None:
    """The first character beyond ASCII of what is UTF-8; None if it is not, or has none."""
    if data.isascii() or data.startswith(codecs.BOM_UTF8):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    found = _BEYOND.search(text)
    return found[0] if found else None


def line_of(element: "_Element") -> str:
    """Tell the line in which an element's start tag ends: `line 12`."""
    line = element.sourceline or 0
    return f"line {line} or later" if line == LAST_LINE else f"line {line}"


def _tree(data: bytes) -> "_Element":
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(
        # The bytes are UTF-8 by now, whatever the declaration says.
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _syntax(data, error) from None


def _syntax(data: bytes, error: "XMLSyntaxError") -> ReadError:
    """Put libxml2's reason into words."""
    reason, line = _PLACE.sub("", str(error.msg)), error.lineno or 1
    code, message = next(
        (code, found.expand(words))
        for pattern, code, words in _WORDS
        if (found := pattern.search(reason))
    )
    # A document ends with the > of a tag; where it does not, its last tag is what is broken.
    tail = data.rstrip()
    if code == "malformed" and line > tail.count(b"\n") and not tail.endswith(b">"):
        begun = tail.rpartition(b"<")[2]
        if b">" not in begun and len(begun) < len(tail):
            return _unread(line, "truncated", "the document ends inside a tag, expected >")
    return _unread(line, code, message)


def _refuse_size(data: bytes, most: int) -> None:
    # The shortest are <a/> and, in a tag, a="".
    if len(data) <= 4 * most:
        return
    # An attribute takes an = and two quotation marks. Counting is far quicker than searching.
    attributes = min(data.count(b"="), (data.count(b'"') + data.count(b"'")) // 2)
    if data.count(b"<") + attributes <= most:
        return
    beyond = next(islice(_NODE.finditer(data), most, None), None)
    if beyond:
        raise _unread(
            _line(data, beyond.start()),
            "size",
            f"the document has more than {most:,} elements and attributes",
        )


def _prolog(data: bytes, start: int = 0) -> int:
    """Give the offset after blanks, comments, the declaration and processing instructions."""
    blanks = re.compile(rb"[ \t\r\n]*+")
    while True:
        found = blanks.match(data, start)
        start = found.end() if found else start
        for opening, closing in ((b"<?", b"?>"), (b"<!--", b"-->")):
            if data.startswith(opening, start):
                end = data.find(closing, start + len(opening))
                break
        else:
            return start
        if end < 0:
            return start
        start = end + len(closing)


def utf_8(data: bytes, *, whole: bool = True) -> bytes:
    """Give the document in UTF-8, without a byte order mark.

    `whole` is False for a head, which may be cut within a character. Raises ReadError if the
    document is not in the encoding that it says, or in none that is read.
    """
    mark, encoding = next((row for row in _BOMS if data.startswith(row[0])), (b"", ""))
    if b"<" not in mark:
        data = data.removeprefix(mark)
    encoding = encoding or _codec(_declared(data))
    is_utf_8 = encoding == "utf-8"
    if is_utf_8 and not whole:
        return data
    if len(data) > MOST_CONVERTED and not is_utf_8:
        raise _unread(
            1,
            "size",
            f"the document is {encoding.upper()} and larger than {MOST_CONVERTED:,} bytes,"
            " expected UTF-8",
        )
    decoder = codecs.getincrementaldecoder(encoding)()
    converted, line = bytearray(), 1
    # Piece by piece, as a string takes up to four times the memory.
    for start in range(0, len(data), _CHUNK):
        try:
            last = whole and start + _CHUNK >= len(data)
            text = decoder.decode(data[start : start + _CHUNK], last)
        except UnicodeDecodeError as error:
            line += bytes(error.object[: error.start]).decode(encoding, "ignore").count("\n")
            byte = f"byte 0x{error.object[error.start]:02x}"
            message = f"{byte} is not {encoding.upper()} ({error.reason})"
            raise _unread(line, "encoding", message) from None
        line += text.count("\n")
        if not is_utf_8:
            converted += text.encode()
    return data if is_utf_8 else bytes(converted)


def _codec(name: str) -> str:
    """Give the codec of a declared encoding. Raises ReadError if it is none that is read."""
    # A text of single bytes that says UTF-16 was written in that and saved as something else, of
    # which `misdeclared` warns.
    if _is_wide(name):
        return "utf-8"
    codec = _known(name)
    if not _ENCODINGS.fullmatch(codec):
        raise _unread(1, "encoding", f"the encoding {name!r} is not read, expected UTF-8")
    return codec


def _known(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def _is_wide(name: str) -> bool:
    return _WIDE.fullmatch(_known(name)) is not None


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _unread(line: int | None, code: str, message: str) -> ReadError:
    problem = Problem(
        severity="fatal",
        layer=LAYER,
        path=f"line {line or 1}",
        code=code,
        message=message if len(message) <= _SHOWN else f"{message[:_SHOWN]} ...",
        link=_XML,
    )
    return ReadError([problem])


def forbidden(texts: Iterable[tuple[str, object]]) -> list[Problem]:
    """A problem for each text, given with its place in a record, that XML has no form for."""
    return [
        Problem(
            severity="error",
            layer="mapping",
            path=pointer,
            code="character",
            message=f"U+{ord(found[0]):04X} at character {found.start() + 1} of the text "
            "is a character that XML has no form for",
            link=f"{_XML}#charsets",
        )
        for pointer, held in texts
        if isinstance(held, str) and (found := FORBIDDEN.search(held))
    ]
