"""A text that is written again as it stands has nothing that the slow passes would find."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import documents

from trialbridge.schemas.syntax.duplicate_keys import duplicate_keys
from trialbridge.schemas.syntax.inexact_numbers import inexact_numbers
from trialbridge.schemas.syntax.verbatim import is_verbatim

_TOKENS = st.sampled_from(
    ["{", "}", "[", "]", ",", ":", '"a"', '"a":', '"b":', '"\\u0061":', "1", "1.0", "0.1", "1e-400",
     "-0", "0.12345678901234567890", "12345678901234567890", "1e2", "null", '"\\/"', " "]
)  # fmt: skip
# Tokens by chance are hardly ever JSON, so there are objects too, a third of which is verbatim.
_KEYS = st.sampled_from(['"a"', '"b"', '"c"', '"d"', '"\\u0061"'])


def _object(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.tuples(_KEYS, values).map(":".join)
    return st.lists(members, min_size=1, max_size=3).map(lambda each: f"{{{','.join(each)}}}")


_VALUES = st.recursive(
    st.sampled_from(
        ["1", "1.0", "0.1", "12345678901234567890", "null", '"a"', "[]", "{}",
         "1e-400", "-0", "0.12345678901234567890"]
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
    | _object(inner),
    max_leaves=5,
)  # fmt: skip


@given(st.lists(_TOKENS, max_size=12), _object(_VALUES))
def test_what_is_verbatim_has_no_key_twice_and_no_number_that_changes(
    tokens: list[str], whole: str
) -> None:
    made = "".join(tokens)
    for text in (made, "{" + made + "}", '{"a":[' + made + "]}", whole):
        if is_verbatim(text.encode()):
            assert duplicate_keys(text.encode()) == []
            assert inexact_numbers(text.encode()) == []


def test_a_key_given_twice_anywhere_in_a_record_is_not_passed_over() -> None:
    (record, *_) = documents("ctgov")
    assert is_verbatim(record)
    places = [found.end() for found in re.finditer(rb'{(?=")|,(?=")', record)]
    assert len(places) > 100
    for place in places:
        found = re.match(rb'"[^"]+":', record[place:])
        if found is not None:
            assert not is_verbatim(record[:place] + found[0] + b"null," + record[place:])


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"a":0.12345678901234567890}', '{"a":1e-400}',
     '{"a":-0}', '{"a":1.0', '{"a": 1}', "[1]", "", '{"a":' + "[" * 5_000 + "]" * 5_000 + "}"],
)  # fmt: skip
def test_of_others_it_says_nothing(text: str) -> None:
    assert not is_verbatim(text.encode())


def test_records_as_the_registry_gives_them_are_verbatim() -> None:
    for record in documents("ctgov"):
        assert is_verbatim(record)
