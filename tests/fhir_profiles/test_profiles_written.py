"""`-O profile=eclaire` and `mii`: what the guides ask for is there, and the record comes back."""

import json
from collections.abc import Iterator
from typing import Any

import corpus
import pytest

import trialbridge
from trialbridge.formats.fhir import r4
from trialbridge.formats.fhir.xml import r4 as r4_xml
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.fhir.profiles.rules import rules, values
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.schemas.trial import Trial

GUIDES = ("eclaire", "mii")
ECLAIRE = "https://interop.esante.gouv.fr/ig/fhir/eclaire"
MII = "https://www.medizininformatik-initiative.de/fhir/modul-studie"
R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ResearchStudy."

RECORD = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT09990001",
            "orgStudyIdInfo": {"id": "LS-7"},
            "secondaryIdInfos": [{"id": "2022-500014-26-00", "type": "CTIS"}],
            "briefTitle": "Aspirin for Headache",
            "officialTitle": "A Randomised Trial of Aspirin in Tension-Type Headache",
            "acronym": "ASPI",
        },
        "statusModule": {
            "overallStatus": "ACTIVE_NOT_RECRUITING",
            "startDateStruct": {"date": "2023-04"},
            "completionDateStruct": {"date": "2026-01-31"},
            "studyFirstSubmitDate": "2023-02-01",
            "lastUpdateSubmitDate": "2024-05-06",
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": {"name": "Example Pharma", "class": "INDUSTRY"},
        },
        "descriptionModule": {"briefSummary": "Short.", "detailedDescription": "Long."},
        "conditionsModule": {"conditions": ["Headache"], "keywords": ["pain"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE3"],
            "enrollmentInfo": {"count": 120, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Aspirin", "interventionNames": ["Drug: aspirin"]},
                {"label": "Nothing"},
            ],
            "interventions": [
                {
                    "type": "DRUG",
                    "name": "aspirin",
                    "description": "500 mg",
                    "armGroupLabels": ["Aspirin"],
                }
            ],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": "Pain", "timeFrame": "2 hours"}]},
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Headache",
            "sex": "FEMALE",
            "minimumAge": "18 Years",
        },
        "contactsLocationsModule": {
            "centralContacts": [{"name": "A. Example", "role": "CONTACT", "phone": "1"}],
            "overallOfficials": [
                {"name": "B. Example", "affiliation": "Clinic", "role": "STUDY_CHAIR"}
            ],
            "locations": [
                {
                    "facility": "Clinic",
                    "city": "Lyon",
                    "country": "France",
                    "contacts": [{"name": "C. Example", "email": "c@example.org"}],
                },
                {"city": "Basel", "country": "Switzerland"},
                {"city": "Paris", "country": "France", "status": "WITHDRAWN"},
            ],
        },
    },
    "derivedSection": {
        "conditionBrowseModule": {
            "browseBranches": [
                {"abbrev": "BC10", "name": "Nervous System Diseases"},
                {"abbrev": "All", "name": "All Conditions"},
            ]
        },
        "interventionBrowseModule": {"meshes": [{"id": "D001241", "term": "Aspirin"}]},
    },
}
TRIAL = ctgov.read(json.dumps(RECORD).encode())[0]


def written(guide: str, trial: Trial = TRIAL) -> dict[str, Any]:
    bundle: dict[str, Any] = json.loads(r4.write(trial, profile=guide)[0])
    return bundle


def study(guide: str, trial: Trial = TRIAL) -> dict[str, Any]:
    found: dict[str, Any] = written(guide, trial)["entry"][0]["resource"]
    return found


def extensions(node: dict[str, Any], url: str) -> list[Any]:
    """The values of the extensions of this url, or their parts by name."""
    found = []
    for one in node.get("extension", ()):
        if one["url"] == url:
            parts = {part["url"]: _value(part) for part in one.get("extension", ())}
            found.append(parts or _value(one))
    return found


