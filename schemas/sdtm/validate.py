"""Are these trial design datasets valid? In layers, as their publishers state what has to be so.

`schema`: the members of a Dataset-JSON. `form`: the columns of the implementation guide. `rules`:
CDISC's open rules for TS, TI, TA, TE and TV.
`define`: the Define-XML beside them, by the official XSD as odmlib ships it, and by the datasets.

https://www.cdisc.org/standards/foundational/sdtmig
"""

from collections.abc import Iterable, Iterator
from typing import Final

from trialbridge.schemas.problem import Problem, ReadError, Severity
from trialbridge.schemas.sdtm.define import check_define
from trialbridge.schemas.sdtm.design_rules import ACROSS, DESIGN_RULES
from trialbridge.schemas.sdtm.domains import DOMAINS
from trialbridge.schemas.sdtm.reading import DEFINE, LINK, package_of
from trialbridge.schemas.sdtm.rules import FORM, ODD, RULES, Rule
from trialbridge.schemas.sdtm.structure import check_structure
from trialbridge.schemas.syntax.dataset import Dataset
from trialbridge.schemas.syntax.duplicate_keys import duplicate_keys

OPEN_RULES: Final = "https://github.com/cdisc-org/cdisc-open-rules"
MOST: Final = 50
"""How many places of one rule are told."""
_SHOWN = 60


def check(data: bytes, *, thorough: bool = False, deep: bool = False) -> list[Problem]:
    """Check a zip of datasets, or one: Dataset-JSON, XPT or CSV. It never raises on bad content."""
    try:
        package = package_of(data)
    except ReadError as error:
        return error.problems
    problems = check_datasets([(one.dataset, one.place) for one in package.held])
    for one in package.held:
        if one.tree is not None:
            problems += check_structure(one.tree, one.file)
    if thorough and data.lstrip()[:1] == b"{":
        problems += duplicate_keys(data)
    if package.define is not None:
        problems += check_define(package.define, [one.dataset for one in package.held], DEFINE)
    return problems


def check_datasets(datasets: Iterable[tuple[Dataset, str]]) -> list[Problem]:
    """Check datasets, each with the name that its places begin with."""
    problems: list[Problem] = []
    held = [(dataset, place) for dataset, place in datasets if dataset.name in DOMAINS]
    for dataset, place in held:
        for rules, layer, severity in _LAYERS:
            for rule in rules:
                if rule.domain in ("", dataset.name):
                    problems += _found(rule, dataset, place, layer, severity)
    return [*problems, *_across(held)]


def _across(held: list[tuple[Dataset, str]]) -> Iterator[Problem]:
    """What a dataset says that another one has not."""
    by_name = {dataset.name: dataset for dataset, _ in held}
    places = {dataset.name: place for dataset, place in held}
    for known in ACROSS:
        dataset = by_name.get(known.domain)
        if dataset is not None:
            yield from _found(known.rule(by_name), dataset, places[known.domain], "rules", "error")


_LAYERS: Final[tuple[tuple[tuple[Rule, ...], str, Severity], ...]] = (
    (FORM, "form", "error"),
    ((*RULES, *DESIGN_RULES), "rules", "error"),
    (ODD, "form", "warning"),
)


def _found(
    rule: Rule, dataset: Dataset, place: str, layer: str, severity: Severity
) -> Iterable[Problem]:
    at = {name: position for position, name in enumerate(dataset.names)}
    for count, (number, column) in enumerate(rule.find(dataset)):
        if count == MOST:
            yield _problem(rule, place, f"{rule.message}; and more like it", layer, severity)
            return
        path = f"{place}: {column}" if number is None else f"{place}, row {number + 1}: {column}"
        value = "" if number is None or column not in at else dataset.rows[number][at[column]]
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        told = f"{rule.message}: {shown}" if value not in ("", None) else rule.message
        yield _problem(rule, path, told, layer, severity)


def _problem(rule: Rule, path: str, message: str, layer: str, severity: Severity) -> Problem:
    is_cdisc = rule.id.startswith("CORE")
    cited = f" ({rule.cited})" if is_cdisc and rule.cited.startswith("CG") else ""
    return Problem(
        severity=severity,
        layer=layer,
        path=path,
        code=rule.id,
        message=f"{message}{cited}",
        link=OPEN_RULES if is_cdisc else LINK,
    )
