"""Tables of codecs, on a small format of our own: what the reader and the writer of a table do."""

import re
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from trialbridge.mappings.codec import (
    Codec,
    Mismatch,
    also,
    among,
    boolean,
    choice,
    field,
    integer,
    inverse,
    item,
    joined,
    merged,
    record,
    text,
)
from trialbridge.mappings.compiled import each, reader, writer
from trialbridge.mappings.fhir.links import Resources, to
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import IdentificationModule, Maybe, ProtocolSection, Trial


class Owner(Struct, frozen=True, kw_only=True):
    name: Maybe[str] = None
    age: Maybe[int] = None


class Toy(Struct, frozen=True, kw_only=True):
    name: Maybe[str] = None
    loud: Maybe[bool] = None


class Cat(Struct, frozen=True, kw_only=True):
    name: Maybe[str] = None
    tame: Maybe[bool] = None
    owner: Maybe[Owner] = None
    toys: Maybe[list[Toy]] = None
    colours: Maybe[list[str]] = None


def _write_colours(values: list[str], names: Names) -> list[dict[str, str]]:
    return [{"kind": "colour", "value": value} for value in values]


def _read_colours(nodes: Any, names: Names) -> list[str] | None:
    return [n["value"] for n in nodes if n.get("kind") == "colour"] or None


TOY = record(Toy, field("name", "title"), field("loud", "loud", codec=boolean))
CAT = record(
    Cat,
    field("name", "label", "value"),
    field("tame", "facts", item(kind="tame"), "flag", codec=boolean),
    field("owner.name", "owner", to("Person", "owner"), "name"),
    field("owner.age", "owner", to("Person", "owner"), "age", codec=integer),
    among("colours", "facts", codec=Codec(_read_colours, _write_colours)),
    among(
        "toys",
        "facts",
        codec=each(TOY, const={"kind": "toy"}, mine=lambda node: node.get("kind") == "toy"),
    ),
)
WRITE, READ = writer(CAT), reader(CAT)

some_text = st.text(min_size=1)
owners = st.builds(Owner, name=some_text, age=st.none() | st.integers())
toys = st.builds(Toy, name=some_text, loud=st.none() | st.booleans())
cats = st.builds(
    Cat,
    name=st.none() | some_text,
    tame=st.none() | st.booleans(),
    owner=st.none() | owners,
    toys=st.none() | st.lists(toys, min_size=1),
    colours=st.none() | st.lists(some_text, min_size=1),
)


def back(names: Names) -> Names:
    """What a reader knows of the resources that a writer made."""
    found = Names()
    for entry in names.once(Resources).entries:
        found.once(Resources).add(entry["resource"], entry["fullUrl"])
    return found


@given(cats)
def test_write_then_read_gives_the_struct_back(cat: Cat) -> None:
    names = Names()
    node = WRITE(cat, names)
    again = back(names)
    assert READ(node, again) == cat
    assert again.warnings == []
    assert WRITE(READ(node, again), Names()) == node


def test_a_table_gives_this_tree() -> None:
    names = Names()
    cat = Cat(
        name="Tom",
        tame=False,
        owner=Owner(name="Ada", age=0),
        toys=[Toy(name="ball", loud=False)],
        colours=["red"],
    )
    assert WRITE(cat, names) == {
        "label": {"value": "Tom"},
        "owner": {"reference": "Person/trial-owner", "display": "Ada"},
        "facts": [
            {"kind": "tame", "flag": False},
            {"kind": "colour", "value": "red"},
            {"kind": "toy", "title": "ball", "loud": False},
        ],
    }
    (entry,) = names.once(Resources).entries
    assert entry["resource"] == {
        "resourceType": "Person",
        "id": "trial-owner",
        "name": "Ada",
        "age": 0,
    }


def test_nothing_gives_nothing() -> None:
    names = Names()
    assert WRITE(Cat(), names) == {}
    assert names.once(Resources).entries == []
    assert READ({}, Names()) == Cat()
    assert READ({"else": [1, {"kind": "toy"}], "facts": []}, Names()) == Cat()


def test_all_that_is_wrong_is_told_with_its_place() -> None:
    node = {
        "label": {"value": 7},
        "facts": [
            {"kind": "toy", "title": "ball"},
            {"kind": "toy", "title": ["x"], "loud": "very"},
            {"kind": "tame", "flag": 1},
        ],
    }
    with pytest.raises(Mismatch) as raised:
        READ(node, Names())
    assert sorted(raised.value.places) == [
        ("facts[1].loud", "expected true or false, found 'very'"),
        ("facts[1].title", "expected a string, found ['x']"),
        ("facts[kind='tame'].flag", "expected true or false, found 1"),
        ("label.value", "expected a string, found 7"),
    ]


