"""What every converter owes: nothing that a table has no row for is dropped in silence."""

from typing import Any

import msgspec
import pytest
from filled import filled_trial

from trialbridge.mappings import whole
from trialbridge.mappings.codec import Node, field, record, text
from trialbridge.mappings.coverage import CoverageRow, leaves, of_table
from trialbridge.mappings.names import Names
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import Trial

TABLE = record(
    Trial,
    field("protocol.identification.nct_id", "id"),
    field("protocol.identification.brief_title", "titles", "brief", codec=text),
)


def coverage() -> list[CoverageRow]:
    return of_table(TABLE, "note", "http://ours.example/", "")


def store(names: Names, node: Node, empty: list[tuple[str, str]], unmapped: str | None) -> None:
    node["empty"] = dict(empty)
    node["unmapped"] = unmapped


def find(names: Names, node: Node) -> tuple[dict[str, str], Any]:
    return node.get("empty", {}), node.get("unmapped")


BARE = whole.Keep("Note 1", "note", "http://note.example", coverage)
KEEPS = BARE._replace(
    store=store, find=find, marker_place="note.empty", unmapped_place="note.unmapped"
)


def trial_of(identification: dict[str, Any], **more: Any) -> Trial:
    tree = {"protocolSection": {"identificationModule": identification}, **more}
    return msgspec.convert(tree, Trial)


def write(trial: Trial, keep: whole.Keep = BARE) -> tuple[Node, list[str]]:
    node, problems = whole.write(trial, TABLE, Names(trial), keep)
    return node, [str(problem) for problem in problems]


def test_a_leaf_without_a_row_is_told() -> None:
    trial = trial_of(
        {"nctId": "NCT00000001", "briefTitle": "A", "officialTitle": "B"}, hasResults=False
    )
    assert write(trial) == (
        {"id": "NCT00000001", "titles": {"brief": "A"}},
        [
            "warning: /protocolSection/identificationModule/officialTitle: "
            "Note 1 has no place for it",
            "warning: /hasResults: Note 1 has no place for it",
        ],
    )


def test_each_leaf_that_a_table_has_no_row_for_is_under_a_place_that_is_told() -> None:
    """Over a trial in which every leaf has a value: nothing is dropped without a word."""
    trial = filled_trial(0)
    _, problems = whole.write(trial, TABLE, Names(trial), BARE)
    told = {problem.path for problem in problems}
    carried = {row.leaf for row in coverage()}
    lost = {leaf for leaf in leaves(Trial) if leaf not in carried}
    found = whole._left_behind(trial, coverage)
    outside = {leaf for leaf in lost if not leaf.startswith("/resultsSection")}
    assert {leaf for leaf in outside if not any(_is_below(leaf, part) for part in found)} == set()
    assert not any(_is_below(leaf, part) for leaf in carried for part in found)
    assert told >= {places[0] for places in found.values()}


def _is_below(leaf: str, part: str) -> bool:
    return leaf == part or leaf.startswith(f"{part}/")


def test_parts_in_a_list_are_counted_at_the_first_of_them() -> None:
    outcomes = "/protocolSection/outcomesModule/primaryOutcomes"
    table = [CoverageRow(f"{outcomes}/*/measure", "a", "native")]
    frames: list[dict[str, str]] = [{}, {"timeFrame": "1 day"}, {"timeFrame": "2 days"}]
    measures = [{"measure": "a", **frame} for frame in frames]
    tree = {"protocolSection": {"outcomesModule": {"primaryOutcomes": measures}}}
    trial = msgspec.convert(tree, Trial)
    (told,) = whole.not_carried(trial, lambda: table, "Note 1")
    assert told == Problem(
        severity="warning",
        layer="mapping",
        path=f"{outcomes}/1/timeFrame",
        code="not-carried",
        message="Note 1 has no place for it, and for 1 more like it",
    )


def test_a_format_that_keeps_nothing_says_what_is_empty_or_unmapped() -> None:
    trial = trial_of({"nctId": "NCT00000001", "briefTitle": ""}, unmapped={"/x": 1})
    assert write(trial) == (
        {"id": "NCT00000001"},
        [
            "warning: /unmapped: Note 1 has no place for it",
            "warning: /protocolSection/identificationModule/briefTitle: "
            "Note 1 has no place for an empty string",
        ],
    )


def test_what_a_format_keeps_comes_back() -> None:
    trial = trial_of({"nctId": "NCT00000001", "briefTitle": ""}, unmapped={"/x": 1})
    keep = KEEPS._replace(coverage=lambda: [*coverage(), CoverageRow("/unmapped", "note", "ours")])
    node, problems = write(trial, keep)
    assert problems == []
    assert whole.read(node, TABLE, Names(), keep, None) == (trial, [])


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"id": 7}, "error: note.id: expected a string, found 7"),
        ({"unmapped": "{"}, "fatal: note.unmapped: Input data was truncated"),
        ({"unmapped": 7}, "fatal: note.unmapped: "),
        (
            {"empty": {"/protocolSection/nothing": "object"}},
            "fatal: note.empty: Object contains unknown field `nothing` - at `$.protocolSection`",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(node: Node, message: str) -> None:
    with pytest.raises(ReadError) as raised:
        whole.read(node, TABLE, Names(), KEEPS, None)
    assert str(raised.value).startswith(message)


def test_what_is_not_read_of_a_document_is_counted_by_its_element() -> None:
    document = {"id": "a", "more": [{"x": 1}, {"x": 1}, {"x": 2}], "kind": "note"}
    again = {"id": "a", "more": [{"x": 1}]}
    skip = whole.facts(document, "note", lambda key, value: key == "kind")
    told = whole.not_read(skip, whole.facts(again, "note"), "http://note.example")
    assert [str(problem) for problem in told] == [
        "warning: note.more.x: 2 values have no place in the record"
    ]
