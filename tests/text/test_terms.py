"""The line of conditions and keywords, split with evidence alone."""

import subprocess
import sys
from bisect import bisect_right
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_pages import STONE, read, said

from trialbridge.mappings.text import terms
from trialbridge.mappings.text.terms import features, model


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
    page = STONE.replace("Kidney Stones", "Frob Quor, zub Plim ned wug-dax Tov Rin")
    assert said(read(page)[1]) == [
        "warning: line 43: neither the record's own words nor other trials' lists tell where the "
        "conditions and keywords of this line begin and end; the line is kept whole: "
        "'Frob Quor, zub Plim ned wug-dax Tov Rin'"
    ]


def test_a_line_split_by_learning_says_so() -> None:
    trial, problems = read(STONE)
    assert said(problems) == [
        "information: line 43: where the conditions and keywords of this line begin and end was "
        "told by how other trials write theirs, with probability 1.00; the line is kept: "
        "'Kidney Stones'"
    ]
    assert trial.page is not None
    assert trial.page.conditions_line == "Kidney Stones"


@cache
def shipped() -> bytes:
    return files("trialbridge.mappings.text.terms").joinpath(model.TABLE).read_bytes()


def test_the_table_is_small_and_names_its_sources() -> None:
    assert len(shipped()) < 1_000_000
    assert all(set(source) == {"name", "sha256"} for source in model.table().sources)
    assert len(model.table().sources) > 0


def test_the_table_is_read_only_for_a_line() -> None:
    code = (
        "import trialbridge.formats; from trialbridge.mappings.text import reader; "
        "from trialbridge.mappings.text.terms import model; "
        "print(model.table.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


@given(st.lists(st.from_regex(r"[A-Za-z(][a-z,.()0-9-]{0,7}", fullmatch=True), max_size=30))
def test_terms_joined_give_the_line_back(words: list[str]) -> None:
    found = terms.read(" ".join(words), record(title=" ".join(words[:3])))
    if found is None:
        return
    given = " ".join(found.conditions + found.keywords).split()
    assert given == words[: len(given)]
    assert not found.whole or given == words


def test_features_are_linear_in_the_length_of_the_line() -> None:
    def size(count: int) -> int:
        words = ["Asthma"] * count
        said = terms.evidence(words, record(title="Asthma"))
        return sum(map(len, features.features(words, said, features.Counts()).spans))

    assert size(400) - size(200) == 2 * (size(200) - size(100))


def test_a_word_that_stands_everywhere_costs_no_more() -> None:
    said = terms.evidence(["Asthma"], record(summary="asthma " * 5000))
    assert len(said.body) > 5000
    assert len(said.places["asthma"]) == 300


def test_a_long_line_is_kept_untried() -> None:
    line = " ".join(["Asthma", "in", "Children"] * 150)
    trial, problems = read(STONE.replace("Kidney Stones", line))
    assert [problem.split("; the line is kept whole: ")[0] for problem in said(problems)] == [
        "warning: line 43: a line of 450 words is not split into conditions and keywords, only "
        "one of at most 400"
    ]
    assert trial.page is not None
    assert trial.page.conditions_line == line


def test_each_feature_has_numbers_of_its_own() -> None:
    line = "Nonalcoholic Fatty Liver Disease (NAFLD) NAFLD fatty liver, weight Of loss"
    words = line.split()
    said = terms.evidence(words, record(title="Weight loss in NAFLD (fatty liver)", drug="Loss"))
    found = features.features(words, said, model.table())
    for rows, sizes in (
        ([ids for row in found.spans for ids in row], features.SPAN),
        (found.gaps, features.GAP),
    ):
        bounds = list(accumulate(sizes, initial=0))
        for ids in rows:
            assert [bisect_right(bounds, one) - 1 for one in ids] == list(range(len(sizes)))
