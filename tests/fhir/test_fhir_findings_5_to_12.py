"""What FHIR's own people found in what we wrote: findings 5, 6, 9, 10, 11 and 12, by number."""

from typing import Any

import pytest
from fhir_bundles import (
    HL7,
    at,
    bundle_of,
    codes,
    comes_back,
    own,
    read,
    resources,
    study,
    trial_of,
)

from trialbridge.formats import fhir_r4, fhir_r4b

EBM = "https://fevir.net/resources/CodeSystem/419455"
USAGE = "http://terminology.hl7.org/CodeSystem/usage-context-type"
FLAG = own("study-flag")


def sent(protocol: dict[str, Any] | None = None, **sections: Any) -> dict[str, Any]:
    """The Bundle of such a record, which comes back whole from each version."""
    trial = trial_of(protocol, **sections)
    for older in (fhir_r4, fhir_r4b):
        data, _ = older.write(trial)
        assert older.read(data) == (trial, [])
    return comes_back(trial)


def classified(bundle: dict[str, Any]) -> list[set[tuple[str, str]]]:
    return [codes(concept) for concept in study(bundle).get("classifier", ())]


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


# --- 5: the eligibility Group says of its members what is so of them --------------------------


@pytest.mark.parametrize("accepts", [True, False])
def test_finding_5_healthy_volunteers_are_accepted_by_the_study(accepts: bool) -> None:
    bundle = sent({"eligibility": {"healthyVolunteers": accepts}})
    guides = "includes-healthy-volunteers" if accepts else "does-not-include-healthy-volunteers"
    ours = "healthy-volunteers" if accepts else "not-healthy-volunteers"
    assert classified(bundle) == [{(EBM, guides), (FLAG, ours)}]
    assert resources(bundle, "Group") == []


@pytest.mark.parametrize("based", [True, False, None])
@pytest.mark.parametrize("words", ["Self-identified women", None])
def test_finding_5_gender_is_a_basis_of_the_study(based: bool | None, words: str | None) -> None:
    module = {"genderBased": based, "genderDescription": words, "sex": "FEMALE"}
    bundle = sent({"eligibility": {key: one for key, one in module.items() if one is not None}})
    assert [codes(node["code"]) for node in resources(bundle, "Group")[0]["characteristic"]] == [
        {(USAGE, "gender")}
    ]
    (concept,) = study(bundle).get("classifier", [{}])
    if based is not None:
        assert codes(concept) == {(FLAG, "gender-based" if based else "not-gender-based")}
    assert concept.get("text") == words


def test_finding_5_nobody_is_of_all_sexes() -> None:
    bundle = sent({"eligibility": {"sex": "ALL", "minimumAge": "18 Years"}})
    (group,) = resources(bundle, "Group")
    assert [codes(node["code"]) for node in group["characteristic"]] == [{(USAGE, "age")}]
    assert classified(bundle) == [{(own("ctgov-sex"), "ALL")}]


def test_finding_5_what_we_wrote_before_is_read() -> None:
    ours = own("eligibility-characteristic")
    group = {
        "resourceType": "Group",
        "id": "g",
        "type": "person",
        "membership": "definitional",
        "characteristic": [
            {
                "code": coded(USAGE, "gender"),
                "valueCodeableConcept": {**coded(own("ctgov-sex"), "ALL"), "text": "Both"},
                "exclude": False,
            },
            *(
                {"code": coded(ours, code), "valueBoolean": said, "exclude": False}
                for code, said in (("gender-based", True), ("healthy-volunteers", False))
            ),
        ],
    }
    trial = _with_group(group)
    assert at(trial, "eligibilityModule") == {
        "sex": "ALL",
        "genderBased": True,
        "genderDescription": "Both",
        "healthyVolunteers": False,
    }


def _with_group(group: dict[str, Any]) -> Any:
    bundle = bundle_of(trial_of({"identification": {"nctId": "NCT99999999"}}))
    study(bundle).update(recruitment={"eligibility": {"reference": f"Group/{group['id']}"}})
    url = f"https://example.org/Group/{group['id']}"
    bundle["entry"].append({"fullUrl": url, "resource": group})
    return read(bundle)[0]


def test_finding_5_both_genders_in_one_concept_are_all() -> None:
    """French records have it so."""
    genders = [
        {"system": f"{HL7}/administrative-gender", "code": one} for one in ("male", "female")
    ]
    group = {
        "resourceType": "Group",
        "id": "g",
        "characteristic": [
            {"code": coded(USAGE, "gender"), "valueCodeableConcept": {"coding": genders}}
        ],
    }
    assert at(_with_group(group), "eligibilityModule/sex") == "ALL"


@pytest.mark.parametrize(
    ("guides", "sex", "healthy"),
    [
        (["includes-females", "includes-males", "includes-healthy-volunteers"], "ALL", True),
        (["does-not-include-healthy-volunteers", "includes-males"], "MALE", False),
    ],
)
def test_finding_5_the_guide_s_classifiers_are_read(
    guides: list[str], sex: str, healthy: bool
) -> None:
    bundle = bundle_of(trial_of({"identification": {"nctId": "NCT99999999"}}))
    study(bundle)["classifier"] = [coded(EBM, code) for code in guides]
    trial, _ = read(bundle)
    assert at(trial, "eligibilityModule/sex") == sex
    assert at(trial, "eligibilityModule/healthyVolunteers") is healthy