def _value(node: dict[str, Any]) -> Any:
    return next((node[key] for key in node if key.startswith("value")), None)


# --- by hand -----------------------------------------------------------------------------------


def test_eclaire_has_the_scientific_title_and_the_public_one_as_a_label() -> None:
    node = study("eclaire")
    assert node["meta"]["profile"] == [f"{ECLAIRE}/StructureDefinition/eclaire-researchstudy"]
    assert node["title"] == "A Randomised Trial of Aspirin in Tension-Type Headache"
    system = f"{ECLAIRE}/CodeSystem/eclaire-study-title-type-code-system"
    labels = {
        coding["code"]: one["value"]
        for one in extensions(node, f"{R5}label")
        for coding in one["type"]["coding"]
        if coding["system"] == system
    }
    assert labels == {
        "human-use": "Aspirin for Headache",
        "official": "A Randomised Trial of Aspirin in Tension-Type Headache",
        "acronym": "ASPI",
    }


def test_eclaire_has_identifiers_countries_contacts_and_regulation() -> None:
    node = study("eclaire")
    assert [(i["use"], i["value"]) for i in node["identifier"]] == [
        ("official", "NCT09990001"),
        ("secondary", "LS-7"),
        ("secondary", "2022-500014-26-00"),
    ]
    assert node["identifier"][0]["period"] == {"start": "2023-02-01"}
    assert [one["coding"] for one in node["location"]] == [
        [{"system": "urn:iso:std:iso:3166", "code": "FR", "display": "France"}],
        [{"system": "urn:iso:std:iso:3166", "code": "CH", "display": "Switzerland"}],
    ]
    (contact,) = node["contact"]
    assert contact["name"] == "A. Example"
    assert contact["telecom"] == [{"system": "phone", "value": "1"}]
    assert extensions(contact, f"{ECLAIRE}/StructureDefinition/eclaire-contact-name") == [
        {"text": "A. Example"}
    ]
    (type_,) = extensions(contact, f"{ECLAIRE}/StructureDefinition/eclaire-contact-type")
    assert type_["coding"][0]["code"] == "PUB"
    assert [one["coding"][0]["code"] for one in node["category"]] == ["REG536"]
    assert "sponsor" not in node
    assert "principalInvestigator" not in node
    assert [one.get("id") for one in node["condition"]] == ["disease-condition-1"]


def test_eclaire_has_its_extensions() -> None:
    node = study("eclaire")

    def said(name: str) -> list[Any]:
        return extensions(node, f"{ECLAIRE}/StructureDefinition/eclaire-{name}")

    assert said("review-date") == ["2024-05-06T00:00:00.000Z"]
    assert said("recruitment-period") == [{"start": "2023-04"}]
    assert said("recruitment-status")[0]["coding"][0]["code"] == "completed-recruiting"
    assert said("therapeutic-area") == ["Diseases [C] - Nervous System Diseases [C10]"]
    assert said("approval-date") == []
    intervention = f"{ECLAIRE}/StructureDefinition/eclaire-arm-intervention"
    assert [extensions(arm, intervention) for arm in node["arm"]] == [
        [{"name": "aspirin", "description": "500 mg"}],
        [],
    ]
    (sponsor, *_) = extensions(node, f"{R5}associatedParty")
    assert {
        "system": f"{ECLAIRE}/CodeSystem/eclaire-study-party-organization-type-code-system",
        "code": "industry",
        "display": "Industriel / Industry",
    } in sponsor["classifier"]["coding"]
    (outcome,) = extensions(node, f"{R5}outcomeMeasure")
    # The guide lets it lead to an EvidenceVariable alone.
    assert "reference" not in outcome["reference"]


