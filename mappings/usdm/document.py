"""Trial records as the trees of USDM 4.0 documents, and back.

https://www.cdisc.org/ddf
"""

from collections.abc import Callable
from typing import Any, Final

from trialbridge.mappings import whole
from trialbridge.mappings.codec import Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.planned import Planned
from trialbridge.mappings.usdm import design
from trialbridge.mappings.usdm.apart import DESIGN_ID, OURS, VERSION_ID, Apart, class_of_design
from trialbridge.mappings.usdm.completed import completed, stated
from trialbridge.mappings.usdm.extensions import EXTENSIONS, attribute, of_url
from trialbridge.mappings.usdm.others.beyond import kept_beyond
from trialbridge.mappings.usdm.others.foreign import gathered, plain_texts
from trialbridge.mappings.usdm.others.planned import left_out, put
from trialbridge.mappings.usdm.others.rest import rest
from trialbridge.mappings.usdm.v4_0 import USDM, coverage, is_exact
from trialbridge.schemas.problem import Problem, no_record
from trialbridge.schemas.trial import Trial
from trialbridge.schemas.usdm.definitions import LINK, URL

_EMPTY: Final = f"{URL}/empty"
_UNMAPPED: Final = f"{URL}/unmapped"


def _version(tree: Node) -> Node:
    found: Node = tree.setdefault("study", {}).setdefault("versions", [{}])[0]
    return found


def _store(names: Names, tree: Node, empty: list[tuple[str, str]], unmapped: str | None) -> None:
    """An extension attribute for each empty element of the record, which USDM has no form for."""
    kept = _version(tree).setdefault(EXTENSIONS, [])
    for pointer, kind in empty:
        if not is_exact(pointer, kind):
            kept.append(attribute(names, f"{_EMPTY}/{kind}", valueString=pointer))
    if unmapped is not None:
        kept.append(attribute(names, _UNMAPPED, valueString=unmapped))


def _find(names: Names, tree: Node) -> tuple[dict[str, str], Any]:
    kept = names.once(Apart).version.get(EXTENSIONS)
    empty = {
        str(node.get("valueString")): kind
        for kind in ("object", "list", "string")
        for node in of_url(kept, f"{_EMPTY}/{kind}")
    }
    found = of_url(kept, _UNMAPPED)
    return empty, found[0].get("valueString") if found else None


KEEP = whole.Keep(
    title="USDM 4.0",
    root="Wrapper",
    link=LINK,
    coverage=coverage,
    store=_store,
    find=_find,
    marker_place=f"Wrapper.study.versions[0].{EXTENSIONS}[url='/empty']",
    unmapped_place=f"Wrapper.study.versions[0].{EXTENSIONS}[url='/unmapped']",
)


# --- writing -----------------------------------------------------------------------------------


def write_tree(trial: Trial, plan: Planned | None = None) -> tuple[Node, list[Problem]]:
    """The record as the tree of a USDM document, and warnings of what is not in it.

    `plan`: what is planned beyond the record.
    """
    names = Names(trial, form="oid")
    tree, problems = whole.write(trial, USDM, names, KEEP)
    tree = _assembled(tree, names)
    if plan is not None:
        design = _version(tree)["studyDesigns"][0]
        put(plan, design)
        problems += left_out(plan, design)
    return completed(tree, "Wrapper", names), problems


def sparse_tree(trial: Trial) -> Node:
    """The tree without what USDM requires beside the record."""
    names = Names(trial, form="oid")
    return _assembled(whole.write(trial, USDM, names, KEEP)[0], names)


def _assembled(tree: Node, names: Names) -> Node:
    """The document, with what stands in lists of its own in its place."""
    apart = names.once(Apart)
    version = _version(tree)
    version["id"] = VERSION_ID
    design_ = version.setdefault("studyDesigns", [{}])[0]
    design_ |= {"id": DESIGN_ID, "instanceType": class_of_design(names)}
    population = design_.setdefault("population", {})
    if apart.organizations:
        version["organizations"] = [
            *apart.organizations.values(),
            *version.get("organizations", ()),
        ]
    if apart.items:
        version["eligibilityCriterionItems"] = apart.items
        population["criterionIds"] = [one["id"] for one in design_["eligibilityCriteria"]]
        for number, one in enumerate(design_["eligibilityCriteria"], 1):
            one["identifier"] = str(number)
    if interventions := version.get("studyInterventions"):
        design_["studyInterventionIds"] = [one["id"] for one in interventions]
    made, elements = design.cells(names, design_.get("arms", []))
    if made:
        design_["epochs"] = [{"id": design.EPOCH}]
        design_["studyCells"], design_["elements"] = made, elements
    study = tree["study"]
    study["name"] = _name(names)
    return {"usdmVersion": "4.0.0", "systemName": OURS, "study": study}


def _name(names: Names) -> str:
    """What the study is called: by its sponsor, else by its register."""
    trial = names.trial
    identification = trial.protocol.identification if trial and trial.protocol else None
    info = identification.org_study_id_info if identification else None
    return (info.id if info else None) or names.called


# --- reading -----------------------------------------------------------------------------------


def read_tree(
    tree: Node, document: Callable[[], str], *, alone: bool = False
) -> tuple[Trial, list[Problem]]:
    """The record of the tree of a USDM document, and warnings.

    The first version of the study is read, and its first design. What the model has no place for is
    in `unmapped`, below `/usdm`, with the text of the document; not where the record is wanted
    `alone`. Raises ReadError with all that does not have its form.
    """
    names = Names(form="oid")
    apart = names.once(Apart)
    apart.ours = tree.get("systemName") == OURS
    said = stated(tree, ours=apart.ours)
    study = said.get("study") or {}
    apart.version = (study.get("versions") or [{}])[0]
    if not apart.ours:
        plain_texts(apart.version)
        apart.version = gathered(apart.version)
    apart.design = (apart.version.get("studyDesigns") or [{}])[0]
    to_read = {"study": {**study, "versions": [apart.version]}}

    def keep_rest(trial: Trial) -> tuple[Trial, list[Problem]]:
        again, _ = write_tree(trial)
        if again == tree:
            return trial, []
        found = rest(said, stated(again, ours=True))
        if apart.ours and not found:
            return trial, []
        none = []
        if trial == Trial():
            message = (
                "the study has no title, no id and no design of its own; it is good for USDM alone"
            )
            none.append(no_record("/study", message, LINK))
        trial, problems = kept_beyond(trial, found, document(), LINK)
        return trial, none + problems

    return whole.read(to_read, USDM, names, KEEP, None if alone else keep_rest)
