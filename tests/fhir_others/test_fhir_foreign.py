"""Documents that we did not write, and documents that somebody broke."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import corpus
import fhir_examples
import msgspec
import pytest
from fhir_bundles import HL7, PHASE, ROLE, STATUS, at, bundle_of, full, own, read, study

from trialbridge.formats.fhir import r5 as fhir
from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import Trial

CTGOV = "https://clinicaltrials.gov"


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def foreign() -> dict[str, Any]:
    """A ResearchStudy as others write it: contained resources, texts, standard codes alone."""
    return {
        "resourceType": "ResearchStudy",
        "id": "aspirin",
        "meta": {"profile": ["https://example.org/StructureDefinition/study"]},
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">A</div>'},
        "url": "https://example.org/ResearchStudy/aspirin",
        "contained": [
            {
                "resourceType": "Location",
                "id": "basel",
                "name": "Hospital",
                "address": {"city": "Basel", "country": "Switzerland"},
            },
            {"resourceType": "Organization", "id": "sponsor", "name": "Sponsor Ltd"},
            {
                "resourceType": "Group",
                "id": "eligible",
                "type": "person",
                "membership": "definitional",
                "characteristic": [
                    {
                        "code": {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/"
                                    "usage-context-type",
                                    "code": "age",
                                }
                            ]
                        },
                        "valueRange": {
                            "low": {
                                "value": 18,
                                "unit": "yr",
                                "system": "http://unitsofmeasure.org",
                                "code": "a",
                            }
                        },
                        "exclude": False,
                    },
                    {
                        "code": {"text": "Smoker"},
                        "valueBoolean": True,
                        "exclude": True,
                    },
                ],
            },
        ],
        "identifier": [
            {"system": "https://example.org/studies", "value": "7"},
            {"use": "official", "system": CTGOV, "value": "NCT09000001"},
            {"value": "no system"},
        ],
        "name": "aspirin",
        "title": "Aspirin for Headache",
        "label": [
            {"type": concept(f"{HL7}/title-type", "official"), "value": "A Trial of Aspirin"},
            {"type": {"text": "Nickname"}, "value": "The aspirin trial"},
        ],
        "status": "active",
        "primaryPurposeType": concept(f"{HL7}/research-study-prim-purp-type", "treatment"),
        "phase": concept(PHASE, "phase-2-phase-3"),
        "studyDesign": [
            concept(f"{HL7}/study-design", "SEVCO:01001"),
            concept(f"{HL7}/study-design", "SEVCO:01003"),
            {"text": "Adaptive"},
        ],
        "condition": [
            {"text": "Headache"},
            {
                "coding": [
                    {
                        "system": "http://snomed.info/sct",
                        "code": "37796009",
                        "display": "Migraine",
                    }
                ]
            },
        ],
        "keyword": [{"text": "pain"}],
        "descriptionSummary": "Short.",
        "description": "Long.",
        "period": {"start": "2020-01-02T03:04:05+01:00", "end": "2021"},
        "progressStatus": [{"state": concept(STATUS, "recruiting"), "actual": True}],
        "site": [{"reference": "#basel"}],
        "associatedParty": [
            {"role": concept(ROLE, "lead-sponsor"), "party": {"reference": "#sponsor"}},
            {"role": {"text": "Friend"}, "name": "Somebody"},
        ],
        "recruitment": {"targetNumber": 40, "eligibility": {"reference": "#eligible"}},
        "comparisonGroup": [
            {
                "linkId": "one",
                "name": "Aspirin",
                "type": concept(f"{HL7}/research-study-arm-type", "experimental"),
            }
        ],
        "outcomeMeasure": [
            {
                "name": "Pain",
                "type": [concept(f"{HL7}/research-study-objective-type", "primary")],
            }
        ],
        "relatedArtifact": [
            {"type": "transforms", "document": {"url": "https://example.org/source"}},
            {"type": "citation", "citation": "Able A. 2001."},
        ],
        "note": [{"text": "A note"}],
        "extension": [{"url": "https://example.org/extension", "valueString": "theirs"}],
    }


def test_a_study_with_standard_codes_alone_is_read() -> None:
    trial, _ = read(foreign())
    found = msgspec.to_builtins(trial)["protocolSection"]
    identification = found["identificationModule"]
    assert identification["nctId"] == "NCT09000001"
    assert identification["briefTitle"] == "Aspirin for Headache"
    assert identification["officialTitle"] == "A Trial of Aspirin"
    assert {"7", "no system"} <= {
        one["id"] for one in identification.get("secondaryIdInfos", [])
    } | {identification.get("orgStudyIdInfo", {}).get("id")}
    assert found["statusModule"]["overallStatus"] == "RECRUITING"
    assert found["statusModule"]["startDateStruct"]["date"] == "2020-01-02"
    assert found["statusModule"]["completionDateStruct"]["date"] == "2021"
    design = found["designModule"]
    assert design["phases"] == ["PHASE2", "PHASE3"]
    assert design["studyType"] == "INTERVENTIONAL"
    assert design["designInfo"]["allocation"] == "RANDOMIZED"
    assert design["designInfo"]["primaryPurpose"] == "TREATMENT"
    assert design["enrollmentInfo"] == {"count": 40, "type": "ESTIMATED"}
    assert found["conditionsModule"] == {
        "conditions": ["Headache", "Migraine"],
        "keywords": ["pain"],
    }
    assert found["descriptionModule"] == {
        "briefSummary": "Short.",
        "detailedDescription": "Long.",
    }
    assert found["sponsorCollaboratorsModule"]["leadSponsor"] == {"name": "Sponsor Ltd"}
    (site,) = found["contactsLocationsModule"]["locations"]
    assert site == {"facility": "Hospital", "city": "Basel", "country": "Switzerland"}
    assert found["eligibilityModule"]["minimumAge"] == "18 Years"
    assert found["outcomesModule"] == {"primaryOutcomes": [{"measure": "Pain"}]}
    assert found["armsInterventionsModule"]["armGroups"] == [
        {"label": "Aspirin", "type": "EXPERIMENTAL"}
    ]
    assert found["referencesModule"]["references"] == [{"citation": "Able A. 2001."}]


def test_what_a_record_has_no_place_for_is_told() -> None:
    _, problems = read(foreign())
    told = {problem.path for problem in problems}
    for path in (
        "ResearchStudy.label.value",
        "ResearchStudy.associatedParty.name",
        "ResearchStudy.note.text",
        "ResearchStudy.extension.valueString",
    ):
        assert path in told
    assert {problem.severity for problem in problems} == {"warning"}


def test_what_was_read_of_others_is_written_and_read_again() -> None:
    trial, _ = read(foreign())
    data, _ = fhir.write(trial)
    assert fhir.read(data) == (trial, [])
    plain = msgspec.structs.replace(trial, unmapped=None)
    assert ctgov.read(ctgov.write(plain)[0])[0] == plain


def test_a_study_may_refer_to_what_is_elsewhere() -> None:
    """A study alone, or a part of what a server has: its links lead out of the document."""
    tree = foreign()
    tree["site"].append({"reference": "https://example.org/fhir/Location/2"})
    tree["recruitment"]["eligibility"] = {"reference": "EvidenceVariable/7"}
    tree["associatedParty"].append(
        {"role": concept(ROLE, "collaborator"), "party": {"reference": "Organization/9"}}
    )
    trial, problems = read(tree)
    assert at(trial, "identificationModule/briefTitle") == "Aspirin for Headache"
    assert at(trial, "contactsLocationsModule/locations/0/city") == "Basel"
    unresolved = [problem.message for problem in problems if problem.code == "unresolved"]
    assert len(unresolved) == 3
    assert "https://example.org/fhir/Location/2" in "".join(unresolved)


@pytest.mark.parametrize("turned", [False, True])
def test_a_status_that_is_over_is_not_the_current_one(turned: bool) -> None:
    """https://hl7.org/fhir/R5/researchstudy-definitions.html#ResearchStudy.progressStatus"""
    tree = foreign()
    history = [
        {
            "state": concept(STATUS, "recruiting"),
            "actual": True,
            "period": {"start": "2020-01-02", "end": "2020-06-30"},
        },
        {
            "state": concept(STATUS, "completed"),
            "actual": True,
            "period": {"start": "2021-03-04"},
        },
    ]
    tree["progressStatus"] = history[::-1] if turned else history
    trial, problems = read(tree)
    assert at(trial, "statusModule/overallStatus") == "COMPLETED"
    assert any("progressStatus" in problem.path for problem in problems)


