"""Write files that are there whole, or as they were: under another name until they are done."""

import gzip
import os
from typing import IO, Final, cast

BEGUN: Final = ".begun-"
"""What the name of a file begins with until it is whole."""


def replaced(path: str, data: bytes, *, compress: bool = False) -> None:
    """Write a file that is there whole, or as it was."""
    folder, name = os.path.split(path)
    os.makedirs(folder or ".", exist_ok=True)
    begun = os.path.join(folder, BEGUN + name)
    with opened(begun, compress) as file:
        file.write(data)
    os.replace(begun, path)


def opened(path: str, compress: bool) -> IO[bytes]:
    """Open a file to write, which may be compressed: the same bytes at every run."""
    if not compress:
        return open(path, "wb")
    return cast(IO[bytes], _Gzip(path))


class _Gzip(gzip.GzipFile):
    """A gzip file that closes the file that it writes."""

    def __init__(self, path: str) -> None:
        self._under = open(path, "wb")  # noqa: SIM115 - until `close`
        # No name and no time in it.
        super().__init__(filename="", mode="wb", compresslevel=6, fileobj=self._under, mtime=0)

    def close(self) -> None:
        super().close()
        self._under.close()
