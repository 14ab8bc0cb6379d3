"""What a path stands for: folders, NDJSON, archives, standard input, and their limits."""

import io
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from format_names import JSON_KEYS

from trialbridge.schemas.syntax.zip import pages as zip_pages
from trialbridge.sources import Source
from trialbridge.sources.paths import sources

RECORD = b'{"hasResults": false}'
OTHER = b'{"name": "a package"}'
NO_KEYS = f"the JSON object has none of the keys that tell a format ({JSON_KEYS}): found name"
LIMIT = 1 << 20


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def expand(*paths: str, limit: int = LIMIT, stdin: bytes | None = None) -> list[Source]:
    return list(sources(paths, limit, None if stdin is None else io.BytesIO(stdin)))


def told(found: list[Source]) -> list[tuple[str, str, str]]:
    """Name, code and message of each problem."""
    return [
        (source.name, problem.code, problem.message)
        for source in found
        for problem in source.problems
    ]


def packed(name: str, entries: dict[str, bytes], **options: int) -> str:
    with zipfile.ZipFile(name, "w", **options) as archive:
        for entry, data in entries.items():
            archive.writestr(entry, data)
    return name


# --- files and folders ---------------------------------------------------------------------------


def test_a_file_is_one_source() -> None:
    Path("a.json").write_bytes(RECORD)
    assert expand("a.json") == [Source("a.json", data=RECORD)]


