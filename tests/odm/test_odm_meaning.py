"""What a fact of the registry is in ODM 2.0, one by one on small records of our own."""

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from corpus import beside
from lxml import etree
from odm_documents import (
    CDISC,
    Element,
    codings,
    comes_back,
    facts,
    find,
    full,
    own,
    parameter,
    rows,
    said,
    texts,
    value,
    written,
)
from odm_sent import parameters, sent

import trialbridge
from trialbridge.formats.odm import v2_0 as odm
from trialbridge.mappings.record.markdown import plain
from trialbridge.schemas.odm.digests.document import elements
from trialbridge.schemas.odm.validate import check
from trialbridge.schemas.trial import Trial

ROOT = Path(__file__).resolve().parents[2]


# --- elements -------------------------------------------------------------------------------------


def test_the_study_has_its_title_its_number_and_its_summary() -> None:
    root = comes_back(full())
    study = find(root, "/o:ODM/o:Study")
    assert study.get("StudyName") == study.get("ProtocolName") == "ORG-1"
    assert value(root, "brief-title") == "Aspirin for Headache"
    assert (study.get("Status"), study.get("VersionID")) == ("Terminated", None)
    assert rows(root)["miscInfo"]["miscInfo.versionHolder"] == "2024-04-01"
    assert said(root, "/o:ODM/o:Study") == {"text/plain": "Short."}
    protocol = "/o:ODM/o:Study/o:MetaDataVersion/o:Protocol"
    assert said(root, protocol) == {
        "text/plain": "Long.\n\n* item < 3",
        "en-x-markdown": "Long.\n\n* item \\< 3",
    }
    assert texts(root, f"{protocol}/o:TrialPhase/@Value") == ["PHASE II/III TRIAL"]
    assert said(root, f"{protocol}/o:StudyStructure") == {"text/plain": "Two groups"}
    assert said(root, f"{protocol}/o:StudyTargetPopulation") == {"text/plain": "Outpatients"}


def test_arms_say_what_they_are_and_receive_interventions_that_there_are() -> None:
    root = comes_back(full())
    assert texts(root, "//o:StudyStructure/o:Arm/@Name") == ["Aspirin", "Placebo"]
    assert said(root, "//o:Arm[@OID='ARM.1']") == {"text/plain": "Daily"}
    held = find(parameter(root, "arm-type@ARM.2"), "o:ParameterValue")
    assert held.get("Value") == "Placebo Comparator Arm"
    assert codings(held) == [(CDISC, "C174268"), (own("ctgov-arm-type"), "PLACEBO_COMPARATOR")]
    group = "ArmGroup.interventionNames"
    received = [
        said(root, f"//o:StudyIntervention[@OID='{oid}']")["text/plain"]
        for number in (1, 2)
        for n in (1, 2)
        for oid in [rows(root)[f"{group}@ARM.{number}.{n}"][f"{group}.interventionOID"]]
    ]
    assert received == ["aspirin", "diary", "placebo", "diary"]
    # What follows from the arms is not said of the interventions again.
    assert not [name for name in rows(root) if name.startswith("Intervention.armGroupLabels")]


def test_interventions_have_names_types_descriptions_and_terms() -> None:
    root = comes_back(full())
    assert codings(find(root, "//o:StudyIntervention[@OID='INT.1']")) == [
        ("https://www.nlm.nih.gov/mesh", "D001241"),
    ]
    assert codings(find(parameter(root, "INTTYPE@INT.1"), "o:ParameterValue")) == [
        (CDISC, "C1909"),
        (own("ctgov-intervention-type"), "DRUG"),
    ]
    assert value(root, "intervention-description@INT.1") == "100 mg"
    assert rows(root)["Intervention.otherNames@INT.1.2"] == {
        "Intervention.otherNames": "acetylsalicylic acid"
    }
    assert texts(root, "//o:StudyIntervention[@OID='INT.1']/o:Coding/@Label") == ["Aspirin"]


def test_a_type_that_cdisc_has_not_is_the_registry_s_alone() -> None:
    root = sent({"armsInterventions": {"interventions": [{"name": "x", "type": "OTHER"}]}})
    assert codings(find(parameter(root, "INTTYPE@INT.1"), "o:ParameterValue")) == [
        (own("ctgov-intervention-type"), "OTHER")
    ]


