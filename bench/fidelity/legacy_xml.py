"""How much of a record the registry's legacy XML and its API say alike, by kind of fact.

    python bench/fidelity/legacy_xml.py SOURCE...    # files, folders, zips with XML and API records

Compared are records of the same trial that were last changed on the same day (by
`lastUpdateSubmitDate`): each leaf value of the API's record, today's or the classic, that the XML
has a place for, and each of the XML's, by its place. What is different is listed by the rule of
`docs/formats/registries/ctgov-xml.md` that it falls under, and by leaf.
"""

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import trialbridge
from trialbridge.formats import by_name
from trialbridge.homes import model_tree
from trialbridge.mappings.coverage import pattern
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
    parser.add_argument("--list", action="store_true", help="print each difference whole")
    chosen = parser.parse_args(arguments)
    equal: Counter[str] = Counter()
    other: Counter[str] = Counter()
    by_rule: Counter[str] = Counter()
    rules: dict[str, Counter[str]] = defaultdict(Counter)
    places = {row.leaf for row in by_name("ctgov-xml").rows() if row.home != "none"}
    trials: set[tuple[str, bool]] = set()
    for xml, api in pairs(chosen.sources):
        trials.add((str(xml.nct_id), xml.results is not None and api.results is not None))
        one, two = values(xml), values(api)
        two = {at: value for at, value in two.items() if at in one or pattern(at) in places}
        for pointer in sorted(one.keys() | two.keys()):
            kind = kind_of(pointer)
            if kind and one.get(pointer) == two.get(pointer):
                equal[kind] += 1
            elif kind:
                other[kind] += 1
                rule = rule_of(pointer, one.get(pointer), two.get(pointer))
                rules[rule][pattern(pointer)] += 1
                by_rule[kind] += rule != NO_RULE
                if chosen.list:
                    print(xml.nct_id, pointer, rule, repr(one.get(pointer)), repr(two.get(pointer)))
    with_results = sum(results for _, results in trials)
    print(f"{len(trials)} trials of the same day, {with_results} with results")
    print("\nkind                    facts   equal  or by a rule")
    for kind in KINDS:
        count = equal[kind] + other[kind]
        if count:
            ruled = equal[kind] + by_rule[kind]
            print(f"{kind:22} {count:6}  {equal[kind] / count:6.1%}  {ruled / count:6.1%}")
    for rule, leaves in rules.items():
        print(f"\n{sum(leaves.values()):5} {rule}")
        for leaf, count in leaves.most_common():
            print(f"{count:9} {leaf}")
    print(
        "\n" + " ".join(f"{number}{'*' if results else ''}" for number, results in sorted(trials))
    )


def pairs(sources: Iterable[str]) -> Iterator[tuple[trialbridge.Trial, trialbridge.Trial]]:
    """Give the records of the same trial and day, that of the XML first."""
    found: dict[tuple[str, str], dict[bool, trialbridge.Trial]] = defaultdict(dict)
    for record in trialbridge.records(list(sources)):
        trial = record.trial
        day = changed(trial) if trial else None
        if trial and trial.nct_id and day:
            found[trial.nct_id, day].setdefault(record.format == "ctgov-xml", trial)
    for _, two in sorted(found.items()):
        if len(two) == 2:
            yield two[True], two[False]


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


def rule_of(pointer: str, xml: Any, api: Any) -> str:
    """The rule of the page that a difference falls under, else NO_RULE."""
    leaf = pattern(pointer)
    for name, leaves, holds in RULES:
        if re.search(leaves, leaf) and holds(xml, api):
            return name
    return NO_RULE


def _marks_off(words: Any) -> str:
    """A text without the marks of lists, escapes and white space."""
    items = re.sub(r"(?m)^ *(?:[*+-]|[0-9]+\\?[.)]) +", " ", str(words))
    return "".join(items.replace("\\", "").split())


RULES: Final[tuple[tuple[str, str, Callable[[Any, Any], bool]], ...]] = (
    ("marks of lists", r"escription$|Criteria$|Summary$|Comment$", lambda xml, api: bool(
        xml and api and _marks_off(xml) == _marks_off(api)
    )),
    ("finer classes", r"/class$", lambda xml, api: xml == "OTHER"),
    ("unknown after two years", r"/(?:overall|lastKnown)Status$", lambda xml, api: (
        api == "UNKNOWN" or xml is None
    )),
    ("references of PubMed", r"/references/", lambda xml, api: bool(api)),
    ("names of today", r"ffiliation$|/organization/fullName$|/city$|/state$", lambda xml, api: bool(
        xml and api
    )),
    ("registries of patients", r"/patientRegistry$", lambda xml, api: xml is False and not api),
    ("limits that are NA", r"/(?:lower|upper)Limit$", lambda xml, api: not xml and api == "NA"),
    ("sex before 2017", r"/baselineCharacteristicsModule/measures/", lambda xml, api: True),
    ("a level of 0", r"/ciPctValue$", lambda xml, api: not xml and api == "0"),
)  # fmt: skip
"""The rules of the page: name, the leaves that it is about, whether it holds of two values."""


if __name__ == "__main__":
    main()
