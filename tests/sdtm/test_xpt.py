"""SAS transport files: bytes by the record layout, as others read them, and what is none."""

import math
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialbridge.schemas.syntax import xpt
from trialbridge.schemas.syntax.dataset import Column, Dataset, NoDataset

AT = datetime(2024, 3, 1, 12, 30, 5, tzinfo=UTC)
TEA = Dataset(
    "TS",
    "Trial Summary",
    (Column("STUDYID", "Study Identifier", False, 5), Column("TSSEQ", "Sequence Number", True)),
    [["TEA-1", 1], ["T", 2], ["", None]],
)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)


def test_the_records_are_those_of_the_layout() -> None:
    data = xpt.write(TEA, AT)
    assert len(data) % 80 == 0
    records = [data[at : at + 80] for at in range(0, len(data), 80)]
    assert records[0] == (
        b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000  "
    )
    assert records[1] == (
        b"SAS     SAS     SASLIB  9.4                                     01MAR24:12:30:05"
    )
    assert records[5].startswith(b"SAS     TS      SASDATA 9.4     ")
    assert records[6][32:72] == b"Trial Summary".ljust(40)
    assert records[7][:58].endswith(b"0000000002")
    # 1 is 0x41 10 00..., a sixteenth of sixteen; a missing number is a full stop.
    assert data[-80:] == (
        b"TEA-1\x41\x10\0\0\0\0\0\0T    \x41\x20\0\0\0\0\0\0     .\0\0\0\0\0\0\0"
    ).ljust(80)


def test_pyreadstat_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "ts.xpt"
    path.write_bytes(xpt.write(TEA, AT))
    found, about = pyreadstat.read_xport(str(path), output_format="dict")
    assert list(found["STUDYID"]) == ["TEA-1", "T", ""]
    assert list(found["TSSEQ"])[:2] == [1.0, 2.0]
    assert about.table_name == "TS"
    assert about.file_label == "Trial Summary"
    assert about.column_names_to_labels == {
        "STUDYID": "Study Identifier",
        "TSSEQ": "Sequence Number",
    }


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e70, max_value=1e70))
def test_a_number_comes_back(number: float) -> None:
    if number and abs(number) < 1e-70:
        return
    assert xpt.number(xpt.ibm(number)) == number


def test_numbers_by_hand() -> None:
    assert xpt.ibm(1).hex() == "4110000000000000"
    assert xpt.ibm(-118.625).hex() == "c276a00000000000"
    assert xpt.ibm(0).hex() == "0000000000000000"
    assert xpt.ibm(None).hex() == "2e00000000000000"
    assert xpt.number(bytes.fromhex("c276a0")) == -118.625
    assert xpt.number(b"A" + bytes(7)) is None
    for odd in (math.inf, math.nan, 1e300):
        with pytest.raises(OverflowError):
            xpt.ibm(odd)


@given(st.lists(st.tuples(TEXTS, st.integers(-(2**50), 2**50)), min_size=1, max_size=9))
def test_write_then_read_gives_the_dataset_back(rows: list[tuple[str, int]]) -> None:
    texts = [text.rstrip(" ") for text, _ in rows]
    width = max(1, *map(len, texts))
    dataset = Dataset(
        "TS",
        "A label",
        (Column("TSSEQ", "N", True, 8), Column("TSVAL", "T", False, width)),
        [[number, text] for text, (_, number) in zip(texts, rows, strict=True)],
    )
    assert xpt.read(xpt.write(dataset, AT)) == dataset


WRONG = {
    "none": (b"TS", "byte 0", "header", "no SAS transport file of version 5"),
    "version 8": (xpt.BEGINS_8, "byte 0", "version", "a transport file of version 8"),
    "cport": (xpt.BEGINS_CPORT, "byte 0", "version", "a file of PROC CPORT"),
    "headers": (xpt.write(TEA, AT)[:500], "byte 500", "truncated", "the file ends here"),
    "variables": (xpt.write(TEA, AT)[:700], "byte 700", "truncated", "the file ends here, within"),
    "rows": (xpt.write(TEA, AT)[:-20], "byte 1100", "truncated", "the file ends here, within row"),
    "other header": (
        xpt.write(TEA, AT).replace(b"DSCRPTR", b"DESCRPT"),
        "byte 320",
        "header",
        "expected the DSCRPTR header",
    ),
    "two": (xpt.write(TEA, AT) + xpt.write(TEA, AT)[240:], "byte 1120", "several", "a second"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_transport_file_is_refused_with_the_byte(name: str) -> None:
    data, path, code, message = WRONG[name]
    with pytest.raises(NoDataset) as error:
        xpt.read(data)
    assert (error.value.path, error.value.code) == (path, code)
    assert str(error.value).startswith(message)


@given(st.data())
def test_any_change_is_read_or_refused(data: st.DataObject) -> None:
    written = bytearray(xpt.write(TEA, AT))
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] = data.draw(st.integers(0, 255))
    # Any other exception is a fault of ours.
    with suppress(NoDataset):
        xpt.read(bytes(written[: data.draw(st.integers(0, len(written)))]))