def test_conditions_are_indications_with_their_terms() -> None:
    root = comes_back(full())
    assert texts(root, "//o:StudyIndication/o:Description/o:TranslatedText/text()") == [
        "Headache",
        "Migraine",
    ]
    assert texts(root, "//o:StudyIndication[1]/o:Coding/@Label") == ["Headache"]
    assert texts(root, "//o:StudyIndication[2]/o:Coding/@Label") == ["Migraine Disorders"]


def test_end_points_say_their_level_and_no_objective_says_it_again() -> None:
    root = comes_back(full())
    assert texts(root, "//o:StudyObjective") == []
    levels = {node.get("Name"): node.get("Level") for node in root.iter("{*}StudyEndPoint")}
    # "Other" does not say exploratory.
    assert levels == {
        "Pain": "Primary",
        "Relief": "Primary",
        "Nausea": "Secondary",
        "Cost": None,
    }
    assert said(root, "//o:StudyEndPoint[1]") == {"text/plain": "On a scale"}
    frame = parameter(root, "time-frame@EP.PRIMARY.1")
    assert (value(root, "time-frame@EP.PRIMARY.1"), codings(frame)) == (
        "2 hours",
        [(CDISC, "C165859")],
    )


def test_each_criterion_has_its_condition_and_stands_in_its_list() -> None:
    root = comes_back(full())
    found: dict[str, list[str]] = {}
    for node in root.iter("{*}Criterion"):
        kind = etree.QName(node.getparent()).localname
        words = texts(node, "o:Description/o:TranslatedText[1]/text()")
        condition = find(root, f"//o:ConditionDef[@OID='{node.get('ConditionOID')}']")
        assert texts(condition, "o:Description/o:TranslatedText[1]/text()") == words
        assert [etree.QName(child).localname for child in condition] == [
            "Description",
            "MethodSignature",
        ]
        found.setdefault(kind, []).extend(words)
    assert found == {
        "InclusionCriteria": [
            "Age 18 years or older",
            "Haemoglobin > 9 g/dL\n\n  * measured within a week",
            "Written consent",
        ],
        "ExclusionCriteria": ["Pregnancy", "Another trial within 30 days"],
    }
    assert "eligibility.criteria" not in rows(root)


def test_a_text_that_lists_no_criteria_has_none() -> None:
    root = sent({"eligibility": {"eligibilityCriteria": "Ask the site."}})
    assert parameters(root) == {}
    assert rows(root) == {"eligibility.criteria": {"eligibility.criteria.text": "Ask the site."}}
    assert texts(root, "//o:InclusionExclusionCriteria") == []
    assert texts(root, "//o:ConditionDef") == []


def test_people_and_organizations_are_what_they_are() -> None:
    root = comes_back(full())
    admin = find(root, "/o:ODM/o:AdminData")
    assert admin.get("StudyOID") == find(root, "/o:ODM/o:Study").get("OID")
    organizations = {
        node.get("OID"): (node.get("Type"), node.get("Role"), node.get("Name"))
        for node in admin.iter("{*}Organization")
    }
    assert organizations == {
        "ORG.SPONSOR": ("Sponsor", None, "Example Hospital"),
        "ORG.COLLABORATOR.1": ("Other", "Collaborator", "A Company"),
        "ORG.COLLABORATOR.2": ("Other", "Collaborator", "No Class"),
        "ORG.USER.OFFICIAL.2": ("Other", None, "Elsewhere"),
        "ORG.SITE.1": ("Site", None, "Example Hospital (2)"),
        "ORG.SITE.2": ("Site", None, "Clinic"),
    }
    users = {
        "".join(texts(node, "o:FullName/text()")): (
            node.get("UserType"),
            organizations.get(node.get("OrganizationOID"), (None, None, None))[2],
        )
        for node in admin.iter("{*}User")
    }
    assert users == {
        "Ada Able": (None, "Example Hospital"),
        "Desk": (None, None),
        "Ada Able, MD": (None, "Example Hospital"),
        "Ben Bold": ("Investigator", "Elsewhere"),
        "Cy Cole": (None, "Example Hospital (2)"),
        "Di Dale": ("Investigator", "Example Hospital (2)"),
    }
    assert {
        (node.get("TelecomType"), node.get("Value"))
        for node in find(admin, "o:User[@OID='USER.CONTACT.1']").iter("{*}Telecom")
    } == {("Phone", "+1 555 0100"), ("Other", "ext. 12"), ("Email", "desk@example.org")}
    assert find(admin, "o:User[o:FullName='Cy Cole']").get("OrganizationOID") == "ORG.SITE.1"
    assert codings(find(parameter(root, "CONROLE@USER.OFFICIAL.1"), "o:ParameterValue")) == [
        (CDISC, "C51878"),
        (own("ctgov-official-role"), "STUDY_CHAIR"),
    ]
    assert value(root, "CONROLE@USER.CONTACT.1") == "CENTRAL CONTACT FOR RECRUITMENT"
    assert value(root, "CONROLE@ORG.SITE.1.CONTACT.1") == "FACILITY CONTACT"


