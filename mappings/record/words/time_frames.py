"""When an outcome is measured, as far as the words of its time frame say that for certain.

The words stay what counts. They are read whole or not at all: where a word is left that is not
known, nothing is. `tests/criteria/time_frames.tsv` has time frames that a person labelled, and
`docs/howto/criteria.md` how many are found, and how many of those are right.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from trialbridge.mappings.record.words.quantities import NUMBER_WORDS, TIME_UNITS, unit_finder

_UNITS: Final = TIME_UNITS | {"h": rf"{TIME_UNITS['h']}|h", "min": r"minutes?|mins?"}
_unit = unit_finder(_UNITS)
_DAYS: Final = {"a": 365, "mo": 30, "wk": 7, "d": 1, "h": 1 / 24, "min": 1 / 1440}


class Moment(NamedTuple):
    """One time of a frame, and the words that it was read from.

    `low` and `high` are numbers as they stand, in `unit` (UCUM): both the same for a point; a span
    that only has an end has no `low`. `event` is what they are counted from, in the source's words,
    empty where these do not say it. A moment with an event alone is at that: baseline.
    """

    words: str
    event: str = ""
    low: str = ""
    high: str = ""
    unit: str = ""


_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b")
_CHARACTERS = str.maketrans(
    {**dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"), "\u00a0": " ", "\n": " "}
)
_LONGEST = 300

_UNIT = "|".join(_UNITS.values())
_N = r"\d+(?:\.\d+)?"
# Both ends of what is measured about then.
_MARGIN = rf"(?: ?\(?(?:\u00b1|\+/-|\+-|\+/) ?{_N}(?: ?(?:{_UNIT}))?\)?)?"
_FOLLOW_UP = r"(?:(?: of)? follow[ -]?up(?: visit)?| visit| time ?points?)?"

# What is counted from: a few words without a number, a second event or an end.
_NO_EVENT = (
    r"(?:and|or|to|until|till|up|end|final|completion|completing|stopping|discontinuation"
    r"|through|each|every|both|either|another|first|second|then|at|on|before|prior|vs|compared"
    r"|if|when|any|which|who|whichever|average|approximately)\b"
)
_EVENT_WORD = rf"(?!{_NO_EVENT})[a-z][a-z/'-]*"
_STARTS = (
    r"(?:the )?(?:(?:start|initiation|beginning|onset|end|completion) of (?:the )?(?:study )?"
    rf"{_EVENT_WORD}(?: {_EVENT_WORD})?|(?:treatment|therapy|study) (?:start|initiation)"
    r"|(?:first|last) (?:dose|administration|injection|infusion)"
    rf"(?: of (?:the )?{_EVENT_WORD}(?: {_EVENT_WORD}){{0,2}})?)"
)
_EVENT = rf"(?:{_STARTS}|(?:the )?{_EVENT_WORD}(?: {_EVENT_WORD}){{0,3}})"
_AFTER = (
    rf"(?:,? ?(?:after|following|since|from|post(?!.?op|.?surgical))[ -](?P<event>{_EVENT})"
    r"|,? ?post[ -]?(?P<joined>operative(?:ly)?|op|surgery|surgical(?:ly)?|partum|dose"
    r"|natal(?:ly)?)(?! \w)"
    r"|,? of (?P<during>treatment|therapy))"
)
_JOINED: Final = {"operative": "surgery", "op": "surgery", "surgical": "surgery"} | {
    "surgically": "surgery",
    "operatively": "surgery",
    "partum": "birth",
    "natal": "birth",
    "natally": "birth",
}
_BASELINE = (
    r"(?P<baseline>base ?line)(?: visit| assessment| measurement)?"
    r"(?: ?[(,]? ?(?:day|week|month|visit|year) ?0\)?)?"
)
# Times that no number says. They are left to the words.
_UNTIMED = (
    r"(?:screening|(?:hospital |icu )?discharge|(?:the )?end of (?:the )?(?:treatment|study|therapy"
    r"|intervention)|eot|inclusion|enrol?lment|recruitment|admission"
    r"|(?:immediately |just )?(?:before|prior to) (?:the )?(?:surgery|operation|treatment|dosing"
    r"|intervention|procedure|injection|discharge|therapy|randomi[sz]ation)"
    r"|(?:immediately|directly) (?:after|post|following)[ -](?:the )?(?:surgery|operation"
    r"|treatment|intervention|procedure|therapy|injection)"
    r"|pre-?(?:dose|treatment|op|operative|operatively|operation|surgery|intervention|procedure)"
    r"(?: visit)?)"
)
_AT = r"(?:(?:assessed |measured |evaluated |collected )?(?:at|on|after|in) (?:the )?)?"
_ITEM = re.compile(
    rf"{_AT}(?:{_BASELINE}|(?P<untimed>{_UNTIMED})"
    rf"|(?:(?P<unit_first>{_UNIT}) ?(?P<numbered>{_N})(?! ?(?:{_UNIT})\b)"
    rf"|(?P<number>{_N})[ -]*(?P<unit>{_UNIT})\b){_MARGIN}{_FOLLOW_UP}{_MARGIN}"
    rf"|(?P<bare>{_N}))(?P<after>{_AFTER})?(?![\w-])"
)
_BETWEEN = re.compile(r" ?[,;&] ?(?:and |& ?|then )?| and (?:then )?| then ")
_POSTOPERATIVE_DAY = re.compile(
    rf"{_AT}(?:post-?operative days?|pod)[ -]?(?P<numbers>{_N}(?:(?: ?[,&] ?| and |, and ){_N})*)"
)
# Counted from one, week 1 is the first.
_FROM_ZERO = re.compile(rf"\bbase ?line|\b(?:{_UNIT}) ?0\b|\b0\b(?! ?\.)")
_DAY_ZERO = re.compile(r"\bday ?0\b")
_DAY_ONE = re.compile(r"\b(?:day|week|visit|cycle) ?1\b(?! (?:to|through))")

_TIME = (
    rf"(?:(?P<{{0}}_first>{_UNIT}) ?(?P<{{0}}_numbered>{_N})"
    rf"|(?P<{{0}}>{_N})[ -]*(?P<{{0}}_unit>{_UNIT}))\b"
)
_HIGH = _TIME.format("high")
_LOW = _TIME.format("low")
_SPANS = (
    # up to 24 weeks, within 30 days of surgery
    re.compile(
        rf"(?:assessed |measured |for )?(?:up to|within(?: the first)?)"
        rf" (?:a maximum of )?{_HIGH}"
        rf"(?:{_AFTER}|,? of (?P<of>{_EVENT})| (?:of )?follow[ -]?up)?"
    ),
    # from baseline to week 24, from randomization up to 12 months
    re.compile(
        r"(?:from |(?P<between>between ))?(?:(?:the )?(?:date|time|day) of )?"
        r"(?P<from>base ?line(?: \((?:day|week) 0\))?"
        rf"|(?:enrol?lment|randomi[sz]ation|inclusion|admission|surgery|birth|delivery|{_STARTS}))"
        rf" ?(?:-|to|until|through|up to|(?(between)and|to)) ?(?:the )?"
        r"(?:end of (?:the )?(?:treatment|study|intervention|follow-?up)(?: period)?"
        r" ?(?:at|,|\() ?)?"
        rf"{_HIGH}{_FOLLOW_UP}\)?"
    ),
    # from week 48 to week 96
    re.compile(
        rf"(?:from )?(?:(?P<between>between )?){_LOW}"
        rf" ?(?:-|to|until|through|up to|(?(between)and|to)) ?{_HIGH}{_FOLLOW_UP}{_AFTER}?"
    ),
    # 0 to 5 years
    re.compile(
        rf"(?:from |between )?(?P<low_bare>{_N}) ?(?:-|to) ?(?P<high>{_N})[ -]*"
        rf"(?P<high_unit>{_UNIT})\b{_AFTER}?"
    ),
    # from randomization until death from any cause, assessed up to 24 months
    re.compile(
        r"(?:(?:time )?from (?:the )?(?:date |time |day )?(?:of )?(?:the )?"
        rf"(?P<of>randomi[sz]ation|enrol?lment|registration|inclusion|{_STARTS})"
        r"(?: \(day 1\))?,? (?:until|to|up to)"
        r"|through(?:out)?|until|during|duration of|time to) [^0-9~]*?[,(:; ]"
        rf" ?(?:assessed )?(?:for )?up to {_HIGH}\)?"
    ),
)
_SPANNING = re.compile(r"\bto\b|within|-|through|until|between")
_UNCERTAIN = re.compile(r"\bapprox|\babout\b|\baround\b|\baverage|~|\bexpected\b|\bif\b|\bmedian")


@lru_cache(maxsize=8192)
def time_frame(words: str) -> tuple[Moment, ...]:
    """The times that a time frame states, in its order; none where it leaves any open."""
    if len(words) > _LONGEST:
        return ()
    said = _plain(words)
    if not said or _UNCERTAIN.search(said):
        return ()
    return (_SPANNING.search(said) and _span(said)) or _postoperative(said) or _points(said)


def _plain(words: str) -> str:
    said = words.translate(_CHARACTERS).lower()
    said = _NUMBER_WORD.sub(lambda match: NUMBER_WORDS[match[0]], said)
    said = " ".join(said.split()).strip(" .;,")
    if said.startswith("(") and said.endswith(")"):
        said = said[1:-1]
    return re.sub(
        r"^(?:change[sd]? from (?=baseline)|(?:time ?frame|assessed|measured|evaluated): ?)",
        "",
        said,
    )


def _event(match: re.Match[str]) -> str:
    parts = match.groupdict()
    if parts.get("joined"):
        return _JOINED.get(parts["joined"], parts["joined"])
    if parts.get("during"):
        return f"start of {parts['during']}"
    event = parts.get("event") or parts.get("of") or parts.get("from") or ""
    return event.removeprefix("the ").partition(" (")[0]


def _counted(unit: str, number: str, said: str, *, first: bool) -> bool:
    """Whether a number is how much time has gone by, and not the how-manieth day it is."""
    if not first:
        return True
    if unit == "d":
        return bool(_DAY_ZERO.search(said))
    if unit in ("h", "min"):
        return True
    return not _DAY_ONE.search(said) and (number != "1" or bool(_FROM_ZERO.search(said)))


def _span(said: str) -> tuple[Moment, ...]:
    for pattern in _SPANS:
        match = pattern.fullmatch(said)
        if match is None:
            continue
        parts = match.groupdict()
        ends = []
        for end in ("low", "high"):
            word = parts.get(f"{end}_first") or parts.get(f"{end}_unit")
            if word is None:
                continue
            number = parts.get(f"{end}_numbered") or parts[end]
            unit = _unit(word)
            first = parts.get(f"{end}_first") is not None
            if not _counted(unit, number, said, first=first):
                return ()
            ends.append((number, unit))
        if parts.get("low_bare"):
            ends.insert(0, (parts["low_bare"], ends[0][1]))
        low = ends[0] if len(ends) == 2 else ("", ends[-1][1])
        high = ends[-1]
        if parts.get("from"):
            low = ("0", high[1])
        if low[1] != high[1] or (low[0] and float(low[0]) >= float(high[0])):
            return ()
        return (Moment(match[0], _event(match), low[0], high[0], high[1]),)
    return ()


def _postoperative(said: str) -> tuple[Moment, ...]:
    match = _POSTOPERATIVE_DAY.fullmatch(said) if "po" in said else None
    if match is None:
        return ()
    numbers = re.findall(_N, match["numbers"])
    return tuple(Moment(match[0], "surgery", one, one, "d") for one in numbers)


def _points(said: str) -> tuple[Moment, ...]:
    """Points in a list; a number alone has the unit that stands before, or else behind."""
    found: list[Moment] = []
    waiting: list[str] = []
    before = ""
    shared = False
    at = 0
    while at < len(said):
        match = _ITEM.match(said, at)
        if match is None:
            return ()
        parts = match.groupdict()
        event = _event(match) if parts["after"] else ""
        if parts["bare"] and before:
            shared = True
            found.append(Moment(said, event, parts["bare"], parts["bare"], before))
        elif parts["bare"]:
            waiting.append(parts["bare"])
        elif parts["number"]:
            unit = _unit(parts["unit"])
            numbers = [*waiting, parts["number"]]
            if shared or before == unit or [*map(float, numbers)] != sorted({*map(float, numbers)}):
                return ()
            before, waiting = "", []
            found += [Moment(said, event, one, one, unit) for one in numbers]
        elif waiting:
            return ()
        elif parts["baseline"]:
            found.append(Moment(said, "baseline"))
        elif parts["numbered"]:
            before = _unit(parts["unit_first"])
            if not _counted(before, parts["numbered"], said, first=True):
                return ()
            found.append(Moment(said, event, parts["numbered"], parts["numbered"], before))
        if event and (parts["baseline"] or parts["untimed"] or waiting):
            return ()
        at = match.end()
        if at < len(said):
            between = _BETWEEN.match(said, at)
            if between is None:
                return ()
            at = between.end()
    times = [float(one.low) * _DAYS[one.unit] for one in found if one.unit]
    # 5 years and 6 months may be one time.
    return () if waiting or times != sorted(times) else _counted_from(found)


def _counted_from(found: list[Moment]) -> tuple[Moment, ...]:
    """Points, all counted from what the last is, or each from an event of its own."""
    timed = [one for one in found if one.unit]
    events = [one.event for one in timed]
    if any(events[:-1]) and not all(events):
        return ()
    last = events[-1] if events else ""
    return tuple(one._replace(event=one.event or last) if one.unit else one for one in found)
