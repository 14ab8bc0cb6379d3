"""Records of a document that may be broken, each as a document of its own.

What is cut in the middle, or is in part in another encoding than it says, has whole records: they
are found by their tags alone, so that a fault of one is no fault of the others.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from trialbridge.schemas.problem import ReadError
from trialbridge.schemas.syntax.xml import utf_8


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


def pieces(
    data: bytes, root: str, begins: re.Pattern[bytes], ends: re.Pattern[bytes]
) -> Iterator[Part]:
    """Give the records of an XML document by the tags that they begin and end with."""
    # Else the bytes as they are: what of them is no text is told by the record that they are in.
    with suppress(ReadError):
        data = utf_8(data)
    starts = [found.start() for found in begins.finditer(data)]
    opened, closed = f"<{root}>".encode(), f"</{root}>".encode()
    for number, start in enumerate(starts, 1):
        after = starts[number] if number < len(starts) else len(data)
        before = data.count(b"\n", 0, start)
        name = f"{begins.pattern[1:].decode().partition('(')[0]}[{number}]"
        end = ends.search(data, start, after)
        if end:
            yield Part(name, opened + data[start : end.end()] + closed, before)
        rest = data[end.end() if end else start : after]
        if number < len(starts) and end and not rest.strip():
            continue
        if number == len(starts) and rest.strip() == closed:
            continue
        # On its own lines, which its reason may name.
        above = b"\n" * data.count(b"\n", 0, after - len(rest))
        shut = closed if number < len(starts) else b""
        yield Part(
            f"{name}/following-sibling::text()" if end else name, above + opened + rest + shut, 0
        )
