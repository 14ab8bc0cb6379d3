"""Arbitrary trials, built from the structs themselves: a new field needs no new strategy."""

from functools import cache
from typing import Any

import msgspec
from corpus import ALL
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import inspect

from trialbridge.schemas import trial
from trialbridge.schemas.syntax.decode import settle
from trialbridge.schemas.syntax.pointer import escape, get, walk
from trialbridge.schemas.trial import Page, Registration, Study, Trial, age_text, trial_of


def examples(count: int, share: int = 3) -> settings:
    """So many examples where every record is run, else a third or less: whole records take time."""
    return settings(
        max_examples=count if ALL else count // share,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


# A struct's fields that one example fills, a list's items that one example has.
_FIELDS = 4
_ITEMS = 3

# No control characters (XML and FHIR forbid them), no halves of surrogate pairs.
_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs"))

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_CHARACTERS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)

_dates = st.dates().map(lambda day: day.isoformat())
_ages = st.builds(
    age_text, st.integers(0, 200) | st.just(1), st.sampled_from(trial.AgeUnit.__args__)
)
_BY_PATTERN = {
    alias.__metadata__[0].pattern: strategy
    for alias, strategy in {
        trial.Date: _dates,
        trial.PartialDate: st.builds(lambda day, n: day[:n], _dates, st.sampled_from([4, 7, 10])),
        trial.DateTimeMinutes: st.builds(
            lambda day, time: f"{day}T{time:%H:%M}", _dates, st.times()
        ),
        trial.Age: _ages,
    }.items()
}


def trials(
    *,
    page: bool = True,
    unmapped: bool = False,
    results: bool = True,
    empty_texts: bool = False,
) -> st.SearchStrategy[Trial]:
    """Arbitrary trials: any field or none, empty structs and lists, unicode texts, all codes.

    `page`: facts that only the text layout has, and those of another register. `unmapped`: keys
    that the model does not know, with any JSON value. `results`: the results section.
    `empty_texts`: texts may be empty.
    """
    return _trials(page, unmapped, results, empty_texts)


def studies(*, results: bool = True, empty_texts: bool = False) -> st.SearchStrategy[Study]:
    """Arbitrary records of ClinicalTrials.gov."""
    without = () if results else ("resultsSection",)
    return _struct(Study, empty_texts, without).map(lambda tree: msgspec.convert(tree, Study))


@st.composite
def _trials(draw: st.DrawFn, page: bool, unmapped: bool, results: bool, empty_texts: bool) -> Trial:
    study = draw(studies(results=results, empty_texts=empty_texts))
    parts: dict[str, Any] = {}
    for name, type_ in (("page", Page), ("registration", Registration)) if page else ():
        if draw(st.booleans()):
            parts[name] = msgspec.convert(draw(_struct(type_, empty_texts, ())), type_)
    if not unmapped:
        return trial_of(study, **parts)
    tree = draw(foreign_trees(study))
    study, moved, _ = settle(tree, Study)
    return trial_of(study, unmapped=moved or None, **parts)


@st.composite
def foreign_trees(draw: st.DrawFn, study: Study) -> dict[str, Any]:
    """A study as a plain tree, with unknown keys, codes and ages and nulls put into it."""
    tree: dict[str, Any] = msgspec.to_builtins(study)
    keys = st.text(_CHARACTERS | st.sampled_from("~/0"))
    # Known keys take another kind of value, which is an error and not foreign.
    keys = keys.filter(lambda key: key not in _known_keys())
    for _ in range(draw(st.integers(0, 4))):
        objects = [at for at, node in _nodes(tree) if isinstance(node, dict)]
        lists = [at for at, node in _nodes(tree) if isinstance(node, list)]
        at = draw(st.sampled_from(objects))
        if lists and draw(st.booleans()):
            items = get(tree, draw(st.sampled_from(lists)))
            items.insert(draw(st.integers(0, len(items))), None)
        elif draw(st.booleans()):
            get(tree, at)[draw(keys)] = draw(json_values)
        elif leaves := [leaf for leaf, value in walk(tree) if isinstance(value, str)]:
            _spoil(draw, tree, draw(st.sampled_from(leaves)))
    return tree


