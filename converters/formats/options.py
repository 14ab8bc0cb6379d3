"""The options of a format's writer: a name, a type, a default and a sentence, as data in its row.

An option changes how a document is wrapped or how much it says twice, never which facts it
carries, unless its sentence says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Literal, NamedTuple

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_URL = re.compile(r"https?://[^\s/?#<>\"\\^`{|}]+[^\s?#<>\"\\^`{|}]*")
_WORDS = {"true": True, "false": False, "yes": True, "no": False}
_SHOWN = 60
# What XML has no form for either: a writer would have no place to tell it by.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class UnknownOption(ValueError):
    """A name that no option of the format has, or a value that the option does not take."""


class Option(NamedTuple):
    """One option of a writer, which gets its value as the keyword argument `name`.

    `choices` are the values of a choice, `least` and `most` the bounds of a whole number.
    `asks`, `module:function`, takes a value and raises UnknownOption where a text is none that the
    writer takes. `asked` says why one must be given, and `stand_in` what is taken where a document
    is written to be measured, and nobody gets it.
    """

    name: str
    type: Literal["choice", "bool", "text", "url", "int"]
    default: str | bool | int
    help: str
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    asks: str = ""
    asked: str = ""
    stand_in: str = ""

    @property
    def expected(self) -> str:
        """Say which values it takes."""
        if self.type == "choice":
            return ", ".join(self.choices)
        if self.type == "bool":
            return "true, false"
        if self.type == "text":
            return "a text without control characters"
        if self.type == "url":
            return "an absolute url of http or https, without ? and #"
        bounds = [
            f"{word} {bound}"
            for word, bound in (("from", self.least), ("to", self.most))
            if bound is not None
        ]
        return " ".join(["a whole number", *bounds])

    def settled(self, value: object) -> str | bool | int:
        """Take a value, or the word for it, which the command line has.

        Raises UnknownOption if it is none that the option takes.
        """
        found: object = value
        if self.type == "bool" and isinstance(value, str):
            found = _WORDS.get(value.lower(), value)
        elif self.type == "int" and isinstance(value, str) and _INTEGER.fullmatch(value):
            found = int(value)
        if self._takes(found):
            if self.asks:
                module, _, function = self.asks.partition(":")
                getattr(import_module(module), function)(found)
            return found  # type: ignore[return-value]
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        raise UnknownOption(f"option {self.name} is {shown}, expected {self.expected}")

    def missing(self) -> UnknownOption:
        """Give the reason why nothing is written without it."""
        return UnknownOption(
            f"option {self.name} is missing, expected {self.name}=...: {self.asked}"
        )

    def _takes(self, value: object) -> bool:
        if self.type == "choice":
            return isinstance(value, str) and value in self.choices
        if self.type == "bool":
            return isinstance(value, bool)
        if self.type == "text":
            return isinstance(value, str) and not _CONTROL.search(value)
        if self.type == "url":
            return isinstance(value, str) and (not value or bool(_URL.fullmatch(value)))
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and (self.least is None or self.least <= value)
            and (self.most is None or value <= self.most)
        )


def settled(
    format: str, options: tuple[Option, ...], stated: Mapping[str, object]
) -> dict[str, Any]:
    """Give the keyword arguments of a writer for what a user states.

    `format` is its name, for messages. Raises UnknownOption, which lists what there is.
    """
    known = {option.name: option for option in options}
    for name in stated:
        if name not in known:
            there = f"its options are {', '.join(known)}" if known else "it has none"
            raise UnknownOption(f"{format} has no option {name!r}; {there}")
    return {name: known[name].settled(value) for name, value in stated.items()}


def stand_ins(options: tuple[Option, ...]) -> dict[str, str]:
    """Give the options that must be given, for a document that nobody gets."""
    return {option.name: option.stand_in for option in options if option.asked}
