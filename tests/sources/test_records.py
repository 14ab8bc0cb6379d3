"""`trialbridge.records`: each record of any source, or why there is none."""

import bz2
import gzip
import io
import json
import pickle
import random
import re
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from registers import SOURCES

import trialbridge
from trialbridge import Record, records
from trialbridge.sources import Source
from trialbridge.sources.paths import sources


def record(number: int, **more: Any) -> dict[str, Any]:
    identification = {"nctId": f"NCT{number:08}", "briefTitle": 'Tea, "}]" and é'}
    return {"protocolSection": {"identificationModule": identification}, **more}


THREE = [json.dumps(record(number), ensure_ascii=False).encode() for number in range(1, 4)]
PAGE = b'{"totalCount": 3, "studies": [\n' + b",\n".join(THREE) + b'\n], "nextPageToken": "x"}'
# Two frames, as `cat a.zst b.zst` makes them.
ZSTANDARD = zstandard.compress(THREE[0] + b"\n" + THREE[1][:9]) + zstandard.compress(
    THREE[1][9:] + b"\n" + THREE[2]
)
ARRAY = b"[" + b", ".join(THREE) + b"]"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(found: list[Record]) -> list[tuple[str, str | None, str | None]]:
    """Name, format and NCT number of each, or the code of its first problem."""
    told = []
    for one in found:
        number = re.search(rb"NCT\d{8}", written(one)) if one.trial else None
        told.append((one.name, one.format, number[0].decode() if number else one.problems[0].code))
    return told


def three(name: str, *places: str) -> list[tuple[str, str, str]]:
    return [(f"{name}{place}", "ctgov", f"NCT0000000{n}") for n, place in enumerate(places, 1)]


@pytest.mark.parametrize(
    ("name", "data", "places"),
    [
        ("page.json", PAGE, ("#/studies/0", "#/studies/1", "#/studies/2")),
        ("array.json", ARRAY, ("#/0", "#/1", "#/2")),
        ("array.json", b"\xef\xbb\xbf" + ARRAY, ("#/0", "#/1", "#/2")),
        ("array.json", ARRAY.decode().encode("utf-16"), ("#/0", "#/1", "#/2")),
        ("all.ndjson", b"\n".join(THREE), (":1", ":2", ":3")),
        ("lines.json", b"\n\n".join(THREE), (":1", ":3", ":5")),
        ("all.ndjson.gz", gzip.compress(b"\n".join(THREE)), (":1", ":2", ":3")),
        ("all.ndjson.zst", ZSTANDARD, (":1", ":2", ":3")),
        ("page.bin", zstandard.compress(PAGE), ("#/studies/0", "#/studies/1", "#/studies/2")),
        ("page.bin", gzip.compress(PAGE), ("#/studies/0", "#/studies/1", "#/studies/2")),
    ],
)
def test_each_record_of_a_file_is_given_with_its_place(
    name: str, data: bytes, places: tuple[str, ...]
) -> None:
    Path(name).write_bytes(data)
    assert told(list(records(name))) == three(name, *places)
    assert told(list(records(Path(name)))) == three(name, *places)
    assert told(list(records(data))) == three("<bytes>", *places)
    assert told(list(records(io.BytesIO(data)))) == three("<stream>", *places)


def test_folders_archives_and_several_sources_are_gone_through_and_nothing_is_without_a_name() -> (
    None
):
    Path("in").mkdir()
    Path("in/a.json").write_bytes(THREE[0])
    Path("in/table.csv").write_bytes(b"a,b\n")
    Path("in/half.json").write_bytes(b'{"name": ')
    with zipfile.ZipFile("in/z.zip", "w") as archive:
        archive.writestr("b/page.json", PAGE)
        archive.writestr("readme.md", "# Hello")
    assert told(list(records(["in", THREE[2], "none"]))) == [
        ("in/a.json", "ctgov", "NCT00000001"),
        ("in/half.json", None, "truncated"),
        ("in/table.csv", None, "skipped"),
        *three(*("in/z.zip!b/page.json", "#/studies/0", "#/studies/1", "#/studies/2")),
        ("in/z.zip!readme.md", None, "skipped"),
        ("<bytes>", "ctgov", "NCT00000003"),
        ("none", None, "unreadable"),
    ]


def test_a_broken_member_is_a_record_with_its_problem_and_the_next_is_read() -> None:
    broken = b'[{"protocolSection": {x}}, ' + THREE[1] + b", 5, " + THREE[2]
    Path("a.json").write_bytes(broken)
    assert told(list(records("a.json"))) == [
        ("a.json#/0", "ctgov", "malformed"),
        ("a.json#/1", "ctgov", "NCT00000002"),
        ("a.json#/2", None, "format"),
        ("a.json#/3", "ctgov", "NCT00000003"),
        ("a.json", None, "truncated"),
    ]
    last = list(records("a.json"))[-1]
    assert last.problems[0].message == "the list breaks off after 4 records"