def test_a_folder_is_its_files_by_name_without_hidden_ones() -> None:
    for name in ("b/z.json", "a.json", "b/a.xml", ".hidden.json", ".git/config.json", "c.json"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(RECORD)
    found = expand(".")
    assert [source.name for source in found] == ["a.json", "c.json", "b/a.xml", "b/z.json"]
    assert all(source.found for source in found)
    assert [source.name for source in expand("b/")] == ["b/a.xml", "b/z.json"]


def test_links_to_folders_are_not_followed_so_a_loop_ends() -> None:
    Path("a").mkdir()
    Path("a/loop").symlink_to("..")
    Path("a/b.json").write_bytes(RECORD)
    assert [source.name for source in expand("a")] == ["a/b.json"]


def test_a_pipe_in_a_folder_is_not_waited_for() -> None:
    Path("a").mkdir()
    os.mkfifo("a/pipe")
    assert expand("a") == [Source("a/pipe", found=True, skipped="no regular file")]


def test_what_cannot_be_read_is_told() -> None:
    assert told(expand("none", "a\0b")) == [
        ("none", "unreadable", "cannot be read: No such file or directory"),
        ("a\0b", "unreadable", "cannot be read: embedded null byte"),
    ]


def test_a_file_over_the_limit_is_told_unless_it_was_found_and_is_none_of_ours() -> None:
    Path("a").mkdir()
    Path("a/table.csv").write_bytes(b"1,2\n" * 100)
    Path("a/trial.json").write_bytes(RECORD + b" " * 100)
    reason = "larger than the limit of 100 bytes; TRIALBRIDGE_MAX_BYTES raises it"
    assert told(expand("a", limit=100)) == [("a/trial.json", "size", reason)]
    assert told(expand("a/table.csv", limit=100)) == [("a/table.csv", "size", reason)]


# --- NDJSON --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "A.JSONL"])
def test_each_line_of_ndjson_is_a_source_named_by_its_line(name: str) -> None:
    Path(name).write_bytes(RECORD + b"\r\n\n  \n" + OTHER)
    assert expand(name) == [
        Source(name, line=1, data=RECORD),
        Source(name, line=4, data=OTHER),
    ]
    assert [source.name for source in expand(name)] == [f"{name}:1", f"{name}:4"]


def test_ndjson_is_read_line_by_line() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            line = (RECORD + b"\n") * (len(buffer) // (len(RECORD) + 1))
            buffer[: len(line)] = line
            return len(line)

    stream = sources(["-"], LIMIT, io.BufferedReader(Endless()))
    for number in range(1, 10_000):
        assert next(stream).line == number


def test_a_line_over_the_limit_is_told_and_the_next_is_read() -> None:
    Path("a.jsonl").write_bytes(b"x" * 300_000 + b"\n" + RECORD)
    found = expand("a.jsonl", limit=100)
    assert told(found) == [("a.jsonl:1", "size", "a line larger than the limit of 100 bytes")]
    assert [(source.line, source.data) for source in found] == [(1, None), (2, RECORD)]


def test_ndjson_without_a_record_is_told() -> None:
    Path("a.jsonl").write_bytes(b"\n\n")
    assert told(expand("a.jsonl")) == [
        ("a.jsonl", "empty", "the source is empty: it has no record")
    ]


def test_ndjson_that_was_found_is_ours_if_its_first_record_is() -> None:
    Path("a").mkdir()
    Path("a/log.jsonl").write_bytes(OTHER + b"\n" + RECORD)
    Path("a/trials.jsonl").write_bytes(RECORD + b"\n" + OTHER)
    assert expand("a") == [
        Source("a/log.jsonl", found=True, skipped=NO_KEYS),
        Source("a/trials.jsonl", line=1, data=RECORD),
        Source("a/trials.jsonl", line=2, data=OTHER),
    ]


# --- standard input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [RECORD, RECORD + b"\n\n", b'{\n"hasResults": false}\n', b"NCT ID: 1\n{}\n", b"", b"<a>\n</a>"],
)
def test_standard_input_is_one_document(document: bytes) -> None:
    (found,) = expand("-", stdin=document)
    assert (found.name, found.line, found.problems) == ("<stdin>", 0, ())
    assert found.data is not None
    assert found.data.rstrip() == document.rstrip()


def test_standard_input_is_ndjson_if_a_first_line_is_a_whole_object_and_more_follows() -> None:
    assert expand("-", stdin=RECORD + b"\n\n" + OTHER + b"\n" + RECORD) == [
        Source("<stdin>", line=1, data=RECORD),
        Source("<stdin>", line=3, data=OTHER),
        Source("<stdin>", line=4, data=RECORD),
    ]


def test_standard_input_may_be_an_archive() -> None:
    data = Path(packed("a.zip", {"a.json": RECORD})).read_bytes()
    assert expand("-", stdin=data) == [Source("<stdin>", "a.json", data=RECORD, found=True)]


def test_standard_input_has_the_limit_of_a_file() -> None:
    reason = "larger than the limit of 100 bytes; TRIALBRIDGE_MAX_BYTES raises it"
    assert told(expand("-", limit=100, stdin=b"x" * 101)) == [("<stdin>", "size", reason)]
    assert told(expand("-", limit=100, stdin=b"x\n" * 51)) == [("<stdin>", "size", reason)]
    assert told(expand("-", limit=100, stdin=b"x" * 100)) == []


def test_a_closed_standard_input_is_told() -> None:
    assert told(expand("-")) == [("<stdin>", "unreadable", "cannot be read: it is closed")]


# --- archives ------------------------------------------------------------------------------------


def test_an_archive_is_its_entries_ndjson_among_them() -> None:
    entries = {"a/b.json": RECORD, "a/": b"", "c.ndjson": RECORD + b"\n" + RECORD}
    entries |= {"__MACOSX/b.json": b"", ".DS_Store": b""}
    found = expand(packed("a.zip", entries))
    assert [(source.name, source.data) for source in found] == [
        ("a.zip!a/b.json", RECORD),
        ("a.zip!c.ndjson:1", RECORD),
        ("a.zip!c.ndjson:2", RECORD),
    ]


def test_an_archive_is_told_by_its_content_where_it_is_named() -> None:
    packed("trials.bin", {"a.json": RECORD})
    assert [source.name for source in expand("trials.bin")] == ["trials.bin!a.json"]
    # A spreadsheet is an archive too, of no interest in a folder.
    Path("a").mkdir()
    packed("a/table.xlsx", {"a.xml": b""})
    assert [source.name for source in expand("a")] == ["a/table.xlsx"]


def test_an_archive_in_an_archive_is_refused() -> None:
    inner = Path(packed("inner.zip", {"a.json": RECORD})).read_bytes()
    assert told(expand(packed("a.zip", {"b/Inner.ZIP": inner}))) == [
        (
            "a.zip!b/Inner.ZIP",
            "nested-archive",
            "an archive in an archive is not opened, expected the records themselves",
        )
    ]


@pytest.mark.parametrize(
    "name", ["../a.json", "b/../../a.json", "/etc/a.json", "C:\\a.json", "..\\a.json", "b/.."]
)
def test_a_name_that_leads_out_of_an_archive_is_told_and_nothing_is_written(
    name: str, folder: Path
) -> None:
    packed("a.zip", {name: RECORD})
    before = sorted(folder.parent.rglob("*"))
    (found,) = expand("a.zip")
    (problem,) = found.problems
    assert (found.name, found.data) == (f"a.zip!{name}", RECORD)
    assert (problem.severity, problem.code) == ("warning", "entry-name")
    assert problem.message == (
        "the name leads out of the archive: harmless here, where nothing is extracted"
    )
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["a..json", "b/...json", "b/a..b.json", ":.json"])
def test_dots_in_a_name_are_no_way_out(name: str) -> None:
    assert told(expand(packed("a.zip", {f"x/x{name}": RECORD}))) == []


def test_an_archive_that_expands_beyond_its_ratio_is_refused() -> None:
    bomb = b'{"hasResults":' + b" " * 30_000_000
    packed("a.zip", {"a.json": bomb}, compression=zipfile.ZIP_DEFLATED)
    size = Path("a.zip").stat().st_size
    assert told(expand("a.zip", limit=1 << 28)) == [
        (
            "a.zip",
            "archive-size",
            f"the archive expands to more than {200 * size:,} bytes (it has {size:,}):"
            " refused as a zip bomb",
        )
    ]


