"""Whether the checks of datasets can have anything to tell, in one look at each value.

It knows datasets as our writer makes them, and gives up on all else. Where it says yes, that is
all; else the rules are asked. Tests hold the two against each other.
"""

from trialbridge.schemas.sdtm.domains import LONGEST, TI, TS
from trialbridge.schemas.sdtm.rules import is_date, is_duration
from trialbridge.schemas.syntax.dataset import Dataset, Value
from trialbridge.schemas.terms.trial_summary import NULL_FLAVORS, SUMMARY

_TS = tuple(variable.name for variable in TS.variables)
_AT = _TS.index("TSVAL")
_TI = tuple(variable.name for variable in TI.variables if variable.core == "Req")
_LABELS = {variable.name: variable.label for variable in (*TS.variables, *TI.variables)}
_CATEGORIES = ("INCLUSION", "EXCLUSION")


def is_clean(dataset: Dataset) -> bool:
    """Whether no rule has anything to say of a dataset."""
    try:
        return not dataset.rows or _is_clean(dataset)
    except TypeError:
        # A number where a text belongs has no length.
        return False


def _is_clean(dataset: Dataset) -> bool:
    if any(_LABELS.get(column.name, column.label) != column.label for column in dataset.columns):
        return False
    names = dataset.names
    if dataset.name == "TS":
        more = len(names) - len(_TS)
        if more < 0 or (*names[: _AT + 1], *names[_AT + 1 + more :]) != _TS:
            return False
        if any(
            name != f"TSVAL{number}"
            for number, name in enumerate(names[_AT + 1 : _AT + 1 + more], 1)
        ):
            return False
        return _is_clean_summary(dataset.rows, more)
    return dataset.name == "TI" and names == _TI and _are_clean_criteria(dataset.rows)


def _is_clean_summary(rows: list[list[Value]], more: int) -> bool:
    study = rows[0][0]
    numbers = set()
    codes: dict[Value, Value] = {}
    values: dict[Value, Value] = {}
    if not study or study.__class__ is not str:
        return False
    for row in rows:
        its, domain, number, group, name, term, value, *_, flavor, code, _, _ = row
        known = SUMMARY.get(name)  # type: ignore[arg-type]
        if (
            its != study
            or domain != "TS"
            or number.__class__ is not int
            or not number
            or known is None
            or known.term != term
            or (flavor not in NULL_FLAVORS if not value else flavor)
        ):
            return False
        numbers.add((name, number))
        if (
            code
            and value
            and (codes.setdefault(value, code) != code or values.setdefault(code, value) != value)
        ):
            return False
        if more and not value and row[_AT + 1]:
            return False
        if value and (
            (name == "SSTDTC" and not is_date(str(value)))
            or (name == "AGEMAX" and not is_duration(str(value)))
        ):
            return False
        if max(map(len, (its, group, *row[_AT:]))) > LONGEST:  # type: ignore[arg-type]
            return False
    return len(numbers) == len(rows)


def _are_clean_criteria(rows: list[list[Value]]) -> bool:
    study = rows[0][0]
    if not study:
        return False
    for its, domain, code, text, category in rows:
        if its != study or domain != "TI" or category not in _CATEGORIES or not text:
            return False
        said = str(code)
        if not (said.isascii() and said.isidentifier() and len(said) <= 8):
            return False
        if len(str(text)) > LONGEST or len(str(its)) > LONGEST or code.__class__ is not str:
            return False
    return True