def test_warnings_are_kept_and_a_record_survives_pickling() -> None:
    (found,) = records(json.dumps(record(1, newSection=1)).encode())
    assert [problem.code for problem in found.problems] == ["unknown-key"]
    assert pickle.loads(pickle.dumps(found)) == found


def test_the_format_is_stated_or_refused_at_the_call() -> None:
    (found,) = records(THREE[0], format="trial")
    assert (found.format, found.trial) == ("trial", None)
    with pytest.raises(trialbridge.UnknownFormat):
        records(THREE[0], format="odd")


def test_a_list_beyond_the_limit_is_cut_as_it_is_read_with_the_same_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = json.dumps(record(9, note='\\"{[' * 9_000, deep=[[[{"a": "]"}]], {}])).encode()
    for data in (PAGE, ARRAY, b"[" + b" ,\n".join([*THREE, long] * 40) + b" ] "):
        Path("a.json").write_bytes(data)
        assert list(sources(["a.json"], len(data) - 1, None)) == list(
            sources(["a.json"], len(data), None)
        )
    one = "a record larger than the limit of 1,000 bytes"
    Path("a.json").write_bytes(b"[" + b",".join([THREE[0], long, THREE[1]]) + b"]")
    found = list(sources(["a.json"], 1_000, None))
    assert [(source.data, [p.message for p in source.problems]) for source in found] == [
        (THREE[0], []),
        (None, [one]),
        (THREE[1], []),
    ]


def test_a_list_that_was_found_is_skipped_if_its_first_object_is_none_of_ours() -> None:
    Path("a").mkdir()
    Path("a/b.json").write_bytes(b'[{"name": 1}, {"name": 2}]')
    (found,) = sources(["a"], 1 << 20, None)
    assert found.skipped.startswith("the JSON object has none of the keys that tell a format")


def test_memory_does_not_grow_with_the_number_of_records() -> None:
    long = json.dumps(record(1, note="tea " * 1_000)).encode()
    with gzip.open("a.ndjson.gz", "wb", 1) as file:
        for _ in range(5):
            file.write(b"\n".join([long] * 300) + b"\n")
    size = 1_500 * len(long)

    def peak() -> int:
        tracemalloc.start()
        assert sum(1 for _ in records("a.ndjson.gz")) == 1_500
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    next(records(THREE[0]))
    assert peak() < 1_500_000 < size / 2


def test_a_bundle_of_several_studies_is_each_with_what_it_refers_to() -> None:
    bundle = json.loads(trialbridge.convert(THREE[0], "fhir"))
    for one in THREE[1:]:
        bundle["entry"] += json.loads(trialbridge.convert(one, "fhir"))["entry"]
    shared = {"resourceType": "Location", "id": "here", "name": "Ward 5"}
    bundle["entry"].append({"fullUrl": "https://a.test/Location/here", "resource": shared})
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "ResearchStudy":
            entry["resource"]["site"] = [{"reference": "Location/here"}]
    data = json.dumps(bundle).encode()
    found = list(records(data))
    places = [i for i, e in enumerate(bundle["entry"]) if "status" in e["resource"]]
    assert [one.name for one in found] == [f"<bytes>#/entry/{i}/resource" for i in places]
    for one, source in zip(found, THREE, strict=True):
        assert one.trial is not None
        changed = {difference.pointer for difference in trialbridge.diff(source, written(one))}
        assert changed == {"/protocolSection/contactsLocationsModule/locations/0/facility"}


def written(one: Record) -> bytes:
    assert one.trial is not None
    return trialbridge.write(one.trial, "trial")


def test_an_odm_file_of_several_studies_is_each_on_its_own_lines() -> None:
    study = re.compile(rb"<Study .*</Study>", re.DOTALL)
    documents = [trialbridge.convert(one, "odm") for one in THREE]
    studies = [match[0] for one in documents if (match := study.search(one))]
    whole = documents[0].replace(studies[0], b"\n\n".join([*studies, b"<Study OID='bad'/>"]))
    found = list(records(whole))
    assert [one.name for one in found] == [f"<bytes>#/ODM/Study[{n}]" for n in range(1, 5)]
    for one, source in zip(found, THREE, strict=False):
        assert one.trial == trialbridge.read(source)
    assert [problem.code for problem in found[3].problems] == ["no-record", "not-read"]


