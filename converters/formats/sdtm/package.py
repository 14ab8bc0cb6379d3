"""SDTM's trial design datasets: a zip of them with its Define-XML, and a record out of one.

https://www.cdisc.org/standards/foundational/sdtmig
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime

from trialbridge.formats.sdtm import dataset_json, define_xml
from trialbridge.mappings.beyond import as_it_stood
from trialbridge.mappings.record.planned import Planned
from trialbridge.mappings.sdtm.document import Written, read_datasets, write_datasets
from trialbridge.mappings.sdtm.summary import shown
from trialbridge.mappings.sdtm.us_ascii import in_ascii
from trialbridge.schemas.problem import Invalid, Problem
from trialbridge.schemas.sdtm.lean import is_clean
from trialbridge.schemas.sdtm.reading import DEFINE, LINK, Package, package_of, require_columns
from trialbridge.schemas.sdtm.validate import check_datasets
from trialbridge.schemas.syntax import xpt
from trialbridge.schemas.syntax.dataset import Dataset
from trialbridge.schemas.syntax.transliteration import transliterated
from trialbridge.schemas.trial import Trial

_FIRST_YEAR = 1980
"""The first that a zip archive can state."""


def write(
    trial: Trial,
    *,
    form: str = "json",
    simplified: bool = False,
    ascii: str = "refuse",
    planned: Planned | None = None,
) -> tuple[bytes, list[Problem]]:
    """Write the datasets of a record as a zip, with the warnings of what is not in them.

    `planned` is what its source plans beyond it, of which TA, TE and TV are made. `form` is `json`
    for Dataset-JSON, `xpt` for transport files; `simplified`: FDA's ts.xpt alone. `ascii` is
    `transliterate` where other characters than US-ASCII are not to be refused in transport files.
    """
    _, problems, data, wrong = _made(trial, form, simplified, ascii, planned)
    return data, [*problems, *wrong]


def write_checked(
    trial: Trial,
    *,
    form: str = "json",
    simplified: bool = False,
    ascii: str = "refuse",
    planned: Planned | None = None,
) -> tuple[bytes, list[Problem]]:
    """Write as `write` does, and check the datasets as they are."""
    written, problems, data, wrong = _made(trial, form, simplified, ascii, planned)
    if not all(map(is_clean, written.datasets)):
        found = check_datasets([(one, one.name) for one in written.datasets])
        wrong += _as_told(found, problems, written.kept)
    return data, [*problems, *wrong]


# That a required column is empty, and that the end of an element is not stated.
_OF_WHAT_IS_EMPTY = frozenset({"empty", "CORE-000027"})


def _as_told(found: list[Problem], told: list[Problem], kept: tuple[str, ...]) -> Iterator[Problem]:
    """The problems of datasets, but those of columns that the source is told not to state.

    What is wrong with a dataset that is `kept` as it was read is a warning: it stood so.
    """
    columns = {one.path for one in told if one.code == "not-stated"}
    for one in found:
        dataset, _, column = re.sub(", row [0-9]+", "", one.path).partition(": ")
        if one.code in _OF_WHAT_IS_EMPTY and f"{dataset}: {column}" in columns:
            continue
        yield as_it_stood(one) if dataset in kept else one


def write_untold(
    trial: Trial,
    *,
    form: str = "json",
    simplified: bool = False,
    ascii: str = "refuse",
    planned: Planned | None = None,
) -> bytes:
    """Write as `write` does, without warnings. Raises Invalid for what cannot be written."""
    _, _, data, wrong = _made(trial, form, simplified, ascii, planned, told=False)
    if wrong:
        raise Invalid(wrong)
    return data


def _made(
    trial: Trial,
    form: str,
    simplified: bool,
    ascii: str,
    planned: Planned | None,
    *,
    told: bool = True,
) -> tuple[Written, list[Problem], bytes, list[Problem]]:
    """The datasets of a record with their warnings, and the bytes of them with their errors."""
    written, problems = write_datasets(trial, simplified=simplified, planned=planned, told=told)
    if simplified:
        form = "xpt"
    if form == "xpt" and ascii == "transliterate":
        written, changed = in_ascii(written)
        problems += changed
    data, wrong = _bytes(written, form, define=not simplified)
    return written, problems, data, wrong


def _bytes(written: Written, form: str, *, define: bool) -> tuple[bytes, list[Problem]]:
    members: list[tuple[str, bytes]] = []
    problems: list[Problem] = []
    at = xpt.moment(written.created)
    if define:
        members.append((DEFINE, define_xml.write(written, f".{form}")))
    for dataset in written.datasets:
        if form == "xpt":
            if wrong := _not_for_xpt(dataset):
                problems += wrong
                continue
            data = xpt.write(dataset, at)
        else:
            data = dataset_json.write(dataset, written)
        members.append((f"{dataset.name.lower()}.{form}", data))
    return _zipped(members, at), problems


def _zipped(members: list[tuple[str, bytes]], at: datetime) -> bytes:
    """A zip that is not packed: what deflates gives other bytes by its version."""
    file = io.BytesIO()
    time = max(at.year, _FIRST_YEAR), at.month, at.day, at.hour, at.minute, at.second
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members:
            entry = zipfile.ZipInfo(name, time)
            # The same on every system.
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return file.getvalue()


def _not_for_xpt(dataset: Dataset) -> list[Problem]:
    """An error for each value that is not US-ASCII, or too long for a transport file."""
    found = []
    numeric = [column.numeric for column in dataset.columns]
    for number, row in enumerate(dataset.rows, 1):
        for name, is_number, value in zip(dataset.names, numeric, row, strict=True):
            if is_number:
                if isinstance(value, str):
                    found.append(_error(dataset, number, name, f"{value!r:.40} is no number"))
                continue
            text = str(value)
            if text.isascii() and text.isprintable() and len(text) <= xpt.LONGEST:
                continue
            odd = next((c for c in text if not (c.isascii() and c.isprintable())), None)
            if odd is None:
                message = f"{len(text)} characters, and a transport file holds {xpt.LONGEST}"
            else:
                instead = (
                    "take ascii=transliterate, or form=json"
                    if transliterated(text).text.isascii()
                    else "write it otherwise in the record, or take form=json"
                )
                message = (
                    f"{odd!r} (U+{ord(odd):04X}) is not US-ASCII, and a transport file holds no "
                    f"other: {instead}"
                )
            found.append(_error(dataset, number, name, message))
    return found


def _error(dataset: Dataset, number: int, name: str, message: str) -> Problem:
    path = f"{dataset.name}, row {number}: {name}"
    return Problem(
        severity="error", layer="write", path=path, code="not-ascii", message=message, link=LINK
    )


# --- reading -----------------------------------------------------------------------------------


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read the record of a zip of datasets, or of one: Dataset-JSON, XPT or CSV.

    Raises ReadError if there is no TS, or what there is has not its columns.
    """
    package = package_of(data)
    require_columns(package)
    datasets = [one.dataset for one in package.held]
    trial, problems = read_datasets(datasets, _texts(package))
    problems += (
        Problem(
            severity="warning",
            layer="read",
            path=name,
            code="not-read",
            message="this is no trial design dataset: the data of subjects are not read",
            link=LINK,
        )
        for name in package.others
    )
    return trial, problems


def read_alone(data: bytes) -> Trial:
    """Read the record as `read` does, without warnings and without what is beyond it."""
    package = package_of(data)
    require_columns(package)
    datasets = [one.dataset for one in package.held]
    return read_datasets(datasets, _texts(package), alone=True)[0]


def _texts(package: Package) -> dict[str, str]:
    """The whole texts of criteria, where they go on as the dataset says them."""
    criteria = package.dataset("TI")
    if criteria is None or package.define is None:
        return {}
    names = criteria.names
    if "IETESTCD" not in names or "IETEST" not in names:
        return {}
    at = names.index("IETESTCD"), names.index("IETEST")
    whole = define_xml.texts_of(package.define)
    found = {}
    for row in criteria.rows:
        code, line = str(row[at[0]]), str(row[at[1]])
        begun = line.removesuffix("...").rstrip()
        if code in whole and whole[code] != line and shown(whole[code]).startswith(begun):
            found[code] = whole[code]
    return found
