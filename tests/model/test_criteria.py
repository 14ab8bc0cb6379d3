"""Eligibility criteria: which lines of a text are criteria, and what editing them does."""

from random import Random
from typing import Any

import pytest
from corpus import ALL, records
from hypothesis import given, settings
from hypothesis import strategies as st

from trialbridge.formats.registries.clinicaltrials_gov import ctgov
from trialbridge.mappings.record import criteria

TEXT = "Inclusion Criteria:\n\n* a\n* b\n\nExclusion Criteria:\n\n* c\n* d"


def said(text: str) -> list[tuple[str, bool]]:
    return [piece.said for piece in criteria.split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT, [("a", False), ("b", False), ("c", True), ("d", True)]),
        (
            "Inclusion Criteria:\n\n* a\n  * b\n  * c\n* d",
            [("a\n  * b\n  * c", False), ("d", False)],
        ),
        ("INCLUSION CRITERIA\n\n1. a\n2. b", [("a", False), ("b", False)]),
        ("Exclusion criteria\n\n- a", [("a", True)]),
        ("Non-inclusion criteria:\n\n* a", [("a", True)]),
        (
            "Key Inclusion Criteria\n\n* a\n\nKey Exclusion Criteria\n\n* b",
            [("a", False), ("b", True)],
        ),
        ("* Inclusion criteria:\n* a\n* Exclusion criteria:\n* b", [("a", False), ("b", True)]),
        ("Inclusion Criteria:\r\n\r\n* a\r\n* b", [("a", False), ("b", False)]),
        ("**Inclusion Criteria:**\n\n* a", [("a", False)]),
        # What the text does not call either, is neither.
        ("* a\n* b", []),
        ("Adults with headache", []),
        ("", []),
        ("Inclusion and Exclusion Criteria:\n\n* a", []),
        ("Inclusion Criteria:\n\nAdults.", []),
        # An item may speak of inclusion; it is an item still.
        (
            "Inclusion Criteria:\n\n* a\n* consent before inclusion\n* c",
            [("a", False), ("consent before inclusion", False), ("c", False)],
        ),
        (
            "Inclusion Criteria:\n\n* a\n* no exclusion criteria are met\n* c",
            [("a", False), ("no exclusion criteria are met", False), ("c", False)],
        ),
        (
            "Exclusion Criteria:\n\n* a\n\nInclusion Criteria:\n\n* b",
            [("a", True), ("b", False)],
        ),
    ],
)
def test_split(text: str, expected: list[tuple[str, bool]]) -> None:
    assert [(words.replace("\r", ""), exclude) for words, exclude in said(text)] == expected


def test_pieces_stand_in_the_text_where_they_say() -> None:
    for line in records()[:: 1 if ALL else 10]:
        trial, _ = ctgov.read(line)
        assert trial.protocol is not None
        module = trial.protocol.eligibility
        text = (module and module.eligibility_criteria) or ""
        end = 0
        for piece in criteria.split(text):
            assert text[piece.start : piece.end] == piece.words
            assert piece.words == piece.words.strip() != ""
            assert piece.start >= end
            end = piece.end


def test_joining_what_was_split_changes_nothing() -> None:
    for line in records()[:: 1 if ALL else 10]:
        trial, _ = ctgov.read(line)
        assert trial.protocol is not None
        module = trial.protocol.eligibility
        text = (module and module.eligibility_criteria) or ""
        assert criteria.join(text, said(text)) == text


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([("A", False), ("b", False), ("c", True), ("d", True)], TEXT.replace("* a", "* A")),
        ([("b", False), ("c", True), ("d", True)], TEXT.replace("* a\n", "")),
        ([("a", False), ("b", False), ("c", True)], TEXT.replace("\n* d", "")),
        ([("a", False), ("c", True), ("d", True)], TEXT.replace("* b\n", "")),
        (
            [("a", False), ("b", False), ("x", False), ("c", True), ("d", True)],
            TEXT.replace("* b", "* b\n* x"),
        ),
        (
            [("x", False), ("a", False), ("b", False), ("c", True), ("d", True)],
            TEXT.replace("* a", "* x\n* a"),
        ),
        (
            [("a", False), ("b", False), ("c", True), ("d", True), ("x", True)],
            TEXT + "\n* x",
        ),
        (
            [("a", False), ("b", False), ("x", True), ("c", True), ("d", True)],
            TEXT.replace("* c", "* x\n* c"),
        ),
    ],
)
def test_join_changes_what_was_changed(pieces: list[tuple[str, bool]], expected: str) -> None:
    assert criteria.join(TEXT, pieces) == expected