def test_an_exception_of_ours_is_the_problem_of_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    from trialbridge.formats.registries.clinicaltrials_gov import ctgov

    def broken(data: bytes) -> Any:
        raise MemoryError if b"NCT00000003" in data else KeyError("odd")

    monkeypatch.setattr(ctgov, "read", broken)
    found = list(records([THREE[0], THREE[2]]))
    assert [(one.format, one.problems[0].code) for one in found] == [
        ("ctgov", "internal"),
        ("ctgov", "memory"),
    ]
    message = found[0].problems[0].message
    assert re.fullmatch(
        r"KeyError: 'odd' \(trialbridge\.formats\.format, line \d+, in read\): this is a fault of"
        r" trialbridge, not of the source; please report it with the source at"
        r" https://github\.com/trialbridge/trialbridge/issues",
        message,
    )
    assert found[1].problems[0].message == "it needs more memory than there is"


@pytest.mark.parametrize(
    ("method", "name"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")]
)
def test_a_bomb_of_bzip2_or_lzma_is_refused_by_name_and_takes_no_memory(
    method: int, name: str
) -> None:
    with zipfile.ZipFile("bomb.zip", "w", method) as archive:
        archive.writestr("a.json", b" " * 10_000_000)
    # Modules that are loaded at the first use are not the bomb's.
    list(records("bomb.zip"))
    tracemalloc.start()
    (found,) = records("bomb.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.problems[0].message == (
        f"the entry is packed by {name}, expected deflate: pack it anew"
    )
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("name", "pack", "most"),
    [
        ("bomb.ndjson.gz", gzip.compress, 5_000_000),
        # A piece of Zstandard may become 8 MiB.
        ("bomb.ndjson.zst", zstandard.compress, 20_000_000),
    ],
)
def test_a_bomb_of_gzip_or_zstandard_is_refused_and_takes_no_memory(
    name: str, pack: Callable[[bytes], bytes], most: int
) -> None:
    Path(name).write_bytes(pack((b" " * 9_999 + b"\n") * 6_000))
    tracemalloc.start()
    (found,) = records(name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert re.fullmatch(
        r"the file expands to more than [\d,]+ bytes \(it has [\d,]+\): refused as a zip bomb",
        found.problems[0].message,
    )
    assert peak < most


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.json.gz", gzip.compress(THREE[0])[:-12], "archive"),
        ("a.gz", b"no archive", "archive"),
        ("a.zst", b"\x28\xb5\x2f\xfd0", "archive"),
        ("b.zst", zstandard.compress(THREE[0])[:-4], "archive"),
        ("c.zst", b"no archive", "archive"),
        ("a.json", b"[]", "format"),
        ("a.bz2", bz2.compress(THREE[0]), "format"),
    ],
)
def test_what_cannot_be_unpacked_or_has_no_record_is_told(
    name: str, data: bytes, code: str
) -> None:
    Path(name).write_bytes(data)
    (found,) = records(name)
    assert (found.trial, found.problems[0].code) == (None, code)


LINES = b"\n".join(THREE) + b"\n"
# One record of the classic XML, as a list has it.
STUDY = trialbridge.convert(record(1), "ctgov-xml").partition(b"?>\n")[2]
STUDIES = [STUDY.replace(b"NCT00000001", b"NCT0000000%d" % n) for n in (1, 2, 3)]
XML = b"<clinical_studies>\n%b</clinical_studies>\n" % b"".join(STUDIES)


