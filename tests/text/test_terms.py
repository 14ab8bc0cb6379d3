"""The line of conditions and keywords, split with evidence alone."""

from typing import Any

import pytest
from text_pages import STONE, read, said

from trialbridge.mappings.text import terms


def record(*, title: str = "", summary: str = "", drug: str = "") -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"briefTitle": title},
            "descriptionModule": {"briefSummary": summary},
            "armsInterventionsModule": {"interventions": [{"name": drug}] if drug else []},
        }
    }


@pytest.mark.parametrize(
    ("line", "tree", "split"),
    [
        ("Asthma", record(), (["Asthma"], [])),
        ("Heart Failure", record(title="Surgery for Heart Failures"), (["Heart Failure"], [])),
        ("Heart Failure", record(title="Surgery"), None),
        (
            "Leukemia, Lymphoid",
            record(title="A drug for lymphoid leukemia"),
            (["Leukemia, Lymphoid"], []),
        ),
        # Said before: the keywords have begun.
        (
            "Obesity Obesity Surgery",
            record(title="Surgery in Obesity"),
            (["Obesity"], ["Obesity", "Surgery"]),
        ),
        # Conditions are in title case.
        ("Obesity surgery", record(title="Surgery in Obesity"), (["Obesity"], ["surgery"])),
        # An intervention after what the patients have.
        (
            "Gout Kidney Disease Bridgerol",
            record(
                title="Bridgerol in Patients With Gout",
                summary="Patients with kidney disease are given bridgerol.",
                drug="Bridgerol 5 mg",
            ),
            (["Gout", "Kidney Disease"], ["Bridgerol"]),
        ),
        # Nothing tells whether the second is a condition or a keyword.
        ("Gout Kidney Disease", record(title="Gout, kidney disease"), None),
        # Two ways: the words stand side by side elsewhere.
        ("Gout Gout Pain", record(title="Gout, pain, gout pain of the foot"), None),
        (
            "Gout gout attack",
            record(title="Gout, attack, gout attack, gout"),
            (["Gout"], ["gout attack"]),
        ),
    ],
)
def test_a_line_is_split_with_evidence_alone(
    line: str, tree: dict[str, Any], split: terms.Split | None
) -> None:
    assert terms.split(line, tree) == split


def test_a_line_that_is_not_split_is_kept_and_reported() -> None:
    assert said(read(STONE)[1]) == [
        "warning: line 43: the record's own words do not tell where the conditions and keywords "
        "of this line begin and end; the line is kept whole: 'Kidney Stones'"
    ]
