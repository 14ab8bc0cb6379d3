"""A number that a double does not hold as it is written is told, with its place."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import documents

import trialbridge
from trialbridge import Problem
from trialbridge.schemas.syntax.inexact_numbers import inexact_numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1e-400}', "/a: 1e-400 is beyond double precision: it is read as 0.0"),
        ('[0, {"~/":-1E-99999999999999999999}]',
         "/1/~0~1: -1E-99999999999999999999 is beyond double precision: it is read as -0.0"),
        ('{"a": [0.12345678901234567890]}',
         "/a/0: 0.12345678901234567890 is beyond double precision: it is read as "
         "0.12345678901234568"),
        ('[12345678901234567890e0]',
         "/0: 12345678901234567890e0 is beyond double precision: it is read as "
         "1.2345678901234567e+19"),
        ('[123456789.123456789]',
         "/0: 123456789.123456789 is beyond double precision: it is read as 123456789.12345679"),
        ("[0." + "3" * 9_000 + "]",
         "/0: 0." + "3" * 58 + "... is beyond double precision: it is read as 0.3333333333333333"),
    ],
)  # fmt: skip
def test_a_number_that_changes_is_told_with_its_pointer(text: str, expected: str) -> None:
    (problem,) = inexact_numbers(text.encode())
    assert str(problem) == f"warning: {expected}"
    assert (problem.layer, problem.code) == ("read", "precision")


@pytest.mark.parametrize(
    "text",
    ["[1.50, 1.0e-24, -0.0, 0.1, 1.000000000000000000E-245, 0.00000000e-9999, 5e-324]",
     f"[{'9' * 4_300}, {'9' * 9_000}]", "[1e400, -1e999999]",
     '["0: 1e-400", {"1e-400": ",1e-400"}]', "[1e-400", "", "[" * 5_000 + "1e-400" + "]" * 5_000],
)  # fmt: skip
def test_what_is_kept_or_refused_or_no_number_is_not_told(text: str) -> None:
    assert inexact_numbers(text.encode()) == []


_NUMBERS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-"]),
    st.integers(0, 10**24),
    st.sampled_from(["", ".5", ".1", ".000"]) | st.integers(0, 10**24).map(".{}".format),
    st.sampled_from(["", "e0", "e-30", "E+12"]),
)


@given(st.lists(_NUMBERS, max_size=5))
def test_whatever_is_not_told_comes_back_the_same(numbers: list[str]) -> None:
    told = {problem.path for problem in inexact_numbers(f"[{','.join(numbers)}]".encode())}
    for index, number in enumerate(numbers):
        whole = number.lstrip("-").isdecimal()
        same = whole or Fraction(repr(float(number))) == Fraction(number)
        assert (f"/{index}" in told) is not same


def _with_a_place(document: bytes) -> bytes:
    record = json.loads(document)
    module = record["protocolSection"].setdefault("contactsLocationsModule", {})
    module["locations"] = [{"city": "Bergen", "geoPoint": {"lat": 60.5, "lon": 5.25}}]
    return json.dumps(record).encode().replace(b"60.5", b"60.39299012345678901")


def test_reading_converting_and_validating_tell_of_it_where_warnings_are_asked_for() -> None:
    data = _with_a_place(documents("ctgov")[0])
    told = (
        "warning: /protocolSection/contactsLocationsModule/locations/0/geoPoint/lat: "
        "60.39299012345678901 is beyond double precision: it is read as 60.39299012345679"
    )

    def those(problems: list[Problem]) -> list[str]:
        return [str(problem) for problem in problems if problem.code == "precision"]

    read: list[Problem] = []
    converted: list[Problem] = []
    trialbridge.read(data, warnings=read)
    trialbridge.convert(data, "fhir-r5", warnings=converted)
    assert those(read) == those(converted) == [told]
    assert those(trialbridge.validate(data)) == [told]
