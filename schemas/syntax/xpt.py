"""SAS transport files of version 5 (XPT): bytes to a dataset and back.

Records of 80 bytes; numbers as IBM floats of 8 bytes; texts of at most 200, filled with blanks.
https://support.sas.com/content/dam/SAS/support/en/technical-papers/record-layout-of-a-sas-version-5-or-6-data-set-in-sas-transport-xport-format.pdf
"""

import struct
from datetime import UTC, datetime
from math import frexp, isfinite, ldexp
from typing import Final

from trialbridge.schemas.syntax.dataset import Column, Dataset, NoDataset, Value

RECORD: Final = 80
LONGEST: Final = 200
"""The most bytes of a text."""

BEGINS: Final = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
BEGINS_8: Final = b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!"
BEGINS_CPORT: Final = b"**COMPRESSED** **COMPRESSED**"

_ZEROS = b"0" * 30 + b"  "
_LIBRARY = BEGINS + _ZEROS
_MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
_DESCRIPTOR = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!" + _ZEROS
_NAMES = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000"
_ROWS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!" + _ZEROS
# Type, hash, length, number, name, label, format, its numbers, fill, informat, its numbers, place.
_VARIABLE = struct.Struct(">hhhh8s40s8shhh2s8shhl52x")
_SIZE = 140
_MISSING = b"." + bytes(7)
_BLANK_MISSING = frozenset(b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SYSTEM = b"SAS     ", b"9.4     ", b"        "


def write(dataset: Dataset, at: datetime) -> bytes:
    """Write a dataset; `at` is the time that the headers have.

    Texts are US-ASCII of at most 200 bytes, whoever calls has seen to it.
    """
    time = at.strftime("%d%b%y:%H:%M:%S").upper().encode()
    sas, version, system = _SYSTEM
    stamp = time + b" " * 64
    widths = [8 if column.numeric else max(column.length, 1) for column in dataset.columns]
    name = dataset.name.encode("ascii").ljust(8)
    label = dataset.label.encode("ascii").ljust(40)
    head = [
        _LIBRARY,
        sas + sas + b"SASLIB  " + version + system + b" " * 24 + time,
        stamp,
        _MEMBER + b"000000000000000001600000000140  ",
        _DESCRIPTOR,
        sas + name + b"SASDATA " + version + system + b" " * 24 + time,
        time + b" " * 16 + label + b" " * 8,
        _NAMES + b"%04d" % len(widths) + b"0" * 20 + b"  ",
    ]
    place = 0
    variables = []
    for number, (column, width) in enumerate(zip(dataset.columns, widths, strict=True), 1):
        variables.append(
            _VARIABLE.pack(
                1 if column.numeric else 2,
                0,
                width,
                number,
                column.name.encode("ascii").ljust(8),
                column.label.encode("ascii").ljust(40),
                b" " * 8,
                0,
                0,
                0,
                b"\0\0",
                b" " * 8,
                0,
                0,
                place,
            )
        )
        place += width
    rows = b"".join(
        b"".join(
            [
                ibm(value)  # type: ignore[arg-type]
                if column.numeric
                else str(value).encode("ascii").ljust(width)
                for column, width, value in zip(dataset.columns, widths, row, strict=True)
            ]
        )
        for row in dataset.rows
    )
    return b"".join(head) + _filled(b"".join(variables)) + _ROWS + _filled(rows)


def _filled(data: bytes) -> bytes:
    return data + b" " * (-len(data) % RECORD)


def ibm(value: float | None) -> bytes:
    """A number as an IBM float of 8 bytes; None as SAS's missing value.

    Raises OverflowError if the number is none that there is such a float of.
    """
    if value is None:
        return _MISSING
    if value == 0:
        return bytes(8)
    if not isfinite(value):
        raise OverflowError(f"{value} is no number of a transport file")
    fraction, exponent = frexp(abs(value))
    sixteens = -(-exponent // 4)
    if not -64 <= sixteens <= 63:
        raise OverflowError(f"{value} is out of the range of a transport file")
    # 53 bits of a double, moved by three at most: no bit of 56 is lost.
    mantissa = int(ldexp(fraction, 56 + exponent - 4 * sixteens))
    sign = 0x80 if value < 0 else 0
    return (((sign | sixteens + 64) << 56) | mantissa).to_bytes(8, "big")


def number(data: bytes) -> float | None:
    """The number of an IBM float, of 2 to 8 bytes; None for a missing value."""
    data = data.ljust(8, b"\0")
    if not any(data[1:]):
        if data[0] in _BLANK_MISSING:
            return None
        if not data[0] & 0x7F:
            return 0.0
    whole = int.from_bytes(data, "big")
    sign = -1 if whole >> 63 else 1
    return sign * ldexp(float(whole & (1 << 56) - 1), 4 * ((whole >> 56 & 0x7F) - 64) - 56)


def read(data: bytes) -> Dataset:
    """Read the one dataset of a transport file.

    Raises NoDataset, with the byte, for what is none, breaks off, or has several.
    """
    if data.startswith(BEGINS_8):
        message = "a transport file of version 8, expected version 5 (`libname x xport`)"
        raise NoDataset("byte 0", "version", message)
    if data.startswith(BEGINS_CPORT):
        message = "a file of PROC CPORT, expected a transport file of version 5 (`libname x xport`)"
        raise NoDataset("byte 0", "version", message)
    if not data.startswith(BEGINS):
        message = "no SAS transport file of version 5: it does not begin with its LIBRARY header"
        raise NoDataset("byte 0", "header", message)
    member = _at(data, 240, _MEMBER, "MEMBER")
    size = member[74:78]
    if size not in (b"0140", b"0136"):
        message = f"variables of {size!r:.20} bytes, expected 0140"
        raise NoDataset("byte 314", "header", message)
    _at(data, 320, _DESCRIPTOR[:48], "DSCRPTR")
    about, more = _record(data, 400), _record(data, 480)
    counted = _at(data, 560, _NAMES[:48], "NAMESTR")[54:58]
    if not counted.isdigit():
        message = f"{counted!r:.20} variables, expected a number"
        raise NoDataset("byte 614", "header", message)
    columns, places, at = _variables(data, int(counted), int(size))
    _at(data, at, _ROWS[:48], "OBS")
    begins = at + RECORD
    again = data.find(_MEMBER, begins)
    if again >= 0 and (again - begins) % RECORD == 0:
        raise NoDataset(f"byte {again}", "several", "a second dataset, expected one in a file")
    return Dataset(
        _text(about[8:16]), _text(more[32:72]), columns, _rows(data, begins, columns, places)
    )


def _record(data: bytes, at: int) -> bytes:
    found = data[at : at + RECORD]
    if len(found) < RECORD:
        message = f"the file ends here, at {len(data):,} bytes, within its headers: it is cut off"
        raise NoDataset(f"byte {len(data)}", "truncated", message)
    return found


def _at(data: bytes, at: int, expected: bytes, name: str) -> bytes:
    found = _record(data, at)
    if not found.startswith(expected):
        message = f"expected the {name} header, found {found[:48]!r:.60}"
        raise NoDataset(f"byte {at}", "header", message)
    return found


def _variables(
    data: bytes, count: int, size: int
) -> tuple[tuple[Column, ...], list[tuple[int, int]], int]:
    """The columns, where each begins in a row and how long it is, and where their list ends."""
    columns: list[Column] = []
    places: list[tuple[int, int]] = []
    at = 640
    for _ in range(count):
        found = data[at : at + size]
        if len(found) < size:
            message = f"the file ends here, within variable {len(columns) + 1} of {count}"
            raise NoDataset(f"byte {len(data)}", "truncated", f"{message}: it is cut off")
        kind, _, length, _, name, label, *_, place = _VARIABLE.unpack(found.ljust(_SIZE, b"\0"))
        numeric = kind == 1
        if kind not in (1, 2) or not 0 < length <= (8 if numeric else 32_767) or place < 0:
            message = f"variable {len(columns) + 1} has type {kind} and length {length}"
            raise NoDataset(f"byte {at}", "header", f"{message}, expected 1 or 2, and 1 to 200")
        columns.append(Column(_text(name), _text(label), numeric, length))
        places.append((place, length))
        at += size
    end = 640 + len(_filled(data[640:at]))
    return tuple(columns), places, end


def _rows(
    data: bytes, begins: int, columns: tuple[Column, ...], places: list[tuple[int, int]]
) -> list[list[Value]]:
    width = max((place + length for place, length in places), default=0)
    body = data[begins:]
    if not width:
        return []
    whole = len(body) // width
    if body[whole * width :].strip(b" ") or len(body) % RECORD:
        message = f"the file ends here, within row {whole + 1}: it is cut off"
        raise NoDataset(f"byte {len(data)}", "truncated", message)
    # What fills the last record may be as long as a row.
    while (
        whole
        and len(body) - (whole - 1) * width < RECORD
        and not body[(whole - 1) * width : whole * width].strip(b" ")
    ):
        whole -= 1
    rows: list[list[Value]] = []
    for position in range(whole):
        row = body[position * width : (position + 1) * width]
        values: list[Value] = []
        for column, (place, length) in zip(columns, places, strict=True):
            held = row[place : place + length]
            if column.numeric:
                found = number(held)
                whole_number = found is not None and found.is_integer() and abs(found) < 2**53
                values.append(int(found) if whole_number and found is not None else found)
                continue
            try:
                values.append(held.decode("utf-8").rstrip(" \0"))
            except UnicodeDecodeError:
                # What SAS writes in the encoding of the machine that it ran on.
                values.append(held.decode("cp1252", "replace").rstrip(" \0"))
        rows.append(values)
    return rows


def _text(data: bytes) -> str:
    return data.decode("latin-1").rstrip(" \0")


def moment(text: str) -> datetime:
    """The time of `2024-03-01T00:00:00Z` or `2024-03-01T00:00:00`."""
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
