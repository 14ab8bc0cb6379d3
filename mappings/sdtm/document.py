"""Trial records as the trial design datasets of SDTM, and back.

https://www.cdisc.org/standards/foundational/sdtmig/sdtmig-v3-4
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from trialbridge.mappings import whole
from trialbridge.mappings.beyond import left_behind
from trialbridge.mappings.codec import Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.planned import Planned
from trialbridge.mappings.record.times import created
from trialbridge.mappings.sdtm import design
from trialbridge.mappings.sdtm.beyond import PREFIX, parted
from trialbridge.mappings.sdtm.planned import DATASETS, arms_of, datasets, not_stated
from trialbridge.mappings.sdtm.rows import MESH, NO_STUDY, Summary, of, short
from trialbridge.mappings.sdtm.summary import TABLE, coverage, shown
from trialbridge.schemas.problem import Problem, no_record
from trialbridge.schemas.sdtm.domains import LONGEST, SIMPLIFIED, TI, TS, columns_of, goes_on
from trialbridge.schemas.sdtm.reading import LINK
from trialbridge.schemas.syntax.dataset import Column, Dataset, Value
from trialbridge.schemas.terms.trial_summary import SUMMARY
from trialbridge.schemas.trial import Trial

TITLE: Final = "SDTM's trial summary"
KEEP = whole.Keep(title=TITLE, root="SDTM", link=LINK, coverage=coverage)

_STUDY = f"{PREFIX}STUDYID"
_INCLUSION, _EXCLUSION = "INCLUSION", "EXCLUSION"


class Written(NamedTuple):
    """What is written of a record: datasets, and whole texts of criteria by their IETESTCD.

    `kept`: the names of those that are as they were read.
    """

    study: str
    name: str
    created: str
    datasets: list[Dataset]
    texts: Mapping[str, str]
    kept: tuple[str, ...] = ()


# --- writing -----------------------------------------------------------------------------------


def write_datasets(
    trial: Trial, *, simplified: bool = False, planned: Planned | None = None, told: bool = True
) -> tuple[Written, list[Problem]]:
    """The datasets of a record, and warnings of what is not in them, if somebody is `told`.

    `planned`: what the document of another format that it was read from plans beyond it.
    """
    kept, rest = parted(trial.unmapped or {})
    own = replace(trial, unmapped=rest or None) if kept else trial
    names = Names(own)
    problems: list[Problem] = []
    if told:
        problems = whole.write(own, TABLE, names, KEEP)[1]
    else:
        whole.node_of(own, TABLE, names)
    summary = of(names)
    problems += (left_behind(pointer, message) for pointer, message in summary.left)
    again: list[str] = []
    study = str(kept.get(_STUDY) or _study(summary))
    if simplified:
        found = [_simplified(summary, study)]
        texts: dict[str, str] = {}
    else:
        rows = _with_kept(_all(summary, own), kept.get(f"{PREFIX}TS"))
        found = [_dataset_of(rows, study)]
        criteria, texts = _criteria(summary, study, kept.get(f"{PREFIX}TI"))
        found += criteria
        made = {one.name: one for one in datasets(planned or Planned(), study)}
        for name in DATASETS:
            held = kept.get(f"{PREFIX}{name}")
            if isinstance(held, dict):
                found.append(_again(name, held))
                again.append(name)
            elif name in made:
                found.append(made[name])
                problems += not_stated(made[name])
    return Written(study, names.root, created(trial), found, texts, tuple(again)), problems


def _study(summary: Summary) -> str:
    """The sponsor's id of the study, else that of the register, else that there is none."""
    for name in ("SPREFID", "REGID"):
        for row in summary.rows:
            if row["TSPARMCD"] == name and row.get("TSVAL"):
                return str(row["TSVAL"])
    return NO_STUDY


def _all(summary: Summary, trial: Trial) -> list[Node]:
    """The rows of a record, what follows from them, and what is not known, by TSPARMCD."""
    rows = summary.rows
    there = {row["TSPARMCD"] for row in rows}
    more = [(name, row) for name, row in design.derived(trial) if name not in there]
    there.update(name for name, _ in more)
    more += design.unknown(trial, there)
    _one_to_one(rows)
    return sorted(
        [*rows, *({"TSPARMCD": name, **row} for name, row in more)],
        key=lambda row: str(row["TSPARMCD"]),
    )


