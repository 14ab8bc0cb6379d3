"""Entries of zip archives, of those methods alone that are unpacked in pieces of a bounded size."""

import struct
import zipfile
import zlib
from typing import IO, Final

# zipfile gives what others expand to in one piece, of any size, or cannot unpack them at all.
METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NAMES: Final = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"}
BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)
"""What zipfile raises for an archive, or an entry, that is none."""


def odd_method(entry: zipfile.ZipInfo) -> str | None:
    """What is wrong with how an entry is packed, None if nothing is."""
    if entry.compress_type in METHODS:
        return None
    method = _NAMES.get(entry.compress_type, f"method {entry.compress_type}")
    return f"the entry is packed by {method}, expected deflate: pack it anew"


def opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    """Open an entry. Raises NotImplementedError for what `odd_method` tells, as zipfile does."""
    if odd := odd_method(entry):
        raise NotImplementedError(f"{entry.filename}: {odd}")
    return archive.open(entry)
