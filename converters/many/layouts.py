"""Put documents into a folder: a file each, or many in files of bounded size.

A file is written under another name and renamed when it is whole, so what has its name is whole.
Names and bytes follow from the order of the records alone: a run that was resumed ends with the
same bytes.
"""

import os
import re
from typing import IO, Final, Protocol

from trialbridge.formats import Format
from trialbridge.io.files import BEGUN, PACKED, Packing, opened, replaced, unpacked
from trialbridge.many.conversion import Conversion, stem

FOLDER: Final = 1000
"""How many documents a folder holds."""

PART: Final = 10_000
"""How many records a file of many holds, unless it is said."""


class Layout(Protocol):
    """Where documents go."""

    def put(self, conversion: Conversion) -> str:
        """Take a document, and say where it is: a path in the folder."""

    def settle(self, *, last: bool = False) -> bool:
        """At the end of a source: tell if all that was put is in files that are whole."""

    def recall(self, place: str) -> None:
        """Take up that a document was put there by a run before, in the order in which it was."""


class Files:
    """A file for each record: `0000/NCT01234567.json`, a thousand in a folder."""

    def __init__(self, folder: str, to: Format, compress: Packing | None) -> None:
        self._folder = folder
        self._suffix = to.ending + PACKED[compress]
        self._count = 0
        self._taken: set[str] = set()

    def put(self, conversion: Conversion) -> str:
        base = stem(conversion.id, self._count + 1)
        name, again = base, 1
        # Where file names know no capitals, two of these would be one file.
        while name.lower() in self._taken:
            again += 1
            name = f"{base}-{again}"
        place = f"{self._count // FOLDER:04d}/{name}{self._suffix}"
        ((_, document),) = conversion.parts
        replaced(os.path.join(self._folder, place), document)
        self._take(name)
        return place

    def _take(self, name: str) -> None:
        self._taken.add(name.lower())
        self._count += 1
        if self._count % FOLDER == 0:
            self._taken.clear()

    def settle(self, *, last: bool = False) -> bool:
        return True

    def recall(self, place: str) -> None:
        self._take(place.rpartition("/")[2].removesuffix(self._suffix))


class _Parts:
    """Files of many records, each begun anew where it was not whole."""

    def __init__(self, folder: str, part: int, compress: Packing | None) -> None:
        self._folder, self._part = folder, part
        # What is packed by gzip comes in pieces that are packed already.
        self._compress = None if compress == "gzip" else compress
        self._suffix = ".ndjson" + PACKED[compress]
        self._number = self._records = 0
        self._open: dict[str, IO[bytes]] = {}

    def put(self, conversion: Conversion) -> str:
        self._records += 1
        names = [self._add(kind, data) for kind, data in conversion.parts]
        return names[0] if names else ""

    def _add(self, kind: str, data: bytes) -> str:
        name = f"{kind}-{self._number:05d}{self._suffix}"
        if name not in self._open:
            self._open[name] = opened(os.path.join(self._folder, BEGUN + name), self._compress)
        self._open[name].write(data)
        return name

    def settle(self, *, last: bool = False) -> bool:
        if self._records < self._part and not last:
            return False
        for name, file in self._open.items():
            file.close()
            os.replace(os.path.join(self._folder, BEGUN + name), os.path.join(self._folder, name))
        self._open.clear()
        self._number += bool(self._records)
        self._records = 0
        return True

    def recall(self, place: str) -> None:
        self._number = int(place.removesuffix(self._suffix).rpartition("-")[2]) + 1


class Lines(_Parts):
    """NDJSON, a document a line: `records-00000.ndjson`."""


class Bulk(_Parts):
    """NDJSON for each type of resource, as FHIR's Bulk Data has it: `Location-00000.ndjson`.

    A record's place is the part, named by the type of the resource that holds its others.
    https://hl7.org/fhir/uv/bulkdata/export.html
    """

    @staticmethod
    def manifest(folder: str, request: str, time: str) -> dict[str, object]:
        """Give the manifest of the files that are there."""
        output = []
        for name in sorted(os.listdir(folder)):
            if found := re.fullmatch(r"([A-Z][A-Za-z]+)-\d{5,}\.ndjson(\.gz|\.zst)?", name):
                with unpacked(os.path.join(folder, name)) as file:
                    count = sum(1 for _ in file)
                output.append({"type": found[1], "url": name, "count": count})
        return {
            "transactionTime": time,
            "request": request,
            "requiresAccessToken": False,
            "output": output,
            "error": [],
        }