def _one_to_one(rows: list[Node]) -> None:
    """Take MeSH's code from a value that would share it, as two names of a disease do.

    The same value elsewhere, as a disease that is a keyword too, has the same code.
    """
    codes: dict[str, str] = {}
    values: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: row.get("TSVCDREF") == MESH):
        value, code = row.get("TSVAL"), row.get("TSVALCD")
        if not value or not code:
            continue
        if codes.setdefault(value, code) == code and values.setdefault(code, value) == value:
            continue
        if row.get("TSVCDREF") == MESH:
            del row["TSVALCD"], row["TSVCDREF"]
    of_mesh = {row["TSVAL"]: row["TSVALCD"] for row in rows if row.get("TSVCDREF") == MESH}
    for row in rows:
        code = of_mesh.get(row.get("TSVAL", "")) if "TSVALCD" not in row else None
        if code is not None:
            row["TSVALCD"], row["TSVCDREF"] = code, MESH


def _with_kept(rows: list[Node], kept: Any) -> list[Node]:
    """The rows with those of a document put back: in the place of ours that say the same.

    What ours say of a parameter that a document says otherwise follows from nothing it says.
    """
    if not isinstance(kept, list):
        return rows
    waiting: dict[tuple[str, ...], list[Node]] = {}
    for row in kept:
        if isinstance(row, dict) and row.get("TSPARMCD"):
            waiting.setdefault(_said(row), []).append(row)
    found = []
    for row in rows:
        same = waiting.get(_said(row))
        found.append(same.pop(0) if same else row)
    others = [row for left in waiting.values() for row in left]
    told = {str(row["TSPARMCD"]) for row in others}
    implied = {id(row) for row in rows if not _is_fact(row)}
    found = [row for row in found if id(row) not in implied or row["TSPARMCD"] not in told]
    return sorted([*found, *others], key=lambda row: str(row["TSPARMCD"]))


def _is_fact(row: Node) -> bool:
    return bool(row.get("TSVAL")) and row["TSPARMCD"] not in _DERIVED


_DERIVED = frozenset({"NARMS", "NCOHORT", "TCNTRL", "ONGOSIND", "PDSTIND", "SDTIGVER", "SDTMVER"})


def _said(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(name, "")) for name in ("TSPARMCD", "TSVAL", "TSVALNF"))


def pieces(text: str) -> list[str]:
    """A text in pieces of at most 200 characters, cut within a word.

    Transport files lose the blanks at the end of a value, and FDA refuses those at the beginning
    (FB1501). Where there is no such place, a piece ends before the blank.
    """
    found = []
    while len(text) > LONGEST:
        within = (at for at in range(LONGEST, 0, -1) if text[at - 1] != " " and text[at] != " ")
        end = next(within, 0) or len(text[:LONGEST].rstrip(" ")) or LONGEST
        found.append(text[:end])
        text = text[end:]
    return [*found, text]


def _dataset_of(rows: list[Node], study: str) -> Dataset:
    texts = [str(row.get("TSVAL", "")) for row in rows]
    long = {at: pieces(text) for at, text in enumerate(texts) if len(text) > LONGEST}
    most = max(map(len, long.values()), default=1)
    names = tuple(variable.name for variable in TS.variables)
    behind = names.index("TSVAL") + 1
    more = tuple(f"TSVAL{number}" for number in range(1, most))
    empty = [""] * (most - 1)
    values: list[list[Value]] = []
    before, number = "", 0
    for at, (row, text) in enumerate(zip(rows, texts, strict=True)):
        get = row.get
        name = row["TSPARMCD"]
        # Rows of a parameter stand together.
        before, number = name, number + 1 if name == before else 1
        term = get("TSPARM")
        if term is None:
            known = SUMMARY.get(name)
            term = name if known is None else known.term
        value = [study, "TS", number, get("TSGRPID", ""), name, term]
        if at in long:
            value += long[at]
            value += [""] * (most - len(long[at]))
        else:
            value.append(text)
            value += empty
        value += (
            get("TSVALNF", ""),
            get("TSVALCD", ""),
            get("TSVCDREF", ""),
            get("TSVCDVER", ""),
        )
        values.append(value)
    all_names = (*names[:behind], *more, *names[behind:])
    return Dataset("TS", TS.label, columns_of(TS, all_names, values), values)


