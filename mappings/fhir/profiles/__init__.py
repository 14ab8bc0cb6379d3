"""What a guide asks of a study beyond FHIR R4 itself, written beside it, and read again.

France's ECLAIRE and Germany's MII ask for elements of their own: most say again what the Bundle
says. So `add` puts them into a Bundle that is done, and `plain` takes them out before a Bundle is
read: of one of ours what the guide's elements say again is not read, and told where it disagrees;
of a Bundle of others they are made what our rows read. docs/formats/fhir/fhir-profiles.md
"""

from collections.abc import Mapping

from trialbridge.mappings import whole
from trialbridge.mappings.codec import Node
from trialbridge.mappings.fhir.profiles import eclaire, mii
from trialbridge.mappings.fhir.profiles.guide import Guide, Study, is_ours
from trialbridge.mappings.fhir.profiles.rules import absent
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial

GUIDES: Mapping[str, Guide] = {"eclaire": eclaire.GUIDE, "mii": mii.GUIDE}


def add(tree: Node, trial: Trial, profile: str) -> tuple[Node, list[Problem]]:
    """A Bundle of R4 as this guide asks for it, and a warning of what the record does not say.

    That is of the elements which the guide wants supported.
    """
    guide, study = GUIDES[profile], Study(tree)
    guide.add(study, trial)
    missing = absent(profile, guide.profile, study.node)
    if not missing:
        return study.tree, []
    message = f"{guide.title} asks for what the record does not say: {', '.join(missing)}"
    problem = Problem(
        severity="warning",
        layer="mapping",
        path="ResearchStudy",
        code="not-stated",
        message=message,
        link=guide.link,
    )
    return study.tree, [problem]


def guide_of(tree: Node) -> str | None:
    """The guide that the study of a Bundle, or a study alone, says that it follows."""
    study = Study.found(tree)
    if study is None:
        return None
    stated = study.node.get("meta")
    profiles = stated.get("profile") if stated.__class__ is dict else None
    urls = [*profiles] if profiles.__class__ is list else []
    urls += [one.get("url") for one in study.extensions()]
    for name, guide in GUIDES.items():
        if any(str(url).startswith(guide.base) for url in urls):
            return name
    return None


def plain(tree: Node, profile: str) -> tuple[Node, list[tuple[str, object]] | None]:
    """A Bundle without what its guide asks for, and what was in that.

    The second is None for a Bundle of others, whose guide's elements are what says the facts.
    """
    guide, study = GUIDES[profile], Study.found(tree)
    if study is None:
        return tree, None
    if not is_ours(study.node):
        guide.read(study)
        return study.tree, None
    guide.strip(study)
    return study.tree, study.taken


def told(taken: list[tuple[str, object]], again: Node, profile: str) -> list[Problem]:
    """A warning for what a Bundle says for its guide, and its record does not say.

    `again` is the Bundle of the record, written for the guide.
    """
    said = plain(again, profile)[1] or []
    return whole.not_read(taken, said, GUIDES[profile].link)
