"""A `clinical_study` of PRS upload XML as a record, and back.

What a document says that the record has no place for, as the numbers of an IND or of an ethics
board, is in `unmapped`, at `/prs` (see `own_words` and `beyond`). The name of the account that
uploads it stands there too: where a document was read, it need not be asked for again.
https://prsinfo.clinicaltrials.gov/ProtocolRecordSchema.xsd
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from trialbridge.mappings import whole
from trialbridge.mappings.codec import Node, record
from trialbridge.mappings.coverage import CoverageRow, of_table
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.markdown import plain
from trialbridge.mappings.registries import own_words
from trialbridge.mappings.registries.prs import registration, results, words
from trialbridge.mappings.registries.prs.beyond import KEPT
from trialbridge.mappings.registries.prs.protocol import PROTOCOL
from trialbridge.schemas.base import BASE
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.prs.digest import LINK
from trialbridge.schemas.trial import Registration, SecondaryIdType, Trial

ROOT = "clinical_study"
TITLE = "PRS upload XML"
STUDY = record(Trial, *PROTOCOL, *results.RESULTS)
_ORG_NAME = "/id_info/org_name"


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes; what is not listed goes nowhere."""
    return [
        *of_table(STUDY, ROOT, BASE, ""),
        *results.coverage(),
        CoverageRow(
            "/protocolSection/armsInterventionsModule/armGroups/*/interventionNames/*",
            f"{ROOT}.intervention.arm_group_label",
            "native",
            "type and name of the interventions that name the arm",
        ),
        CoverageRow("/hasResults", f"{ROOT}.rrs:result", "native", "true where it stands"),
        CoverageRow(
            "/registration/id", f"{ROOT}.id_info.secondary_id", "native", "read as a secondary id"
        ),
        CoverageRow(
            "/registration/register",
            f"{ROOT}.id_info.secondary_id.id_domain",
            "native",
            "of CTIS and EUCTR the type of the id",
        ),
    ]


KEEP = whole.Keep(title=TITLE, root=ROOT, link=LINK, coverage=coverage)


# --- writing -----------------------------------------------------------------------------------


def write_tree(trial: Trial, org_name: str) -> tuple[Node, list[Problem]]:
    """The record as the tree of a `clinical_study`, and warnings.

    They say what is not in it (what is written is read again, and what of the record does not come
    back is told), and what the registry will ask for.
    """
    kept, others = own_words.split(FORM, trial)
    own = msgspec.structs.replace(trial, unmapped=others)
    node, problems = whole.write(own, STUDY, Names(own), KEEP)
    _complete(node)
    again = _again(node)
    told = [problem.path for problem in problems]
    problems += own_words.lost(FORM, own, again, told)
    problems += own_words.put_back(FORM, node, kept, again)
    _name_register(node, trial.registration)
    _name_account(node, org_name)
    problems += registration.missing(trial, node)
    return node, problems


def write_untold(trial: Trial, org_name: str) -> Node:
    """The same tree, without the warnings."""
    kept, _ = own_words.split(FORM, trial)
    own = msgspec.structs.replace(trial, unmapped=None)
    node = whole.node_of(own, STUDY, Names(own))
    _complete(node)
    if kept:
        own_words.put_back(FORM, node, kept, _again(node))
    _name_register(node, trial.registration)
    _name_account(node, org_name)
    return node


def account_of(trial: Trial) -> str:
    """The name of the account in the document that a record was read from, if it was one of these.

    Empty if there is none.
    """
    kept, _ = own_words.split(FORM, trial)
    said = kept.get(_ORG_NAME, "")
    return said if isinstance(said, str) else ""


def _name_account(node: Node, org_name: str) -> None:
    if org_name:
        node.setdefault("id_info", {})["org_name"] = org_name


