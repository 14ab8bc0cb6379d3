"""Bytes to trial design datasets: a zip of them, or one as Dataset-JSON, XPT or CSV.

https://www.cdisc.org/standards/data-exchange/dataset-json
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final, NamedTuple

import msgspec

from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.sdtm.domains import DESIGN
from trialbridge.schemas.syntax import xpt
from trialbridge.schemas.syntax.dataset import Column, Dataset, NoDataset, Value
from trialbridge.schemas.syntax.decode import parse_object
from trialbridge.schemas.syntax.zip.entries import BROKEN, odd_method, opened
from trialbridge.schemas.syntax.zip.pages import first_page

LINK: Final = "https://www.cdisc.org/standards/foundational/sdtmig"
MEMBER_LIMIT: Final = 32 << 20
"""The most bytes that a member of a zip may have."""

DEFINE: Final = "define.xml"
ZIP: Final = b"PK\x03\x04"
# Where a transport file has the name of its dataset.
_NAME = slice(408, 416)
HEAD: Final = 4_096
"""How many bytes tell what a file is."""
_MEMBER = re.compile(rf"(?:.*/)?({'|'.join(DESIGN)})\.(json|xpt|csv)", re.IGNORECASE)
_OTHER = re.compile(r"(?:.*/)?[^/]+\.(json|xpt|csv)", re.IGNORECASE)
_SHOWN = 120
# A member that is encrypted is a RuntimeError to zipfile.
_BROKEN = (*BROKEN, RuntimeError)


class Held(NamedTuple):
    """A dataset that a source has, and the name of its file there, which is empty if it is all."""

    dataset: Dataset
    file: str = ""
    tree: Mapping[str, Any] | None = None
    """The whole of a Dataset-JSON."""

    @property
    def place(self) -> str:
        """What paths in it begin with: `ts.json`, or the name of the dataset."""
        return self.file or self.dataset.name


class Package(NamedTuple):
    """What a source has: its datasets, its Define-XML, and the names of what is not read."""

    held: tuple[Held, ...]
    define: bytes | None = None
    others: tuple[str, ...] = ()

    def dataset(self, name: str) -> Dataset | None:
        """The dataset of a name."""
        return next((one.dataset for one in self.held if one.dataset.name == name), None)


def refusal(path: str, code: str, message: str) -> ReadError:
    """The error of a source that is not read at all."""
    return ReadError(
        [Problem(severity="fatal", layer="read", path=path, code=code, message=message, link=LINK)]
    )


def package_of(data: bytes) -> Package:
    """The trial design datasets of a source.

    Raises ReadError, with the file and the place in it, if one is broken, if there is none, or two
    of one name.
    """
    if data.startswith(ZIP):
        return _unzipped(data)
    dataset, tree = _dataset(data, "")
    if dataset.name not in DESIGN:
        what = f"the dataset is {dataset.name or 'without a name'}, which has data of subjects"
        raise refusal("", "dataset", f"{what}; expected TS, the summary of a trial")
    return _with_a_summary(Package((Held(dataset, "", tree),)))


_NEEDED: Final = {
    "TS": ("STUDYID", "TSPARMCD", "TSVAL"),
    "TI": ("STUDYID", "IETESTCD", "IETEST", "IECAT"),
}


def require_columns(package: Package) -> None:
    """See that datasets have the columns that a record is read from. Raises ReadError."""
    for one in package.held:
        for name in _NEEDED.get(one.dataset.name, ()):
            if name not in one.dataset.names:
                found = ", ".join(one.dataset.names)
                shown = found if len(found) < _SHOWN else f"{found[:_SHOWN]}..."
                message = f"there is no column {name}; the columns are {shown}"
                raise refusal(one.place, "columns", message)


def _with_a_summary(package: Package) -> Package:
    there = {one.dataset.name for one in package.held}
    if there.isdisjoint(("TS", "TI")):
        found = ", ".join(sorted(there)) or "none"
        message = f"no dataset TS, the summary of the trial; found are {found}"
        raise refusal("", "dataset", message)
    return package


class _Named(msgspec.Struct):
    name: str = ""


_named: Final = msgspec.json.Decoder(_Named)


def is_one(data: bytes) -> bool:
    """Whether bytes are a trial design dataset, or a zip with a TS or TI.

    A dataset that says no name is one, until its reader says what is wrong with it.
    """
    if data.startswith(ZIP):
        return holds_one(io.BytesIO(data))
    if data.startswith(xpt.BEGINS):
        name = data[_NAME].decode("latin-1").strip()
        return not name or name.upper() in DESIGN
    if data.lstrip()[:1] == b"{":
        try:
            name = _named.decode(data).name
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return True
        return not name or name.upper() in DESIGN
    return data.startswith((xpt.BEGINS_8, xpt.BEGINS_CPORT))


def holds_one(file: IO[bytes]) -> bool:
    """Whether a zip archive has a TS or TI that begins as such a dataset does."""
    try:
        with first_page(file) as archive:
            for entry in archive.infolist():
                found = _MEMBER.fullmatch(entry.filename)
                if found and found[1].upper() in ("TS", "TI"):
                    if odd_method(entry):
                        # The reader says why it is not unpacked.
                        return True
                    with opened(archive, entry) as packed:
                        if looks_like_one(packed.read(HEAD)):
                            return True
    except _BROKEN:
        pass
    return False


def is_member(name: str) -> bool:
    """Whether a file is called as a trial design dataset is."""
    return _MEMBER.fullmatch(name) is not None


def is_other(name: str) -> bool:
    """Whether a file is called as other datasets are."""
    return _OTHER.fullmatch(name) is not None and not is_member(name)


def looks_like_one(head: bytes) -> bool:
    """Whether a file that begins so is a dataset."""
    return (
        head.startswith((xpt.BEGINS, xpt.BEGINS_8))
        or b'"datasetJSONVersion"' in head
        or re.match(rb'(?:\xef\xbb\xbf)?"?STUDYID"?,', head) is not None
    )


def _unzipped(data: bytes) -> Package:
    held: list[Held] = []
    define = None
    others: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                name = entry.filename
                if name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("."):
                    continue
                if _MEMBER.fullmatch(name):
                    dataset, tree = _dataset(_unpacked(archive, entry), name)
                    held.append(Held(dataset, name, tree))
                elif name.rpartition("/")[2].lower() == DEFINE:
                    define = _unpacked(archive, entry)
                elif _OTHER.fullmatch(name):
                    others.append(name)
    except _BROKEN as error:
        message = f"the zip archive cannot be unpacked: {error or type(error).__name__}"
        raise refusal("", "archive", message) from error
    for position, one in enumerate(held):
        for before in held[:position]:
            if before.dataset.name == one.dataset.name:
                message = f"the dataset {one.dataset.name} is in {before.file} too, expected once"
                raise refusal(one.file, "twice", message)
    return _with_a_summary(Package(tuple(held), define, tuple(others)))


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with opened(archive, entry) as packed:
        data = packed.read(MEMBER_LIMIT + 1)
    if len(data) > MEMBER_LIMIT:
        message = f"larger than the limit of {MEMBER_LIMIT:,} bytes"
        raise refusal(entry.filename, "size", message)
    return data


def _dataset(data: bytes, file: str) -> tuple[Dataset, Mapping[str, Any] | None]:
    """One dataset, whatever it is written in. Raises ReadError with the place in its file."""
    try:
        if data.startswith((xpt.BEGINS[:20], xpt.BEGINS_CPORT)) or file.lower().endswith(".xpt"):
            return xpt.read(data), None
        if data.lstrip().startswith(b"{"):
            tree = parse_object(data)
            return _of_json(tree), tree
        return _of_csv(data), None
    except NoDataset as error:
        path = ", ".join(filter(None, (file, error.path)))
        raise refusal(path, error.code, str(error)) from error
    except ReadError as error:
        raise ReadError([_in_file(problem, file) for problem in error.problems]) from error


def _in_file(problem: Problem, file: str) -> Problem:
    from msgspec.structs import replace

    return replace(problem, path=", ".join(filter(None, (file, problem.path))))


# --- Dataset-JSON ------------------------------------------------------------------------------

_NUMBERS = frozenset({"integer", "float", "double"})
_TYPES = _NUMBERS | {"string", "decimal", "boolean", "datetime", "date", "time", "URI"}


def _of_json(tree: Mapping[str, Any]) -> Dataset:
    version = tree.get("datasetJSONVersion")
    if not isinstance(version, str) or not re.fullmatch(r"1\.1(\.\d+)?", version):
        message = f"Dataset-JSON {version!r:.40}, expected 1.1"
        raise NoDataset("datasetJSONVersion", "version", message)
    name = tree.get("name")
    if not isinstance(name, str):
        raise NoDataset(
            "name", "structure", f"expected the name of the dataset, found {name!r:.40}"
        )
    columns = tuple(_columns(tree.get("columns")))
    rows = tree.get("rows")
    if rows is None:
        message = "no rows: Dataset-JSON in NDJSON has them on lines, and is not read"
        raise NoDataset("rows", "structure", message)
    if not isinstance(rows, list):
        raise NoDataset("rows", "structure", f"expected a list, found {rows!r:.40}")
    for position, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            found = f"{len(row)} values" if isinstance(row, list) else f"{row!r:.40}"
            message = f"{found}, expected {len(columns)}, one for each column"
            raise NoDataset(f"rows[{position}]", "row", message)
        for column, value in zip(columns, row, strict=True):
            if isinstance(value, dict | list):
                message = f"expected a value of {column.name}, found {value!r:.40}"
                raise NoDataset(f"rows[{position}]", "row", message)
    label = tree.get("label")
    return Dataset(
        name.upper(),
        label if isinstance(label, str) else "",
        columns,
        [
            [_value(value, column) for value, column in zip(row, columns, strict=True)]
            for row in rows
        ],
    )


def _columns(listed: Any) -> Iterator[Column]:
    if not isinstance(listed, list) or not listed:
        raise NoDataset("columns", "structure", f"expected a list of columns, found {listed!r:.40}")
    seen: set[str] = set()
    for position, column in enumerate(listed):
        at = f"columns[{position}]"
        if not isinstance(column, dict):
            raise NoDataset(at, "structure", f"expected an object, found {column!r:.40}")
        name, kind = column.get("name"), column.get("dataType")
        if not isinstance(name, str) or not name:
            raise NoDataset(f"{at}.name", "structure", f"expected a name, found {name!r:.40}")
        if name in seen:
            raise NoDataset(f"{at}.name", "columns", f"the column {name} stands twice")
        if not isinstance(kind, str) or kind not in _TYPES:
            message = f"{kind!r:.40} is not one of {', '.join(sorted(_TYPES))}"
            raise NoDataset(f"{at}.dataType", "structure", message)
        seen.add(name)
        length, label = column.get("length"), column.get("label")
        yield Column(
            name,
            label if isinstance(label, str) else "",
            kind in _NUMBERS,
            length if isinstance(length, int) else 0,
        )


def _value(value: Any, column: Column) -> Value:
    if value is None:
        return None if column.numeric else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str):
        return value if column.numeric or isinstance(value, str) else str(value)
    return str(value)


# --- CSV ---------------------------------------------------------------------------------------

_NUMERIC = frozenset({"TSSEQ", "VISITNUM", "VISITDY", "TAETORD"})
_BY_COLUMN = {"TSPARMCD": "TS", "IETESTCD": "TI", "TAETORD": "TA", "TESTRL": "TE", "TVSTRL": "TV"}


def _of_csv(data: bytes) -> Dataset:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise NoDataset(f"line {line}", "encoding", message) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[Value]] = []
    names: list[str] = []
    try:
        for row in reader:
            if not names:
                names = [name.strip() for name in row]
                twice = next((name for name in names if names.count(name) > 1), None)
                if twice is not None:
                    raise NoDataset("line 1", "columns", f"the column {twice!r:.40} stands twice")
                continue
            if not row:
                continue
            if len(row) != len(names):
                message = f"{len(row)} columns, expected {len(names)}"
                raise NoDataset(f"line {reader.line_num}", "row", message)
            rows.append(
                [
                    _numeric(text) if n in _NUMERIC else text
                    for n, text in zip(names, row, strict=True)
                ]
            )
    except csv.Error as error:
        raise NoDataset(f"line {reader.line_num}", "row", f"no CSV: {error}") from error
    name = next((domain for column, domain in _BY_COLUMN.items() if column in names), "")
    if not name or "USUBJID" in names:
        message = f"no trial design dataset: the columns are {', '.join(names)!r:.60}, "
        raise NoDataset(
            "line 1", "columns", f"{message}expected STUDYID, TSPARMCD, TSVAL and others"
        )
    columns = tuple(
        Column(
            column,
            "",
            column in _NUMERIC,
            max((len(str(row[at]).encode()) for row in rows), default=0),
        )
        for at, column in enumerate(names)
    )
    return Dataset(name, "", columns, rows)


def _numeric(text: str) -> Value:
    """A number of a table; a text that is none stays as it is, for the checks to tell."""
    text = text.strip()
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        return text
    return int(found) if found.is_integer() and abs(found) < 2**53 else found