@pytest.mark.parametrize("wrong", [7, "x", [], [1], True])
def test_an_object_that_is_none_is_told(wrong: Any) -> None:
    with pytest.raises(Mismatch) as raised:
        READ({"label": wrong}, Names())
    assert [path for path, _ in raised.value.places] == ["label"]


@pytest.mark.parametrize("wrong", [7, "x", {"kind": "toy"}, True])
def test_a_list_that_is_none_is_told(wrong: Any) -> None:
    with pytest.raises(Mismatch) as raised:
        READ({"facts": wrong}, Names())
    assert {path for path, _ in raised.value.places} == {"facts"}


@pytest.mark.parametrize("path", ["nam", "owner.nam", "name.x", "owner.name.x"])
def test_a_misspelt_attribute_is_refused_at_import(path: str) -> None:
    with pytest.raises((TypeError, AttributeError)):
        record(Cat, field(path, "x"))


def test_a_table_that_is_not_one_to_one_is_refused() -> None:
    assert inverse({"a": 1, "b": 2}) == {1: "a", 2: "b"}
    with pytest.raises(ValueError, match="'b' and 'a' both stand as 1"):
        inverse({"a": 1, "b": 1})
    with pytest.raises(ValueError, match="both stand as"):
        choice({"a": 1, "b": 1})


@given(st.sampled_from(["a", "b"]))
def test_a_choice_is_read_as_it_was_written(value: str) -> None:
    codec = choice({"a": 1, "b": 2})
    assert codec.read(codec.write(value, Names()), Names()) == value
    with pytest.raises(Mismatch, match="expected one of 1, 2, found 3"):
        codec.read(3, Names())


