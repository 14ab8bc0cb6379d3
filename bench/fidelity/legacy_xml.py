"""How much of a record the registry's legacy XML and its API say alike, by kind of fact.

    python bench/fidelity/legacy_xml.py SOURCE...    # files, folders, zips with XML and API records

Compared are records of the same trial that were last changed on the same day (by
`lastUpdateSubmitDate`): each leaf value of the API's record, today's or the classic, that the XML
has a place for, and each of the XML's, by its place. What is different is listed by the rule of
`docs/formats/registries/ctgov-xml.md` that it falls under, and by leaf. Beside the share that is
equal stand the shares with what the form has no other way to say, and with what the registry said
otherwise after the day of the document.
"""

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import trialbridge
from trialbridge.formats import by_name
from trialbridge.homes import model_tree
from trialbridge.mappings.coverage import pattern
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import AGENCY_CLASS
from trialbridge.schemas.syntax.pointer import walk

KINDS: Final = {
    "titles": ("identificationModule/briefTitle", "identificationModule/officialTitle"),
    "ids": ("identificationModule/",),
    "sponsors": ("sponsorCollaboratorsModule/",),
    "oversight": ("oversightModule/",),
    "dates and status": ("statusModule/",),
    "conditions": ("conditionsModule/conditions",),
    "keywords": ("conditionsModule/keywords",),
    "descriptions": ("descriptionModule/",),
    "arms": ("armsInterventionsModule/armGroups",),
    "interventions": ("armsInterventionsModule/interventions",),
    "links and references": ("referencesModule/",),
    "outcomes": ("outcomesModule/",),
    "officials and contacts": (
        "contactsLocationsModule/overallOfficials",
        "contactsLocationsModule/centralContacts",
    ),
    "sites": ("contactsLocationsModule/locations",),
    "design": ("designModule/",),
    "eligibility": ("eligibilityModule/",),
    "sharing of data": ("ipdSharingStatementModule/",),
    "results: flow": ("participantFlowModule/",),
    "results: baseline": ("baselineCharacteristicsModule/",),
    "results: measures": ("outcomeMeasuresModule/",),
    "results: events": ("adverseEventsModule/",),
    "results: the rest": ("moreInfoModule/",),
}
EVENTS: Final = tuple(
    ("resultsSection", "adverseEventsModule", kind) for kind in ("seriousEvents", "otherEvents")
)
NO_RULE: Final = "no rule"
SECTIONS: Final = ("/protocolSection/", "/resultsSection/")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each kind, each rule, and what is different."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--today", action="store_true", help="only against today's API")
    parser.add_argument("--list", action="store_true", help="print each difference whole")
    chosen = parser.parse_args(arguments)
    equal: Counter[str] = Counter()
    other: Counter[str] = Counter()
    by_form: Counter[str] = Counter()
    by_day: Counter[str] = Counter()
    rules: dict[str, Counter[str]] = defaultdict(Counter)
    places = {row.leaf for row in by_name("ctgov-xml").rows() if row.home != "none"}
    trials: set[tuple[str, bool]] = set()
    for xml, api, classic in pairs(chosen.sources):
        if classic and chosen.today:
            continue
        trials.add((str(xml.nct_id), xml.results is not None and api.results is not None))
        one, two = values(xml), values(api)
        two = {at: value for at, value in two.items() if at in one or pattern(at) in places}
        for pointer in sorted(one.keys() | two.keys()):
            kind = kind_of(pointer)
            if kind and one.get(pointer) == two.get(pointer):
                equal[kind] += 1
            elif kind:
                other[kind] += 1
                rule = rule_of(pointer, one.get(pointer), two.get(pointer), classic=classic)
                name = rule.name if rule else NO_RULE
                rules[name][pattern(pointer)] += 1
                by_form[kind] += rule is not None and rule.form
                by_day[kind] += rule is not None and not rule.form
                if chosen.list:
                    print(xml.nct_id, pointer, name, repr(one.get(pointer)), repr(two.get(pointer)))
    with_results = sum(results for _, results in trials)
    print(f"{len(trials)} trials of the same day, {with_results} with results")
    print("\nkind                    facts   equal  by the form  and the day")
    for kind in KINDS:
        count = equal[kind] + other[kind]
        if count:
            form = equal[kind] + by_form[kind]
            print(
                f"{kind:22} {count:6}  {equal[kind] / count:6.1%}       {form / count:6.1%}"
                f"       {(form + by_day[kind]) / count:6.1%}"
            )
    for name, leaves in rules.items():
        print(f"\n{sum(leaves.values()):5} {name}")
        for leaf, count in leaves.most_common():
            print(f"{count:9} {leaf}")
    print(
        "\n" + " ".join(f"{number}{'*' if results else ''}" for number, results in sorted(trials))
    )