def cut_gzip(data: bytes, at: int) -> bytes:
    """Pack data of which the first bytes are there, and no end of the file."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data[:at]) + packer.flush(zlib.Z_SYNC_FLUSH)


CUT = "Compressed file ended before the end-of-stream marker was reached"


@pytest.mark.parametrize(
    ("name", "data", "places", "what"),
    [
        ("a.ndjson", LINES, (":1", ":2"), "ctgov"),
        ("a.json", LINES, (":1", ":2"), "ctgov"),
        ("a.json", PAGE, ("#/studies/0", "#/studies/1"), "ctgov"),
        ("a.json", ARRAY, ("#/0", "#/1"), "ctgov"),
        ("a.xml", XML, ("#/clinical_study[1]", "#/clinical_study[2]"), "ctgov-xml"),
    ],
)
def test_records_that_are_whole_before_a_gzip_breaks_off_are_read(
    name: str, data: bytes, places: tuple[str, ...], what: str
) -> None:
    at = data.index(b"NCT00000003") + 4
    Path(f"{name}.gz").write_bytes(cut_gzip(data, at))
    *found, last = records(f"{name}.gz")
    assert told(found) == [
        (f"{name}.gz{place}", what, f"NCT0000000{n}") for n, place in enumerate(places, 1)
    ]
    assert (last.trial, [(p.path, p.code, p.message) for p in last.problems]) == (
        None,
        [
            (
                f"{name}.gz",
                "archive",
                f"the file breaks off in line {data[:at].count(10) + 1}, after {at:,} bytes of what"
                f" it holds: {CUT}; records that are whole before that are read",
            )
        ],
    )


@pytest.mark.parametrize("data", [LINES, XML, PAGE, ARRAY, THREE[0], STUDIES[0]])
def test_wherever_a_gzip_breaks_off_what_is_read_is_a_record_of_the_whole(data: bytes) -> None:
    whole = {one.trial.nct_id: one.trial for one in records(data) if one.trial}
    for at in range(0, len(data), 7):
        *found, last = records(cut_gzip(data, at))
        trials = [one.trial for one in found]
        assert trials == [whole[f"NCT0000000{n}"] for n in range(1, len(found) + 1)]
        assert [problem.code for problem in last.problems] == ["archive"]
    # All but the checksum.
    assert [one.trial for one in records(gzip.compress(data)[:-8])] == [*whole.values(), None]


@pytest.mark.parametrize(
    ("name", "opens", "closes"),
    [
        ("ACTRN12699000001999.ictrp.xml", b"<Trial>", b"</Trial>"),
        ("RBR-999tea.who.xml", b"<trial>", b"</trial>"),
        ("ISRCTN10000001.isrctn.xml", b"<fullTrial>", b"</fullTrial>"),
    ],
)
def test_lists_of_registers_are_read_up_to_where_a_gzip_breaks_off(
    name: str, opens: bytes, closes: bytes
) -> None:
    data = (SOURCES / name).read_bytes()
    start = data.index(opens)
    end = data.rindex(closes) + len(closes)
    three = data[:start] + b"\n".join([data[start:end]] * 3) + data[end:]
    first, second, _ = records(three)
    broken_off = cut_gzip(three, start + 3 * (end - start) - 9)
    assert [(one.trial, one.problems) for one in list(records(broken_off))[:-1]] == [
        (first.trial, first.problems),
        (second.trial, second.problems),
    ]


def test_a_line_that_is_broken_before_a_gzip_breaks_off_is_told_too() -> None:
    data = THREE[0] + b'\n{"protocolSection": \n'
    found = list(records(cut_gzip(data, len(data))))
    assert [code for _, _, code in told(found)] == ["NCT00000001", "truncated", "archive"]


def test_rows_before_a_gzip_breaks_off_are_read() -> None:
    head, row, _ = trialbridge.convert(record(1), "ctgov-csv").split(b"\n")
    data = b"%b\n%b\n%b\n%b" % (head, row, row.replace(b"1", b"2", 1), row[:20])
    found = list(records(cut_gzip(data, len(data))))
    assert [one.problems[0].code for one in found if not one.trial] == ["archive"]
    assert len(found) == 3


def test_an_entry_of_an_archive_that_breaks_off_is_read_as_far_as_it_is_whole() -> None:
    with zipfile.ZipFile("a.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.ndjson", LINES)
        archive.writestr("b.ndjson", THREE[2])
    # The checksum does not fit.
    data = Path("a.zip").read_bytes().replace(b"NCT00000002", b"NCT00000009", 1)
    Path("a.zip").write_bytes(data)
    found = list(records("a.zip"))
    assert [name for name, _, _ in told(found)][-2:] == ["a.zip!a.ndjson", "a.zip!b.ndjson:1"]
    assert [one.problems[0].code for one in found if not one.trial] == ["archive"]


def test_many_lines_before_a_gzip_breaks_off_take_no_memory() -> None:
    noise = random.Random(1).randbytes(1_500).hex()
    line = THREE[0].replace(b"Tea", noise.encode()) + b"\n"
    Path("a.ndjson.gz").write_bytes(cut_gzip(line * 3_000, 9_000_001))
    list(records("a.ndjson.gz"))
    tracemalloc.start()
    count = sum(1 for one in records("a.ndjson.gz") if one.trial)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 9_000_001 // len(line)
    assert peak < 2_000_000


def test_sources_give_the_line_and_column_where_a_record_begins() -> None:
    Path("a.json").write_bytes(PAGE)
    found = list(sources(["a.json"], 1 << 20, None))
    assert [(source.line, source.column) for source in found] == [(2, 0), (3, 0), (4, 0)]
    Path("a.json").write_bytes(ARRAY)
    first, second, _ = sources(["a.json"], 1 << 20, None)
    assert (first.line, first.column) == (1, 1)
    assert second == Source(
        "a.json", line=1, column=3 + len(THREE[0].decode()), pointer="/1", data=THREE[1]
    )
