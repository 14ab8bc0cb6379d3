"""A problem's path leads to its place in the text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialbridge.schemas.syntax.pointer import walk
from trialbridge.validation.places import Place, Places

TEXT = """\
{
  "a": [1, {"b/c": "x", "~": {}},
    [ ] , true],
  "\\u0061b": {"0": "ä", "n": 12345678901234567890e999},
  "twice": 1, "twice": 2
}
"""
BUNDLE = """\
{"resourceType": "Bundle", "entry": [
  {"resource": {"resourceType": "Group", "id": "g"}},
  {"resource": {"resourceType": "ResearchStudy", "status": "active",
    "_status": {"id": "x"}, "phase": {"coding": [{"code": "p"}]}}}]}
"""


def at(text: str, path: str) -> str | None:
    """What stands at a path, to the end of its line."""
    place = Places(text.encode()).find(path)
    if place is None:
        return None
    line = text.split("\n")[place.line - 1]
    assert line == place.before + place.after
    assert line[place.column - 1 :] == place.after
    return place.after


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("", "{"),
        ("/a", '[1, {"b/c": "x", "~": {}},'),
        ("/a/0", '1, {"b/c": "x", "~": {}},'),
        ("/a/1/b~1c", '"x", "~": {}},'),
        ("/a/1/~0", "{}},"),
        ("/a/2", "[ ] , true],"),
        ("/a/3", "true],"),
        ("/ab/0", '"ä", "n": 12345678901234567890e999},'),
        ("/ab/n", "12345678901234567890e999},"),
        ("/twice", "2"),
        # What is absent is told at what is around it.
        ("/a/7", '[1, {"b/c": "x", "~": {}},'),
        ("/ab/none/deeper", '{"0": "ä", "n": 12345678901234567890e999},'),
        ("line 3", "    [ ] , true],"),
        ("line 3, column 5", "[ ] , true],"),
        ("byte 2", '  "a": [1, {"b/c": "x", "~": {}},'),
    ],
)
def test_a_pointer_a_line_or_a_byte_leads_to_its_place(path: str, there: str) -> None:
    assert at(TEXT, path) == there


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("Bundle.entry[1].resource/*ResearchStudy/NCT1*/.status", '"active",'),
        ("Bundle.entry[1].resource._status.id", '"x"}, "phase": {"coding": [{"code": "p"}]}}}]}'),
        ("ResearchStudy.phase.coding[0].code", '"p"}]}}}]}'),
        ("Group.id", '"g"}},'),
        ("Bundle.entry[0].resource.value[x]", '{"resourceType": "Group", "id": "g"}},'),
        (
            "ResearchStudy.phase.extension('http://a.b/c').value",
            '{"coding": [{"code": "p"}]}}}]}',
        ),
    ],
)
def test_a_fhirpath_leads_to_its_place(path: str, there: str) -> None:
    assert at(BUNDLE, path) == there


@pytest.mark.parametrize("path", ["line 0", "line 9", "somewhere", "~", "/a/~", "$.a", "/b~2"])
def test_what_names_no_place_has_none(path: str) -> None:
    assert at(TEXT, path) is None


def test_a_broken_document_is_found_as_far_as_it_goes() -> None:
    assert at('{"a": {"b": 1, "c": tru', "/a/b") == '1, "c": tru'
    assert at('{"a": {"b": 1, "c": tru', "/a/c") == "tru"
    assert at('{"a"', "/a") == '{"a"'
    assert at("{" * 3, "/a") == "{" * 3


def test_nesting_and_bytes_of_all_kinds_raise_nothing() -> None:
    deep = b'{"a":' * 100_000
    assert Places(deep).find("/a/a") == Place(1, 11, '{"a":{"a":', '{"a":' * 20)
    assert Places(b'{"\xff": 1}').find("/x") == Place(1, 1, "", '{"\ufffd": 1}')
    assert Places(b"").find("line 1") == Place(1, 1, "", "")
    assert Places(b"plain text").find("/a") is None


ODM = """\
<?xml version="1.0"?>
<odm:ODM xmlns:odm="x"
   FileOID="F"><Study OID="S" StudyName="OID="/>
  text
</odm:ODM>
"""


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("line 3: ODM/Study[1]/@OID", 'OID="S" StudyName="OID="/>'),
        ("line 3: ODM/Study[1]", '<Study OID="S" StudyName="OID="/>'),
        ("line 2: ODM", '<odm:ODM xmlns:odm="x"'),
        # On another line than that of the tag.
        ("line 2: ODM/@FileOID", '<odm:ODM xmlns:odm="x"'),
        ("line 4: ODM/text()", "text"),
    ],
)
def test_a_line_with_a_place_in_xml_leads_to_the_tag_or_attribute(path: str, there: str) -> None:
    assert at(ODM, path) == there


def test_a_line_of_utf_16_is_read_as_such() -> None:
    place = Places(ODM.encode("utf-16")).find("line 3: ODM/Study/@OID")
    assert place == Places(ODM.encode()).find("line 3: ODM/Study/@OID")


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(tree=st.dictionaries(st.text(), TREES, min_size=1), indent=st.sampled_from([None, 1]))
def test_every_leaf_is_found_where_it_stands(tree: object, indent: int | None) -> None:
    text = json.dumps(tree, indent=indent)
    places = Places(text.encode())
    for pointer, leaf in walk(tree):
        place = places.find(pointer)
        assert place is not None
        line = text.split("\n")[place.line - 1]
        assert json.JSONDecoder().raw_decode(line, place.column - 1)[0] == leaf


def test_of_a_long_line_no_more_is_kept_than_what_is_near() -> None:
    text = '{"a": "' + "b" * 10_000 + '", "c": 1, "d": "' + "e" * 10_000 + '"}'
    place = Places(text.encode()).find("/c")
    assert place is not None
    assert place.column == text.index(' 1, "d"') + 2
    assert (len(place.before), len(place.after)) == (100, 100)
    assert place.before.endswith('"c": ')
    assert place.after.startswith('1, "d": "eee')
