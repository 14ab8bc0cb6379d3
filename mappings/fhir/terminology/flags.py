"""What is so of a study and what is not, as its classifiers, and whom it takes of either sex.

https://hl7.org/fhir/R5/researchstudy-definitions.html#ResearchStudy.classifier
"""

from typing import Any

from trialbridge.mappings.codec import Codec, Item, Node, Written, item
from trialbridge.mappings.fhir.study.dates import Lists
from trialbridge.mappings.fhir.terminology.codes import (
    ARTIFACT_CLASSIFIER,
    CLASSIFIER,
    EBM_CLASSIFIER,
    EBM_FLAGS,
    EBM_SEXES,
    FLAG,
    FLAGS,
    SEX,
    STANDARD_ARTIFACTS,
    STANDARD_FLAGS,
)
from trialbridge.mappings.fhir.terminology.displays import standard_coding
from trialbridge.mappings.fhir.types import codings, exact_coding, systems_of
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry


def _codings(name: str) -> dict[bool, list[Node]]:
    """The Codings of yes and of no: the standard's or a guide's, and ours."""
    if name not in FLAGS:
        raise KeyError(name)
    found = {True: [exact_coding(FLAG, name)] if name not in STANDARD_FLAGS else []}
    found[False] = [exact_coding(FLAG, f"not-{name}")]
    if name in STANDARD_FLAGS:
        found[True].append(standard_coding(CLASSIFIER, name))
    if name in STANDARD_ARTIFACTS:
        found[True].insert(0, standard_coding(ARTIFACT_CLASSIFIER, STANDARD_ARTIFACTS[name]))
    for value, one in zip((True, False), EBM_FLAGS.get(name, ()), strict=False):
        found[value].insert(0, {"system": EBM_CLASSIFIER, **one._asdict()})
    return found


def _meanings(written: dict[bool, list[Node]]) -> list[tuple[bool, str, str]]:
    """What each code means; where they disagree, the standard's are asked first."""
    found = [
        (value, system, coding["code"])
        for value, nodes in written.items()
        for coding in nodes
        for system in systems_of(coding["system"])
    ]
    return sorted(found, key=lambda one: one[1] == FLAG.url)


def flag(name: str) -> Codec[bool]:
    """Yes or no as a CodeableConcept of a list of such, `name` or `not-name`."""
    written = _codings(name)
    meanings = _meanings(written)
    said = frozenset((system, code) for _, system, code in meanings)

    def read(nodes: Any, names: Names) -> bool | None:
        codes = names.made[Lists].codes(nodes)
        if said.isdisjoint(codes):
            return None
        for value, system, code in meanings:
            if (system, code) in codes:
                return value
        return None

    concepts = {value: [{"coding": nodes}] for value, nodes in written.items()}
    return Codec(read, Written(concepts), (FLAG,), label=name)


def flag_item(name: str) -> Item:
    """The classifier that is a flag; the system alone marks it where neither yes nor no is said."""
    codes = {name, f"not-{name}", None}

    def mine(node: Node) -> bool:
        # A loop: a generator takes longer to begin than this takes for the one there is.
        for one in node.get("coding", ()):
            if one.get("system") == FLAG.url and one.get("code") in codes:
                return True
        return False

    return item(name, mine, coding=[{"system": FLAG.url}])


def flag_codings(name: str) -> Codec[bool]:
    """Yes or no as the Codings of a flag_item."""
    written = _codings(name)
    meanings = _meanings(written)

    def read(nodes: Any, names: Names) -> bool | None:
        codes = {(one.get("system"), one.get("code")) for one in nodes}
        return next((v for v, system, code in meanings if (system, code) in codes), None)

    return Codec(read, Written(written), (FLAG,))


_sexes = codings(SEX)
_EACH_SEX = frozenset(SEX.standard.values())
_BOTH = [{"coding": [exact_coding(registry.SEX, "ALL")]}]


def is_all(sex: str) -> bool:
    return sex == "ALL"


def is_one(sex: str) -> bool:
    return sex != "ALL"


def _read_sex(nodes: Any, names: Names) -> Any:
    genders = {one.get("code") for one in nodes if one.get("system") == SEX.system}
    return "ALL" if genders >= _EACH_SEX else _sexes.read(nodes, names)


def _read_classified_sex(nodes: Any, names: Names) -> str | None:
    codes = names.once(Lists).codes(nodes)
    found = [sex for code, sex in EBM_SEXES.items() if (EBM_CLASSIFIER, code) in codes]
    if (registry.SEX.url, "ALL") in codes or len(found) > 1:
        return "ALL"
    return found[0] if found else None


sex_codings = _sexes._replace(read=_read_sex)
"""One sex as the Codings of a characteristic. With both genders among them, as French records have
it, nobody is meant who is both: it is read as ALL."""

both_sexes: Codec[str] = Codec(
    _read_classified_sex, lambda value, names: _BOTH, (registry.SEX,), label="ctgov-sex"
)
"""ALL as a classifier, since no characteristic of a person is to be of either sex."""
