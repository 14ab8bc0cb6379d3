"""Forms in which others write what our rows read in one: found, and made that one.

`FORMS` is the list, looked through in its order before the rows read. It is for reading alone.
What has a form that is not listed is left as it is, and told as not read.
"""

from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.others import arms, eligibility, parties, study
from trialbridge.mappings.fhir.others.forms import Form, Others
from trialbridge.mappings.names import Names
from trialbridge.schemas.problem import Problem

FORMS: tuple[Form, ...] = (*study.FORMS, *parties.FORMS, *arms.FORMS, *eligibility.FORMS)

_FORMS_BUT_OF_PARTIES = tuple(form for form in FORMS if form.member != "associatedParty")


def _forms_for(others: Others) -> tuple[Form, ...]:
    """The forms that a study may have, as is seen at once of what most of them are of."""
    listed = others.study.get("associatedParty", [])
    if listed.__class__ is list and parties.are_as_we_write(listed, others):
        return _FORMS_BUT_OF_PARTIES
    return FORMS


def _has(nodes: list[Node], member: str) -> bool:
    # A loop, since a generator takes longer to begin than most lists take.
    for node in nodes:  # noqa: SIM110
        if node.__class__ is dict and member in node:
            return True
    return False


def as_ours(node: Node, names: Names) -> tuple[Node, list[Problem]]:
    """The ResearchStudy with all forms of others as ours; what it refers to is in `Resources`.

    The warnings are of what was taken to mean what it need not.
    """
    others = Others(node, names)
    for form in _forms_for(others):
        value = others.study.get(form.member)
        if value.__class__ is list:
            if form.sign is not None and not _has(value, form.sign):
                continue
            made = form.read(value, others)
        elif value.__class__ is dict:
            made = form.read([value], others)
        else:
            continue
        if made is None:
            continue
        if value.__class__ is dict:
            others.study[form.member] = made[0]
        elif made:
            others.study[form.member] = made
        else:
            del others.study[form.member]
    return others.study, others.notes
