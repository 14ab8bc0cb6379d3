"""An ODM document changed by hand: the record read has the change, and nothing else changes."""

import pytest
from odm_documents import (
    Element,
    add,
    comes_back,
    document,
    find,
    full,
    parameter,
    read,
    row,
    texts,
    trial_of,
    written,
)
from odm_edit import (
    ARMS,
    CONTACTS,
    CRITERIA,
    DESIGN,
    ELIGIBILITY,
    IDENTIFICATION,
    OUTCOMES,
    Changes,
    Edit,
    P,
    changes,
    edited,
    without,
)

from trialbridge.formats.odm import v2_0 as odm
from trialbridge.mappings.odm.beyond import DOCUMENT
from trialbridge.schemas.syntax.pointer import ABSENT
from trialbridge.schemas.trial import Trial

HREF = "{http://www.w3.org/1999/xlink}href"
PROSE = """Key inclusion criteria:

1. Adult \\< 70
2. Consent

The site decides.

Exclusion:

- Pregnancy"""


# --- ways to edit --------------------------------------------------------------------------------


def attribute(path: str, key: str, held: str) -> Edit:
    return lambda root: find(root, path).set(key, held)


def text(path: str, held: str | None) -> Edit:
    def edit(root: Element) -> None:
        find(root, path).text = held

    return edit


def described(path: str, held: str | None) -> Edit:
    return text(f"{path}/o:Description/o:TranslatedText[1]", held)


def said(oid: str, held: str) -> Edit:
    """Change the value of a parameter, and no Coding."""
    return lambda root: find(parameter(root, oid), "o:ParameterValue").set("Value", held)


def in_form(name: str, item: str, held: str) -> Edit:
    """Change the value of an item in a row of the registry form."""
    return text(f"{row(name)}/o:ItemData[@ItemOID='IT.{item}']/o:Value", held)


def code(oid: str, position: int, held: str) -> Edit:
    """Change a Coding of the value of a parameter, and not the value."""
    return lambda root: find(parameter(root, oid), f"o:ParameterValue/o:Coding[{position}]").set(
        "Code", held
    )


def both(*edits: Edit) -> Edit:
    return lambda root: [edit(root) for edit in edits]


def put_text(parent: Element, words: str) -> None:
    add(add(parent, "Description"), "TranslatedText", words, Type="text/plain")


def new_arm(root: Element) -> None:
    add(find(root, "//o:StudyStructure"), "Arm", OID="ARM.3", Name="Open")


def new_first_arm(root: Element) -> None:
    structure = find(root, "//o:StudyStructure")
    arm = add(structure, "Arm", OID="A.OPEN", Name="Open")
    structure.insert(1, arm)


def new_intervention(root: Element) -> None:
    put_text(add(find(root, "//o:StudyInterventions"), "StudyIntervention", OID="INT.4"), "massage")


def new_condition(root: Element) -> None:
    put_text(add(find(root, "//o:StudyIndications"), "StudyIndication", OID="IND.3"), "Ache")


def new_criterion(place: str) -> Edit:
    def edit(root: Element) -> None:
        one = add(
            find(root, "//o:InclusionCriteria"),
            "Criterion",
            OID="C.9",
            Name="C.9",
            ConditionOID="COND.9",
        )
        if place == "Criterion":
            put_text(one, "Speaks *x*")
        else:
            version = find(root, "//o:MetaDataVersion")
            condition = add(version, "ConditionDef", OID="COND.9", Name="COND.9")
            put_text(condition, "Speaks *x*")

    return edit


def move_criterion(root: Element) -> None:
    find(root, "//o:ExclusionCriteria").append(find(root, "//o:Criterion[@OID='CRIT.INCL.3']"))


def swap_criteria(root: Element) -> None:
    criteria = find(root, "//o:InclusionCriteria")
    criteria.insert(0, criteria[2])


def plan_of(root: Element) -> None:
    node = parameter(root, "ACTSUB")
    node.set("OID", "SP.PLANSUB")
    node.set("Term", "Planned Number of Subjects")
    node.set("ShortName", "PLANSUB")
    find(node, "o:Coding").set("Code", "C49692")


def criterion(oid: str) -> str:
    return f"//o:Criterion[@OID='CRIT.{oid}']"


def site(number: int) -> str:
    return f"//o:Organization[@OID='ORG.SITE.{number}']"


STATUS = f"{P}/statusModule"


INTERVENTIONS = f"{P}/armsInterventionsModule/interventions"