def test_many_entries_are_counted_together() -> None:
    entries = {f"{number}.json": RECORD + b" " * 900_000 for number in range(40)}
    packed("a.zip", entries, compression=zipfile.ZIP_DEFLATED)
    found = expand("a.zip")
    assert [problem[:2] for problem in told(found)] == [("a.zip", "archive-size")]
    assert 1 < len(found) < 40


def test_a_small_archive_may_be_all_blanks() -> None:
    packed("a.zip", {"a.json": RECORD + b" " * 900_000}, compression=zipfile.ZIP_DEFLATED)
    assert told(expand("a.zip")) == []


def test_an_entry_over_the_limit_is_told_as_a_file_is() -> None:
    packed("a.zip", {"a.json": RECORD + os.urandom(2_000), "b.json": RECORD})
    found = expand("a.zip", limit=1_000)
    reason = "larger than the limit of 1,000 bytes; TRIALBRIDGE_MAX_BYTES raises it"
    assert told(found) == [("a.zip!a.json", "size", reason)]
    assert found[-1].data == RECORD


@pytest.mark.parametrize("before", [b"", b"a program that unpacks what follows"])
@pytest.mark.parametrize("comment", [b"", b"a comment"])
@pytest.mark.parametrize("wide", [False, True])
def test_a_directory_of_any_length_is_read_in_pages(
    monkeypatch: pytest.MonkeyPatch, before: bytes, comment: bytes, wide: bool
) -> None:
    monkeypatch.setattr(zip_pages, "PAGE", 200)
    if wide:
        # What zipfile writes for archives of more entries than 16 bits count.
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    names = [f"{number:05d}{'a' * (number % 90)}.json" for number in range(30)]
    with open("a.zip", "wb") as file:
        file.write(before)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = comment
            for name in names:
                archive.writestr(name, RECORD + name.encode())
    assert (b"PK\x06\x06" in Path("a.zip").read_bytes()) is wide
    found = expand("a.zip")
    assert told(found) == []
    assert [(one.inner, one.data) for one in found] == [
        (name, RECORD + name.encode()) for name in names
    ]
    with open("a.zip", "rb") as file:
        sizes = [len(page.infolist()) for page in zip_pages.pages(file)]
    assert sum(sizes) == 30
    assert max(sizes) <= 4


def test_a_directory_that_breaks_in_the_middle_is_told_after_the_entries_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zip_pages, "PAGE", 100)
    packed("a.zip", {f"{number:020d}.json": RECORD for number in range(6)})
    data = bytearray(Path("a.zip").read_bytes())
    data[data.rindex(b"PK\x01\x02")] ^= 0xFF
    Path("a.zip").write_bytes(data)
    found = expand("a.zip")
    assert [one.data for one in found[:4]] == [RECORD] * 4
    (problem,) = told(found)
    assert problem == (
        "a.zip",
        "archive",
        "not a zip archive that can be read: Bad magic number for central directory",
    )


def test_a_size_that_lies_is_found_out() -> None:
    packed("a.zip", {"a.json": b" " * 30_000_000}, compression=zipfile.ZIP_DEFLATED)
    data = bytearray(Path("a.zip").read_bytes())
    directory = data.index(b"PK\x01\x02")
    for place in (22, directory + 24):
        struct.pack_into("<I", data, place, 10)
    Path("a.zip").write_bytes(data)
    assert [code for _, code, _ in told(expand("a.zip"))] in (["archive"], ["archive-size"])


def test_an_encrypted_entry_is_told() -> None:
    packed("a.zip", {"a.json": RECORD})
    data = bytearray(Path("a.zip").read_bytes())
    for place in (6, data.index(b"PK\x01\x02") + 8):
        data[place] |= 1
    Path("a.zip").write_bytes(data)
    assert told(expand("a.zip")) == [("a.zip!a.json", "encrypted", "the entry is encrypted")]


def _breaks(data: bytes) -> Iterator[bytes]:
    for place in range(0, len(data), 3):
        yield data[:place]
        yield data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def test_no_broken_archive_raises() -> None:
    whole = Path(
        packed("a.zip", {"a.json": RECORD, "b.jsonl": RECORD}, compression=zipfile.ZIP_DEFLATED)
    ).read_bytes()
    for data in _breaks(whole):
        Path("a.zip").write_bytes(data)
        expand("a.zip")


def test_what_is_no_archive_is_told() -> None:
    Path("a.zip").write_bytes(RECORD)
    assert told(expand("a.zip")) == [
        ("a.zip", "archive", "not a zip archive that can be read: File is not a zip file")
    ]
