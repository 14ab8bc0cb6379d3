"""What nobody has vouched for: a clear problem with its place or a right reading, never a raise.

Every law runs through the public functions, and over every format that is read or validated. How
much memory and time the largest of such documents take is not tested here, but measured by hand.
"""

import io
import json
import os
import random
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from corpus import ALL
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import NAMES, PIECES, documents, mutated

import trialbridge
from trialbridge.cli import commands as cli
from trialbridge.formats import by_name, read_formats
from trialbridge.schemas import ctgov
from trialbridge.schemas.fhir.walk import references as fhir_walk
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax import decode
from trialbridge.schemas.syntax.duplicate_keys import duplicate_keys

# R4B is read and checked by the code of R4.
SAMPLE = tuple(name for name in NAMES if ALL or name != "fhir-r4b")
JSON = tuple(name for name in SAMPLE if by_name(name).syntax == "json")
XML = tuple(name for name in NAMES if by_name(name).syntax == "xml")
ODM = tuple(name for name in XML if name.startswith("odm"))
READ = tuple(known.name for known in read_formats())

LEVELS = 100_000


def told(data: bytes, name: str) -> list[Problem]:
    """Read and validate; give the problems of validation, which hold those of reading."""
    problems = trialbridge.validate(data, format=name)
    refused = refusal(data, name) if name in READ else []
    if by_name(name).validator is None:
        assert set(refused) <= set(problems)
    # What a report shows of one problem is of a length that can be read, whatever the source says.
    for problem in (*problems, *refused):
        assert 0 < len(problem.message) < 2_000
    json.dumps([str(problem) for problem in problems], ensure_ascii=False)
    return problems


def refusal(data: bytes, name: str) -> list[Problem]:
    try:
        trialbridge.read(data, format=name)
    except ReadError as error:
        return error.problems or [Problem(severity="fatal", layer="", path="", code="", message="")]
    return []


def only(data: bytes, name: str) -> tuple[str, str, str]:
    (problem,) = told(data, name)
    return problem.severity, problem.code, problem.path


def document(name: str) -> bytes:
    return documents(name)[0]


def begun(name: str, value: bytes) -> bytes:
    """Put a value where the first object of a format has its first telling member."""
    keys = {"trial": b'"trialbridge":"1","protocolSection"', "ctgov-v1": b'"ProtocolSection"'}
    keys["ctis"] = b'"ctNumber":"2099-500001-10-00","authorizedPartI"'
    keys["drks"] = b'"drksId":"DRKS00000001","recruitment"'
    key = b'"resourceType":"Bundle","entry"' if name.startswith("fhir") else b'"protocolSection"'
    return b"{" + keys.get(name, key) + b":" + value + b"}"


def member(name: str, value: bytes) -> bytes:
    """Put an unknown member with a value before the others of a document."""
    first, rest = document(name)[:1], document(name)[1:]
    return first + b'"odd":' + value + b"," + rest