def test_a_site_may_be_a_study_or_an_organization() -> None:
    """https://hl7.org/fhir/R5/researchstudy-definitions.html#ResearchStudy.site"""
    tree = foreign()
    tree["contained"].append({"resourceType": "Organization", "id": "site", "name": "Clinic"})
    tree["site"].append({"reference": "#site"})
    trial, _ = read(tree)
    assert at(trial, "contactsLocationsModule/locations/0/city") == "Basel"


@pytest.mark.parametrize("member", sorted(set(foreign()) - {"resourceType"}))
def test_a_study_without_any_one_member_is_read(member: str) -> None:
    tree = foreign()
    del tree[member]
    read(tree)


def test_the_smallest_study_is_read() -> None:
    assert read({"resourceType": "ResearchStudy", "status": "active"})[0] == Trial()


# --- other ways to say the same ----------------------------------------------------------------


def test_the_order_of_entries_and_of_members_says_nothing() -> None:
    bundle = bundle_of(full())
    for _ in range(3):
        bundle["entry"] = bundle["entry"][1::2] + bundle["entry"][::2][::-1]
        assert read(bundle) == (full(), [])
    text = json.dumps(bundle, sort_keys=True, ensure_ascii=True, indent=2)
    assert fhir.read(text.encode()) == (full(), [])