def pairs(sources: Iterable[str]) -> Iterator[tuple[trialbridge.Trial, trialbridge.Trial, bool]]:
    """Give the records of the same trial and day, that of the XML first.

    The third says whether the other is of the classic API.
    """
    found: dict[tuple[str, str], dict[str, trialbridge.Trial]] = defaultdict(dict)
    for record in trialbridge.records(list(sources)):
        trial = record.trial
        day = changed(trial) if trial else None
        if trial and trial.nct_id and day:
            found[trial.nct_id, day].setdefault(record.format or "", trial)
    for _, by_format in sorted(found.items()):
        xml, classic = by_format.get("ctgov-xml"), by_format.get("ctgov-v1")
        api = by_format.get("ctgov") or classic
        if xml and api:
            yield xml, api, api is classic


def changed(trial: trialbridge.Trial) -> str | None:
    status = trial.protocol.status if trial.protocol else None
    return status.last_update_submit_date if status else None


def values(trial: trialbridge.Trial) -> dict[str, Any]:
    """Each value by its place; lists whose order the registry does not keep by their names."""
    tree = model_tree(trial)
    for events in (_list(tree, *path) for path in EVENTS):
        events.sort(key=lambda event: (event.get("organSystem") or "", event.get("term") or ""))
    for one in _list(tree, "protocolSection", "armsInterventionsModule", "interventions"):
        one.get("armGroupLabels", []).sort()
    return {pointer: value for pointer, value in walk(tree) if pointer}


def _list(tree: dict[str, Any], *names: str) -> list[Any]:
    found: Any = tree
    for name in names:
        found = found.get(name) or {}
    return found or []


def kind_of(pointer: str) -> str | None:
    path = next((pointer.removeprefix(own) for own in SECTIONS if pointer.startswith(own)), None)
    if path is None:
        return None
    return next((kind for kind, begins in KINDS.items() if path.startswith(begins)), None)


def rule_of(pointer: str, xml: Any, api: Any, *, classic: bool) -> "Rule | None":
    """The rule of the page that a difference falls under, None without one."""
    leaf = pattern(pointer)
    for rule in RULES:
        if re.search(rule.leaves, leaf) and (classic or not rule.classic) and rule.holds(xml, api):
            return rule
    return None


def _marks_off(words: Any) -> str:
    """A text without the marks of lists, escapes and white space."""
    items = re.sub(r"(?m)^ *(?:\\?[*+-]|[0-9]+\\?[.)]) +", " ", str(words))
    return "".join(items.replace("\\", "").split())


def _but_for_marks(xml: Any, api: Any) -> bool:
    return bool(xml and api and _marks_off(xml) == _marks_off(api))


def _same_label(xml: Any, api: Any) -> bool:
    """Whether the XML has one word for both classes."""
    words = AGENCY_CLASS.write
    return bool(xml and api and words(xml, Names()) == words(api, Names()))


class Rule(NamedTuple):
    """Why a fact differs: the leaves that it is about, and whether it holds of two values."""

    name: str
    form: bool
    """Whether the form has no other way to say it; else the registry said otherwise later."""
    leaves: str
    holds: Callable[[Any, Any], bool]
    classic: bool = False
    """Whether it is a rule of the classic API alone."""


_BLOCKS = r"(?:Criteria|Summary|detailedDescription)$"
RULES: Final = (
    Rule("marks of lists outside text blocks", True, r"(?<!detailedD)escription$|Comment$",
         _but_for_marks),
    Rule("marks of lists in the classic API", True, _BLOCKS, _but_for_marks, classic=True),
    Rule("finer classes", True, r"/class$", _same_label),
    Rule("limits that are NA", True, r"/(?:lower|upper)Limit$",
         lambda xml, api: not xml and api == "NA"),
    Rule("no agreement of employees", True, r"/restrictiveAgreement$",
         lambda xml, api: xml is False and api is None),
    Rule("limitations in the classic API", True, r"/limitationsAndCaveats/",
         lambda xml, api: api is None, classic=True),
    Rule("registries of patients", True, r"/patientRegistry$",
         lambda xml, api: xml is False and not api),
    Rule("a level of 0", True, r"/ciPctValue$", lambda xml, api: not xml and api == "0"),
    Rule("references of PubMed", False, r"/references/", lambda xml, api: bool(api)),
    Rule("unknown after two years", False, r"/(?:overall|lastKnown)Status$",
         lambda xml, api: api == "UNKNOWN" or xml is None),
    Rule("estimated until it is posted", False, r"PostDateStruct/type$",
         lambda xml, api: (xml, api) == ("ESTIMATED", "ACTUAL")),
    Rule("names of today", False,
         r"ffiliation$|/organization/fullName$|/collaborators/\*/name$|/city$|/state$",
         lambda xml, api: bool(xml and api)),
    Rule("sex before 2017", False, r"/baselineCharacteristicsModule/measures/",
         lambda xml, api: True),
)  # fmt: skip
"""The rules of the page."""


if __name__ == "__main__":
    main()