def validate(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(
        cli.main, ["validate", *arguments], prog_name="trialbridge", catch_exceptions=False,
        **options,
    )  # fmt: skip


# --- JSON: nesting, numbers, characters --------------------------------------------------------


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize(
    "value",
    [
        b"[" * LEVELS + b"]" * LEVELS,
        b"[" * LEVELS,
        b'{"a":' * LEVELS + b"1" + b"}" * LEVELS,
        b'[{"a":' * LEVELS + b"1" + b"}]" * LEVELS,
    ],
    ids=["lists", "open-lists", "objects", "both"],
)
def test_json_of_100_000_levels_is_refused_with_the_place(name: str, value: bytes) -> None:
    severity, code, path = only(begun(name, value), name)
    assert (severity, code) == ("fatal", "nesting")
    assert re.fullmatch(r"line 1, column \d+", path)


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("levels", [50, 99, 100, 101, 150, 900, 1_100, 3_000])
def test_json_of_any_depth_is_read_or_refused(name: str, levels: int) -> None:
    for value in (b"[" * levels + b"]" * levels, b'{"a":' * levels + b"1" + b"}" * levels):
        for data in (begun(name, value), member(name, value)):
            problems = told(data, name)
            assert problems
            if levels > decode.DEEPEST + 1:
                assert any(problem.severity in ("fatal", "error") for problem in problems)


NUMBERS = {
    "10**10000": b"1" + b"0" * 10_000,
    "5,000 digits": b"9" * 5_000,
    "4,300 digits": b"9" * 4_300,
    "300 digits": b"9" * 300,
    "1e999999": b"1e999999",
    "-1e400": b"-1e400",
    "1e308": b"1e308",
    "1e-999999": b"1e-999999",
    "-0": b"-0",
    "-0.0": b"-0.0",
    "many decimals": b"0." + b"3" * 9_000,
}


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_of_any_size_is_kept_or_refused(name: str, number: str) -> None:
    value = NUMBERS[number]
    told(member(name, value), name)
    told(begun(name, value), name)
    # In the place of each value of the document, a number among them: each number in some places.
    data = document(name)
    first, step = (0, 1) if ALL else (list(NUMBERS).index(number), len(NUMBERS))
    for pattern in (rb'(?<=":)[0-9]+(?=[,}])', rb'(?<=":)"[^"]*"(?=[,}])'):
        for match in list(re.finditer(pattern, data))[first:25:step]:
            told(data[: match.start()] + value + data[match.end() :], name)


@pytest.mark.parametrize("number", ["10**10000", "5,000 digits", "1e999999", "-1e400"])
def test_what_no_number_can_hold_is_refused_with_its_place(number: str) -> None:
    for name in JSON:
        assert only(member(name, NUMBERS[number]), name) == ("fatal", "number", "line 1, column 8")


def test_a_number_that_is_too_great_and_goes_on_as_none_is_refused_all_the_same() -> None:
    # Found by fuzzing: what follows the number was taken for a part of it.
    for rest in (b"-1", b".5", b"+", b"e1", b"E-+."):
        for name in JSON:
            severity, code, path = only(member(name, b"1e999999" + rest), name)
            assert (severity, code) in {("fatal", "number"), ("fatal", "malformed")}
            assert path.startswith("line 1, column ")


def test_a_great_number_that_can_be_held_comes_back_digit_by_digit() -> None:
    for name in ("trial", "ctgov"):
        written = trialbridge.convert(member("ctgov", b"9" * 4_300), name)
        back = trialbridge.convert(written, "ctgov")
        assert b'"odd":' + b"9" * 4_300 in back


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_is_no_number_of_json_is_refused_with_its_place(name: str, word: bytes) -> None:
    (problem,) = told(member(name, word), name)
    assert (problem.severity, problem.path) == ("fatal", "line 1, column 8")
    assert problem.message == f"{word.decode()} is not JSON, expected a number"


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize(
    ("piece", "code"),
    [(b"\xff", "encoding"), (b"\xed\xa0\x80", "encoding"), (b"\xc3", "encoding"),
     (b"\x00", "malformed"), (b"\r", "malformed"), (b"\\ud800", "malformed"),
     (b"\\udc00x", "malformed")],
)  # fmt: skip
def test_bytes_that_no_json_text_has_are_refused_with_the_place(
    name: str, piece: bytes, code: str
) -> None:
    for data in (member(name, b'"' + piece + b'"'), document(name).replace(b'":"', b'":"' + piece)):
        (problem,) = told(data, name)
        assert (problem.severity, problem.code) == ("fatal", code)
        assert re.fullmatch(r"byte \d+|line \d+, column \d+", problem.path)


@pytest.mark.parametrize("name", JSON)
def test_an_escaped_nul_or_mark_is_a_character_like_others(name: str) -> None:
    data = document(name)
    for piece in (b"\\u0000", b"\xef\xbb\xbf", b"\\ufeff", b"\\u001b"):
        told(data.replace(b'":"', b'":"' + piece, 1), name)
        told(data.replace(b'{"', b'{"' + piece, 1), name)


@pytest.mark.parametrize("name", JSON)
def test_blanks_around_json_are_nothing_and_all_else_is_told(name: str) -> None:
    data = document(name)
    right = trialbridge.validate(data, format=name)
    assert told(b"\xef\xbb\xbf\r\r" + data + b"\r\n\t ", name) == right
    assert only(data + b"\x00", name)[:2] == ("fatal", "malformed")
    assert only(b" \xef\xbb\xbf" + data, name)[:2] == ("fatal", "malformed")
    assert only(data + b"\xef\xbb\xbf", name)[:2] == ("fatal", "malformed")


# --- JSON: keys that stand twice ---------------------------------------------------------------


def telling(name: str) -> str:
    """Give a key that stands in a document: of the title, or of the id."""
    if name.startswith("fhir"):
        return "title"
    return {"ctgov-v1": "NCTId", "ctis": "publicTitle", "drks": "title", "usdm": "versions"}.get(
        name, "briefTitle"
    )


def twice(name: str) -> bytes:
    """Say the title, or the id, twice, in two ways."""
    key = b'"%s":' % telling(name).encode()
    data = document(name)
    assert key in data
    return data.replace(key, key + b'"A fact that is lost",\n' + key, 1)


@pytest.mark.parametrize("name", JSON)
def test_a_key_that_stands_twice_is_an_error_with_its_pointer_and_places(name: str) -> None:
    data = twice(name)
    (problem,) = [p for p in told(data, name) if p.code == "duplicate-key"]
    key = telling(name)
    assert (problem.severity, problem.layer) == ("error", "read")
    assert problem.path.endswith(f"/{key}")
    assert re.fullmatch(
        rf"'{key}' stands twice in one object, expected once: at line 1, column \d+ and "
        r"line 2, column 1",
        problem.message,
    )
    assert problem.link == "https://www.rfc-editor.org/rfc/rfc8259#section-4"


@pytest.mark.parametrize("name", ["ctgov", "trial", "fhir-r5"])
def test_no_command_takes_the_last_of_two_without_a_word(name: str, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(twice(name))
    to = "trial" if name == "ctgov" else "ctgov"
    for command in (["convert", "--to", to], ["roundtrip", "--via", to], ["validate"]):
        arguments = [*command[1:], str(path)]
        done = CliRunner().invoke(getattr(cli, command[0]), arguments, catch_exceptions=False)
        assert done.exit_code == 1, command
        assert "stands twice in one object" in done.output


def test_the_line_of_the_last_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(b'{"hasResults": true,\n "hasResults": false}')
    assert "  2:16 error: /hasResults: 'hasResults' stands twice" in validate(str(path)).output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "b": {"a": 1}, "c": [{"a": 1}, {"a": 1}]}', []),
        ('{"a": 1, "\\u0061": 2}', ["/a"]),
        ('{"a": "}{\\"", "a": "\\"a\\":1"}', ["/a"]),
        ('{"x": [0, {"~/": 1, "~/": 2, "~/": 3}]}', ["/x/1/~0~1"]),
        ('{"": 1, "": {"b": [], "b": []}}', ["//b", "/"]),
        ('[{"a": 1, "a": 1}]', ["/0/a"]),
        ('{"a": 1e999999, "b": ' + "9" * 6_000 + ', "a": NaN}', ["/a"]),
        ('{"a": 1, "a": ', []),
        ("", []),
    ],
)
def test_duplicates_are_found_wherever_they_are(text: str, expected: list[str]) -> None:
    assert [problem.path for problem in duplicate_keys(text.encode())] == expected


