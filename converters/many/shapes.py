"""Give documents the shape that they have in the files of a run, in the process that made them.

What is left to the one process that writes is to put bytes behind each other.
"""

from typing import Final, NamedTuple

import msgspec

from trialbridge.formats import Format
from trialbridge.formats.laid_out import laid_out
from trialbridge.io.files import Packing, packed

Parts = tuple[tuple[str, bytes], ...]
"""What is to be written of a document, each with the kind of file that it goes into."""


class Shape(NamedTuple):
    """How documents are to stand in files: of one each (`files`), or of many (`ndjson`, `bulk`)."""

    layout: str
    indent: int | None = None
    compress: Packing | None = None


def shaped(document: bytes, to: Format, shape: Shape) -> Parts:
    """Give what is to be written of a document.

    A file of many is compressed piece by piece for gzip, whose files are the same as their pieces
    behind each other. Of Zstandard, readers would take the first piece for all, so that such a file
    is compressed by who writes it.
    https://www.rfc-editor.org/rfc/rfc1952#section-2.2
    """
    if shape.layout == "files":
        return (("", packed(laid_out(document, to, shape.indent), shape.compress)),)
    found = _resources(document) if shape.layout == "bulk" else {"records": [document]}
    lines = ((kind, b"\n".join((*each, b""))) for kind, each in found.items())
    if shape.compress == "gzip":
        return tuple((kind, packed(data, "gzip")) for kind, data in lines)
    return tuple(lines)


class _Typed(msgspec.Struct):
    resourceType: str


class _Entry(msgspec.Struct):
    resource: msgspec.Raw


class _Bundle(msgspec.Struct):
    entry: list[_Entry] = []


_bundle: Final = msgspec.json.Decoder(_Bundle)
_typed: Final = msgspec.json.Decoder(_Typed)


def _resources(document: bytes) -> dict[str, list[bytes]]:
    """Give the resources of a Bundle by their types, in order."""
    found: dict[str, list[bytes]] = {}
    for entry in _bundle.decode(document).entry:
        resource = bytes(entry.resource)
        found.setdefault(_typed.decode(resource).resourceType, []).append(resource)
    return found
