"""Ways to edit an ODM document, and what an edit changes in the record."""

from collections.abc import Callable
from typing import Any

from odm_documents import NAMESPACE, Element, document, read

from trialbridge.schemas.syntax.pointer import differences
from trialbridge.schemas.trial import Trial

Edit = Callable[[Element], object]
Changes = dict[str, tuple[Any, Any]]


def edited(trial: Trial, edit: Edit) -> tuple[Trial, list[str]]:
    """The record that is read of its document after an edit, and the codes of the warnings.

    That a code, or the other place of a criterion, which the edit left behind is not read is no
    news here.
    """
    root = document(trial)
    edit(root)
    after, problems = read(root)
    return after, [problem.code for problem in problems if problem.code != "not-read"]


def changes(trial: Trial, edit: Edit) -> Changes:
    """What an edit changes in the record: pointer to (before, after)."""
    after, _ = edited(trial, edit)
    return {
        d.pointer: (d.before, d.after)
        for d in differences(trial, after)
        if not d.pointer.startswith("/unmapped")
    }


def without(*paths: str) -> Edit:
    def edit(root: Element) -> None:
        for path in paths:
            found = root.xpath(path, namespaces={"o": NAMESPACE})
            assert found, path
            for node in found:
                node.getparent().remove(node)

    return edit


P = "/protocolSection"
IDENTIFICATION = f"{P}/identificationModule"


DESIGN = f"{P}/designModule"


ARMS = f"{P}/armsInterventionsModule/armGroups"


OUTCOMES = f"{P}/outcomesModule"


ELIGIBILITY = f"{P}/eligibilityModule"


CONTACTS = f"{P}/contactsLocationsModule"


CRITERIA = f"{ELIGIBILITY}/eligibilityCriteria"