def _spoil(draw: st.DrawFn, tree: Any, leaf: str) -> None:
    """Make a code or an age foreign, or any member null."""
    above, _, key = leaf.rpartition("/")
    holder, kind = get(tree, above), _kinds().get(_without_indexes(leaf))
    at: Any = int(key) if isinstance(holder, list) else key.replace("~1", "/").replace("~0", "~")
    if kind == "open" and draw(st.booleans()):
        holder[at] = draw(st.sampled_from(["", "NO_SUCH_CODE", "18 years", "1 Years", "٣ Years"]))
    else:
        holder[at] = None


def _nodes(tree: Any, at: str = "") -> list[tuple[str, Any]]:
    """Objects and lists of the model's own, not those in foreign values."""
    found = [(at, tree)]
    if isinstance(tree, dict):
        for key, value in tree.items():
            if isinstance(value, dict | list) and key in _known_keys():
                found += _nodes(value, f"{at}/{escape(key)}")
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            if isinstance(value, dict | list):
                found += _nodes(value, f"{at}/{index}")
    return found


@cache
def _known_keys() -> frozenset[str]:
    return frozenset(step for place in _kinds() for step in place.split("/"))


@cache
def _kinds() -> dict[str, str]:
    """All places of the model, without indexes: `open` where a text may be foreign, else `-`."""
    found: dict[str, str] = {}

    def gather(info: inspect.Type, at: str) -> None:
        info = _bare(info)
        found[at] = "-"
        if isinstance(info, inspect.StructType):
            for field in info.fields:
                gather(field.type, f"{at}/{field.encode_name}")
        elif isinstance(info, inspect.ListType):
            gather(info.item_type, at)
        elif isinstance(info, inspect.LiteralType) or (
            isinstance(info, inspect.StrType) and _BY_PATTERN.get(info.pattern) is _ages
        ):
            found[at] = "open"

    gather(inspect.type_info(Study), "")
    return found


def _without_indexes(pointer: str) -> str:
    return "/".join(step for step in pointer.split("/") if not step.isdecimal())


def _bare(info: inspect.Type) -> inspect.Type:
    if isinstance(info, inspect.UnionType):
        return _bare(info.types[0])
    return _bare(info.type) if isinstance(info, inspect.Metadata) else info


@cache
def _struct(type_: Any, empty_texts: bool, without: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Plain trees of a struct: its required fields and a few others."""
    info = inspect.type_info(type_)
    assert isinstance(info, inspect.StructType)
    fields = {
        field.encode_name: _value(field.type, empty_texts)
        for field in info.fields
        if field.encode_name not in without
    }
    required = {field.encode_name for field in info.fields if field.required}
    optional = sorted(set(fields) - required)

    def fill(chosen: set[str]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({key: fields[key] for key in sorted(chosen | required)})

    if not optional:
        return fill(set())
    return st.sets(st.sampled_from(optional), max_size=_FIELDS).flatmap(fill)


def _value(info: inspect.Type, empty_texts: bool) -> st.SearchStrategy[Any]:
    info = _bare(info)
    match info:
        case inspect.StructType():
            return st.deferred(lambda: _struct(info.cls, empty_texts, ()))
        case inspect.ListType():
            return st.lists(_value(info.item_type, empty_texts), max_size=_ITEMS)
        case inspect.StrType(pattern=None):
            return st.text(_CHARACTERS, min_size=0 if empty_texts else 1)
        case inspect.StrType():
            return _BY_PATTERN[info.pattern]
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(0, 1_000_000)
        case inspect.FloatType():
            return st.floats(-180, 180, allow_nan=False)
    raise TypeError(f"no strategy for {info}")