def _simplified(summary: Summary, study: str) -> Dataset:
    """FDA's simplified TS: when the study started, and how it is called where it is filed.

    https://www.fda.gov/media/136460/download
    """
    values: list[list[Value]] = []
    started = next((row for row in summary.rows if row["TSPARMCD"] == "SSTDTC"), {})
    said = str(started.get("TSVAL", ""))
    values.append([study, "SSTDTC", said, "" if said else "NA"])
    values += (
        [study, "SPREFID", str(row["TSVAL"]), ""]
        for row in summary.rows
        if row["TSPARMCD"] == "SPREFID" and row["TSVAL"] != study
    )
    return Dataset("TS", TS.label, columns_of(TS, SIMPLIFIED, values), values)


def _criteria(summary: Summary, study: str, kept: Any) -> tuple[list[Dataset], dict[str, str]]:
    if not summary.criteria:
        return [], {}
    if isinstance(kept, dict) and kept.get("said") == _in_order(summary.criteria):
        texts = kept.get("texts")
        return [_again("TI", kept)], dict(texts) if isinstance(texts, dict) else {}
    texts = {}
    values: list[list[Value]] = []
    for exclude, category, stem in ((False, _INCLUSION, "INCL"), (True, _EXCLUSION, "EXCL")):
        words = [said for said, excluded in summary.criteria if excluded is exclude]
        digits = 2 if len(words) < 100 else 4
        for number, said in enumerate(words, 1):
            code = f"{stem}{number:0{digits}d}"
            line = shown(said)
            if line != said or len(line) > LONGEST:
                texts[code] = said
            values.append([study, "TI", code, short(line), category])
    names = tuple(one.name for one in TI.variables if one.core == "Req")
    return [Dataset("TI", TI.label, columns_of(TI, names, values), values)], texts


def _in_order(criteria: list[tuple[str, bool]]) -> list[list[Any]]:
    """Criteria as JSON has them, those of inclusion first, as a text of a record lists them."""
    return [list(one) for one in sorted(criteria, key=lambda one: one[1])]


# --- reading -----------------------------------------------------------------------------------


def read_datasets(
    datasets: Iterable[Dataset], texts: Mapping[str, str], *, alone: bool = False
) -> tuple[Trial, list[Problem]]:
    """The record of trial design datasets, and warnings; the record `alone`, where nobody asks.

    `texts`: whole texts of criteria by their IETESTCD, which a Define-XML has. What the model has
    no place for is in `unmapped`, below `/sdtm`. Raises ReadError with all that has not its form.
    """
    held = {dataset.name: dataset for dataset in datasets}
    names = Names()
    summary = of(names)
    rows = _rows(held["TS"]) if "TS" in held else []
    for row in rows:
        summary.found.setdefault(row.get("TSPARMCD", ""), []).append(row)
    criteria = _rows(held["TI"]) if "TI" in held else []
    if "TA" in held:
        summary.arms = [arm.name for arm in arms_of(_rows(held["TA"]))]
    summary.study = next((row["STUDYID"] for row in (*rows, *criteria) if "STUDYID" in row), "")
    last = criteria[-1].get("TIVERS") if criteria else None
    # A record has the criteria of one version of the protocol, the last one.
    summary.criteria = [
        (texts.get(row.get("IETESTCD", ""), row["IETEST"]), _is_exclusion(row))
        for row in criteria
        if row.get("IETEST") and row.get("TIVERS") == last
    ]

    def keep_rest(trial: Trial) -> tuple[Trial, list[Problem]]:
        unmapped, problems = _rest(trial, summary, rows, held, texts)
        if not unmapped:
            return trial, problems
        return replace(trial, unmapped=unmapped), problems

    return whole.read({}, TABLE, names, KEEP, None if alone else keep_rest)


def _is_exclusion(row: Node) -> bool:
    return str(row.get("IECAT", "")).upper().startswith("EXCL")


