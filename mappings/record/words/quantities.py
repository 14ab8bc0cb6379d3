"""Words for numbers and for units of time, of which criteria and time frames say the same."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

NUMBER_WORDS: Final = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
}

TIME_UNITS: Final = {
    "a": r"years?|yrs?",
    "mo": r"months?|mos?",
    "wk": r"weeks?|wks?",
    "d": r"days?",
    "h": r"hours?|hrs?",
}
"""Units in UCUM by patterns of their words. https://ucum.org/ucum"""


def unit_finder(units: Mapping[str, str]) -> Callable[[str], str]:
    """What gives the unit of a word, which one of the patterns of its units matches whole."""

    @lru_cache(maxsize=64)
    def unit(word: str) -> str:
        return next(code for code, words in units.items() if re.fullmatch(words, word))

    return unit