def relinked(bundle: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The Bundle with other names in its References: `Type/id` to the new one."""

    def change(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: names.get(inner, inner)
                if isinstance(inner, str) and key == "reference"
                else change(inner)
                for key, inner in node.items()
            }
        return [change(inner) for inner in node] if isinstance(node, list) else node

    found: dict[str, Any] = change(bundle)
    return found


def local_names(bundle: dict[str, Any]) -> list[str]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [f"{resource['resourceType']}/{resource['id']}" for resource in found]


def test_references_may_be_absolute() -> None:
    """https://hl7.org/fhir/R5/bundle.html#references"""
    bundle = bundle_of(full())
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert read(relinked(bundle, dict(zip(local_names(bundle), urls, strict=True))))[0] == full()


def test_references_may_be_to_uuids() -> None:
    bundle = bundle_of(full())
    uuids = {name: f"urn:uuid:{uuid5(NAMESPACE_URL, name)}" for name in local_names(bundle)}
    for entry, uuid in zip(bundle["entry"], uuids.values(), strict=True):
        entry["fullUrl"] = uuid
    assert read(relinked(bundle, uuids))[0] == full()


def test_resources_may_be_contained() -> None:
    bundle = bundle_of(full())
    ids = {name: f"#{name.replace('/', '-')}" for name in local_names(bundle)}
    whole = relinked(bundle, ids)
    (first, *others) = [entry["resource"] for entry in whole["entry"]]
    for resource in others:
        resource["id"] = f"{resource['resourceType']}-{resource['id']}"
    first["contained"] += others
    assert read(first)[0] == full()


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ({"value": 1, "unit": "Years"}, "1 Year"),
        ({"value": 18, "unit": "Year"}, "18 Years"),
        ({"value": 18, "unit": "years"}, "18 Years"),
        ({"value": 18}, "18 Years"),
        # A decimal of FHIR keeps its precision; the number is whole.
        ({"value": 18.0}, "18 Years"),
    ],
)
def test_an_age_is_read_in_the_registry_s_words(quantity: dict[str, Any], expected: str) -> None:
    tree = foreign()
    low = tree["contained"][2]["characteristic"][0]["valueRange"]
    low["low"] = {"system": "http://unitsofmeasure.org", "code": "a", **quantity}
    trial, _ = read(tree)
    assert at(trial, "eligibilityModule/minimumAge") == expected