ONE, OTHER = item("a cat", kind="cat"), item("a cat", kind="cat")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            (field("tame", "tame", codec=integer),),
            "Cat, row 'tame': the attribute is bool, and the codec gives int; use a codec that "
            "gives bool",
        ),
        (
            (field("owner", "owner"),),
            "Cat, row 'owner': the attribute is Owner, and the codec gives str; use a codec that "
            "gives Owner",
        ),
        (
            (field("colours", "colour", codec=choice({"red": 1, "blue": 2})),),
            "Cat, row 'colours': the attribute is list[str], and the codec gives str; use a codec "
            "that gives list[str]",
        ),
        (
            (among("colours", "facts", codec=each(TOY)),),
            "Cat, row 'colours': the attribute is list[str], and the codec gives list[Toy]; use a "
            "codec that gives list[str]",
        ),
        (
            (field("toys", "toy", codec=Codec(_read_colours, _write_colours)),),
            "Cat, row 'toys': the attribute is list[Toy], and the codec gives list[str]; use a "
            "codec that gives list[Toy]",
        ),
        (
            (field("name", "a", "b"), field("owner.name", "a", "b")),
            "Cat, row 'owner.name': row 'name' has the same place; give one of them another place "
            "or `when`, or let it be read alone by also()",
        ),
        (
            (field("name", "a", ONE, "b"), field("owner.name", "a", OTHER, "c")),
            "Cat, row 'owner.name': the step 'a cat' looks like that of row 'name', and is "
            "another; make the step once, and use it in both rows",
        ),
        (
            (
                field("owner.name", "a", to("Group", "g", type="person"), "b"),
                field("name", "a", to("Group", "g", type="animal"), "c"),
            ),
            "Cat, row 'name': the step 'Group/g' looks like that of row 'owner.name', and is "
            "another; make the step once, and use it in both rows",
        ),
    ],
    ids=[
        "another type", "text for a struct", "one for a list", "another table's list",
        "another list", "one place twice", "an item made twice", "a link made twice",
    ],
)  # fmt: skip
def test_a_bad_table_is_refused_at_import(rows: tuple[Any, ...], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        record(Cat, *rows)
    assert str(raised.value) == message


def test_rows_that_share_a_place_with_a_reason_are_taken() -> None:
    first = field("name", "a", "b")
    record(Cat, first, also(field("owner.name", "a", "b")))
    record(Cat, first._replace(when=str.isupper), first._replace(when=str.islower))


def _read_loud(value: Any, names: Names) -> bool:
    if value == "perhaps":
        names.warn("unsure", "'perhaps' is neither")
        return True
    return bool({"yes": 1, "no": 0}[value])


LOUD = record(
    Cat,
    among(
        "toys",
        "facts",
        codec=each(
            record(
                Toy,
                field("loud", "a", "b", codec=Codec(_read_loud, lambda value, names: str(value))),
            )
        ),
    ),
)


def test_a_warning_has_the_place_of_its_row() -> None:
    names = Names()
    node = {"facts": [{"a": {"b": "yes"}}, {"a": {"b": "perhaps"}}]}
    assert reader(LOUD)(node, names) == Cat(toys=[Toy(loud=True), Toy(loud=True)])
    assert names.warnings == [("facts[1].a.b", "unsure", "'perhaps' is neither")]


class Spot(Struct, frozen=True, kw_only=True):
    lat: int
    lon: int


class Kennel(Struct, frozen=True, kw_only=True):
    spot: Maybe[Spot] = None

    def __post_init__(self) -> None:
        if self.spot is not None and self.spot.lat > 90:
            raise TypeError("a fault of ours")


KENNEL = record(
    Kennel,
    field("spot.lat", "at", "lat", codec=integer),
    field("spot.lon", "at", "lon", codec=integer),
)


def test_what_a_struct_needs_and_the_document_lacks_is_told() -> None:
    read = reader(KENNEL)
    assert read({"at": {"lat": 1, "lon": 2}}, Names()) == Kennel(spot=Spot(lat=1, lon=2))
    with pytest.raises(Mismatch, match=r"^a Spot without lon, expected lat and lon$"):
        read({"at": {"lat": 1}}, Names())


def test_a_fault_of_ours_is_none_of_the_document() -> None:
    with pytest.raises(TypeError, match=r"^a fault of ours$"):
        reader(KENNEL)({"at": {"lat": 91, "lon": 2}}, Names())


def test_a_traceback_shows_the_row() -> None:
    try:
        reader(LOUD)({"facts": [{"a": {"b": "maybe"}}]}, Names())
    except KeyError:
        told = traceback.format_exc()
    assert "<read Toy, " in told
    assert "in read_model_test_codec_Toy" in told or "in read_test_codec_Toy" in told
    assert re.search(r"= read_loud_\d+\(n\d+, names\)  # loud -> a\.b\n", told)


def test_merged_members_join_lists_and_set_the_rest() -> None:
    table = record(
        Toy,
        merged(
            "name",
            codec=Codec(
                lambda node, names: node.get("a"),
                lambda value, names: {"a": value, "b": [value]},
            ),
        ),
        field("loud", "b", item(kind="loud"), "flag", codec=boolean),
    )
    node = writer(table)(Toy(name="x", loud=True), Names())
    assert node == {"a": "x", "b": [{"kind": "loud", "flag": True}, "x"]}
    assert reader(table)(node, Names()) == Toy(name="x", loud=True)


@pytest.mark.parametrize(
    ("path", "further", "expected"),
    [("", "a", "a"), ("a", "", "a"), ("a", "b", "a.b"), ("a", "[0]", "a[0]"), ("", "", "")],
)
def test_paths_are_joined(path: str, further: str, expected: str) -> None:
    assert joined(path, further) == expected


def test_an_error_shows_a_long_value_cut_short() -> None:
    with pytest.raises(Mismatch) as raised:
        text.read(["x" * 1000], Names())
    ((_, message),) = raised.value.places
    assert len(message) < 100


@given(st.text())
def test_the_root_of_ids_is_the_nct_id_as_far_as_an_id_can_hold_it(nct_id: str) -> None:
    trial = Trial(protocol=ProtocolSection(identification=IdentificationModule(nct_id=nct_id)))
    root = Names(trial).root
    assert 0 < len(root) <= 36
    assert all(letter.isascii() and (letter.isalnum() or letter in ".-") for letter in root)


SHARED_KINDS = st.sampled_from(["toy", "ball", "", None, 1, ["toy"]])
shared = st.lists(
    st.fixed_dictionaries(
        {}, optional={"kind": SHARED_KINDS, "title": some_text | st.just(1), "loud": st.booleans()}
    )
    | st.sampled_from(["toy", None, 1]),
    max_size=9,
)


def _read_each(codec: Codec[list[Any]], nodes: list[Any], names: Names) -> Any:
    try:
        return codec.read(nodes, names)
    except Mismatch as mismatch:
        return mismatch.places


@given(shared)
def test_elements_told_by_a_key_are_those_that_a_function_accepts(nodes: list[Any]) -> None:
    names = Names()
    for kind in ("toy", "ball", "none"):
        by_key = each(TOY, key=("kind", kind))
        by_function = each(TOY, mine=lambda node, kind=kind: node.get("kind") == kind)
        assert _read_each(by_key, nodes, names) == _read_each(by_function, nodes, Names())