PARTIES = f"{P}/sponsorCollaboratorsModule"


THE_CRITERIA = str(full().protocol.eligibility.eligibility_criteria)  # type: ignore[union-attr]


def criteria(old: str, new: str) -> Changes:
    assert THE_CRITERIA.count(old) == 1
    return {CRITERIA: (THE_CRITERIA, THE_CRITERIA.replace(old, new))}


EDITS: dict[str, tuple[Edit, Changes]] = {
    "title": (
        said("brief-title", "New"),
        {f"{IDENTIFICATION}/briefTitle": ("Aspirin for Headache", "New")},
    ),
    "title removed": (
        without("//o:StudyParameter[@OID='SP.brief-title']"),
        {f"{IDENTIFICATION}/briefTitle": ("Aspirin for Headache", ABSENT)},
    ),
    "official title": (
        said("TITLE", "New"),
        {
            f"{IDENTIFICATION}/officialTitle": (
                "A Randomized Trial of Aspirin for Headache",
                "New",
            )
        },
    ),
    "study id of the organization": (
        attribute("//o:Study", "ProtocolName", "ORG-2"),
        {f"{IDENTIFICATION}/orgStudyIdInfo/id": ("ORG-1", "ORG-2")},
    ),
    "acronym": (said("acronym", "NEW"), {f"{IDENTIFICATION}/acronym": ("AFH", "NEW")}),
    "acronym removed": (
        without("//o:StudyParameter[@OID='SP.acronym']"),
        {f"{IDENTIFICATION}/acronym": ("AFH", ABSENT)},
    ),
    "registry identifier": (
        said("REGID", "NCT00000009"),
        {f"{IDENTIFICATION}/nctId": ("NCT09000001", "NCT00000009")},
    ),
    "secondary id": (
        said("SECONDARY-ID.2", "X"),
        {f"{IDENTIFICATION}/secondaryIdInfos/1/id": ("GRANT 7", "X")},
    ),
    "arm's name": (
        attribute("//o:Arm[1]", "Name", "High"),
        {
            f"{ARMS}/0/label": ("Aspirin", "High"),
            # The arm is the same one: who receives what is told by its OID.
            f"{INTERVENTIONS}/0/armGroupLabels/0": ("Aspirin", "High"),
            f"{INTERVENTIONS}/2/armGroupLabels/0": ("Aspirin", "High"),
        },
    ),
    "arm's description": (
        described("//o:Arm[1]", "New"),
        {f"{ARMS}/0/description": ("Daily", "New")},
    ),
    "arm's description removed": (
        without("//o:Arm[1]/o:Description"),
        {f"{ARMS}/0/description": ("Daily", ABSENT)},
    ),
    "arm's type": (
        said("arm-type@ARM.2", "Sham Comparator Arm"),
        {f"{ARMS}/1/type": ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR")},
    ),
    "arm's type and its CDISC code": (
        both(said("arm-type@ARM.2", "Sham Comparator Arm"), code("arm-type@ARM.2", 1, "C174269")),
        {f"{ARMS}/1/type": ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR")},
    ),
    "arm removed, and what is said of it": (
        without("//o:Arm[2]", "//o:StudyParameter[contains(@OID, '@ARM.2')]"),
        {
            f"{ARMS}/1": (
                {
                    "label": "Placebo",
                    "type": "PLACEBO_COMPARATOR",
                    "description": "Daily too",
                    "interventionNames": ["Drug: placebo", "Behavioral: diary"],
                },
                ABSENT,
            ),
            f"{INTERVENTIONS}/1/armGroupLabels": (["Placebo"], ABSENT),
            f"{INTERVENTIONS}/2/armGroupLabels/1": ("Placebo", ABSENT),
        },
    ),
    "arm added": (new_arm, {f"{ARMS}/2": (ABSENT, {"label": "Open"})}),
    "arm added before the others": (new_first_arm, {f"{ARMS}/0": (ABSENT, {"label": "Open"})}),
    "intervention's name": (
        described("//o:StudyIntervention[1]", "ASA"),
        {
            f"{ARMS}/0/interventionNames/0": ("Drug: aspirin", "Drug: ASA"),
            f"{INTERVENTIONS}/0/name": ("aspirin", "ASA"),
        },
    ),
    "intervention's type": (
        said("INTTYPE@INT.2", "DIETARY SUPPLEMENT"),
        {
            f"{ARMS}/1/interventionNames/0": ("Drug: placebo", "Dietary Supplement: placebo"),
            f"{INTERVENTIONS}/1/type": ("DRUG", "DIETARY_SUPPLEMENT"),
        },
    ),
    "intervention's type by its value and code": (
        both(said("INTTYPE@INT.3", "DEVICE"), code("INTTYPE@INT.3", 2, "DEVICE")),
        {
            f"{ARMS}/0/interventionNames/1": ("Behavioral: diary", "Device: diary"),
            f"{ARMS}/1/interventionNames/1": ("Behavioral: diary", "Device: diary"),
            f"{INTERVENTIONS}/2/type": ("BEHAVIORAL", "DEVICE"),
        },
    ),
    "intervention's description": (
        said("intervention-description@INT.1", "New"),
        {f"{INTERVENTIONS}/0/description": ("100 mg", "New")},
    ),
    "intervention's other name": (
        in_form("Intervention.otherNames@INT.1.2", "Intervention.otherNames", "New"),
        {f"{INTERVENTIONS}/0/otherNames/1": ("acetylsalicylic acid", "New")},
    ),
    "intervention taken from an arm": (
        without(row("ArmGroup.interventionNames@ARM.2.2")),
        {
            f"{ARMS}/1/interventionNames/1": ("Behavioral: diary", ABSENT),
            f"{INTERVENTIONS}/2/armGroupLabels/1": ("Placebo", ABSENT),
        },
    ),
    "intervention given to an arm": (
        in_form(
            "ArmGroup.interventionNames@ARM.2.1",
            "ArmGroup.interventionNames.interventionOID",
            "INT.1",
        ),
        {
            f"{ARMS}/1/interventionNames/0": ("Drug: placebo", "Drug: aspirin"),
            f"{INTERVENTIONS}/0/armGroupLabels/1": (ABSENT, "Placebo"),
            f"{INTERVENTIONS}/1/armGroupLabels": (["Placebo"], ABSENT),
        },
    ),
    "intervention added": (new_intervention, {f"{INTERVENTIONS}/3": (ABSENT, {"name": "massage"})}),
    "criterion": (
        described(criterion("INCL.1"), "Adult"),
        criteria("Age 18 years or older", "Adult"),
    ),
    "criterion and its condition": (
        both(
            described(criterion("EXCL.1"), "Smoker"),
            described("//o:ConditionDef[@OID='COND.EXCL.1']", "Smoker"),
        ),
        criteria("Pregnancy", "Smoker"),
    ),
    "criterion removed": (without(criterion("EXCL.1")), criteria("* Pregnancy\n", "")),
    "list of criteria removed": (
        without("//o:ExclusionCriteria"),
        criteria(
            "\n\nExclusion Criteria:\n\n* Pregnancy\n* Another trial within 30 days",
            "",
        ),
    ),
    "criterion added": (
        new_criterion("Criterion"),
        criteria("Written consent", "Written consent\n* Speaks *x*"),
    ),
    "criterion added that its condition says": (
        new_criterion("ConditionDef"),
        criteria("Written consent", "Written consent\n* Speaks *x*"),
    ),
    "criterion moved to the other list": (
        move_criterion,
        {
            CRITERIA: (
                THE_CRITERIA,
                THE_CRITERIA.replace("* Written consent\n", "") + "\n* Written consent",
            )
        },
    ),
    "criteria in another order": (
        swap_criteria,
        {
            CRITERIA: (
                THE_CRITERIA,
                THE_CRITERIA.replace("\n* Written consent", "").replace(
                    "* Age", "* Written consent\n* Age"
                ),
            )
        },
    ),
    "end point's name": (
        attribute("//o:StudyEndPoint[1]", "Name", "Ache"),
        {f"{OUTCOMES}/primaryOutcomes/0/measure": ("Pain", "Ache")},
    ),
    "end point's level": (
        attribute("//o:StudyEndPoint[2]", "Level", "Secondary"),
        {
            f"{OUTCOMES}/primaryOutcomes/1": ({"measure": "Relief", "timeFrame": "1 day"}, ABSENT),
            f"{OUTCOMES}/secondaryOutcomes/0": (
                ABSENT,
                {"measure": "Relief", "timeFrame": "1 day"},
            ),
        },
    ),
    "end point's description": (
        described("//o:StudyEndPoint[1]", "New"),
        {f"{OUTCOMES}/primaryOutcomes/0/description": ("On a scale", "New")},
    ),
    "end point's description emptied": (
        described("//o:StudyEndPoint[1]", None),
        {f"{OUTCOMES}/primaryOutcomes/0/description": ("On a scale", ABSENT)},
    ),
    "time frame": (
        said("time-frame@EP.SECONDARY.1", "5 weeks"),
        {f"{OUTCOMES}/secondaryOutcomes/0/timeFrame": ("4 weeks", "5 weeks")},
    ),
    "phase": (
        attribute("//o:TrialPhase", "Value", "PHASE IV TRIAL"),
        {f"{DESIGN}/phases/0": ("PHASE2", "PHASE4"), f"{DESIGN}/phases/1": ("PHASE3", ABSENT)},
    ),
    "phase as CDISC now says it": (
        attribute("//o:TrialPhase", "Value", "III"),
        {f"{DESIGN}/phases/0": ("PHASE2", ABSENT)},
    ),
    "study type": (
        said("STYPE", "OBSERVATIONAL"),
        {f"{DESIGN}/studyType": ("INTERVENTIONAL", "OBSERVATIONAL")},
    ),
    "masking": (
        said("TBLIND", "OPEN LABEL"),
        {f"{DESIGN}/designInfo/maskingInfo/masking": ("DOUBLE", "NONE")},
    ),
    "masking by the registry's code, of the same term": (
        code("TBLIND", 2, "QUADRUPLE"),
        {f"{DESIGN}/designInfo/maskingInfo/masking": ("DOUBLE", "QUADRUPLE")},
    ),
    "model's description": (
        described("//o:StudyStructure", "New"),
        {f"{DESIGN}/designInfo/interventionModelDescription": ("Two groups", "New")},
    ),
    "sex": (said("SEXPOP", "BOTH"), {f"{ELIGIBILITY}/sex": ("FEMALE", "ALL")}),
    "sex in small letters": (said("SEXPOP", "both"), {f"{ELIGIBILITY}/sex": ("FEMALE", "ALL")}),
    "minimum age": (
        said("AGEMIN", "P6M"),
        {f"{ELIGIBILITY}/minimumAge": ("18 Years", "6 Months")},
    ),
    "maximum age removed": (
        without("//o:StudyParameter[@OID='SP.AGEMAX']"),
        {f"{ELIGIBILITY}/maximumAge": ("65 Years", ABSENT)},
    ),
    "healthy volunteers": (
        said("HLTSUBJI", "Y"),
        {f"{ELIGIBILITY}/healthyVolunteers": (False, True)},
    ),
    "population": (
        described("//o:StudyTargetPopulation", "New"),
        {f"{ELIGIBILITY}/studyPopulation": ("Outpatients", "New")},
    ),
    "enrollment": (said("ACTSUB", "7"), {f"{DESIGN}/enrollmentInfo/count": (120, 7)}),
    "enrollment is planned": (
        plan_of,
        {f"{DESIGN}/enrollmentInfo/type": ("ACTUAL", "ESTIMATED")},
    ),
    "start": (
        said("SSTDTC", "2020-02-03"),
        {f"{STATUS}/startDateStruct/date": ("2020-01", "2020-02-03")},
    ),
    "type of the start": (
        code("SSTDTC", 1, "ESTIMATED"),
        {f"{STATUS}/startDateStruct/type": ("ACTUAL", "ESTIMATED")},
    ),
    "type of the start removed": (
        without("//o:StudyParameter[@OID='SP.SSTDTC']/o:ParameterValue/o:Coding"),
        {f"{STATUS}/startDateStruct/type": ("ACTUAL", ABSENT)},
    ),
    "status": (
        attribute("//o:Study", "Status", "Completed"),
        {f"{STATUS}/overallStatus": ("TERMINATED", "COMPLETED")},
    ),
    "site's name": (
        attribute(site(1), "Name", "New"),
        {f"{CONTACTS}/locations/0/facility": ("Example Hospital", "New")},
    ),
    "site's city": (
        text(f"{site(1)}/o:Address/o:City", "Zug"),
        {f"{CONTACTS}/locations/0/city": ("Basel", "Zug")},
    ),
    "site's country": (
        text(f"{site(2)}/o:Address/o:Country", "Austria"),
        {f"{CONTACTS}/locations/1/country": ("Switzerland", "Austria")},
    ),
    "site's latitude": (
        attribute(f"{site(1)}/o:Address/o:GeoPosition", "Latitude", "+1.50"),
        {f"{CONTACTS}/locations/0/geoPoint/lat": (47.55, 1.5)},
    ),
    "site's coordinates removed": (
        without("//o:GeoPosition"),
        {f"{CONTACTS}/locations/0/geoPoint": ({"lat": 47.55, "lon": 7.58}, ABSENT)},
    ),
    "contact's name": (
        text("//o:User[@OID='USER.CONTACT.1']/o:FullName", "New"),
        {f"{CONTACTS}/centralContacts/0/name": ("Desk", "New")},
    ),
    "contact's phone": (
        attribute("//o:User[@OID='USER.CONTACT.1']/o:Telecom[@TelecomType='Phone']", "Value", "9"),
        {f"{CONTACTS}/centralContacts/0/phone": ("+1 555 0100", "9")},
    ),
    "contact's extension": (
        attribute(
            "//o:User[@OID='USER.CONTACT.1']/o:Telecom[@TelecomType='Other']", "Value", "ext. 9"
        ),
        {f"{CONTACTS}/centralContacts/0/phoneExt": ("12", "9")},
    ),
    "contact's email": (
        attribute(
            "//o:User[@OID='USER.CONTACT.1']/o:Telecom[@TelecomType='Email']", "Value", "a@b.c"
        ),
        {f"{CONTACTS}/centralContacts/0/email": ("desk@example.org", "a@b.c")},
    ),
    "name of a site's contact": (
        text("//o:User[@OID='ORG.SITE.1.CONTACT.1']/o:FullName", "New"),
        {f"{CONTACTS}/locations/0/contacts/0/name": ("Cy Cole", "New")},
    ),
    "official's affiliation": (
        attribute("//o:Organization[@OID='ORG.USER.OFFICIAL.2']", "Name", "New"),
        {f"{CONTACTS}/overallOfficials/1/affiliation": ("Elsewhere", "New")},
    ),
    "official's role": (
        said("CONROLE@USER.OFFICIAL.1", "PRINCIPAL INVESTIGATOR"),
        {f"{CONTACTS}/overallOfficials/0/role": ("STUDY_CHAIR", "PRINCIPAL_INVESTIGATOR")},
    ),
    "sponsor's name": (
        attribute("//o:Organization[@Type='Sponsor']", "Name", "New"),
        {
            # They are of one organization.
            f"{PARTIES}/leadSponsor/name": ("Example Hospital", "New"),
            f"{PARTIES}/responsibleParty/investigatorAffiliation": ("Example Hospital", "New"),
            "/protocolSection/contactsLocationsModule/overallOfficials/0/affiliation": (
                "Example Hospital",
                "New",
            ),
        },
    ),
    "collaborator's name": (
        attribute("//o:Organization[@OID='ORG.COLLABORATOR.1']", "Name", "New"),
        {f"{PARTIES}/collaborators/0/name": ("A Company", "New")},
    ),
    "keyword": (said("KEYWORD.1", "New"), {f"{P}/conditionsModule/keywords/0": ("pain", "New")}),
    "keyword removed": (
        without("//o:StudyParameter[@OID='SP.KEYWORD.1']"),
        {f"{P}/conditionsModule/keywords/0": ("pain", ABSENT)},
    ),
    "condition": (
        described("//o:StudyIndication[1]", "New"),
        {f"{P}/conditionsModule/conditions/0": ("Headache", "New")},
    ),
    "condition added": (new_condition, {f"{P}/conditionsModule/conditions/2": (ABSENT, "Ache")}),
    "summary": (
        described("//o:Study", "New"),
        {f"{P}/descriptionModule/briefSummary": ("Short.", "New")},
    ),
    "plain words of the detailed description": (
        described("//o:Protocol", "Longer"),
        {f"{P}/descriptionModule/detailedDescription": ("Long.\n\n* item \\< 3", "Longer")},
    ),
    "citation": (
        said("CITNSTDY.1", "New"),
        {f"{P}/referencesModule/references/0/citation": ("Able A. Aspirin. 2001.", "New")},
    ),
    "document's address": (
        attribute("//o:Leaf", HREF, "x.pdf"),
        {
            "/documentSection/largeDocumentModule/largeDocs/0/filename": (
                "Prot_SAP_000.pdf",
                "x.pdf",
            )
        },
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_changes_what_it_says_and_nothing_else(name: str) -> None:
    edit, expected = EDITS[name]
    assert changes(full(), edit) == expected


def test_there_are_edits_enough() -> None:
    assert len(EDITS) > 60


# --- a text of criteria that is no plain list -----------------------------------------------------


def with_prose() -> Trial:
    return trial_of({"eligibility": {"eligibilityCriteria": PROSE}})


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (described(criterion("INCL.2"), "Assent"), PROSE.replace("Consent", "Assent")),
        (
            described("//o:ConditionDef[@OID='COND.INCL.2']", "Assent"),
            PROSE.replace("Consent", "Assent"),
        ),
        (without(criterion("INCL.2")), PROSE.replace("\n2. Consent", "")),
        (in_form("eligibility.criteria", "eligibility.criteria.text", PROSE + "\n"), PROSE + "\n"),
        (without("//o:ConditionDef"), PROSE),
        (
            without(row("eligibility.criteria")),
            "Inclusion Criteria:\n\n* Adult \\< 70\n* Consent\n\n"
            "Exclusion Criteria:\n\n* Pregnancy",
        ),
    ],
    ids=["criterion", "condition alone", "removed", "text", "conditions gone", "text gone"],
)
def test_criteria_are_put_into_the_text_that_they_are_of(edit: Edit, expected: str) -> None:
    comes_back(with_prose())
    after, _ = edited(with_prose(), edit)
    assert after.protocol is not None
    assert after.protocol.eligibility is not None
    assert after.protocol.eligibility.eligibility_criteria == expected


# --- what cannot be told --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "warning"),
    [
        (said("arm-type@ARM.2", "Sham Comparator Arm"), "codes-disagree"),
        (code("arm-type@ARM.2", 2, "SHAM_COMPARATOR"), "codes-disagree"),
        (code("INTTYPE@INT.1", 2, "DEVICE"), "codes-disagree"),
        (said("SEXPOP", "none"), "unknown-code"),
        (attribute("//o:TrialPhase", "Value", "PHASE 9"), "unknown-code"),
        (said("AGEMIN", "18 Years"), "unknown-duration"),
        (said("AGEMIN", "P1Y6M"), "unknown-duration"),
        (without("//o:StudyIntervention[2]"), "unresolved"),
        (described("//o:ConditionDef[@OID='COND.INCL.1']", "New"), "criteria-disagree"),
    ],
)
def test_what_disagrees_or_is_not_known_is_told(edit: Edit, warning: str) -> None:
    assert warning in edited(full(), edit)[1]


def test_a_code_of_ours_that_disagrees_with_the_value_is_not_read() -> None:
    assert changes(full(), code("arm-type@ARM.2", 2, "SHAM_COMPARATOR")) == {}
    assert changes(full(), code("INTTYPE@INT.1", 2, "DEVICE")) == {}


def test_an_intervention_that_is_gone_is_no_name_of_an_arm_s() -> None:
    after, _ = edited(full(), without("//o:StudyIntervention[2]"))
    assert after.protocol is not None
    assert after.protocol.arms_interventions is not None
    (first, second) = after.protocol.arms_interventions.arm_groups or ()
    assert first.intervention_names == ["Drug: aspirin", "Behavioral: diary"]
    assert second.intervention_names == ["Behavioral: diary"]


@pytest.mark.parametrize("name", EDITS)
def test_what_an_edit_leaves_behind_is_kept(name: str) -> None:
    """Each warning of what is not read has its place in `unmapped`, and both come back."""
    root = document(full())
    EDITS[name][0](root)
    after, problems = read(root)
    left = [problem.path for problem in problems if problem.code == "not-read"]
    kept = [*left, DOCUMENT] if left else []
    assert sorted(after.unmapped or {}) == sorted(kept)
    assert all(path.startswith("/odm/") for path in left)
    assert odm.read(written(after))[0] == after


def test_what_is_gone_with_an_arm_is_told_at_its_place() -> None:
    root = document(full())
    without("//o:Arm[2]")(root)
    oids = texts(root, "//o:StudyParameter/@OID")
    keys = texts(root, "//o:ItemGroupData/@ItemGroupRepeatKey | //o:ItemGroupData[not(@*[2])]/@*")
    after, _ = read(root)
    pointers = [pointer for pointer in after.unmapped or {} if pointer != DOCUMENT]
    assert {
        (oids if kind == "StudyParameter" else keys)[int(place)]
        for pointer in pointers
        for kind in ("StudyParameter", "ItemGroupData")
        for _, found, rest in [pointer.partition(f"/{kind}/")]
        if found
        for place in [rest.split("/")[0]]
    } == {"SP.arm-type@ARM.2", "ARM.2.1", "ARM.2.2"}