def _rows(dataset: Dataset) -> list[Node]:
    """The texts of each row by column, those that are not empty, TSVAL in one."""
    columns = [(name, goes_on(dataset.name, name)) for name in dataset.names]
    rows: list[Node] = []
    for values in dataset.rows:
        row: Node = {}
        for (name, further), value in zip(columns, values, strict=True):
            if value is None or value == "":
                continue
            if further:
                row["TSVAL"] = row.get("TSVAL", "") + str(value)
            else:
                row[name] = value if name == "TSSEQ" else str(value)
        rows.append(row)
    return rows


_PLAIN = ("TSGRPID", "TSPARM", "TSVALCD", "TSVCDREF", "TSVCDVER")


def _rest(
    trial: Trial,
    summary: Summary,
    rows: list[Node],
    held: Mapping[str, Dataset],
    texts: Mapping[str, str],
) -> tuple[dict[str, Any], list[Problem]]:
    """What of datasets is not in the record: what is not written again of it."""
    again, _ = write_datasets(trial, told=False)
    problems = []
    found: dict[str, Any] = {}
    (written, *others) = again.datasets
    ours = _rows(written)
    exact = Counter(map(_whole, ours))
    same = Counter(map(_said, ours))
    kept: list[Node] = []
    unread: Counter[str] = Counter()
    beside = 0
    for row in rows:
        if exact[_whole(row)] > 0:
            exact[_whole(row)] -= 1
            same[_said(row)] -= 1
    exact = Counter(map(_whole, ours))
    for row in rows:
        if exact[_whole(row)] > 0:
            exact[_whole(row)] -= 1
            continue
        kept.append({key: value for key, value in row.items() if key not in ("STUDYID", "DOMAIN")})
        if same[_said(row)] > 0:
            same[_said(row)] -= 1
            beside += 1
        else:
            unread[row.get("TSPARMCD", "")] += 1
    if kept:
        found[f"{PREFIX}TS"] = kept
    for name, count in sorted(unread.items()):
        what = f"{count} value{'s have' if count > 1 else ' has'} no place in the record"
        problems.append(_not_read(f"TS[TSPARMCD='{name}']", f"{what}; kept as unmapped"))
    if beside:
        what = f"{beside} code{'s' if beside > 1 else ''}, version or group of a value"
        problems.append(_not_read("TS", f"{what} with no place in the record; kept as unmapped"))
    if summary.study and again.study != summary.study:
        found[_STUDY] = summary.study
    if "TI" in held:
        mine = next((one for one in others if one.name == "TI"), None)
        if mine is None or (mine.names, mine.rows) != (held["TI"].names, held["TI"].rows):
            said = _in_order(summary.criteria)
            more = set(texts) and {"texts": dict(texts)}
            found[f"{PREFIX}TI"] = {**_kept(held["TI"]), "said": said, **(more or {})}
            problems.append(
                _not_read("TI", "its short names and further columns have no place; kept")
            )
    for name, dataset in held.items():
        if name not in ("TS", "TI"):
            found[f"{PREFIX}{name}"] = _kept(dataset)
            problems.append(_not_read(name, "a record has no place for it; kept as unmapped"))
    if found and trial == Trial():
        message = "no parameter of it is of a record; good for SDTM alone"
        problems.append(no_record("TS", message, LINK))
    return found, problems


def _whole(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (*_said(row), *(str(row.get(name, "")) for name in _PLAIN))


def _not_read(path: str, message: str) -> Problem:
    return Problem(
        severity="warning", layer="mapping", path=path, code="not-read", message=message, link=LINK
    )


def _kept(dataset: Dataset) -> dict[str, Any]:
    """A dataset as JSON has it."""
    return {
        "label": dataset.label,
        "columns": [list(column) for column in dataset.columns],
        "rows": dataset.rows,
    }


def _again(name: str, kept: Mapping[str, Any]) -> Dataset:
    """A dataset of what was kept of it."""
    rows = list(kept.get("rows", ()))
    columns = []
    for position, (column, label, numeric, _) in enumerate(kept.get("columns", ())):
        texts = [str(row[position]) for row in rows if not numeric]
        length = 0 if numeric else max((len(text.encode()) for text in texts), default=1)
        columns.append(Column(column, label, numeric, length))
    return Dataset(name, str(kept.get("label", "")), tuple(columns), rows)