def test_a_site_has_an_address_and_a_position() -> None:
    root = comes_back(full())
    address = find(root, "//o:Organization[@OID='ORG.SITE.1']/o:Address")
    assert [(etree.QName(node).localname, node.text) for node in address] == [
        ("City", "Basel"),
        ("StateProv", "BS"),
        ("Country", "CHE"),
        ("PostalCode", "4001"),
        ("GeoPosition", None),
    ]
    assert dict(find(address, "o:GeoPosition").items()) == {
        "Latitude": "47.55",
        "Longitude": "7.58",
    }
    assert rows(root)["Location@ORG.SITE.1"] == {"Location.status": "RECRUITING"}
    # ODM's Location wants a date that nobody said.
    assert texts(root, "//o:Location") == []


def test_documents_are_leaves_that_the_version_refers_to() -> None:
    root = comes_back(full())
    (refers,) = texts(root, "//o:SupplementalDoc/o:DocumentRef/@LeafID")
    leaf = find(root, f"//o:Leaf[@ID='{refers}']")
    assert texts(leaf, "@xlink:href") == ["Prot_SAP_000.pdf"]
    assert texts(leaf, "o:Title/text()") == ["Protocol and plan"]
    assert rows(root)[f"LargeDoc@{refers}"]["LargeDoc.hasIcf"] == "false"


def test_references_are_citations_with_their_numbers() -> None:
    root = comes_back(full())
    assert value(root, "CITNSTDY.1") == "Able A. Aspirin. 2001."
    assert codings(find(parameter(root, "CITNSTDY.1"), "o:ParameterValue")) == [
        (own("ctgov-reference-type"), "BACKGROUND"),
    ]
    assert value(root, "PUBMEDID@SP.CITNSTDY.1") == "12345678"
    assert value(root, "URLSTDY.1") == "https://example.org/a b"
    assert value(root, "URLSTDYD@SP.URLSTDY.1") == "Home"


def test_every_reference_leads_to_the_right_kind_of_element() -> None:
    root = comes_back(full())
    by_oid: dict[str, str] = {}
    for node in root.iter(etree.Element):
        oid = node.get("OID") or node.get("ID")
        if oid is not None:
            assert oid not in by_oid
            by_oid[oid] = etree.QName(node).localname
    seen = 0
    for node in root.iter(etree.Element):
        name = etree.QName(node).localname
        for key, rule in elements("2.0")[name].attributes.items():
            if rule.targets and node.get(key) is not None:
                seen += 1
                assert by_oid[node.get(key)] in rule.targets, (name, key)
    assert seen > 10
    for oid in by_oid:
        stem, at_sign, of = oid.partition("@")
        assert not at_sign or (of in by_oid and stem.startswith("SP."))


# --- nothing is invented --------------------------------------------------------------------------