_words = st.sampled_from(["a", "b", "c", "d", "e", "f g", "h\n  * i"])
_pieces = st.lists(st.tuples(_words, st.booleans()), max_size=6)


def in_order(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Inclusion before exclusion, as in the text."""
    return sorted(pieces, key=lambda piece: piece[1])


@settings(max_examples=300)
@given(_pieces.map(in_order))
def test_what_is_joined_splits_into_the_pieces_that_were_given(
    pieces: list[tuple[str, bool]],
) -> None:
    """The sharpest law of editing: what was asked for is what is read, include and exclude too."""
    assert said(criteria.join(TEXT, pieces)) == pieces


@pytest.mark.parametrize(
    ("text", "switched"),
    [
        # A list item that ends in the word is no heading, so nothing goes below it as under one.
        ("Inclusion\n\n* a\n* give consent Exclusion\n* b", 0),
        ("Inclusion Criteria:\n\n* a\n* b\n* Exclusion by a doctor", 1),
    ],
)
def test_an_excluded_item_comes_under_a_heading_that_says_so(text: str, switched: int) -> None:
    pieces = said(text)
    assert not any(exclude for _, exclude in pieces)
    pieces[switched] = (pieces[switched][0], True)
    found = said(criteria.join(text, pieces))
    assert in_order(found) == in_order(pieces)


def test_edits_of_real_texts_are_read_back() -> None:
    """Deleted, switched, added, replaced and swapped criteria; a few texts defy it."""
    chance = Random(5)
    tried, lost = 0, []
    for line in records()[:: 1 if ALL else 14]:
        trial, _ = ctgov.read(line)
        assert trial.protocol is not None
        module = trial.protocol.eligibility
        text = (module and module.eligibility_criteria) or ""
        pieces = said(text)
        for edit in ("delete", "switch", "add", "replace", "swap") if pieces else ():
            edited = list(pieces)
            at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
            words, exclude = pieces[at]
            if edit == "delete":
                del edited[at]
            elif edit == "switch":
                edited[at] = (words, not exclude)
            elif edit == "add":
                edited.insert(at + 1, ("new words", exclude))
            elif edit == "replace":
                edited[at] = ("new words", exclude)
            else:
                edited[at], edited[other] = edited[other], edited[at]
            tried += 1
            if in_order(said(criteria.join(text, edited))) != in_order(edited):
                lost.append((line[:120], edit))
    assert len(lost) <= tried * 0.005, lost


@settings(max_examples=200)
@given(_pieces.map(in_order))
def test_pieces_without_any_text_make_one(pieces: list[tuple[str, bool]]) -> None:
    assert said(criteria.join("", pieces)) == pieces


@settings(max_examples=200)
@given(st.text(st.sampled_from(list("*-1. \nabInclusionExclusion criteria:")), max_size=80))
def test_any_text_is_split_and_joined_as_it_was(text: str) -> None:
    assert criteria.join(text, said(text)) == text


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_digest_tells_texts_apart(one: str, other: str) -> None:
    assert (criteria.digest(one) == criteria.digest(other)) is (one == other)


def test_an_edit_is_local() -> None:
    """Whatever is around a criterion stays as the source gave it, on real texts."""
    for line in records()[:: 1 if ALL else 50]:
        trial, _ = ctgov.read(line)
        assert trial.protocol is not None
        module: Any = trial.protocol.eligibility
        text = (module and module.eligibility_criteria) or ""
        pieces = criteria.split(text)
        for number, piece in enumerate(pieces[:5]):
            given_ = [other.said for other in pieces]
            given_[number] = ("edited", piece.exclude)
            expected = text[: piece.start] + "edited" + text[piece.end :]
            assert criteria.join(text, given_) == expected
