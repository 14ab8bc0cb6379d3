"""A number of participants whose record does not say if it is actual: where searches look."""

import json

import pytest

import trialbridge
from trialbridge.formats.fhir import r5 as fhir


@pytest.mark.parametrize(
    ("status", "member"),
    [
        ("WITHDRAWN", "actualNumber"),
        ("COMPLETED", "actualNumber"),
        ("RECRUITING", "targetNumber"),
        ("UNKNOWN", "targetNumber"),
        ("ACTIVE_NOT_RECRUITING", None),
        (None, None),
    ],
)
def test_it_stands_where_the_status_says_and_is_marked(
    status: str | None, member: str | None
) -> None:
    modules: dict[str, object] = {"designModule": {"enrollmentInfo": {"count": 5}}}
    if status:
        modules["statusModule"] = {"overallStatus": status}
    trial = trialbridge.read({"protocolSection": modules})
    data, _ = fhir.write(trial)
    recruitment = json.loads(data)["entry"][0]["resource"]["recruitment"]
    assert {key for key in recruitment if key.endswith("Number")} == (
        {member, f"_{member}"} if member else set()
    )
    assert recruitment.get(member or "", 5) == 5
    assert trialbridge.read(data) == trial
    assert trialbridge.validate(data) == [
        problem for problem in trialbridge.validate(data) if problem.severity == "information"
    ]


def test_the_mark_taken_away_the_number_is_what_its_element_says() -> None:
    modules = {
        "designModule": {"enrollmentInfo": {"count": 5}},
        "statusModule": {"overallStatus": "COMPLETED"},
    }
    tree, _ = fhir.write_tree(trialbridge.read({"protocolSection": modules}))
    del tree["entry"][0]["resource"]["recruitment"]["_actualNumber"]
    protocol = trialbridge.read(tree).protocol
    assert protocol is not None
    assert protocol.design is not None
    assert protocol.design.enrollment_info is not None
    assert protocol.design.enrollment_info.type == "ACTUAL"