def test_eclaire_has_kinds_of_characteristics_and_names_at_sites() -> None:
    resources = [entry["resource"] for entry in written("eclaire")["entry"]]
    (group,) = (one for one in resources if one["resourceType"] == "Group")
    assert [
        [c["code"] for c in one["code"]["coding"] if c["system"].startswith(ECLAIRE)]
        for one in group["characteristic"]
    ] == [["grp-gender"], ["grp-age"], ["grp-other"]]
    place = next(one for one in resources if one.get("name") == "Clinic" and "address" in one)
    assert place["meta"]["profile"] == [f"{ECLAIRE}/StructureDefinition/eclaire-location"]
    name = f"{ECLAIRE}/StructureDefinition/eclaire-site-contact-name"
    assert [extensions(one, name) for one in place["telecom"]] == [[{"text": "C. Example"}]]


def test_mii_has_acronym_recruitment_register_criteria_and_category() -> None:
    node = study("mii")

    def said(name: str) -> list[Any]:
        return extensions(node, f"{MII}/StructureDefinition/mii-ex-studie-{name}")

    assert node["meta"]["profile"] == [f"{MII}/StructureDefinition/mii-pr-studie-studie"]
    assert said("akronym") == ["ASPI"]
    assert said("rekrutierung") == [{"rekrutierungsstart": "2023-04", "rekrutierungsziel": 120}]
    assert said("eligibility")[0]["reference"] == "Group/NCT09990001-eligibility"
    assert said("studienregister")[0]["reference"] == "Library/register-ClinicalTrialsgov"
    assert [one["coding"][0]["code"] for one in node["category"]] == ["SEVCO:01001"]
    assert [one["text"] for one in node["focus"]] == ["Aspirin"]
    resources = {entry["resource"]["id"]: entry["resource"] for entry in written("mii")["entry"]}
    register = resources["register-ClinicalTrialsgov"]
    assert register["identifier"] == [
        {"system": "urn:ietf:rfc:3986", "value": "https://clinicaltrials.gov"}
    ]
    person = next(o for o in resources.values() if o["resourceType"] == "PractitionerRole")
    assert person["code"][0]["coding"][0]["system"] == codes.PARTY_ROLE


def test_what_the_record_does_not_say_is_one_warning() -> None:
    empty = ctgov.read(b'{"protocolSection":{"identificationModule":{"nctId":"NCT09990002"}}}')[0]
    (problem,) = r4.write(empty, profile="mii")[1]
    assert problem.code == "not-stated"
    assert problem.message == (
        "MII Modul Studie asks for what the record does not say: status, title, partOf,"
        " extension:Label,"
        " extension:AssociatedParty, extension:Ethikvotum, extension:Eligibility,"
        " extension:Akronym, extension:Rekrutierung, extension:Finanzierung, arm, arm.name,"
        " category, focus, focus.text, keyword, keyword.text"
    )


@pytest.mark.parametrize("format", ["fhir-r5", "fhir-r4b", "fhir-r5-xml"])
def test_other_versions_refuse_a_guide(format: str) -> None:
    with pytest.raises(trialbridge.UnknownOption) as error:
        trialbridge.convert(json.dumps(RECORD).encode(), format, options={"profile": "mii"})
    assert str(error.value) == (
        "option profile is 'mii', a guide of FHIR R4: write fhir-r4 or fhir-r4-xml"
    )


# --- rules, and the way back -------------------------------------------------------------------


def broken(guide: str, bundle: dict[str, Any]) -> Iterator[str]:
    """What the profiles that resources state demand, and the resources have not."""
    table = rules()[guide]
    for entry in bundle["entry"]:
        resource = entry["resource"]
        for url in resource.get("meta", {}).get("profile", ()):
            elements = table["profiles"][url]["elements"]
            for path, rule in elements.items():
                above, _, last = path.rpartition(".")
                for node in values(resource, above, elements) if above else [resource]:
                    found = values(node, last, {last: elements[path]} | _below(path, elements))
                    if len(found) < rule.get("min", 0) or (
                        rule.get("max", "*") != "*" and len(found) > int(rule["max"])
                    ):
                        yield f"{path}: {len(found)} values"
        yield from _wrong_extensions(resource, table["extensions"])


