"""JSON by orjson, where that is there, is what msgspec makes of the same tree, byte for byte."""

import sys
from decimal import Decimal
from inspect import unwrap
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialbridge.schemas.syntax import exact

# Without it both ways are one, and any test that they agree passes.
pytest.importorskip("orjson", reason="orjson is not installed: it is in the extra `fast`")

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["1e+5", "+", "e+1", "9e+", "\ud800", '\x7f\u2028/\\"', "\x00\x1f"])
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def made(encode: Any, tree: Any) -> bytes | tuple[type, str]:
    try:
        data = encode(tree)
    except (OverflowError, TypeError, UnicodeEncodeError) as error:
        return type(error), str(error)
    assert isinstance(data, bytes)
    return data


@given(TREES)
def test_both_give_the_same_bytes_or_the_same_error(tree: Any) -> None:
    assert made(exact.encode, tree) == made(exact._ENCODER.encode, tree)


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ({"a": 1e16}, b'{"a":1e16}'),
        ([1e22, "1e+22"], b'[1e22,"1e+22"]'),
        ([-1.5e300], b"[-1.5e300]"),
        ({"a": "1e+16"}, b'{"a":"1e+16"}'),
        ([Decimal("12.50"), 2**63], b"[12.50,9223372036854775808]"),
    ],
)
def test_numbers_are_written_as_msgspec_writes_them(tree: Any, text: bytes) -> None:
    assert exact.encode(tree) == text


def test_without_orjson_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"a": [1e16, Decimal("1.0"), "é"]}
    by_orjson = exact.encode(tree)
    monkeypatch.setitem(sys.modules, "orjson", None)
    monkeypatch.setattr(exact, "_dumps", unwrap(exact._dumps))
    assert exact._dumps() is None
    assert exact.encode(tree) == by_orjson == '{"a":[1e16,1.0,"é"]}'.encode()
    assert msgspec.json.decode(by_orjson) == {"a": [1e16, 1.0, "é"]}