# The types of identifiers of registers; of all other registers it is a registry identifier, with
# the register as its domain.
_REGISTERS: Mapping[str, SecondaryIdType] = {"CTIS": "CTIS", "EUCTR": "EUDRACT_NUMBER"}


def _name_register(node: Node, of: Registration | None) -> None:
    """Give a written study the id that its record has in another register.

    Here it is a secondary id, and never the id of this registry.
    """
    if of is None or not of.id:
        return
    ids = node.setdefault("id_info", {}).setdefault("secondary_id", [])
    if any(one.get("id") == of.id for one in ids):
        return
    register = of.register or ""
    said: Node = {"id": of.id}
    said["id_type"] = words.SECONDARY_ID.write(_REGISTERS.get(register, "REGISTRY"), Names())
    if register and register not in _REGISTERS:
        said["id_domain"] = register
    ids.append(said)


def _complete(node: Node) -> None:
    """Give a written study what follows from the rest of it, as its documents have it."""
    node.setdefault("id_info", {})
    if "eligibility" in node:
        for key in ("minimum_age", "maximum_age"):
            node["eligibility"].setdefault(key, "N/A")
    arms, design = node.get("arm_group"), node.get("study_design", {})
    kind = design.get("study_type")
    if arms and kind == "Interventional":
        design.setdefault("interventional_design", {})["number_of_arms"] = str(len(arms))
    elif arms and kind == "Observational":
        design.setdefault("observational_design", {})["number_of_groups"] = str(len(arms))


# --- reading -----------------------------------------------------------------------------------


def read_tree(
    tree: Node, malformed: Callable[[], list[Problem]] | None = None
) -> tuple[Trial, list[Problem]]:
    """The record of a `clinical_study`, and warnings. Raises ReadError with all faults."""
    return whole.read(tree, STUDY, Names(), KEEP, lambda trial: _rest(tree, trial), malformed)


def read_alone(tree: Node, malformed: Callable[[], list[Problem]] | None = None) -> Trial:
    """The record of a `clinical_study` alone. Raises ReadError with all faults."""
    trial, _ = whole.read(tree, STUDY, Names(), KEEP, None, malformed)
    return _derived(trial)


def _again(node: Node) -> Trial:
    return read_alone(node)


def _derived(trial: Trial) -> Trial:
    trial = own_words.with_intervention_names(trial)
    return msgspec.structs.replace(trial, has_results=trial.results is not None)


def _rest(tree: Node, trial: Trial) -> tuple[Trial, list[Problem]]:
    trial = _derived(trial)
    return own_words.rest(FORM, tree, trial, write_untold(trial, ""))


# What is not of the trial: whose account it is, and how an upload goes about it.
_SAYS_NOTHING = ("id_info/org_name", "id_info/provider_", "@partial_upload", "@delete")
_PARTS_OF_NAMES = frozenset({"first_name", "middle_name", "last_name", "degrees"})
_FOLLOWS = ("number_of_arms", "number_of_groups")


def _read(place: str, after: Mapping[str, Any]) -> bool:
    """Whether a value that is kept is read, and spelt in another way where it is written."""
    last = place.rpartition("/")[2]
    if place.startswith(_SAYS_NOTHING) or last in ("#order", "@delete") or last in _PARTS_OF_NAMES:
        return True
    return f"/{place}" in after and last not in _FOLLOWS


def _means_the_same(one: Any, other: Any) -> bool:
    """Whether two texts of CommonMark have the same words, and the same items of lists.

    The form has the words alone: a paragraph that begins with `1.` is an item of a list in it.
    """
    return (
        isinstance(one, str)
        and isinstance(other, str)
        and plain(one) == plain(other)
        and _ITEM.findall(one) == _ITEM.findall(other)
    )


_ITEM: Final = re.compile(r"(?m)^ *(?:[*+-]|[0-9]{1,9}[.)])(?= )")


FORM = own_words.Form(TITLE, ROOT, LINK, KEPT, _again, _read, _means_the_same)