def test_an_empty_record_says_nothing_but_what_is_required() -> None:
    assert Counter(place for place, _ in facts(comes_back(Trial()))) == Counter(
        [
            *(f"ODM/@{key}" for key in ("FileType", "FileOID", "CreationDateTime")),
            *(f"ODM/@{key}" for key in ("ODMVersion", "SourceSystem")),
            *(f"Study/@{key}" for key in ("OID", "StudyName", "ProtocolName")),
            *(f"MetaDataVersion/@{key}" for key in ("OID", "Name")),
        ]
    )


def test_a_name_that_the_record_has_not_is_the_oid_and_a_text_is_empty() -> None:
    root = sent(
        {
            "armsInterventions": {
                "armGroups": [{"description": "d"}],
                "interventions": [{"description": "d"}],
            },
            "outcomes": {"primaryOutcomes": [{"timeFrame": "t"}]},
            "contactsLocations": {"locations": [{"city": "c"}]},
        }
    )
    for name in ("Arm", "StudyEndPoint", "Organization", "MetaDataVersion"):
        node = find(root, f"//o:{name}")
        assert node.get("Name") == node.get("OID")
    assert said(root, "//o:StudyIntervention") == {"text/plain": ""}
    # The measure is the description that an end point requires.
    assert said(root, "//o:StudyEndPoint") == {"text/plain": "EP.PRIMARY.1"}


@pytest.mark.parametrize(
    "path",
    ["//@xml:lang[.!='en-x-markdown']", "//o:Epoch", "//o:Protocol//o:Alias", "//o:TrialPhase"],
)
def test_what_the_record_does_not_say_is_not_there(path: str) -> None:
    root = sent({"identification": {"briefTitle": "T"}, "design": {"phases": []}})
    assert texts(root, path) == []
    if path != "//o:TrialPhase":
        assert texts(comes_back(full()), path) == []


def test_every_word_of_a_document_is_the_record_s_or_of_a_table() -> None:
    """Attributes that hold facts hold texts of the record; the rest are OIDs, codes and terms."""
    record = set()

    def gather(node: Any) -> None:
        for inner in node.values() if isinstance(node, dict) else node:
            if isinstance(inner, dict | list):
                gather(inner)
            else:
                record.add(str(inner))

    gather(msgspec.to_builtins(full()))
    record |= {plain(held) for held in record}
    record |= {f"ext. {held}" for held in record}
    # The site has the name of the sponsor.
    record.add("Example Hospital (2)")
    record |= {"CHE"}
    root = comes_back(full())
    oids = set(texts(root, "//@OID | //@ID"))
    # Where the form is defined, the words are the model's.
    for node in root.xpath("//*[contains('ItemGroupDef ItemDef CodeList', local-name())]"):
        node.getparent().remove(node)
    for place in ("StudyName", "ProtocolName", "Name", "Value"):
        for node in root.xpath(f"//*[@{place}]"):
            held = node.get(place)
            if place == "Value" and etree.QName(node).localname in ("ParameterValue", "TrialPhase"):
                coded = codings(node) or etree.QName(node).localname == "TrialPhase"
                # A duration, and the order of MeSH terms, are said in another way.
                assert coded or held in record | oids | {"P18Y", "P65Y"}, held
            else:
                assert held in record | oids, held
    pieces = {plain(held) for held in texts(root, "//o:Criterion/o:Description/*[last()]/text()")}
    assert all(piece in " ".join(record) for piece in pieces)
    for node in root.iter("{*}TranslatedText", "{*}FullName", "{*}City", "{*}Country"):
        assert plain(node.text or "") in record | pieces | {""}


# --- the record that the README shows -------------------------------------------------------------


def the_record() -> Element:
    trial = trialbridge.read(beside("records/NCT06360861.txt"))
    data = written(trial)
    assert check(data) == []
    assert odm.read(data) == (trial, [])
    return etree.fromstring(data)