@pytest.mark.parametrize("code", ["gender", "age"])
def test_who_is_excluded_is_not_who_is_sought(code: str) -> None:
    """https://hl7.org/fhir/R5/group-definitions.html#Group.characteristic.exclude"""
    values = {
        "gender": {"valueCodeableConcept": concept(f"{HL7}/administrative-gender", "female")},
        "age": {
            "valueRange": {"low": {"value": 18, "system": "http://unitsofmeasure.org", "code": "a"}}
        },
    }
    tree = foreign()
    tree["contained"][2]["characteristic"] = [
        {
            "code": concept("http://terminology.hl7.org/CodeSystem/usage-context-type", code),
            **values[code],
            "exclude": True,
        }
    ]
    trial, problems = read(tree)
    assert at(trial, "eligibilityModule/sex") is None
    assert at(trial, "eligibilityModule/minimumAge") is None
    assert problems


def test_criteria_without_a_text_make_one_with_what_is_sought_first() -> None:
    tree = foreign()
    system = own("eligibility-characteristic")
    tree["contained"][2]["characteristic"] = [
        {
            "code": concept(system, "criterion"),
            "valueCodeableConcept": {"text": words},
            "exclude": exclude,
        }
        for words, exclude in (("Adult", False), ("Headache", False), ("Pregnancy", True))
    ]
    trial, _ = read(tree)
    assert at(trial, "eligibilityModule/eligibilityCriteria") == (
        "Inclusion Criteria:\n\n* Adult\n* Headache\n\nExclusion Criteria:\n\n* Pregnancy"
    )


# --- broken documents --------------------------------------------------------------------------

OTHERS: tuple[Any, ...] = (
    7,
    -1.5,
    True,
    "text",
    "",
    [],
    {},
    None,
    [7],
    [[]],
    [None],
    {"x": 1},
    ["text"],
    [{}],
    "2024-02-31",
    "2020",
    10**30,
    -5,
    "99:99:99",
)


def places(node: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every node of a tree but its root."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, inner in pairs:
        yield (*way, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*way, key))


def is_placed(problem: Problem) -> bool:
    """Whether a problem says what and where; the document as a whole has the empty path."""
    return bool(problem.message) and ".." not in problem.path


@pytest.mark.parametrize("which", ["ours", "foreign"])
def test_a_wrong_value_anywhere_is_refused_with_its_place_or_does_no_harm(which: str) -> None:
    """Each node of a good document is replaced in turn by a value of each kind."""
    tree = bundle_of(full()) if which == "ours" else foreign()
    # Not a divisor of the number of values, so that each place gets others.
    every = (3 if corpus.ALL else 43) if which == "ours" else (2 if corpus.ALL else 6)
    crashes: dict[str, str] = {}
    tried = refused = placeless = 0
    for number, (way, value) in enumerate((w, v) for w in places(tree) for v in OTHERS):
        if number % every:
            continue
        holder = tree
        for step in way[:-1]:
            holder = holder[step]  # type: ignore[index]
        before = holder[way[-1]]  # type: ignore[index]
        holder[way[-1]] = value  # type: ignore[index]
        tried += 1
        try:
            trial, _ = fhir.read(json.dumps(tree).encode())
            # What is read can be written in every format, and read again.
            msgspec.convert(msgspec.to_builtins(trial), Trial)
            fhir.write(trial)
        except ReadError as error:
            refused += 1
            placeless += not all(map(is_placed, error.problems)) or not error.problems
        except Exception as error:  # whatever it is, it is told with its place below
            kind = f"{type(error).__name__}: {str(error)[-90:]}"
            crashes.setdefault(kind, f"{'.'.join(map(str, way))} = {value!r}")
        holder[way[-1]] = before  # type: ignore[index]
    assert crashes == {}
    assert placeless == 0
    assert 0 < refused < tried


