"""How much of a record the registry's legacy XML and its API say alike, by kind of fact.

    python bench/legacy_xml.py CORPUS       # CORPUS has ctgov-xml/ and ctgov-v2.jsonl

Compared are records of the same trial that were last changed on the same day: each leaf value of
the API's record that the XML has a place for, and each of the XML's, by its place. What is
different is listed by leaf.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import trialbridge
from trialbridge.formats import by_name
from trialbridge.homes import model_tree
from trialbridge.mappings.coverage import pattern
from trialbridge.schemas.syntax.pointer import walk

PROTOCOL = "/protocolSection/"
KINDS = {
    "titles": ("identificationModule/briefTitle", "identificationModule/officialTitle"),
    "ids": ("identificationModule/",),
    "sponsors": ("sponsorCollaboratorsModule/",),
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
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each kind, and what is different."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("corpus", type=Path)
    corpus = parser.parse_args(arguments).corpus
    equal: Counter[str] = Counter()
    other: Counter[str] = Counter()
    leaves: Counter[str] = Counter()
    places = {row.leaf for row in by_name("ctgov-xml").rows() if row.home != "none"}
    trials = 0
    for xml, api in pairs(corpus):
        trials += 1
        one, two = values(xml), values(api)
        two = {at: value for at, value in two.items() if at in one or pattern(at) in places}
        for pointer in one.keys() | two.keys():
            kind = kind_of(pointer)
            if kind and one.get(pointer) == two.get(pointer):
                equal[kind] += 1
            elif kind:
                other[kind] += 1
                side = "API alone" if pointer not in one else "XML alone"
                side = side if (pointer in one) is not (pointer in two) else "differs"
                leaves[f"{pattern(pointer)}: {side}"] += 1
    print(f"{trials} trials of the same day\n\nkind                    facts   equal")
    for kind in KINDS:
        count = equal[kind] + other[kind]
        if count:
            print(f"{kind:22} {count:6}  {equal[kind] / count:6.1%}")
    print()
    for leaf, count in leaves.most_common():
        print(f"{count:5} {leaf}")


def pairs(corpus: Path) -> Iterator[tuple[trialbridge.Trial, trialbridge.Trial]]:
    """Give the records of the same trial and day, that of the XML first."""
    api = {}
    for data in (corpus / "ctgov-v2.jsonl").read_bytes().splitlines():
        trial = trialbridge.read(data)
        api[trial.nct_id] = trial
    for record in trialbridge.records([str(path) for path in (corpus / "ctgov-xml").iterdir()]):
        other = api.get(record.trial.nct_id) if record.trial else None
        if record.trial and other and changed(record.trial) == changed(other):
            yield record.trial, other


def changed(trial: trialbridge.Trial) -> str | None:
    status = trial.protocol.status if trial.protocol else None
    return status.last_update_submit_date if status else None


def values(trial: trialbridge.Trial) -> dict[str, Any]:
    return {pointer: value for pointer, value in walk(model_tree(trial)) if pointer}


def kind_of(pointer: str) -> str | None:
    path = pointer.removeprefix(PROTOCOL)
    if path == pointer:
        return None
    return next((kind for kind, begins in KINDS.items() if path.startswith(begins)), None)


if __name__ == "__main__":
    main()
