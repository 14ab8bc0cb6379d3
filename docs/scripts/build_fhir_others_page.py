"""Make the page on FHIR documents of others: the forms that are read, and a record side by side.

python docs/scripts/build_fhir_others_page.py    # rewrites the page
python docs/scripts/build_fhir_others_page.py --check    # exits 1 if it is not current
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from trialbridge.mappings.fhir.others import FORMS
from trialbridge.schemas.made import settle

PAGE = Path(__file__).resolve().parents[1] / "formats" / "fhir" / "fhir-others.md"


class Point(NamedTuple):
    """A fact of the record: how HL7's example says it, and where our conversion has it.

    The paths are tested against both documents; `theirs` and `ours` say in words what stands there.
    """

    fact: str
    at: str
    theirs: str
    our_place: str
    ours: str


POINTS = (
    Point(
        "NCT id",
        "ResearchStudy.identifier.value",
        "`use` official, the registry's system",
        "ResearchStudy.identifier.value",
        "the same",
    ),
    Point(
        "the sponsor's own id",
        "ResearchStudy.identifier.assigner.display",
        "without a system, the assigner by display",
        "ResearchStudy.identifier.assigner.reference",
        "`use` usual, the assigner an Organization with its class",
    ),
    Point(
        "brief title",
        "ResearchStudy.title",
        "as it is",
        "ResearchStudy.title",
        "the same",
    ),
    Point(
        "official title",
        "ResearchStudy.label.type.text",
        "the type in words",
        "ResearchStudy.label.type.coding.code",
        "the type as a code",
    ),
    Point(
        "status",
        "ResearchStudy.progressStatus.state.coding.code",
        "the standard's code",
        "ResearchStudy.progressStatus.state.coding.code",
        "the same, and the registry's code beside it",
    ),
    Point(
        "start and completion",
        "ResearchStudy.progressStatus.period.start",
        "the period of the whole study, not actual as a whole",
        "ResearchStudy.period.start",
        "`period`, and the period of the whole study with whether it is actual",
    ),
    Point(
        "dates of the registration",
        "",
        "none",
        "",
        "none in this record; the official extension where a source has them",
    ),
    Point(
        "allocation, model, masking, who is masked",
        "ResearchStudy.studyDesign.text",
        "a text each, the label before a colon",
        "ResearchStudy.studyDesign.coding.code",
        "codes of SEVCO where there is one, and the registry's",
    ),
    Point(
        "conditions",
        "ResearchStudy.condition.text",
        "a text each",
        "ResearchStudy.condition.text",
        "the same",
    ),
    Point(
        "keywords",
        "ResearchStudy.keyword.text",
        "all in one text, with commas",
        "ResearchStudy.keyword.text",
        "that text as one keyword: a comma may be part of one. From the registry's own JSON, each",
    ),
    Point(
        "arms",
        "ResearchStudy.comparisonGroup.type.text",
        "the type in words",
        "ResearchStudy.comparisonGroup.type.coding.code",
        "the type as a code",
    ),
    Point(
        "interventions",
        "ResearchStudy.comparisonGroup.intendedExposure.reference",
        "contained EvidenceVariables, the type a text in a use context",
        "PlanDefinition.relatedArtifact.resource",
        "an ActivityDefinition each, in the plan that is the study's protocol",
    ),
    Point(
        "which arm receives what",
        "ResearchStudy.comparisonGroup.intendedExposure.display",
        "exposures of the comparison group",
        "PlanDefinition.action.action.definitionCanonical",
        "an action for the arm, in it one for each intervention",
    ),
    Point(
        "outcomes",
        "ResearchStudy.outcomeMeasure.type.coding.code",
        "name, code, description; the variable by an id of its maker's",
        "ResearchStudy.outcomeMeasure.type.coding.code",
        "the same; a variable where there is a time frame",
    ),
    Point(
        "enrolment",
        "ResearchStudy.recruitment.targetNumber",
        "the number that is sought",
        "ResearchStudy.recruitment.targetNumber",
        "the same",
    ),
    Point(
        "eligibility",
        "ResearchStudy.recruitment.eligibility.reference",
        "a link that leads out of the example",
        "",
        "nothing to read; the link is kept. From the registry's own JSON, a Group",
    ),
    Point(
        "lead sponsor and its class",
        "ResearchStudy.associatedParty.classifier.text",
        "the name, the class in words",
        "Organization.name",
        "an Organization, the class as codes",
    ),
    Point(
        "official",
        "ResearchStudy.associatedParty.party.display",
        "the role in words, the affiliation as the display of the party",
        "PractitionerRole.practitioner.reference",
        "a PractitionerRole with a Practitioner and an Organization",
    ),
    Point(
        "contact",
        "Practitioner.telecom.value",
        "a recruitment contact, a contained Practitioner",
        "PractitionerRole.contact.telecom.value",
        "a general contact, a PractitionerRole with its contact",
    ),
    Point(
        "site",
        "Location.address.city",
        "a contained study with the Location as its site",
        "Location.address.city",
        "a Location, the study's own site while it goes on there",
    ),
    Point(
        "status of the site",
        "ResearchStudy.progressStatus.state.coding.code",
        "of the contained study",
        "ResearchStudy.progressStatus.state.coding.code",
        "the same, and the registry's code",
    ),
    Point(
        "has results, oversight",
        "ResearchStudy.classifier.text",
        "a text each",
        "ResearchStudy.classifier.coding.code",
        "codes",
    ),
    Point(
        "what converted it, and from where",
        "ResearchStudy.relatedArtifact.type",
        "related artifacts",
        "",
        "no part of the record: kept, and written again in FHIR",
    ),
)


def lines() -> Iterator[str]:
    """The lines of the page."""
    yield "# FHIR that others wrote"
    yield ""
    yield (
        "Made by `python docs/scripts/build_fhir_others_page.py`. A fact that others write in "
        "another form than ours is made ours before it is read; the list is for reading alone "
        "(`mappings/fhir/others/`). Where it had to be guessed, a `taken-for` warning says so. "
        "What is in no form of the list, and in no part of a trial record, is kept in `unmapped`, "
        "below `/fhir`, told as `not-read`, and written again in FHIR, in the extension `unmapped`."
    )
    yield ""
    yield "| what others write | what it is read as |"
    yield "| --- | --- |"
    for form in FORMS:
        yield f"| {form.says} | {form.means} |"
    yield ""
    yield "## NCT05503693, as HL7 has it and as we have it"
    yield ""
    yield (
        "HL7 publishes a record of ClinicalTrials.gov as an example of R5, "
        "[ResearchStudy/example-ctgov-study-record]"
        "(https://hl7.org/fhir/R5/researchstudy-example-ctgov-study-record.html), made by another "
        "converter. `trialbridge convert --to fhir-r5` of that file gives what is at the right. "
        "Tests hold both columns to the two documents."
    )
    yield ""
    yield "| fact | HL7's example | our conversion of it |"
    yield "| --- | --- | --- |"
    for point in POINTS:
        theirs = f"`{point.at}`: {point.theirs}" if point.at else point.theirs
        ours = f"`{point.our_place}`: {point.ours}" if point.our_place else point.ours
        yield f"| {point.fact} | {theirs} | {ours} |"


def main(arguments: Sequence[str] = ()) -> int:
    """Write the page or, with `--check`, tell whether it is current; give the exit status."""
    made = "\n".join(lines()) + "\n"
    return settle(PAGE, made, "the list of forms gives", check="--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