def test_every_fact_of_the_record_is_in_its_document() -> None:
    root = the_record()
    study = find(root, "/o:ODM/o:Study")
    assert study.get("StudyName") == study.get("ProtocolName") == "1400-1-233-51589"
    assert study.get("Status") == "Completed"
    assert find(root, "/o:ODM").get("CreationDateTime") == "2024-04-11T00:00:00"
    summary = said(root, "/o:ODM/o:Study")["text/plain"]
    assert summary.startswith("To assess the safety and of a single dose of IV infusion")
    assert summary.endswith(
        "cognitive & psychological evaluations, and flow cytometry for B cell markers."
    )
    details = said(root, "//o:Protocol")["text/plain"]
    assert details.startswith("This open-label phase I study will be conducted in MS Clinic")
    assert len(details.split("\n\n")) == 5
    assert texts(root, "//o:TrialPhase/@Value") == ["PHASE I TRIAL"]
    held = parameters(root)
    assert {oid: held[oid] for oid in held if "@" not in oid} == {
        "REGID": "NCT06360861",
        "SECONDARY-ID.1": "IR.TUMS.MEDICINE.REC.1400.197",
        "brief-title": "Evaluate the Safety and Feasibility of Allogeneic Mesenchymal Stem Cells "
        "in Patients With Multiple Sclerosis",
        "SSTDTC": "2019-07-23",
        "SENDTC": "2024-03-06",
        "STYPE": "INTERVENTIONAL",
        "RANDOM": "NA",
        "INTMODEL": "SINGLE GROUP",
        "TINDTP": "TREATMENT",
        "TBLIND": "OPEN LABEL",
        "KEYWORD.1": "Mesenchymal Stem Cells",
        "SEXPOP": "BOTH",
        "AGEMIN": "P17Y",
        "AGEMAX": "P45Y",
        "HLTSUBJI": "N",
        "CITNSTDY.1": held["CITNSTDY.1"],
        "CITNSTDY.2": held["CITNSTDY.2"],
    }
    form = rows(root)
    assert form.pop("eligibility.criteria")
    assert form == {
        "record": {"record.hasResults": "false"},
        "status": {"status.lastUpdatePostDateStruct.date": "2024-04-11"},
        "sponsorCollaborators": {
            "sponsorCollaborators.responsibleParty.type": "SPONSOR",
            "sponsorCollaborators.leadSponsor.class": "OTHER",
        },
        "page": {
            "page.conditionsLine": "Multiple Sclerosis Secondary-Progressive Multiple Sclerosis "
            "Mesenchymal Stem Cells",
        },
        "page.relatedTrials@1": {
            "RelatedTrial.title": "Mesenchymal Stem Cells for Multiple Sclerosis",
            "RelatedTrial.nctId": "NCT01730547",
            "RelatedTrial.status": "COMPLETED",
        },
        "page.relatedTrials@2": {
            "RelatedTrial.title": "Mesenchymal Stem Cell Transplantation in MS",
            "RelatedTrial.nctId": "NCT01228266",
            "RelatedTrial.status": "TERMINATED",
        },
        "page.relatedTrials.phases@1.1": {"page.relatedTrials.phases": "PHASE1"},
        "page.relatedTrials.phases@1.2": {"page.relatedTrials.phases": "PHASE2"},
        "page.relatedTrials.phases@2.1": {"page.relatedTrials.phases": "PHASE2"},
        "ArmGroup.interventionNames@ARM.1.1": {
            "ArmGroup.interventionNames.interventionOID": "INT.1"
        },
        "enrollmentOfNoType": {"enrollmentOfNoType.count": "5"},
    }
    assert held["CITNSTDY.1"].startswith("Shokati A, Naser Moghadasi A, Nikbakht M")
    assert held["CITNSTDY.2"].endswith("2021;2286:199-212. doi: 10.1007/7651_2020_281.")
    assert [
        codings(find(parameter(root, f"CITNSTDY.{n}"), "o:ParameterValue")) for n in (1, 2)
    ] == [
        [
            (own("ctgov-reference-type"), "BACKGROUND"),
        ]
    ] * 2
    assert {oid: held[oid] for oid in held if "@" in oid} == {
        "CONROLE@USER.OFFICIAL.1": "Study director",
        "CONROLE@USER.OFFICIAL.2": "Study director",
        "CONROLE@USER.OFFICIAL.3": "PRINCIPAL INVESTIGATOR",
        "PUBMEDID@SP.CITNSTDY.1": "34256857",
        "PUBMEDID@SP.CITNSTDY.2": "32504294",
        "INTTYPE@INT.1": "BIOLOGIC",
        "arm-type@ARM.1": "Experimental Arm",
        "intervention-description@INT.1": "Allogenic placenta derived mesenchymal stem cells, "
        "3 million cells/kg body weight via intravenous injection.",
    }
    assert texts(root, "//o:StudyIndication/o:Description/o:TranslatedText/text()") == [
        "Multiple Sclerosis",
        "Secondary-Progressive Multiple Sclerosis",
    ]
    assert texts(root, "//o:Arm/@Name") == ["Placenta derived mesenchymal cells"]
    assert said(root, "//o:Arm")["text/plain"] == (
        "Allogenic placenta derived mesenchymal stem cells, 3 million cells/kg body weight via "
        "intravenous injection"
    )
    assert said(root, "//o:StudyStructure")["text/plain"] == (
        "Open-label phase 1, single-center, pre-post comparison study"
    )
    assert said(root, "//o:StudyIntervention")["text/plain"] == (
        "Allogenic placenta derived mesenchymal stem cells"
    )
    assert codings(find(parameter(root, "INTTYPE@INT.1"), "o:ParameterValue")) == [
        (CDISC, "C307"),
        (own("ctgov-intervention-type"), "BIOLOGICAL"),
    ]
    included = texts(
        root, "//o:InclusionCriteria/o:Criterion/o:Description/o:TranslatedText[1]/text()"
    )
    excluded = texts(
        root, "//o:ExclusionCriteria/o:Criterion/o:Description/o:TranslatedText[1]/text()"
    )
    assert included == [
        "Age between 17-45 years Patients with SPMS .",
        "Must be able to Sign informed consent .",
        "Currently taking Rituximab.",
        "Disease duration of more than 2 and less than 16 years.",
    ]
    assert (len(excluded), excluded[3]) == (
        11,
        "Severe anemia (hemoglobin< 8 mg/dl), coagulation disorders.",
    )
    assert [
        (node.get("OID"), node.get("Type"), node.get("Name"))
        for node in root.iter("{*}Organization")
    ] == [
        ("ORG.SPONSOR", "Sponsor", "Tehran University of Medical Sciences"),
        (
            "ORG.USER.OFFICIAL.1",
            "Other",
            "Multiple Sclerosis Research Center,Neuroscience Institute,Sina Hospital,Tehran, Iran.",
        ),
        (
            "ORG.USER.OFFICIAL.2",
            "Other",
            "Research Institute for Oncology, Hematology& Cell Therapy Facility, Shariati Hospital "
            ",Tehran, Iran.",
        ),
        (
            "ORG.USER.OFFICIAL.3",
            "Other",
            "Applied Cell Sciences,Tehran University of Medical Sciences,Tehran, Iran.",
        ),
        ("ORG.SITE.1", "Site", "Tehran University of Medical Sciences,Tehran, Iran"),
    ]
    assert texts(root, "//o:Address/*/text()") == ["Tehran", "IRN"]
    assert [
        (node.get("UserType"), node.get("OrganizationOID"), texts(node, "o:FullName/text()"))
        for node in root.iter("{*}User")
    ] == [
        (None, "ORG.USER.OFFICIAL.1", ["Abdorreza Naser Moghadasi, MD"]),
        (None, "ORG.USER.OFFICIAL.2", ["Mohsen Nikbakht, PhD"]),
        ("Investigator", "ORG.USER.OFFICIAL.3", ["Ameneh Shokati, PhD"]),
    ]


def test_the_record_says_neither_kind_of_its_numbers_nor_type_of_its_dates() -> None:
    """Five participants: planned or actual is not said; nor whether a date is estimated."""
    root = the_record()
    shorts = texts(root, "//o:StudyParameter/@ShortName")
    assert not {"PLANSUB", "ACTSUB"} & set(shorts)
    assert rows(root)["enrollmentOfNoType"] == {"enrollmentOfNoType.count": "5"}
    for date in ("SSTDTC", "SENDTC"):
        assert codings(find(parameter(root, date), "o:ParameterValue")) == []
    assert texts(root, "//o:StudyEndPoint") == texts(root, "//o:StudyObjective") == []