@pytest.mark.parametrize("which", ["ours", "foreign"])
def test_anything_taken_out_is_refused_with_its_place_or_does_no_harm(which: str) -> None:
    whole = bundle_of(full()) if which == "ours" else foreign()
    placeless = 0
    for number, way in enumerate(places(whole)):
        if number % (1 if corpus.ALL else 10):
            continue
        tree = deepcopy(whole)
        holder = tree
        for step in way[:-1]:
            holder = holder[step]  # type: ignore[index]
        del holder[way[-1]]  # type: ignore[arg-type]
        try:
            read(tree)
        except ReadError as error:
            placeless += not all(map(is_placed, error.problems))
    assert placeless == 0


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        ({"period": {"start": "2024-02-31"}}, "ResearchStudy.period.start"),
        ({"period": {"start": "2024-13"}}, "ResearchStudy.period.start"),
        ({"period": {"end": "March 2024"}}, "ResearchStudy.period.end"),
        ({"title": ["x"]}, "ResearchStudy.title"),
        ({"phase": concept(PHASE, "phase-9")}, "ResearchStudy.phase"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(edit: dict[str, Any], path: str) -> None:
    with pytest.raises(ReadError) as raised:
        read({**foreign(), **edit})
    assert [problem.path for problem in raised.value.problems] == [path]


def test_a_date_of_the_registration_that_is_no_date_is_refused() -> None:
    bundle = bundle_of(full())
    text = json.dumps(bundle)
    assert text.count('"2019-11-02"') == 1
    with pytest.raises(ReadError):
        read(json.loads(text.replace('"2019-11-02"', '"2019-11-31"')))


@pytest.mark.parametrize(
    "quantity", [{"code": "a"}, {"code": "a", "value": 6.5}, {"code": "lustrum", "value": 4}]
)
def test_an_age_that_the_registry_cannot_say_is_told_and_kept(quantity: dict[str, Any]) -> None:
    tree = foreign()
    low = {"system": "http://unitsofmeasure.org", **quantity}
    tree["contained"][2]["characteristic"][0]["valueRange"]["low"] = low
    trial, problems = read(tree)
    assert at(trial, "eligibilityModule/minimumAge") is None
    assert [problem.message for problem in problems if problem.code == "not-readable"] == [
        f"expected a whole number with a UCUM unit of a, mo, wk, d, h, min, found {low}"
    ]
    assert json.dumps(low, sort_keys=True) in json.dumps(trial.unmapped, sort_keys=True)


def test_a_negative_age_is_refused() -> None:
    tree = foreign()
    tree["contained"][2]["characteristic"][0]["valueRange"]["low"]["value"] = -5
    with pytest.raises(ReadError):
        read(tree)


def test_all_that_is_wrong_is_told_at_once() -> None:
    bundle = bundle_of(full())
    study(bundle)["title"] = 7
    study(bundle)["period"]["start"] = "soon"
    study(bundle)["recruitment"]["actualNumber"] = "many"
    with pytest.raises(ReadError) as raised:
        read(bundle)
    assert {problem.path for problem in raised.value.problems} >= {
        "ResearchStudy.title",
        "ResearchStudy.period.start",
    }
    assert len(raised.value.problems) == 3


# --- HL7's own examples ------------------------------------------------------------------------


def test_the_examples_of_the_standard_are_read() -> None:
    """With FHIR_R5_EXAMPLES naming the folder of the package hl7.fhir.r5.examples."""
    for path in fhir_examples.paths("r5", "ResearchStudy"):
        source = json.loads(path.read_bytes())
        trial, _ = fhir.read(path.read_bytes())
        assert at(trial, "identificationModule/briefTitle") == source.get("title")
