"""Records of a document that may be broken, each as a document of its own.

What is cut in the middle, or is in part in another encoding than it says, has whole records: they
are found by their tags alone, so that a fault of one is no fault of the others.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from trialbridge.io import encoding
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import EACH, ReadError
from trialbridge.schemas.syntax.xml import line_of, parse, utf_8

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]


# The end of the root, which may be in another.
_TAIL = re.compile(rb"\s*</\w+\s*>(?:\s*</\w+\s*>)?\s*")


class Part(NamedTuple):
    """A record's place in a document, its own document, and how many lines are before that.

    `head` is how many of its first lines stand at the beginning of the whole.
    """

    name: str
    data: bytes
    before: int
    head: int = 0

    def place(self, path: str) -> str:
        """Give a path of its own document as it is in the whole."""
        found = re.match("line ([0-9]+)", path)
        if found is None or int(found[1]) <= self.head:
            return path
        return f"line {int(found[1]) + self.before}{path[found.end() :]}"


def only(data: bytes, names: tuple[str, ...], ends: re.Pattern[bytes], link: str) -> "_Element":
    """Give the one record of an XML document, an element of one of these names.

    Raises ReadError if it has none or several; of a document that is broken, with the reason, and
    that whole records stand in it.
    """
    name = local(names[0])
    shown = f"<{name}>"
    try:
        root = parse(data)
    except ReadError as error:
        whole = sum(1 for _ in ends.finditer(data))
        if not whole:
            raise
        said = f"{whole} whole {shown} stand in it: {EACH}"
        more = fatal(error.problems[0].path, "one-study", said, link)
        raise ReadError([*error.problems, *more.problems]) from None
    found = list(root.iter(*names))
    if len(found) > 1:
        said = f"expected one {shown}, found {len(found)}: {EACH}"
        raise fatal(line_of(found[1]), "one-study", said, link)
    if not found:
        space = names[0].removesuffix(name)
        said = f"<{str(root.tag).removeprefix(space)}> has no {shown}, expected one"
        raise fatal(line_of(root), "no-study", said, link)
    return found[0]


def decoded(data: bytes, link: str) -> str:
    """Give the text of a document. Raises ReadError with the line that is not UTF-8."""
    data = encoding.utf_8(data)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        said = f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason})"
        raise fatal(f"line {line}", "encoding", said, link) from None


def local(name: str) -> str:
    """Give the name of an element or attribute without its namespace."""
    return name.rpartition("}")[2]


def pieces(
    data: bytes, root: str, name: str, begins: re.Pattern[bytes], ends: re.Pattern[bytes]
) -> Iterator[Part]:
    """Give the records of an XML document, each of a name, by the tags that it has at its ends.

    `root` is the element that each is put in.
    """
    # Else the bytes as they are: what of them is no text is told by the record that they are in.
    with suppress(ReadError):
        data = utf_8(data)
    starts = [found.start() for found in begins.finditer(data)]
    opened, closed = f"<{root}>".encode(), f"</{root}>".encode()
    before = seen = 0
    for number, start in enumerate(starts, 1):
        after = starts[number] if number < len(starts) else len(data)
        before, seen = before + data.count(b"\n", seen, start), start
        at = f"{name}[{number}]"
        end = ends.search(data, start, after)
        if end:
            yield Part(at, opened + data[start : end.end()] + closed, before)
        rest = data[end.end() if end else start : after]
        if number < len(starts) and end and not rest.strip():
            continue
        if number == len(starts) and _TAIL.fullmatch(rest):
            continue
        # On its own lines, which its reason may name.
        above = b"\n" * data.count(b"\n", 0, after - len(rest))
        shut = closed if number < len(starts) else b""
        yield Part(
            f"{at}/following-sibling::text()" if end else at, above + opened + rest + shut, 0
        )