def _below(path: str, elements: dict[str, Any]) -> dict[str, Any]:
    last = path.rpartition(".")[2]
    return {
        last + other.removeprefix(path): rule
        for other, rule in elements.items()
        if other.startswith(f"{path}.")
    }


def _wrong_extensions(node: Any, known: dict[str, Any]) -> Iterator[str]:
    for one in node if isinstance(node, list) else node.values() if isinstance(node, dict) else ():
        yield from _wrong_extensions(one, known)
    for one in node.get("extension", ()) if isinstance(node, dict) else ():
        rule = known.get(one["url"])
        if rule is None:
            continue
        types = [f"value{t[0].upper()}{t[1:]}" for t in rule.get("types", ())]
        if types and not set(types) & set(one):
            yield f"{one['url']}: no {types}"
        for name, part in rule.get("parts", {}).items():
            found = [other for other in one.get("extension", ()) if other["url"] == name]
            if len(found) < part["min"] or (part["max"] != "*" and len(found) > int(part["max"])):
                yield f"{one['url']}#{name}: {len(found)} values"
            types = [f"value{t[0].upper()}{t[1:]}" for t in part["types"]]
            if not all(set(types) & set(other) for other in found):
                yield f"{one['url']}#{name}: no {types}"


def test_the_rules_find_what_is_broken() -> None:
    bundle = written("eclaire")
    node = bundle["entry"][0]["resource"]
    node["sponsor"] = {"reference": "Organization/1"}
    node["identifier"].append({"use": "official", "value": "2"})
    node["condition"].append({"id": "disease-condition-2"})
    node["extension"].append({"url": f"{R5}associatedParty", "extension": []})
    node["extension"].append(
        {"url": f"{ECLAIRE}/StructureDefinition/eclaire-approval-date", "valueDate": "2020-01-01"}
    )
    assert list(broken("eclaire", bundle)) == [
        "sponsor: 1 values",
        "identifier:idPrimary: 2 values",
        "condition:diseaseCondition.text: 0 values",
        f"{R5}associatedParty#role: 0 values",
        f"{ECLAIRE}/StructureDefinition/eclaire-approval-date: no ['valueInstant']",
    ]


@pytest.mark.parametrize("guide", GUIDES)
def test_a_record_is_valid_and_comes_back(guide: str) -> None:
    for writer in (r4, r4_xml):
        data, problems = writer.write_checked(TRIAL, profile=guide, narrative=True, stated=True)
        assert [p for p in problems if p.severity == "error"] == []
        assert writer.read(data) == (TRIAL, [])
        assert writer.read_alone(data) == TRIAL
    assert list(broken(guide, written(guide))) == []


@pytest.mark.parametrize("guide", GUIDES)
def test_records_of_the_corpus_are_as_the_guide_asks_and_come_back(guide: str) -> None:
    lines = corpus.records()
    for line in lines if corpus.ALL else lines[:: len(lines) // 5]:
        trial, _ = ctgov.read(line)
        data, problems = r4.write_checked(trial, profile=guide)
        assert [p for p in problems if p.severity == "error"] == []
        assert list(broken(guide, json.loads(data))) == []
        assert r4.read(data) == (trial, [])


# --- edits -------------------------------------------------------------------------------------


def test_an_edited_title_is_read_and_what_the_guide_says_again_is_told() -> None:
    bundle = written("eclaire")
    node = bundle["entry"][0]["resource"]
    node["title"] = "Another Title"
    for one in node["extension"]:
        if one["url"].endswith("eclaire-review-date"):
            one["valueInstant"] = "2025-01-01T00:00:00.000Z"
    trial, problems = r4.read(json.dumps(bundle).encode())
    assert trial.protocol is not None
    assert trial.protocol.identification is not None
    assert trial.protocol.identification.official_title == "Another Title"
    assert trial.protocol.identification.brief_title == "Aspirin for Headache"
    assert [(p.path, p.code) for p in problems] == [
        ("ResearchStudy.extension.valueInstant", "not-read")
    ]