def test_duplicates_are_found_below_any_depth_that_is_read() -> None:
    deep = b'{"a":' * 5_000 + b'{"b":1,"b":2}' + b"}" * 5_000
    assert [problem.path for problem in duplicate_keys(deep)] == ["/a" * 5_000 + "/b"]


@given(
    st.recursive(
        st.integers() | st.text('ab"\\{}[],:/~\u1234', max_size=4),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.lists(st.tuples(st.text('ab"\\{', max_size=2), inner), max_size=4).map(tuple)
        ),
        max_leaves=20,
    )
)
def test_duplicates_are_those_that_a_plain_parser_sees(tree: Any) -> None:
    def write(node: Any) -> str:
        if isinstance(node, tuple):
            members = (f"{json.dumps(key)}: {write(inner)}" for key, inner in node)
            return "{" + ", ".join(members) + "}"
        if isinstance(node, list):
            return f"[{', '.join(map(write, node))}]"
        return json.dumps(node)

    count = 0

    def pairs(found: list[tuple[str, Any]]) -> None:
        nonlocal count
        keys = [key for key, _ in found]
        count += sum(keys.count(key) > 1 for key in set(keys))

    text = write(tree)
    json.loads(text, object_pairs_hook=pairs)
    assert len(duplicate_keys(text.encode())) == count


# --- XML ---------------------------------------------------------------------------------------

