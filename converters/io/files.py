"""Write files that are there whole, or as they were: under another name until they are done."""

import gzip
import io
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from typing import IO, Any, Final, Literal, cast

from trialbridge.extras import loaded

BEGUN: Final = ".begun-"
"""What the name of a file begins with until it is whole."""


Packing = Literal["gzip", "zstd"]
"""How a file is compressed."""

_LEVEL: Final = 6

PACKED: Final[dict[Packing | None, str]] = {None: "", "gzip": ".gz", "zstd": ".zst"}
"""What the name of a file ends with when it is compressed."""


def replaced(path: str, pieces: bytes | Iterable[bytes], *, lasting: bool = False) -> None:
    """Write a file that is there whole, or as it was, with the mode that it had.

    Until then it has a name that a run which was killed finds again; its folder is made if need
    be. `lasting` is for a file among a user's own: it is on the disk before the old one goes, its
    name until then is nobody's, and its folder is there.
    """
    folder, name = os.path.split(path)
    if lasting:
        import tempfile

        # Not the file's name, which may be as long as a name can be.
        handle, begun = tempfile.mkstemp(prefix=BEGUN, dir=folder or ".")
        os.close(handle)
    else:
        os.makedirs(folder or ".", exist_ok=True)
        begun = os.path.join(folder, BEGUN + name)
    try:
        with open(begun, "wb") as file:
            file.writelines((pieces,) if isinstance(pieces, bytes) else pieces)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        if lasting or os.path.exists(path):
            os.chmod(begun, _mode(path))
        os.replace(begun, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(begun)
        raise


def _mode(path: str) -> int:
    """Give the mode of a file, or that of a new one."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def packed(data: bytes, compress: Packing | None) -> bytes:
    """Compress what a file is to hold: the same bytes at every run. Raises MissingExtra."""
    if compress is None:
        return data
    if compress == "gzip":
        return gzip.compress(data, _LEVEL, mtime=0)
    compressed: bytes = zstandard().compress(data)
    return compressed


def opened(path: str, compress: Packing | None) -> IO[bytes]:
    """Open a file to write, which may be compressed: the same bytes at every run.

    Raises MissingExtra for `zstd` without the extra `zstd`.
    """
    if compress is None:
        return open(path, "wb")
    if compress == "gzip":
        return cast(IO[bytes], _Gzip(path))
    return cast(IO[bytes], zstandard().open(path, "wb"))


def zstandard() -> Any:
    """The library of Zstandard. Raises MissingExtra, which says how to install it.

    https://www.rfc-editor.org/rfc/rfc8878
    """
    return loaded("zstandard", "packs and unpacks .zst", "zstd")


class _Gzip(gzip.GzipFile):
    """A gzip file that closes the file that it writes."""

    def __init__(self, path: str) -> None:
        self._under = open(path, "wb")  # noqa: SIM115 - until `close`
        # No name and no time in it.
        super().__init__(filename="", mode="wb", compresslevel=_LEVEL, fileobj=self._under, mtime=0)

    def close(self) -> None:
        super().close()
        self._under.close()


def unpacked(path: str) -> IO[bytes]:
    """Open a file to read what it holds, packed or not, as its name says."""
    if path.endswith(PACKED["gzip"]):
        return cast(IO[bytes], gzip.open(path))
    if path.endswith(PACKED["zstd"]):
        return io.BufferedReader(zstandard().open(path, "rb"))
    return open(path, "rb")
