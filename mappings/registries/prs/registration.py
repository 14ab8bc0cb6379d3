"""What the registry will ask for: the data elements that US law requires to register a trial.

By 42 CFR 11.28(a)(2), of trials that began on 18 January 2017 or later, and by 11.28(c), of
expanded access. What must not be asked of every trial stands with its condition. The elements that
a public record never has (number of an IND, the ethics board) are asked for too, since the form has
places for them.
https://www.ecfr.gov/current/title-42/part-11/section-11.28
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from trialbridge.mappings.codec import Node
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial

CODE: Final = "missing-for-registration"
LINK: Final = "https://www.ecfr.gov/current/title-42/part-11/section-11.28#p-11.28"
_ACCESS: Final = "Expanded Access"


class Element(NamedTuple):
    """A data element: its clause, whether expanded access has it too, its name, where it stands.

    `places` are paths in the tree of a study, of which one is enough; through a list, each item is
    to have it. `when` tells of a study whether it is asked for.
    """

    clause: str
    of_access: bool
    name: str
    places: tuple[str, ...]
    when: Callable[[Node], bool] = lambda study: True


def _text(study: Node, path: str) -> str:
    found: Any = study
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _is_stopped(study: Node) -> bool:
    return _text(study, "overall_status") in ("Suspended", "Terminated", "Withdrawn")


def _is_recruiting(study: Node) -> bool:
    return _text(study, "overall_status") == "Recruiting"


def _is_open(study: Node) -> bool:
    # Nobody is asked for whom to call of a study that takes nobody in any more.
    known = ("Not yet recruiting", "Recruiting")
    said = _text(study, "overall_status") or _text(study, "expanded_access_status")
    return not said or said in (*known, "Available")


def _has_device(study: Node) -> bool:
    kinds = ("Device", "Combination Product")
    return any(one.get("intervention_type") in kinds for one in study.get("intervention", ()))


def _is_unapproved(study: Node) -> bool:
    return _text(study, "delayed_posting") == "yes"


def _is_randomised(study: Node) -> bool:
    return len(study.get("arm_group", ())) > 1


def _studies_a_drug(study: Node) -> bool:
    return _text(study, "oversight_info.fda_regulated_drug") != "no"


_TRIAL = "study_design.interventional_design"
_SITE = "location.facility"
_DESIGN = "(a)(2)(i)(E)"

ELEMENTS: Final[tuple[Element, ...]] = (
    Element("(a)(2)(i)(A)", True, "Brief Title", ("brief_title",)),
    Element("(a)(2)(i)(B)", True, "Official Title", ("official_title",)),
    Element("(a)(2)(i)(C)", True, "Brief Summary", ("brief_summary.textblock",)),
    Element("(a)(2)(i)(D)", False, "Primary Purpose", (f"{_TRIAL}.interventional_subtype",)),
    Element(_DESIGN, False, "Study Design: Interventional Study Model", (f"{_TRIAL}.assignment",)),
    Element(_DESIGN, False, "Study Design: Arm Information", ("arm_group.arm_group_label",)),
    Element(_DESIGN, False, "Study Design: Allocation", (f"{_TRIAL}.allocation",), _is_randomised),
    Element(
        _DESIGN,
        False,
        "Study Design: Masking",
        (f"{_TRIAL}.no_masking", f"{_TRIAL}.masking"),
    ),
    Element("(a)(2)(i)(F)", False, "Study Phase", (f"{_TRIAL}.phase",), _studies_a_drug),
    Element("(a)(2)(i)(G)", True, "Study Type", ("study_design.study_type",)),
    Element("(a)(2)(i)(I)", True, "Primary Disease or Condition", ("condition",)),
    Element("(a)(2)(i)(J)", True, "Intervention Name", ("intervention.intervention_name",)),
    Element(
        "(a)(2)(i)(L)",
        True,
        "Intervention Description",
        ("intervention.intervention_description.textblock",),
    ),
    Element("(a)(2)(i)(M)", True, "Intervention Type", ("intervention.intervention_type",)),
    Element(
        "(a)(2)(i)(N)",
        False,
        "Studies a U.S. FDA-regulated Device Product",
        ("oversight_info.fda_regulated_device",),
    ),
    Element(
        "(a)(2)(i)(O)",
        False,
        "Studies a U.S. FDA-regulated Drug Product",
        ("oversight_info.fda_regulated_drug",),
    ),
    Element(
        "(a)(2)(i)(P)",
        False,
        "Device Product Not Approved or Cleared by U.S. FDA",
        ("delayed_posting",),
        _has_device,
    ),
    Element(
        "(a)(2)(i)(Q)",
        False,
        "Post Prior to U.S. FDA Approval or Clearance",
        ("oversight_info.post_prior_to_approval",),
        _is_unapproved,
    ),
    Element("(a)(2)(i)(S)", False, "Study Start Date", ("start_date",)),
    Element("(a)(2)(i)(T)", False, "Primary Completion Date", ("primary_compl_date",)),
    Element("(a)(2)(i)(U)", False, "Study Completion Date", ("last_follow_up_date",)),
    Element("(a)(2)(i)(V)", False, "Enrollment", ("enrollment",)),
    Element(
        "(a)(2)(i)(W)",
        False,
        "Primary Outcome Measure: Title",
        ("primary_outcome.outcome_measure",),
    ),
    Element(
        "(a)(2)(i)(W)",
        False,
        "Primary Outcome Measure: Description",
        ("primary_outcome.outcome_description.textblock",),
    ),
    Element(
        "(a)(2)(i)(W)",
        False,
        "Primary Outcome Measure: Time Frame",
        ("primary_outcome.outcome_time_frame",),
    ),
    Element("(a)(2)(ii)(A)", True, "Eligibility Criteria", ("eligibility.criteria.textblock",)),
    Element("(a)(2)(ii)(B)", True, "Sex/Gender", ("eligibility.gender",)),
    Element("(a)(2)(ii)(C)", True, "Age Limits", ("eligibility.minimum_age",)),
    Element(
        "(a)(2)(ii)(D)", False, "Accepts Healthy Volunteers", ("eligibility.healthy_volunteers",)
    ),
    Element(
        "(a)(2)(ii)(E)",
        True,
        "Overall Recruitment Status",
        ("overall_status", "expanded_access_status"),
    ),
    Element("(a)(2)(ii)(F)", False, "Why Study Stopped", ("why_stopped",), _is_stopped),
    Element("(a)(2)(ii)(G)", False, "Individual Site Status", ("location.status",), _is_recruiting),
    Element("(a)(2)(iii)(A)", True, "Sponsor", ("sponsors.lead_sponsor.agency",)),
    Element(
        "(a)(2)(iii)(B)",
        True,
        "Responsible Party, by Official Title",
        ("sponsors.resp_party.resp_party_type", "sponsors.resp_party.name_title"),
    ),
    Element("(a)(2)(iii)(C)", False, "Facility Name", ("location.facility.name",)),
    Element("(a)(2)(iii)(C)", False, "Facility Location: City", (f"{_SITE}.address.city",)),
    Element(
        "(a)(2)(iii)(C)",
        False,
        "Facility Location: Country",
        ("location.facility.address.country",),
    ),
    Element(
        "(a)(2)(iii)(C)",
        True,
        "Facility Contact or Central Contact",
        ("overall_contact.last_name", "location.contact.last_name"),
        _is_open,
    ),
    Element(
        "(a)(2)(iv)(A)",
        True,
        "Unique Protocol Identification Number",
        ("id_info.org_study_id",),
    ),
    Element(
        "(a)(2)(iv)(C)",
        True,
        "U.S. Food and Drug Administration IND or IDE Number",
        ("is_ind_study", "ind_info.ind_number"),
    ),
    Element(
        "(a)(2)(iv)(D)",
        False,
        "Human Subjects Protection Review Board Status",
        ("oversight_info.irb_info.approval_status",),
    ),
    Element("(a)(2)(iv)(E)", True, "Record Verification Date", ("verification_date",)),
)


def missing(trial: Trial, study: Node) -> list[Problem]:
    """A warning for each required element that a written study lacks.

    Observational studies need not be registered by this law, and nothing is asked of them.
    """
    kind = _text(study, "study_design.study_type")
    if kind == "Observational":
        return []
    problems = []
    for element in ELEMENTS:
        clause = element.clause if kind != _ACCESS else "(c)" if element.of_access else ""
        if not clause or not element.when(study):
            continue
        lacking = [_lacks(study, place.split(".")) for place in element.places]
        if None in lacking:
            continue
        place = next((at for at in lacking if at and "[" in at), element.places[0])
        problems.append(
            Problem(
                severity="warning",
                layer="mapping",
                path=f"clinical_study.{place}",
                code=CODE,
                message=f"{element.name} is not in the record, and the registry asks for it "
                f"(42 CFR 11.28{clause})",
                link=f"{LINK}{clause}",
            )
        )
    return problems


def _lacks(node: Any, way: list[str], at: str = "") -> str | None:
    """The first place that lacks what stands at the end of a way; None if none does."""
    if not way:
        return None if node else at
    step, *further = way
    here = f"{at}.{step}" if at else step
    found = node.get(step) if isinstance(node, dict) else None
    if not found:
        return ".".join([here, *further])
    if not isinstance(found, list):
        return _lacks(found, further, here)
    for position, one in enumerate(found):
        if (lacking := _lacks(one, further, f"{here}[{position}]")) is not None:
            return lacking
    return None
