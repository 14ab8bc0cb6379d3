"""A trial that says everything: each leaf of the model has a value."""

from itertools import count
from typing import Any

import msgspec
from msgspec import inspect

from trialbridge.schemas.trial import Trial

ITEMS = 2


def filled_trial(turn: int = 0, *, results: bool = False) -> Trial:
    """Fill every leaf, two items in each list, each text like no other; with `results` or without.

    The same turn gives the same trial. The items of a list take turns too. Over `turns()` turns
    each code, both yes and no, and each form of a date and an age comes up, and texts with a blank
    and without, so that urls are urls and are not.
    """
    without = ("unmapped",) if results else ("resultsSection", "unmapped")
    tree = _Filler().struct(inspect.type_info(Trial), turn, without)
    tree["unmapped"] = {
        "/protocolSection/noSuchModule": {"noSuchKey": [1, None, {"a": "b"}]},
        "/derivedSection/noSuchKey": None,
    }
    return msgspec.convert(tree, Trial)


def turns() -> int:
    """Count the turns after which each code of the model has come up."""
    return max(map(len, _codes(inspect.type_info(Trial), set())))


class _Filler:
    def __init__(self) -> None:
        self.counted = count(1)

    def struct(self, info: inspect.Type, at: int, without: tuple[str, ...] = ()) -> dict[str, Any]:
        assert isinstance(info, inspect.StructType)
        return {
            field.encode_name: self.value(field.type, field.encode_name, at)
            for field in info.fields
            if field.encode_name not in without
        }

    def value(self, info: inspect.Type, name: str, at: int) -> Any:
        """The value of a field, or of an item of it: `at` chooses among several."""
        match info:
            case inspect.UnionType():
                (info,) = (one for one in info.types if not isinstance(one, inspect.NoneType))
                return self.value(info, name, at)
            case inspect.Metadata():
                examples = (info.extra_json_schema or {}).get("examples")
                return examples[at % len(examples)] if examples else self.value(info.type, name, at)
            case inspect.StructType():
                return self.struct(info, at)
            case inspect.ListType():
                return [self.value(info.item_type, name, at + n) for n in range(ITEMS)]
            case inspect.LiteralType():
                return _in_order(info)[at % len(info.values)]
            case inspect.BoolType():
                return at % 2 == 0
            case inspect.IntType():
                return next(self.counted)
            case inspect.FloatType():
                return next(self.counted) / 16
            case inspect.StrType(pattern=None):
                return f"{name}{'-' if at % 2 == 0 else ' '}{next(self.counted)}"
        raise TypeError(f"no value for {info}")


def _in_order(info: inspect.LiteralType) -> list[Any]:
    return sorted(info.values)


def _codes(info: inspect.Type, seen: set[type]) -> list[list[Any]]:
    match info:
        case inspect.UnionType():
            return [codes for one in info.types for codes in _codes(one, seen)]
        case inspect.Metadata():
            return _codes(info.type, seen)
        case inspect.ListType():
            return _codes(info.item_type, seen)
        case inspect.LiteralType():
            return [_in_order(info)]
        case inspect.StructType() if info.cls not in seen:
            seen.add(info.cls)
            return [codes for field in info.fields for codes in _codes(field.type, seen)]
    return []
