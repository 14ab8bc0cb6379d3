"""What ClinicalTrials.gov says of its records beyond the types and codes of the model.

The API's definition states the length of an NCT number (its other patterns, dates and enumerations
are the model's, so reading tells them). The definitions of the registry's data elements state how
long a text may be: the limits below are those, as of 2025. Nothing here makes a record unreadable,
so nothing is an error. A rule that posted records break is information; over 1,007 of them, no
warning is given (tests/model/test_registry.py).

https://clinicaltrials.gov/data-api/api
https://clinicaltrials.gov/policy/protocol-definitions
https://clinicaltrials.gov/policy/results-definitions
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from trialbridge.schemas.problem import Problem, Severity
from trialbridge.schemas.syntax.pointer import escape

_API: Final = "https://clinicaltrials.gov/data-api/api"
_PROTOCOL: Final = "https://clinicaltrials.gov/policy/protocol-definitions"
_RESULTS: Final = "https://clinicaltrials.gov/policy/results-definitions"

# Schema `nct` has minLength and maxLength 11; the glossary says NCT and eight digits.
_NCT: Final = re.compile(r"NCT[0-9]{8}", re.ASCII)
_NCT_NUMBERS: Final = (
    "identificationModule/nctId",
    "identificationModule/nctIdAliases/*",
    "statusModule/expandedAccessInfo/nctId",
)

# Most characters of a text. The registry counts what was entered, so CommonMark's escapes are
# taken out first.
_PROTOCOL_LIMITS: Final = {
    "identificationModule/orgStudyIdInfo/id": 30,
    "identificationModule/secondaryIdInfos/*/id": 30,
    "identificationModule/briefTitle": 300,
    "identificationModule/officialTitle": 600,
    "identificationModule/acronym": 14,
    "statusModule/whyStopped": 250,
    "sponsorCollaboratorsModule/responsibleParty/investigatorAffiliation": 160,
    "sponsorCollaboratorsModule/leadSponsor/name": 160,
    "sponsorCollaboratorsModule/collaborators/*/name": 160,
    "descriptionModule/briefSummary": 5_000,
    "descriptionModule/detailedDescription": 32_000,
    "designModule/designInfo/interventionModelDescription": 1_000,
    "designModule/designInfo/maskingInfo/maskingDescription": 1_000,
    "designModule/bioSpec/description": 1_000,
    "armsInterventionsModule/armGroups/*/label": 100,
    "armsInterventionsModule/armGroups/*/description": 999,
    "armsInterventionsModule/interventions/*/name": 200,
    "armsInterventionsModule/interventions/*/description": 1_000,
    "outcomesModule/primaryOutcomes/*/description": 999,
    "outcomesModule/secondaryOutcomes/*/description": 999,
    "outcomesModule/otherOutcomes/*/description": 999,
    "eligibilityModule/eligibilityCriteria": 20_000,
    "eligibilityModule/genderDescription": 1_000,
    "eligibilityModule/studyPopulation": 1_000,
    "contactsLocationsModule/overallOfficials/*/affiliation": 160,
    "contactsLocationsModule/locations/*/facility": 254,
    "referencesModule/seeAlsoLinks/*/url": 3_999,
    "ipdSharingStatementModule/description": 1_000,
    "ipdSharingStatementModule/timeFrame": 1_000,
    "ipdSharingStatementModule/accessCriteria": 1_000,
    "ipdSharingStatementModule/url": 3_999,
}
_RESULTS_LIMITS: Final = {
    "moreInfoModule/limitationsAndCaveats/description": 500,
    "moreInfoModule/certainAgreement/otherDetails": 500,
}
# Posted records go over these, most by a character, affiliations by half.
_BROKEN: Final = frozenset(
    {
        "armsInterventionsModule/interventions/*/description",
        "outcomesModule/primaryOutcomes/*/description",
        "outcomesModule/secondaryOutcomes/*/description",
        "outcomesModule/otherOutcomes/*/description",
        "contactsLocationsModule/overallOfficials/*/affiliation",
        "ipdSharingStatementModule/description",
    }
)

# https://spec.commonmark.org/0.31.2/#backslash-escapes
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_NOTHING: Final = re.compile(rb'"\s*"|\{\s*\}|\[\s*\]')
_SHOWN: Final = 60


class _Limit(NamedTuple):
    """The most characters of a text, and how a longer one is told; None for an NCT number."""

    most: int | None
    severity: Severity
    link: str


_Rules = dict[str, "_Rules | _Limit"]


def _rules() -> _Rules:
    """Arrange the rules as the tree of a record, so that a check goes nowhere else."""
    tree: _Rules = {}
    paths = {f"protocolSection/{path}": _Limit(None, "warning", _API) for path in _NCT_NUMBERS}
    for section, limits, link in (
        ("protocolSection", _PROTOCOL_LIMITS, _PROTOCOL),
        ("resultsSection", _RESULTS_LIMITS, _RESULTS),
    ):
        for path, most in limits.items():
            severity: Severity = "information" if path in _BROKEN else "warning"
            paths[f"{section}/{path}"] = _Limit(most, severity, link)
    for path, limit in paths.items():
        *steps, last = path.split("/")
        node = tree
        for step in steps:
            inner = node.setdefault(step, {})
            if isinstance(inner, _Limit):
                raise ValueError(f"{path} goes on below a limit")
            node = inner
        node[last] = limit
    return tree


_RULES: Final = _rules()

# How much is told of empty places, in characters of their pointers.
_MOST_CHARACTERS: Final = 1_000_000


def check(data: bytes) -> list[Problem]:
    """Check a record of ClinicalTrials.gov, or of the model, by the registry's own rules.

    Gives warnings and information with JSON pointers, in the record's order. What cannot be read
    as a JSON object has none: its reader says why.
    """
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    if not isinstance(tree, dict):
        return []
    problems = list(_walk(tree, _RULES, ""))
    # Few records have a place with nothing in it, and looking at every value costs the most.
    if _NOTHING.search(data):
        problems += _empty(tree)
    return problems


def _walk(value: Any, rules: _Rules | _Limit, pointer: str) -> Iterator[Problem]:
    if isinstance(rules, _Limit):
        # Another type is an error of reading.
        if isinstance(value, str) and (problem := _measure(value, rules, pointer)):
            yield problem
    elif isinstance(value, dict):
        for step, inner in rules.items():
            if step in value:
                yield from _walk(value[step], inner, f"{pointer}/{step}")
    elif isinstance(value, list) and "*" in rules:
        for index, item in enumerate(value):
            yield from _walk(item, rules["*"], f"{pointer}/{index}")


def _measure(text: str, limit: _Limit, pointer: str) -> Problem | None:
    if limit.most is None:
        if _NCT.fullmatch(text):
            return None
        shown = repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
        message = f"{shown} is not an NCT number (NCT and 8 digits)"
        return _problem(limit.severity, pointer, "nct-number", message, limit.link)
    if len(text) <= limit.most or (length := len(_ESCAPE.sub(r"\1", text))) <= limit.most:
        return None
    message = f"{length:,} characters, the registry takes at most {limit.most:,}"
    return _problem(limit.severity, pointer, "too-long", message, limit.link)


# A place: the one around it, and a key or an index. A text is made of it only to be told: below a
# long key each would be as long.
_Place = tuple[Any, str | int]


def _show(place: _Place | None) -> str:
    found = []
    while place is not None:
        place, step = place
        found.append(f"/{escape(step) if isinstance(step, str) else step}")
    return "".join(reversed(found))


def _empty(tree: Any) -> Iterator[Problem]:
    """Tell places with nothing in them. The registry posts `{}` and `[]`, but no blank text."""
    # No recursion: what nobody has vouched for may be nested as deep as it parses.
    waiting: list[tuple[_Place | None, Any]] = [(None, tree)]
    characters = 0
    while waiting and characters < _MOST_CHARACTERS:
        place, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [((place, key), value[key]) for key in reversed(value)]
        elif isinstance(value, list) and value:
            waiting += [((place, at), value[at]) for at in reversed(range(len(value)))]
        elif isinstance(value, dict | list) or (isinstance(value, str) and not value.strip()):
            pointer = _show(place)
            characters += len(pointer) + 1
            if isinstance(value, str):
                message = "a blank text, expected a text or no key"
                yield _problem("warning", pointer, "blank", message, _API)
            else:
                kind = "object" if isinstance(value, dict) else "list"
                message = f"an empty {kind} says nothing: could be left out"
                yield _problem("information", pointer, "empty", message, _API)
    if waiting:
        message = "more places with nothing in them than are told"
        yield _problem("information", "", "empty", message, _API)


def _problem(severity: Severity, path: str, code: str, message: str, link: str) -> Problem:
    return Problem(
        severity=severity, layer="registry", path=path, code=code, message=message, link=link
    )
