"""Words for numbers and for units of time, of which criteria and time frames say the same."""

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
