"""Valid Bundles of each FHIR version, and their mutants: one fault each, and what is said of it."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from trialbridge.schemas.base import BASE

Json = dict[str, Any]


class Mutant(NamedTuple):
    """The resource, where in it, what is put there; the path, layer, code and message reported."""

    number: int
    pointer: str
    value: Any
    path: str
    layer: str
    code: str
    message: str
    severity: str = "error"


STUDY, PLAN, DRUG, PLACEBO, GROUP, OUTCOME, SPONSOR, PERSON, ROLE, SITE, CLINIC, FUNDER = range(12)
NAMES = [
    "ResearchStudy/NCT00000001",
    "PlanDefinition/NCT00000001-plan",
    "ActivityDefinition/NCT00000001-intervention-1",
    "ActivityDefinition/NCT00000001-intervention-2",
    "Group/NCT00000001-eligibility",
    "EvidenceVariable/NCT00000001-outcome-1",
    "Organization/NCT00000001-sponsor",
    "Practitioner/NCT00000001-official-1",
    "PractitionerRole/NCT00000001-official-1",
    "Location/NCT00000001-site-1",
    "Location/NCT00000001-site-2",
    "Organization/NCT00000001-collaborator-1",
]


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": f"http://hl7.org/fhir/{system}", "code": code}]}


def refer(number: int) -> Json:
    return {"reference": NAMES[number]}


def canonical(number: int) -> str:
    return f"{BASE}/{NAMES[number]}"


REGISTRATION: Json = {
    "url": "http://hl7.org/fhir/StructureDefinition/researchStudy-studyRegistration",
    "extension": [
        {
            "url": "activity",
            "valueCodeableConcept": concept(
                "research-study-registration-activity", "registration-posting"
            ),
        },
        {"url": "actual", "valueBoolean": True},
        {"url": "period", "valuePeriod": {"start": "2020-01-01"}},
    ],
}

CONTENTS: list[Json] = [
    {
        "text": {"status": "empty", "div": '<div xmlns="http://www.w3.org/1999/xhtml">-</div>'},
        "contained": [{"resourceType": "Group", "id": "all", "type": "person",
                       "membership": "enumerated"}],
        "extension": [{"url": "https://example.org/phase", "valueCodeableConcept": {"text": "1"}},
                      {"url": "https://example.org/who", "valueReference": refer(FUNDER)},
                      REGISTRATION],
        "identifier": [{"use": "official", "system": "https://clinicaltrials.gov",
                        "value": "NCT00000001"}],
        "title": "A trial",
        "label": [{"type": concept("title-type", "official"), "value": "A trial of a drug"}],
        "protocol": [refer(PLAN)],
        "relatedArtifact": [{"type": "citation", "citation": "A paper"},
                            {"type": "documentation", "resource": canonical(PLAN)}],
        "date": "2024-02-29",
        "status": "active",
        "phase": concept("research-study-phase", "phase-2"),
        "studyDesign": [concept("study-design", "SEVCO:01001")],
        "condition": [{"text": "Asthma"}],
        "period": {"start": "2020-01", "end": "2023"},
        "site": [refer(SITE), refer(CLINIC)],
        "associatedParty": [
            {"role": concept("research-study-party-role", "lead-sponsor"), "party": refer(SPONSOR)},
            {"role": concept("research-study-party-role", "primary-investigator"),
             "party": refer(ROLE)},
        ],
        "progressStatus": [{"state": concept("research-study-status", "completed"),
                            "actual": True,
                            "_actual": {"extension": [{"url": "https://example.org/x",
                                                       "valueBoolean": True}]}}],
        "recruitment": {"actualNumber": 20, "eligibility": refer(GROUP),
                        "actualGroup": {"reference": "#all"}},
        "comparisonGroup": [{"linkId": "arm-1", "name": "Drug",
                             "type": concept("research-study-arm-type", "experimental")}],
        "outcomeMeasure": [{"name": "Death", "reference": refer(OUTCOME)}],
    },
    {
        "url": canonical(PLAN),
        "status": "active",
        "action": [{"linkId": "arm-1", "title": "Drug",
                    "action": [{"definitionCanonical": canonical(DRUG)},
                               {"definitionCanonical": canonical(PLACEBO)}]}],
    },
    {"url": canonical(DRUG), "status": "active", "kind": "MedicationRequest", "title": "Drug"},
    {"url": canonical(PLACEBO), "status": "active", "title": "Placebo", "timingTiming":
        {"repeat": {"frequency": 1, "period": 1.5, "periodUnit": "d"}}},
    {
        "type": "person",
        "membership": "definitional",
        "description": "Adults",
        "characteristic": [
            {"code": {"text": "Age"}, "exclude": False,
             "valueRange": {"low": {"value": 18, "unit": "years", "code": "a",
                                    "system": "http://unitsofmeasure.org"}}},
            {"code": {"text": "Criterion"}, "exclude": True,
             "valueCodeableConcept": {"text": "Smokes"}},
        ],
    },
    {"url": canonical(OUTCOME), "status": "active", "title": "Death"},
    {"name": "A sponsor", "alias": ["A", None],
     "_alias": [None, {"extension": [{"url": "https://example.org/x", "valueCode": "y",
                                      "_valueCode": {"id": "z"}}]}]},
    {"photo": [{"contentType": "image/png", "data": "aGk=", "size": "2"}],
     "name": [{"use": "official", "text": "Ann Doe"}], "telecom":
        [{"system": "email", "value": "ann@example.org", "use": "work", "rank": 1}]},
    {"practitioner": refer(PERSON), "organization": {**refer(SPONSOR), "type": "Organization"}},
    {"name": "A site", "address": {"use": "work", "type": "physical", "city": "Here"},
     "position": {"longitude": 1, "latitude": 52.5}},
    {"name": "A clinic", "managingOrganization": refer(FUNDER), "meta":
        {"lastUpdated": "2024-01-31T23:59:60Z", "profile": [f"{BASE}/StructureDefinition/site"]}},
    {"name": "A funder"},
]  # fmt: skip


def good() -> Json:
    """Give a valid Bundle of twelve resources, such as a trial gives."""
    return _bundle(NAMES, CONTENTS)


ABSENT = object()


def edit(tree: Any, pointer: str, value: Any) -> None:
    """Put a value at a place such as `site/0/reference`; ABSENT takes out what is there."""
    *steps, last = [int(step) if step.isdigit() else step for step in pointer.split("/")]
    for step in steps:
        tree = tree[step]
    if value is ABSENT:
        del tree[last]
    elif isinstance(tree, list) and last == len(tree):
        tree.append(value)
    else:
        tree[last] = value


def where(number: int, path: str) -> str:
    return f"Bundle.entry[{number}].resource/*{NAMES[number]}*/.{path}"


FHIR = "http://hl7.org/fhir/StructureDefinition"
CROSS = "http://hl7.org/fhir/4.0/StructureDefinition/extension-"
V2_IDENTIFIERS = "http://terminology.hl7.org/CodeSystem/v2-0203"
ENTITY = '<!ENTITY a "aaaaaaaaaa">'
SHORT_REGISTRATION = f"'{REGISTRATION['url']}"[:57] + "...'"

CONTROL = "has the control character U+0007, which FHIR forbids"
NOWHERE = "resolves to nothing in the Bundle"
NUMBER = "the number 3, but a string is a string"
NULL = "null, which FHIR has only in a list, beside an extension: leave it out"
OBJECT = "an empty object: say something, or leave it out"
LIST = "an empty list: say something, or leave it out"
UNIT = "'parsec' is not a code of units-of-time (s, min, h, d, wk, mo, a)"
STATUS = "'complete' is not a code of publication-status (draft, active, retired, unknown)"
STATE = (
    "'done' is not a code of http://hl7.org/fhir/research-study-status (overall-study, active, "
    "active-but-not-recruiting, administratively-completed, approved, closed-to-accrual, "
    "closed-to-accrual-and-intervention, completed, disapproved, enrolling-by-invitation, "
    "in-review, not-yet-recruiting, recruiting, temporarily-closed-to-accrual, "
    "temporarily-closed-to-accrual-and-intervention, terminated, withdrawn)"
)
DATE_TIME = "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone"
ID_FORM = "is not a FHIR id (at most 64 of A-Z a-z 0-9 - .)"

MUTANTS: list[Mutant] = [Mutant(*row) for row in (
    # Structure
    (STUDY, "status", ABSENT, "status", "structure", "required", "required, but absent"),
    (STUDY, "associatedParty/0/role", ABSENT, "associatedParty[0].role", "structure", "required",
     "required, but absent"),
    (GROUP, "characteristic/0/exclude", ABSENT, "characteristic[0].exclude", "structure",
     "required", "required, but absent"),
    (GROUP, "characteristic/1/valueCodeableConcept", ABSENT, "characteristic[1].value[x]",
     "structure", "required", "required, but absent"),
    (STUDY, "extension/0/url", ABSENT, "extension[0].url", "structure", "required",
     "required, but absent"),
    (STUDY, "titel", "A trial", "titel", "structure", "unknown-element",
     "'titel' is not an element of ResearchStudy; did you mean title?"),
    (STUDY, "comparisonGroup/0/qqq", 1, "comparisonGroup[0].qqq", "structure", "unknown-element",
     "'qqq' is not an element of ResearchStudy.comparisonGroup"),
    (STUDY, "period/resourceType", "Period", "period.resourceType", "structure", "unknown-element",
     "'resourceType' is not an element of Period"),
    (STUDY, "extension/0/_url", {"id": "a"}, "extension[0]._url", "structure", "unknown-element",
     "'_url' is not an element of Extension; did you mean url?"),
    (GROUP, "characteristic/0/valueBoolean", True, "characteristic[0].value[x]", "structure",
     "choice", "valueRange and valueBoolean are both given, but only one may be"),
    (STUDY, "label", {"value": "A"}, "label", "structure", "type",
     "an object, but a list is wanted"),
    (STUDY, "title", ["A trial"], "title", "structure", "cardinality",
     "a list, but there can be only one ResearchStudy.title"),
    (STUDY, "title", 3, "title", "structure", "type", NUMBER),
    (STUDY, "recruitment/actualNumber", "20", "recruitment.actualNumber", "structure", "type",
     "'20', but an unsignedInt is a number"),
    (STUDY, "progressStatus/0/actual", "true", "progressStatus[0].actual", "structure", "type",
     "'true', but a boolean is true or false"),
    (STUDY, "period", "2020", "period", "structure", "type",
     "'2020', but a Period (an object) is wanted"),
    (STUDY, "period", '{"start": "2020"}', "period", "structure", "type",
     "'{\"start\": \"2020\"}', but a Period (an object) is wanted"),
    (SITE, "position/latitude", "52.5", "position.latitude", "structure", "type",
     "'52.5', but a decimal is a number"),
    (STUDY, "whyStopped", {}, "whyStopped", "structure", "empty", OBJECT),
    (STUDY, "keyword", [], "keyword", "structure", "empty", LIST),
    (STUDY, "site/0", {}, "site[0]", "structure", "empty", OBJECT),
    (STUDY, "title", "", "title", "structure", "blank",
     "'' is blank: say something, or leave it out"),
    (STUDY, "label/0/value", " \n", "label[0].value", "structure", "blank",
     "' \\n' is blank: say something, or leave it out"),
    (STUDY, "description", None, "description", "structure", "null", NULL),
    (STUDY, "site/1", None, "site[1]", "structure", "null", NULL),
    (SPONSOR, "_alias/1", None, "alias[1]", "structure", "null", NULL),
    # Primitive formats
    (STUDY, "period/start", "March 2024", "period.start", "format", "format",
     f"'March 2024' is not a FHIR dateTime ({DATE_TIME})"),
    (STUDY, "period/start", "2024-02-30", "period.start", "format", "format",
     f"'2024-02-30' is not a FHIR dateTime ({DATE_TIME})"),
    (STUDY, "date", "2024-02-29T10:00:00", "date", "format", "format",
     f"'2024-02-29T10:00:00' is not a FHIR dateTime ({DATE_TIME})"),
    (STUDY, "date", "2024Z", "date", "format", "format",
     f"'2024Z' is not a FHIR dateTime ({DATE_TIME})"),
    (CLINIC, "meta/lastUpdated", "2024-01-31", "meta.lastUpdated", "format", "format",
     "'2024-01-31' is not a FHIR instant (YYYY-MM-DDThh:mm:ss with a time zone)"),
    (STUDY, "comparisonGroup/0/linkId", "arm 1", "comparisonGroup[0].linkId", "format", "format",
     f"'arm 1' {ID_FORM}"),
    (STUDY, "identifier/0/system", "clinical trials", "identifier[0].system", "format", "format",
     "'clinical trials' is not a FHIR uri (a URI without blanks)"),
    (STUDY, "recruitment/actualNumber", -1, "recruitment.actualNumber", "format", "format",
     "-1 is not a FHIR unsignedInt (a whole number from 0 to 2147483647)"),
    (PERSON, "telecom/0/rank", 0, "telecom[0].rank", "format", "format",
     "0 is not a FHIR positiveInt (a whole number from 1 to 2147483647)"),
    (SITE, "position/latitude", float("nan"), "position.latitude", "format", "format",
     "nan is not a FHIR decimal"),
    (STUDY, "title", "A\a trial", "title", "format", "character", CONTROL),
    # Codes
    (STUDY, "status", "complete", "status", "code", "code", STATUS),
    (STUDY, "identifier/0/use", "main", "identifier[0].use", "code", "code",
     "'main' is not a code of identifier-use (usual, official, temp, secondary, old)"),
    (STUDY, "text/status", "made", "text.status", "code", "code",
     "'made' is not a code of narrative-status (generated, extensions, additional, empty)"),
    (STUDY, "relatedArtifact/0/type", "citations", "relatedArtifact[0].type", "code", "code",
     "'citations' is not a code of related-artifact-type (it has 36; did you mean citation?)"),
    (GROUP, "type", "people", "type", "code", "code",
     "'people' is not a code of group-type (person, animal, practitioner, device, careteam, "
     "healthcareservice, location, organization, relatedperson, specimen)"),
    (PERSON, "telecom/0/system", "mail", "telecom[0].system", "code", "code",
     "'mail' is not a code of contact-point-system (phone, fax, email, pager, url, sms, other)"),
    (SITE, "address/type", "street", "address.type", "code", "code",
     "'street' is not a code of address-type (postal, physical, both)"),
    (PLACEBO, "timingTiming/repeat/periodUnit", "parsec", "timingTiming.repeat.periodUnit", "code",
     "code", UNIT),
    (STUDY, "progressStatus/0/state/coding/0/code", "done",
     "progressStatus[0].state.coding[0].code", "code", "code", STATE),
    (STUDY, "phase/coding/0/code", "PHASE2", "phase.coding[0].code", "code", "code",
     "'PHASE2' is not a code of http://hl7.org/fhir/research-study-phase (n-a, early-phase-1, "
     "phase-1, phase-1-phase-2, phase-2, phase-2-phase-3, phase-3, phase-4)"),
    # References
    (STUDY, "site/0/reference", "Location/none", "site[0].reference", "reference", "dangling",
     f"'Location/none' {NOWHERE}"),
    (STUDY, "site/0/reference", f"{BASE}/Location/none", "site[0].reference", "reference",
     "dangling", f"'{BASE}/Location/none' {NOWHERE}"),
    (STUDY, "site/0/reference", "urn:uuid:00000000-0000-4000-8000-000000000000",
     "site[0].reference", "reference", "dangling",
     f"'urn:uuid:00000000-0000-4000-8000-000000000000' {NOWHERE}"),
    (STUDY, "recruitment/actualGroup/reference", "#none", "recruitment.actualGroup.reference",
     "reference", "dangling", "'#none' resolves to nothing in contained"),
    (STUDY, "extension/1/valueReference/reference", "Organization/none",
     "extension[1].valueReference.reference", "reference", "dangling",
     f"'Organization/none' {NOWHERE}"),
    (STUDY, "site/0/reference", "a site", "site[0].reference", "reference", "format",
     "'a site' is not a reference (Type/id, an absolute URL, urn:uuid:..., or #id)"),
    (STUDY, "site/0/reference", "Place/1", "site[0].reference", "reference", "format",
     "'Place/1' is not a reference: Place is not a resource type of FHIR R5"),
    (STUDY, "site/0/reference", NAMES[GROUP], "site[0].reference", "reference", "target",
     f"'{NAMES[GROUP]}' is a Group, but a Location, an Organization or a ResearchStudy is wanted"),
    (STUDY, "protocol/0/reference", NAMES[DRUG], "protocol[0].reference", "reference", "target",
     f"'{NAMES[DRUG]}' is an ActivityDefinition, but a PlanDefinition is wanted"),
    (ROLE, "organization/type", "Group", "organization.type", "reference", "target",
     f"'Group', but '{NAMES[SPONSOR]}' is an Organization"),
    (PLAN, "action/0/action/1/definitionCanonical", f"{BASE}/ActivityDefinition/none",
     "action[0].action[1].definitionCanonical", "reference", "dangling",
     f"'{BASE}/ActivityDefinition/none' {NOWHERE}"),
    (PLAN, "action/0/action/1/definitionCanonical", canonical(OUTCOME),
     "action[0].action[1].definitionCanonical", "reference", "target",
     f"'{canonical(OUTCOME)[:56]}...' is an EvidenceVariable, but an ActivityDefinition, a "
     "MessageDefinition, an ObservationDefinition, a PlanDefinition, a Questionnaire or a "
     "SpecimenDefinition is wanted"),
    (STUDY, "relatedArtifact/1/resource", f"{canonical(PLAN)}|2", "relatedArtifact[1].resource",
     "reference", "dangling", f"'{canonical(PLAN)[:56]}...' {NOWHERE} (it has version null)"),
    (STUDY, "contained/1", CONTENTS[STUDY]["contained"][0], "contained[1].id", "reference",
     "duplicate", "'all' is the id of another contained resource too"),
    # Structure, beyond what a resource has at most of
    (GROUP, "characteristic/0/valueRange/low/comparator", "<",
     "characteristic[0].valueRange.low.comparator", "structure", "unknown-element",
     "'comparator' is not an element of SimpleQuantity"),
    (STUDY, "_title", {}, "_title", "structure", "empty", OBJECT),
    (STUDY, "_title", {"value": "A"}, "_title.value", "structure", "unknown-element",
     "'value' is not an element of Element"),
    # Forms of primitives
    (STUDY, "contained/1", {**CONTENTS[STUDY]["contained"][0], "id": "all_of_them"},
     "contained[1].id", "format", "format", f"'all_of_them' {ID_FORM}"),
    (STUDY, "identifier/0/system", "urn:uuid:7", "identifier[0].system", "format", "format",
     "'urn:uuid:7' is not a FHIR uri (urn:uuid: and a UUID in lower case)"),
    (STUDY, "identifier/0/system", "urn:oid:3.1", "identifier[0].system", "format", "format",
     "'urn:oid:3.1' is not a FHIR uri (urn:oid:1.2.3)"),
    (STUDY, "relatedArtifact/1/resource", "PlanDefinition/1", "relatedArtifact[1].resource",
     "format", "format",
     "'PlanDefinition/1' is not a FHIR canonical (an absolute URL without blanks)"),
    (STUDY, "relatedArtifact/0/document", {"url": "a b"}, "relatedArtifact[0].document.url",
     "format", "format", "'a b' is not a FHIR url (a URL without blanks)"),
    (PERSON, "photo/0/data", "aGk", "photo[0].data", "format", "format",
     "'aGk' is not a FHIR base64Binary (base64 without blanks)"),
    (PERSON, "photo/0/size", "2.5", "photo[0].size", "format", "format",
     "'2.5' is not a FHIR integer64 (a whole number, as a string)"),
    (PERSON, "photo/0/size", 2, "photo[0].size", "structure", "type",
     "the number 2, but an integer64 is a string"),
    (PLACEBO, "timingTiming/repeat/timeOfDay", ["24:00:00"], "timingTiming.repeat.timeOfDay[0]",
     "format", "format", "'24:00:00' is not a FHIR time (hh:mm:ss)"),
    (CLINIC, "meta/lastUpdated", "2024-02-30T10:00:00Z", "meta.lastUpdated", "format", "format",
     "'2024-02-30T10:00:00Z' is not a FHIR instant (YYYY-MM-DDThh:mm:ss with a time zone)"),
    (PERSON, "birthDate", "2024-13", "birthDate", "format", "format",
     "'2024-13' is not a FHIR date (YYYY, YYYY-MM or YYYY-MM-DD)"),
    # Codes that should be of a value set
    (STUDY, "identifier/0/type", {"coding": [{"system": V2_IDENTIFIERS, "code": "AM"}]},
     "identifier[0].type.coding[0].code", "code", "code",
     "'AM' is not a code of identifier-type (DL, PPN, BRN, MR, MCN, EN, TAX, NIIP, PRN, MD, DR, "
     "ACSN, UDI, SNO, SB, PLAC, FILL, JHN)", "warning"),
    # Narratives
    *(
        (STUDY, "text/div", f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>', "text.div",
         "narrative", "narrative", message)
        for inner, message in (
            ("<script>alert(1)</script>", "<script> is not an element of narratives"),
            ('<p onclick="a()">-</p>', "<p> has the event handler onclick, which FHIR forbids"),
            ('<a href="javascript:a()">-</a>', "<a> has a script in href, which FHIR forbids"),
            ('<p data-x="1">-</p>', "<p> has the attribute data-x, which narratives do not have"),
            ("<form>-</form>", "<form> is not an element of narratives"),
            ("<p>-", "is not well-formed XML: mismatched tag, line 1, column 48"),
            ("&nbsp;", "is not well-formed XML: undefined entity, line 1, column 42"),
        )
    ),
    (STUDY, "text/div", "<div>-</div>", "text.div", "narrative", "narrative",
     "<div> has no namespace, but http://www.w3.org/1999/xhtml is wanted"),
    (STUDY, "text/div", "A trial", "text.div", "narrative", "narrative",
     "begins with 'A trial', but a <div> is wanted"),
    (STUDY, "text/div", f'<!DOCTYPE div [{ENTITY}]><div xmlns="http://www.w3.org/1999/xhtml"/>',
     "text.div", "narrative", "narrative", "begins with '<!DOCTYPE div [<!ENT', but a <div> is "
     "wanted"),
    # Extensions that HL7 defines
    (GROUP, "extension", [REGISTRATION], "extension[0].url", "extension", "extension-context",
     f"{SHORT_REGISTRATION} is not for Group, but for ResearchStudy"),
    (STUDY, "period/extension", [REGISTRATION], "period.extension[0].url", "extension",
     "extension-context", f"{SHORT_REGISTRATION} is not for ResearchStudy.period, but for "
     "ResearchStudy"),
    (STUDY, "modifierExtension", [REGISTRATION], "modifierExtension[0].url", "extension",
     "extension-context",
     f"{SHORT_REGISTRATION} is in modifierExtension, but belongs in extension"),
    (STUDY, "extension/2/extension/1", {"url": "actual", "valueString": "yes"},
     "extension[2].extension[1].valueString", "extension", "extension-type",
     "valueString in 'actual', but valueBoolean is wanted"),
    (STUDY, "extension/2/extension/1", {"url": "actuel", "valueBoolean": True},
     "extension[2].extension[1].url", "extension", "extension",
     f"'actuel' is not a part of {SHORT_REGISTRATION}; did you mean actual?"),
    (STUDY, "extension/2/extension/1", REGISTRATION["extension"][0], "extension[2].extension",
     "extension", "cardinality", "2 times 'activity', but there can be only 1"),
    (STUDY, "extension/2/extension", REGISTRATION["extension"][1:], "extension[2].extension",
     "extension", "required", f"{SHORT_REGISTRATION} wants 'activity', which is absent"),
    (STUDY, "extension/2/extension/1/valueBoolean", ABSENT, "extension[2].extension[1].value[x]",
     "extension", "required", "'actual' wants a value, which is absent"),
    (STUDY, "extension/0", {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-raison",
                            "valueCode": "unknown"}, "extension[0].url", "extension", "extension",
     "'http://hl7.org/fhir/StructureDefinition/data-absent-raison' is not an extension that HL7 "
     "defines; did you mean data-absent-reason?"),
    (STUDY, "extension/0", {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
                            "valueCode": "lost"}, "extension[0].valueCode", "code", "code",
     "'lost' is not a code of data-absent-reason (unknown, asked-unknown, temp-unknown, "
     "not-asked, asked-declined, masked, not-applicable, unsupported, as-text, error, "
     "not-a-number, negative-infinity, positive-infinity, not-performed, not-permitted)"),
    (STUDY, "extension/0", {"url": f"{CROSS}ResearchStudy.nickname", "valueString": "A"},
     "extension[0].url", "extension", "extension",
     "'ResearchStudy.nickname' is not an element of FHIR R4"),
    (STUDY, "extension/0", {"url": "http://hl7.org/fhir/StructureDefinition/usagecontext-group",
                            "valueString": "A"}, "extension[0].url", "extension", "extension",
     "'http://hl7.org/fhir/StructureDefinition/usagecontext-group' is an extension of FHIR R4B, "
     "not of FHIR R5", "warning"),
    (STUDY, "extension/0/url", "phase", "extension[0].url", "extension", "extension",
     "'phase' is relative, but an extension's url is absolute"),
)]  # fmt: skip


def full_url(number: int, url: str) -> Callable[[Json], None]:
    return lambda bundle: edit(bundle, f"entry/{number}/fullUrl", url)


def same_id(bundle: Json) -> None:
    del bundle["entry"][SPONSOR]["fullUrl"], bundle["entry"][FUNDER]["fullUrl"]
    bundle["entry"][FUNDER]["resource"]["id"] = bundle["entry"][SPONSOR]["resource"]["id"]
    bundle["entry"][STUDY]["resource"]["extension"].pop(1)
    del bundle["entry"][CLINIC]["resource"]["managingOrganization"]
    for number in (STUDY, ROLE):
        del bundle["entry"][number]["fullUrl"]


BUNDLE_MUTANTS: list[tuple[Callable[[Json], None], str, str, str]] = [
    (full_url(CLINIC, f"{BASE}/{NAMES[SITE]}"), "entry[10].fullUrl", "full-url",
     f"ends in {NAMES[SITE]}, but the resource is {NAMES[CLINIC]}"),
    (full_url(CLINIC, f"{BASE}/{NAMES[SITE]}"), "entry[10].fullUrl", "duplicate",
     f"'{BASE}/{NAMES[SITE]}'"[:57].rstrip("'") + "...' is the fullUrl of entry[9] too"),
    (full_url(SITE, NAMES[SITE]), "entry[9].fullUrl", "full-url",
     f"'{NAMES[SITE]}' is relative, but a fullUrl is absolute"),
    (full_url(SITE, "site-1"), "entry[9].fullUrl", "full-url",
     "'site-1' is relative, but a fullUrl is absolute"),
    (full_url(SITE, f"{BASE}/{NAMES[SITE]}/_history/2"), "entry[9].fullUrl", "full-url",
     f"'{BASE}/{NAMES[SITE]}/_history/2'"[:57] + "...' names a version, which a fullUrl may not"),
    (full_url(PERSON, "urn:uuid:1"), "entry[7].fullUrl", "format",
     "'urn:uuid:1' is not a FHIR uri (urn:uuid: and a UUID in lower case)"),
    (same_id, "entry[11].resource.id", "duplicate",
     f"{NAMES[SPONSOR]} is the resource of entry[6] too"),
    (lambda bundle: bundle.update(type="set"), "type", "code",
     "'set' is not a code of bundle-type (document, message, transaction, transaction-response, "
     "batch, batch-response, history, searchset, collection, subscription-notification)"),
    (lambda bundle: bundle.update(type=ABSENT) or bundle.pop("type"), "type", "required",
     "required, but absent"),
    (lambda bundle: bundle.update(entry={}), "entry", "type", "an object, but a list is wanted"),
    (lambda bundle: bundle["entry"].append({}), "entry[12]", "empty", OBJECT),
    (lambda bundle: bundle["entry"].append({"resource": 1}), "entry[12].resource", "type",
     "the number 1, but a resource (an object with resourceType) is wanted"),
    (lambda bundle: bundle["entry"].append({"resource": {"id": "a"}}), "entry[12].resource",
     "resource-type", "resourceType is required, but absent"),
    (lambda bundle: bundle["entry"].append({"resource": {"resourceType": "Studie"}}),
     "entry[12].resource", "resource-type",
     "resourceType 'Studie' is not a resource type of FHIR R5"),
    (lambda bundle: bundle["entry"].append({"resource": {"resourceType": "ResearchStudie"}}),
     "entry[12].resource", "resource-type", "resourceType 'ResearchStudie' is not a resource type "
     "of FHIR R5; did you mean ResearchStudy?"),
    (lambda bundle: bundle["entry"][STUDY]["resource"]["contained"].append({"resourceType": "X"}),
     "entry[0].resource/*ResearchStudy/NCT00000001*/.contained[1]", "resource-type",
     "resourceType 'X' is not a resource type of FHIR R5"),
]  # fmt: skip


# R4 and R4B, which are alike in what a trial needs.

OLD_NAMES = [
    "ResearchStudy/1",
    "PlanDefinition/plan",
    "ActivityDefinition/drug",
    "Group/eligible",
    "Organization/sponsor",
    "PractitionerRole/role",
    "Practitioner/person",
    "Location/site",
    "ResearchSubject/subject",
    "Patient/patient",
    "Observation/weight",
    "EvidenceVariable/outcome",
]
(O_STUDY, O_PLAN, O_DRUG, O_GROUP, O_SPONSOR, O_ROLE, O_PERSON, O_SITE, O_SUBJECT, O_PATIENT,
 O_WEIGHT, O_OUTCOME) = range(12)  # fmt: skip


def old(number: int) -> Json:
    return {"reference": OLD_NAMES[number]}


def term(system: str, code: str) -> Json:
    url = f"http://terminology.hl7.org/CodeSystem/{system}"
    return {"coding": [{"system": url, "code": code}]}


OLD_CONTENTS: list[Json] = [
    {
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">-</div>'},
        "extension": [
            {"url": f"{FHIR}/researchStudy-siteRecruitment",
             "extension": [{"url": "targetNumber", "valueUnsignedInt": 1}]},
            {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy.label",
             "extension": [{"url": "value", "valueString": "A"}]},
        ],
        "identifier": [{"use": "official", "type": term("v2-0203", "PLAC"), "value": "1"}],
        "title": "A trial",
        "protocol": [old(O_PLAN)],
        "status": "active",
        "primaryPurposeType": term("research-study-prim-purp-type", "treatment"),
        "phase": term("research-study-phase", "phase-2"),
        "period": {"start": "2020-01", "end": "2023"},
        "enrollment": [old(O_GROUP)],
        "sponsor": old(O_SPONSOR),
        "principalInvestigator": old(O_ROLE),
        "site": [old(O_SITE)],
        "arm": [{"name": "Drug", "_name": {"extension": [
            {"url": f"{FHIR}/translation",
             "extension": [{"url": "lang", "valueCode": "de"},
                           {"url": "content", "valueString": "Mittel"}]}]}}],
        "objective": [{"name": "Death", "type": term("research-study-objective-type", "primary")}],
    },
    {"url": f"{BASE}/{OLD_NAMES[O_PLAN]}", "status": "active",
     "action": [{"definitionCanonical": f"{BASE}/{OLD_NAMES[O_DRUG]}"}]},
    {"url": f"{BASE}/{OLD_NAMES[O_DRUG]}", "status": "active", "kind": "MedicationRequest"},
    {"type": "person", "actual": False, "characteristic": [
        {"code": {"text": "Age"}, "exclude": False, "valueRange": {"low": {"value": 18}}}]},
    {"name": "A sponsor", "alias": ["A", None],
     "_alias": [None, {"extension": [{"url": "https://example.org/x", "valueCode": "y"}]}]},
    {"practitioner": old(O_PERSON), "organization": old(O_SPONSOR)},
    {"name": [{"use": "official", "text": "Ann Doe"}], "gender": "female", "birthDate": "1970-01",
     "photo": [{"contentType": "image/png", "data": "aG k="}]},
    {"name": "A site", "address": {"type": "physical"}, "position":
        {"longitude": 1, "latitude": 52.5}, "meta": {"lastUpdated": "2024-01-31T23:59:60Z"}},
    {"status": "on-study", "study": old(O_STUDY), "individual": old(O_PATIENT)},
    {"active": True, "maritalStatus": term("v3-MaritalStatus", "M")},
    {"status": "final", "code": {"text": "Weight"}, "subject": old(O_PATIENT),
     "valueQuantity": {"value": 70.0, "unit": "kg", "comparator": "<"}},
    {"status": "active", "characteristic": [{"definitionReference": old(O_GROUP)}]},
]  # fmt: skip


def good_old() -> Json:
    """Give a valid Bundle of twelve resources, which R4 and R4B both allow."""
    return _bundle(OLD_NAMES, OLD_CONTENTS)


def _bundle(names: list[str], contents: list[Json]) -> Json:
    """Give a Bundle of resources of these types and ids."""
    entries = []
    for name, content in zip(names, contents, strict=True):
        kind, _, id_ = name.partition("/")
        resource = {"resourceType": kind, "id": id_, **copy.deepcopy(content)}
        entries.append({"fullUrl": f"{BASE}/{name}", "resource": resource})
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def where_old(number: int, path: str) -> str:
    return f"Bundle.entry[{number}].resource/*{OLD_NAMES[number]}*/.{path}"


SHORT_WORKFLOW = f"'{FHIR}/workflow-researchStudy'"[:57] + "...'"

# LABEL stands for the version's name.
OLD_MUTANTS: list[Mutant] = [Mutant(*row) for row in (
    (O_STUDY, "status", ABSENT, "status", "structure", "required", "required, but absent"),
    (O_STUDY, "arm/0", {"description": "A"}, "arm[0].name", "structure", "required",
     "required, but absent"),
    (O_STUDY, "comparisonGroup", [{"name": "A"}], "comparisonGroup", "structure",
     "unknown-element", "'comparisonGroup' is not an element of ResearchStudy"),
    (O_STUDY, "descripton", "A", "descripton", "structure", "unknown-element",
     "'descripton' is not an element of ResearchStudy; did you mean description?"),
    (O_STUDY, "title", ["A"], "title", "structure", "cardinality",
     "a list, but there can be only one ResearchStudy.title"),
    (O_STUDY, "site", {"reference": OLD_NAMES[O_SITE]}, "site", "structure", "type",
     "an object, but a list is wanted"),
    (O_STUDY, "title", 3, "title", "structure", "type", NUMBER),
    (O_STUDY, "period", {}, "period", "structure", "empty", OBJECT),
    (O_STUDY, "site", [], "site", "structure", "empty", LIST),
    (O_STUDY, "title", " ", "title", "structure", "blank",
     "' ' is blank: say something, or leave it out"),
    (O_STUDY, "description", None, "description", "structure", "null", NULL),
    (O_WEIGHT, "valueString", "70 kg", "value[x]", "structure", "choice",
     "valueQuantity and valueString are both given, but only one may be"),
    (O_GROUP, "actual", "false", "actual", "structure", "type",
     "'false', but a boolean is true or false"),
    (O_GROUP, "quantity", "20", "quantity", "structure", "type",
     "'20', but an unsignedInt is a number"),
    (O_SITE, "position/latitude", "52.5", "position.latitude", "structure", "type",
     "'52.5', but a decimal is a number"),
    (O_PERSON, "birthDate", "1970-02-30", "birthDate", "format", "format",
     "'1970-02-30' is not a FHIR date (YYYY, YYYY-MM or YYYY-MM-DD)"),
    (O_STUDY, "period/start", "2020-01-01T10:00", "period.start", "format", "format",
     f"'2020-01-01T10:00' is not a FHIR dateTime ({DATE_TIME})"),
    (O_SITE, "meta/lastUpdated", "2024-01-31", "meta.lastUpdated", "format", "format",
     "'2024-01-31' is not a FHIR instant (YYYY-MM-DDThh:mm:ss with a time zone)"),
    (O_STUDY, "identifier/0/system", "a b", "identifier[0].system", "format", "format",
     "'a b' is not a FHIR uri (a URI without blanks)"),
    (O_PERSON, "photo/0/data", "aG*=", "photo[0].data", "format", "format",
     "'aG*=' is not a FHIR base64Binary (base64 without blanks)"),
    (O_PERSON, "photo/0/size", -1, "photo[0].size", "format", "format",
     "-1 is not a FHIR unsignedInt (a whole number from 0 to 2147483647)"),
    (O_GROUP, "quantity", 1.5, "quantity", "format", "format",
     "1.5 is not a FHIR unsignedInt (a whole number from 0 to 2147483647)"),
    (O_STUDY, "status", "recruiting", "status", "code", "code",
     "'recruiting' is not a code of research-study-status (active, administratively-completed, "
     "approved, closed-to-accrual, closed-to-accrual-and-intervention, completed, disapproved, "
     "in-review, temporarily-closed-to-accrual, temporarily-closed-to-accrual-and-intervention, "
     "withdrawn)"),
    (O_PERSON, "gender", "f", "gender", "code", "code",
     "'f' is not a code of administrative-gender (male, female, other, unknown)"),
    (O_STUDY, "phase/coding/0/code", "PHASE2", "phase.coding[0].code", "code", "code",
     "'PHASE2' is not a code of http://terminology.hl7.org/CodeSystem/research-study-phase (n-a, "
     "early-phase-1, phase-1, phase-1-phase-2, phase-2, phase-2-phase-3, phase-3, phase-4)"),
    (O_STUDY, "identifier/0/type/coding/0/code", "AM", "identifier[0].type.coding[0].code",
     "code", "code", "'AM' is not a code of identifier-type (DL, PPN, BRN, MR, MCN, EN, TAX, "
     "NIIP, PRN, MD, DR, ACSN, UDI, SNO, SB, PLAC, FILL, JHN)", "warning"),
    (O_STUDY, "site/0/reference", "Location/none", "site[0].reference", "reference", "dangling",
     f"'Location/none' {NOWHERE}"),
    (O_STUDY, "site/0/reference", OLD_NAMES[O_SPONSOR], "site[0].reference", "reference", "target",
     "'Organization/sponsor' is an Organization, but a Location is wanted"),
    (O_STUDY, "sponsor/reference", "#none", "sponsor.reference", "reference", "dangling",
     "'#none' resolves to nothing in contained"),
    (O_STUDY, "sponsor/reference", "urn:uuid:00000000-0000-4000-8000-000000000000",
     "sponsor.reference", "reference", "dangling",
     f"'urn:uuid:00000000-0000-4000-8000-000000000000' {NOWHERE}"),
    (O_PLAN, "action/0/definitionCanonical", f"{BASE}/ActivityDefinition/none",
     "action[0].definitionCanonical", "reference", "dangling",
     f"'{BASE}/ActivityDefinition/none' {NOWHERE}"),
    (O_STUDY, "text/div", '<div xmlns="http://www.w3.org/1999/xhtml"><script/></div>', "text.div",
     "narrative", "narrative", "<script> is not an element of narratives"),
    (O_STUDY, "text/div", '<div xmlns="http://www.w3.org/1999/xhtml"><b onload="a"/></div>',
     "text.div", "narrative", "narrative",
     "<b> has the event handler onload, which FHIR forbids"),
    (O_STUDY, "arm/0/_name/extension/0", {"url": f"{FHIR}/patient-birthTime",
                                          "valueDateTime": "2020-01-01T00:00:00Z"},
     "arm[0]._name.extension[0].url", "extension", "extension-context",
     f"'{FHIR}/patient-birthTime' is not for ResearchStudy.arm.name, but for Patient.birthDate, "
     "Person.birthDate, RelatedPerson.birthDate, Practitioner.birthDate"),
    (O_STUDY, "arm/0/_name/extension/0/extension/0/valueCode", ABSENT,
     "arm[0]._name.extension[0].extension[0].value[x]", "extension", "required",
     "'lang' wants a value, which is absent"),
    (O_WEIGHT, "extension", [{"url": f"{FHIR}/workflow-researchStudy", "valueString": "A"}],
     "extension[0].valueString", "extension", "extension-type",
     f"valueString in {SHORT_WORKFLOW}, but valueReference is wanted"),
    (O_STUDY, "extension/1/url",
     "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy.labels",
     "extension[1].url", "extension", "extension",
     "'ResearchStudy.labels' is not an element of FHIR R5"),
)]  # fmt: skip
