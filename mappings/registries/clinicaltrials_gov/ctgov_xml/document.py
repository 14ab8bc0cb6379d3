"""A `clinical_study` of ClinicalTrials.gov's legacy XML as a record, and back.

What of a document is not what the record would be written as is in `unmapped`, at
`/clinical_study`: see `own_words`.
https://clinicaltrials.gov/data-api/about-api/api-migration
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from trialbridge.mappings import whole
from trialbridge.mappings.codec import Node, record
from trialbridge.mappings.coverage import CoverageRow, of_table
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries import own_words
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.protocol import PROTOCOL
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.results import RESULTS
from trialbridge.schemas.base import BASE
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial

LINK = "https://clinicaltrials.gov/data-api/about-api/api-migration"
ROOT = "clinical_study"
TITLE = "legacy XML"
STUDY = record(Trial, *PROTOCOL, *RESULTS)
_KEPT = f"/{ROOT}"
_ARMS = "/protocolSection/armsInterventionsModule"
_FILE = re.compile(r"([A-Za-z]+(?:_[A-Za-z]+)*)_[0-9]{3}\.pdf")
_LINK_TEXT = "Link to the current ClinicalTrials.gov record."


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes; what is not listed goes nowhere.

    Of `unmapped` that is what other sources said; what a document of legacy XML said is its own.
    """
    return [
        *of_table(STUDY, ROOT, BASE, ""),
        CoverageRow(
            f"{_ARMS}/armGroups/*/interventionNames/*",
            f"{ROOT}.intervention.arm_group_label",
            "native",
            "type and name of the interventions that name the arm",
        ),
        CoverageRow(
            "/documentSection/largeDocumentModule/largeDocs/*/typeAbbrev",
            f"{ROOT}.provided_document_section.provided_document.document_url",
            "native",
            "how the name of the file begins",
        ),
        CoverageRow("/hasResults", f"{ROOT}.clinical_results", "native", "true where it stands"),
    ]


KEEP = whole.Keep(title=TITLE, root=ROOT, link=LINK, coverage=coverage)


# --- writing -----------------------------------------------------------------------------------


def write_tree(trial: Trial) -> tuple[Node, list[Problem]]:
    """The record as the tree of a `clinical_study`, and warnings of what is not in it.

    What is written is read again: what of the record does not come back is told.
    """
    kept, others = own_words.split(FORM, trial)
    own = msgspec.structs.replace(trial, unmapped=others)
    node, problems = whole.write(own, STUDY, Names(own), KEEP)
    _complete(node, own)
    again = _again(node)
    told = [problem.path for problem in problems]
    problems += own_words.lost(FORM, own, again, told)
    problems += own_words.put_back(FORM, node, kept, again)
    return node, problems


def write_untold(trial: Trial) -> Node:
    """The same tree, without the warnings."""
    kept, _ = own_words.split(FORM, trial)
    own = msgspec.structs.replace(trial, unmapped=None)
    node, _ = whole.write(own, STUDY, Names(own), KEEP)
    _complete(node, own)
    if kept:
        own_words.put_back(FORM, node, kept, _again(node))
    return node


def _complete(node: Node, trial: Trial) -> None:
    """Give a written study what follows from the rest of it, as its documents have it."""
    nct_id = trial.nct_id
    if nct_id:
        header = node.setdefault("required_header", {})
        header["link_text"] = _LINK_TEXT
        header["url"] = f"https://clinicaltrials.gov/show/{nct_id}"
    if "last_update_submitted" in node:
        node["last_update_submitted_qc"] = node["last_update_submitted"]
    if "eligibility" in node:
        for key in ("minimum_age", "maximum_age"):
            node["eligibility"].setdefault(key, "N/A")
    arms = node.get("arm_group")
    if arms and node.get("study_type") == "Interventional":
        node["number_of_arms"] = str(len(arms))
    elif arms and str(node.get("study_type", "")).startswith("Observational"):
        node["number_of_groups"] = str(len(arms))
    countries = {
        country
        for one in node.get("location", ())
        if (country := one.get("facility", {}).get("address", {}).get("country"))
    }
    if countries:
        node["location_countries"] = {"country": sorted(countries)}
    if trial.protocol and trial.protocol.status and node.get("overall_status") == "Withheld":
        node.setdefault("study_type", "N/A")


# --- reading -----------------------------------------------------------------------------------


def read_tree(
    tree: Node, malformed: Callable[[], list[Problem]] | None = None
) -> tuple[Trial, list[Problem]]:
    """The record of a `clinical_study`, and warnings. Raises ReadError with all faults."""
    return whole.read(tree, STUDY, Names(), KEEP, lambda trial: _rest(tree, trial), malformed)


def _again(node: Node) -> Trial:
    trial, _ = whole.read(node, STUDY, Names(), KEEP, None)
    return _derived(trial, "clinical_results" in node)


def _derived(trial: Trial, has_results: bool) -> Trial:
    """The record with what follows from the rest of it.

    The interventions of arms, the kind of documents (from how the registry names their files), and
    whether there are results.
    """
    changes: dict[str, Any] = {"has_results": has_results}
    trial = own_words.with_intervention_names(trial)
    if trial.documents and trial.documents.large_document:
        held = trial.documents.large_document
        documents = [
            msgspec.structs.replace(one, type_abbrev=found[1])
            if (found := _FILE.fullmatch(one.filename or ""))
            else one
            for one in held.large_docs or ()
        ]
        large = msgspec.structs.replace(held, large_docs=documents)
        changes["documents"] = msgspec.structs.replace(trial.documents, large_document=large)
    return msgspec.structs.replace(trial, **changes)


def _rest(tree: Node, trial: Trial) -> tuple[Trial, list[Problem]]:
    """The record with all that it would not be written as."""
    trial = _derived(trial, "clinical_results" in tree)
    return own_words.rest(FORM, tree, trial, write_untold(trial))


_OLDER = frozenset(row.steps[0] for row in PROTOCOL if row.read_only)
# Of the document, not of the trial; and what follows from other elements, which alone are read.
_SAYS_NOTHING = ("@rank", "required_header/")
_PARTS_OF_NAMES = frozenset({"first_name", "middle_name", "degrees"})
_FOLLOWS = ("number_of_", "last_update_submitted_qc", "location_countries/")


def _read(place: str, after: Mapping[str, Any]) -> bool:
    """Whether a value that is kept is read, and spelt in another way where it is written."""
    if place.startswith(_SAYS_NOTHING) or place in _OLDER or place.endswith("/#order"):
        return True
    if place.rpartition("/")[2] in _PARTS_OF_NAMES:
        return True
    return f"/{place}" in after and not place.startswith(_FOLLOWS)


FORM = own_words.Form(TITLE, ROOT, LINK, _KEPT, _again, _read)