SECRET = "a-secret-of-this-machine"


def odm(name: str) -> bytes:
    return document(name)


def within(name: str, body: bytes, before: bytes = b"") -> bytes:
    """Put something into the root of an otherwise empty document."""
    namespace = by_name(name).marks[0].encode()
    return before + b'<ODM xmlns="' + namespace + b'">' + body + b"</ODM>"


@pytest.mark.parametrize("name", XML)
@pytest.mark.parametrize(
    "declared",
    [
        b'<!DOCTYPE ODM [<!ENTITY e "e">]>',
        b'<!DOCTYPE ODM [<!ENTITY e SYSTEM "file:///SECRET">]>',
        b'<!DOCTYPE ODM [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
        b'<!DOCTYPE ODM SYSTEM "http://127.0.0.1:9/x.dtd">',
        b'<!DOCTYPE ODM PUBLIC "-//X" "file:///SECRET">',
        b'<!DOCTYPE ODM [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
        + b'<!ENTITY e "&m;">]>',
        b'<!DOCTYPE ODM [<!ATTLIST ODM Odd CDATA "default">]>',
    ],
    ids=["internal", "file", "parameter", "dtd", "public", "laughs", "defaults"],
)
def test_a_doctype_is_refused_and_nothing_that_it_names_is_read(
    name: str, declared: bytes, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    declared = declared.replace(b"/SECRET", os.fsencode(secret))
    (problem,) = told(within(name, b"&e;", declared), name)
    assert (problem.severity, problem.code, problem.path) == ("fatal", "doctype", "line 1")
    assert SECRET not in problem.message


@pytest.mark.parametrize("name", XML)
def test_an_inclusion_and_a_place_of_a_schema_are_not_followed(name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    include = (
        f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret}" parse="text"/>'
    )
    problems = told(within(name, include.encode()), name)
    assert problems
    assert not any(SECRET in problem.message for problem in problems)
    odd = (
        b'<ODM xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xsi:schemaLocation="' + by_name(name).marks[0].encode() + b' http://127.0.0.1:9/x.xsd"'
    )
    told(odm(name).replace(b"<ODM", odd, 1), name)
    stylesheet = b'<?xml-stylesheet href="http://127.0.0.1:9/x.xsl" type="text/xsl"?>'
    told(stylesheet + re.sub(rb"<\?.*?\?>", b"", odm(name)), name)


@pytest.mark.parametrize("name", XML)
def test_xml_of_100_000_levels_is_refused(name: str) -> None:
    closed = within(name, b"<Study>" * LEVELS + b"</Study>" * LEVELS)
    for data in (closed, closed[: len(closed) // 3]):
        assert only(data, name) == ("fatal", "depth", "line 1")
    for levels in (100, 200, 250, 253, 254, 255, 256, 257):
        assert told(within(name, b"<Study>" * levels + b"</Study>" * levels), name)


@pytest.mark.parametrize("name", ODM)
@pytest.mark.parametrize(
    "piece", [b"\x00", b"\xff", b"\xed\xa0\x80", b"&#0;", b"&#xD800;", b"&#x1;", b"&x;", b"&", b"<"]
)
def test_what_no_xml_text_has_is_refused_with_its_line(name: str, piece: bytes) -> None:
    data = odm(name).replace(b"</TranslatedText>", piece + b"</TranslatedText>", 1)
    assert data != odm(name)
    (problem,) = told(data, name)
    assert problem.severity == "fatal"
    assert re.fullmatch(r"line \d+", problem.path)


@pytest.mark.parametrize("name", XML)
def test_marks_and_ends_of_lines_in_xml(name: str) -> None:
    data = odm(name)
    right = trialbridge.validate(data, format=name)
    assert told(b"\xef\xbb\xbf" + data, name) == right
    told(b"\xef\xbb\xbf\xef\xbb\xbf" + data, name)
    # https://www.w3.org/TR/xml/#sec-line-ends
    assert len(told(data.replace(b"\n", b"\r"), name)) == len(right)


@pytest.mark.parametrize("name", ["odm-2.0", "odm-1.3.2"])
def test_numbers_in_xml_of_any_size_are_told(name: str) -> None:
    data = odm(name)
    for number in (*NUMBERS.values(), b"NaN", b"INF", b"--1", "٣".encode()):
        for pattern in (rb'(?<=OrderNumber=")\d+', rb'(?<=Value=")[^"]+', rb"(?<=>)\d+(?=<)"):
            told(re.sub(pattern, number, data), name)


@pytest.mark.parametrize("name", ["odm-2.0", "odm-1.3.2"])
def test_a_great_text_and_many_elements_are_read_or_refused(name: str) -> None:
    data = odm(name)
    text = b"x" * 11_000_000
    assert only(data.replace(b"</TranslatedText>", text + b"</TranslatedText>", 1), name)[:2] == (
        "fatal",
        "size",
    )
    assert told(within(name, b"<Study/>" * 20_000), name)
    assert told(within(name, b"<!--" + text + b"-->"), name)


# --- the text of a page ------------------------------------------------------------------------


def test_text_of_other_ends_of_lines_reads_the_same() -> None:
    text = document("text")
    right = trialbridge.read(text, format="text")
    for end in (b"\r", b"\r\n"):
        assert trialbridge.read(text.replace(b"\n", end), format="text") == right


@pytest.mark.parametrize(
    ("piece", "code"), [(b"\x00", "control"), (b"\x1b", "control"), (b"\xff", "encoding")]
)
def test_what_no_text_has_is_refused_with_its_line(piece: bytes, code: str) -> None:
    first, rest = document("text").split(b"\n", 1)
    data = first + b"\n" + piece + rest
    assert only(data, "text") == ("fatal", code, "line 2")


def test_a_text_of_a_hundred_thousand_lines_or_one_of_ten_million_characters_is_read() -> None:
    text = document("text")
    told(text + b"word\n" * 100_000, "text")
    told(text + b"x" * 10_000_000, "text")
    told(text + b"1. word\n" * 50_000, "text")
    told(b"\n" * 1_000_000 + text, "text")
    for line in text.split(b"\n"):
        if b":" in line:
            told(text.replace(line, line + b" " + b"x" * 100_000, 1), "text")


def test_numbers_in_a_text_of_any_size_are_told() -> None:
    text = document("text")
    numbers = (*NUMBERS.values(), b"NaN", "٣".encode(), "²".encode())
    for index, number in enumerate(numbers):
        told(re.sub(rb"\b\d+\b", number, text), "text")
        first, step = (0, 1) if ALL else (index, len(numbers))
        for match in list(re.finditer(rb"\b\d+\b", text))[first:60:step]:
            told(text[: match.start()] + number + text[match.end() :], "text")


# --- bounds ------------------------------------------------------------------------------------


def test_more_values_than_a_record_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MOST_UNMAPPED", 10)
    few, many = (
        b'{"hasResults":false,' + b",".join(b'"k%d":1' % number for number in range(count)) + b"}"
        for count in (10, 11)
    )
    assert len(told(few, "ctgov")) == 10
    (problem,) = told(many, "ctgov")
    assert str(problem) == "fatal: more than 10 values that the model does not know: no record"


def test_no_more_problems_are_told_than_somebody_could_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fhir_walk, "MOST_PROBLEMS", 10)
    for name in JSON:
        if name.startswith("fhir") and by_name(name).validator:
            problems = told(begun(name, b"[" + b",".join([b"{}"] * 1_000) + b"]"), name)
            assert len(problems) == 11
            assert problems[-1].message == "more than 10 problems: not looked at any further"
            assert (problems[-1].severity, problems[-1].code) == ("error", "too-many")


def test_long_keys_above_many_empty_places_do_not_fill_the_memory() -> None:
    key = b"k" * 100_000
    data = b'{"hasResults":false,"' + key + b'":[' + b",".join([b"{}"] * 10_000) + b"]}"
    problems = ctgov.check(data)
    assert sum(len(problem.path) for problem in problems) < 2_000_000
    assert problems[-1].message == "more places with nothing in them than are told"


def test_a_document_is_read_in_memory_of_a_few_times_its_size() -> None:
    script = (
        "import resource, sys, trialbridge\n"
        "data = sys.stdin.buffer.read()\n"
        "trialbridge.validate(data)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    blank = subprocess.run(
        [sys.executable, "-c", script], input=document("ctgov"), capture_output=True, check=True
    )
    data = member("ctgov", b'"' + b"x" * 20_000_000 + b'"')
    done = subprocess.run(
        [sys.executable, "-c", script], input=data, capture_output=True, check=True
    )
    # In kilobytes, but on macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1_024
    assert (int(done.stdout) - int(blank.stdout)) * unit < 10 * len(data)


# --- archives, lines, the command --------------------------------------------------------------


def packed(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_an_archive_of_hostile_documents_is_told_entry_by_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entries = {
        "deep.json": begun("ctgov", b"[" * LEVELS),
        "../../escape.json": document("ctgov"),
        "/etc/absolute.json": document("trial"),
        "laughs.xml": within("odm-2.0", b"&e;", b'<!DOCTYPE ODM [<!ENTITY e "e">]>'),
        "inner.zip": packed({"a.json": document("ctgov")}),
        "twice.ndjson": twice("ctgov").replace(b"\n", b" ") + b"\n{\n",
    }
    Path("hostile.zip").write_bytes(packed(entries))
    done = validate("hostile.zip", "--report", "json")
    assert done.exit_code == 1
    files = {file["file"]: file for file in json.loads(done.stdout)["files"]}
    codes = {
        name.partition("!")[2]: sorted({problem["code"] for problem in file["problems"]})
        for name, file in files.items()
    }
    assert codes["deep.json"] == ["nesting"]
    assert codes["laughs.xml"] == ["doctype"]
    assert "entry-name" in codes["../../escape.json"]
    assert "entry-name" in codes["/etc/absolute.json"]
    assert codes["inner.zip"] == ["nested-archive"]
    assert sorted(os.listdir()) == ["hostile.zip"]
    assert not (tmp_path.parent.parent / "escape.json").exists()


def test_a_bomb_is_refused_in_a_moment_of_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(packed({f"{number}.json": b" " * 50_000_000 for number in range(4)}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = validate(str(path))
    assert done.exit_code == 1
    assert "refused as a zip bomb" in done.output
    unit = 1 if sys.platform == "darwin" else 1_024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < 200_000_000


@pytest.mark.parametrize("name", SAMPLE)
def test_every_command_ends_without_a_traceback_whatever_it_is_given(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "odd"
    data = document(name)
    middle = len(data) // 2
    for piece in PIECES if ALL else PIECES[NAMES.index(name) % 3 :: 3]:
        path.write_bytes(data[:middle] + piece + data[middle:])
        done = validate(str(path), "--from", name)
        assert done.exit_code in (0, 1)
        assert done.output
        if name in READ:
            done = CliRunner().invoke(
                cli.convert, ["--to", "trial", "--from", name, str(path)], catch_exceptions=False
            )
            assert done.exit_code in (0, 1)


# --- what chance makes -------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLE)
@settings(max_examples=60 if ALL else 20)
@given(seed=st.integers(0, 2**64))
def test_a_document_changed_at_random_is_read_or_refused(name: str, seed: int) -> None:
    choice = random.Random(seed)
    data = mutated(choice.choice(documents(name)), choice)
    told_by_reading(data, name)


@pytest.mark.parametrize("name", SAMPLE)
@settings(max_examples=40 if ALL else 15)
@given(data=st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(name: str, data: bytes) -> None:
    told_by_reading(data, name)
    told_by_reading(document(name)[:50] + data, name)


JSON_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["resourceType", "entry", "resource", "extension", "url", "id", "value",
                         "protocolSection", "identificationModule", "nctId", "unmapped", "page",
                         "statusModule", "contained", "_id", "valueString", "text", "div", ""]),
        inner, max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@pytest.mark.parametrize("name", JSON)
@settings(max_examples=60 if ALL else 20)
@given(tree=JSON_TREES)
def test_a_tree_of_any_shape_is_read_or_refused(name: str, tree: Any) -> None:
    data = msgspec.json.encode(tree)
    told_by_reading(data, name)
    told_by_reading(begun(name, data), name)
    told_by_reading(begun(name, b'[{"resource":' + data + b"}]"), name)
    study = b'{"resourceType":"ResearchStudy","extension":' + data + b"}"
    told_by_reading(study, name)


def told_by_reading(data: bytes, name: str) -> None:
    """Read and validate: nothing but ReadError comes out, and each problem says something."""
    check: Callable[[bytes, str], object] = told
    check(data, name)
    # The format that it is taken for may be another.
    trialbridge.validate(data)
