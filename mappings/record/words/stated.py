"""Facts that the words of a criterion state: ages, a sex, pregnancy, consent, values, durations.

The words stay what counts; a fact is beside them, for a machine, and says which words it was read
from. What is not certain is left to the words: a fact is read only where what stands around it is
of a few known words. `tests/criteria/labelled.tsv` has criteria that a person labelled, and
`docs/howto/criteria.md` how many of each kind are found, and how many of those are right.

- `age`, `sex`: whom a criterion takes, or in an exclusion leaves out.
- `pregnancy`, `breast-feeding`: what an exclusion leaves out.
- `consent`: that a participant consents, or in an exclusion does not.
- `measurement`: a threshold of a value of `ANALYTES`, with its unit.
- `duration`: for how long a participant has the disease.
- `within`: how long before enrolment an event or a therapy leaves out.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from trialbridge.mappings.record.words.analytes import ANALYTES, Analyte
from trialbridge.mappings.record.words.quantities import NUMBER_WORDS, TIME_UNITS, unit_finder

Kind = Literal[
    "age",
    "sex",
    "pregnancy",
    "breast-feeding",
    "consent",
    "measurement",
    "duration",
    "within",
]
Comparator = Literal["<", "<=", ">=", ">"]


class Bound(NamedTuple):
    """A limit: how a value compares with it, its number as it stands, and its unit in UCUM."""

    comparator: Comparator
    number: str
    unit: str


class Stated(NamedTuple):
    """A fact, and the words that it was read from.

    `what` is the sex (`female`, `male`), the key of an analyte, or whether there is consent
    (`yes`, `no`); empty for the other kinds. `bounds` are one or two limits.
    """

    kind: Kind
    words: str
    what: str = ""
    bounds: tuple[Bound, ...] = ()


_TIMES = TIME_UNITS | {"a": rf"{TIME_UNITS['a']}|y\.?o\.?|y"}
_TIME = "|".join(f"(?:{words})" for words in _TIMES.values())
_time = unit_finder(_TIMES)
_NUMBER_WORDS = NUMBER_WORDS | {"eighteen": "18", "twenty-four": "24"}
_NUMBER = r"\d+(?:[.,]\d+)*"

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2264\u2266\u2a7d", "<="),
        **dict.fromkeys("\u2265\u2267\u2a7e", ">="),
        **dict.fromkeys("\n\t\u00a0", " "),
        "\uff1e": ">",
        "\uff1c": "<",
        "\u00b5": "u",
        "\u03bc": "u",
        "\u00b3": "3",
        "\u00b2": "2",
        "\u00d7": "x",
        "\\": "",
    }
)
_PHRASES: Final = {
    ">=": r"(?:greater|more|higher|older|longer) than or equals? to|more than equal to"
    r"|above or equal to|equal to or (?:greater|more|above|older) than|at least|(?:a )?minimum of"
    r"|no less than|not less than|= ?>|> ?=|>or=",
    "<=": r"(?:less|lower|younger|fewer) than or equals? to|less than equal to"
    r"|equal to or (?:less|lower) than|no more than|not more than|at most|(?:a )?maximum of|up to"
    r"|not exceeding|= ?<|< ?=|<or=",
    ">": r"(?:greater|more|higher|older|longer) than|over|above|exceeding|&gt;",
    "<": r"(?:less|lower|younger|shorter|fewer) than|under|below|&lt;",
}
_PHRASE = re.compile(
    "|".join(
        # Words stand alone; what has said the same again in brackets says it once.
        rf"(?P<is_{at}>(?<![\w])(?:{words})(?![a-z])(?: \([<>=]+\))?)"
        for at, words in enumerate(_PHRASES.values())
    )
    + rf"|\b(?P<number>{'|'.join(_NUMBER_WORDS)})\b(?: ?\(\d+\))?|  +"
)
_SIGNS = {f"is_{at}": sign for at, sign in enumerate(_PHRASES)}


def _signed(match: re.Match[str]) -> str:
    group = match.lastgroup
    if group is None:
        return " "
    return _NUMBER_WORDS[match[group]] if group == "number" else _SIGNS[group]


# What a criterion without any of these states none of the facts.
_MAY_STATE = re.compile(
    r"[0-9<>]|pregnan|lactat|nursing|feeding|consent|male|\bm[ea]n\b|woman|women|\bboys?\b|girl"
    r"|\bone\b|last|past|previous|month|year"
)


@lru_cache(maxsize=4096)
def stated(words: str, exclude: bool) -> tuple[Stated, ...]:
    """The facts that a criterion states, in the order of their kinds."""
    said = words.lower()
    if len(said) > _LONGEST or not _MAY_STATE.search(said):
        return ()
    said = _plain(said)
    # Patterns take long: each is asked where a word is that it needs.
    spoken = frozenset(_WORD.findall(said))
    digits = _DIGIT.search(said) is not None
    timed = not _TIMES_SAID.isdisjoint(spoken)
    found = [*_ages(said)] if digits and (timed or not _AGES_SAID.isdisjoint(spoken)) else []
    if not _SEXES_SAID.isdisjoint(spoken):
        found += _sex(said)
    if exclude:
        found += _pregnancy(said)
    if "consent" in said:
        found += _consent(said, exclude)
    if digits:
        found += _measurements(said, exclude)
    if not found and timed:
        found = [*_duration(said, exclude)] or [*_within(said, exclude)]
    return tuple(found)


_DIGIT = re.compile(r"\d")
_AGES_SAID = frozenset(["age", "ages", "aged", "y"])
_SEXES_SAID = frozenset(
    [
        "male",
        "males",
        "man",
        "men",
        "boy",
        "boys",
        "female",
        "females",
        "girl",
        "girls",
        "woman",
        "women",
    ]
)
_TIMES_SAID = frozenset(
    [
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "wk",
        "wks",
        "yr",
        "yrs",
        "yo",
        "hour",
        "hours",
        "hr",
        "hrs",
        "mo",
        "mos",
        "d",
    ]
)


def _plain(said: str) -> str:
    """Words with one way to say a comparison, a number, and a blank."""
    if not said.isascii() or "\\" in said or "\n" in said:
        said = said.translate(_CHARACTERS)
    # To look for all phrases takes far longer than to look for a word of each.
    if not _TRIGGERS.isdisjoint(_WORD.findall(said)) or _SIGN.search(said):
        said = _PHRASE.sub(_signed, said)
    return said.strip(" .;,")


_WORD = re.compile(r"[a-z]+")
_TRIGGERS = frozenset(
    [
        "than",
        "equal",
        "equals",
        "least",
        "minimum",
        "maximum",
        "most",
        "up",
        "over",
        "above",
        "under",
        "below",
        "exceeding",
        "twenty",
        "not",
    ]
) | frozenset(_NUMBER_WORDS)
_SIGN = re.compile(r"=[ <>]|[ <>]=|or=|&[gl]t;|  ")
_LONGEST = 400


# --- ages and sexes ------------------------------------------------------------------------------

_YEAR = rf"(?P<unit>{_TIME})(?:[- ]?olds?)?"
_AGES = (
    # 18 to 65 years, between 18 years and 65 years, >= 18 and <= 65 years
    re.compile(
        rf"(?:between |from )?(?:the )?(?:ages? )?(?:of )?(?P<low_is>>=|>)? ?(?P<low>\d+)"
        rf"[- ]*(?P<unit_1>{_TIME})?(?:[- ]?olds?)?(?: of age)?"
        rf" ?(?:-|to|and|through|~|,) ?(?P<high_is><=|<)? ?(?P<high>\d+)(?:[- ]*{_YEAR})?"
    ),
    re.compile(rf"(?P<is>>=|<=|>|<) ?(?:the )?(?:ages? )?(?:of )?(?P<number>\d+)(?:[- ]*{_YEAR})?"),
    re.compile(
        rf"(?P<number>\d+)[- ]*(?:{_YEAR})?(?: of)?(?: age)? ?"
        r"(?P<more>(?:and|or) (?:older|over|more|above|greater)|and up|\+)"
    ),
)
_WHO = (
    r"patients?|subjects?|participants?|adults?|individuals?|persons?|people|volunteers?|children"
    r"|recipients?|adolescents?|infants?|males?|females?|men|man|women|woman|boys?|girls?"
)
# What repeats is atomic here and below: a word that two alternatives match would double the time
# with each such word.
_AROUND_AGE = re.compile(
    rf"(?>[^\w]|\b(?:{_WHO}|healthy|older|male|female|gender|both|all|any|aged?|ages|age:"
    r"|years?|yrs?|old|of|in|is|are|be|being|must|have|has|an?|the|or|and|who|whose|with|between|from"
    r"|inclusive|inclusively|range|at|time|signing|signed|informed|consent|screening|enrollment"
    r"|enrolment|inclusion|study|entry|randomi[sz]ation|visit|1|baseline|obtaining|day|for|to|on"
    r"|should|will|this|regardless|their|gender|sex|either|eligible|adult|legal)\b)*"
)
_MALE = re.compile(r"\b(?:males?|men|man|boys?)\b")
_FEMALE = re.compile(r"\b(?:females?|women|woman|girls?)\b")
_SAYS_AGE = re.compile(r"\bag(?:e|es|ed)\b|\byears?\b|\byrs?\b|\by\.?o\b|\bmonths?\b")


def _ages(said: str) -> Iterator[Stated]:
    """The ages of a criterion that is of nothing else."""
    if not _SAYS_AGE.search(said):
        return
    for pattern in _AGES:
        for match in pattern.finditer(said):
            rest = said[: match.start()] + " " + said[match.end() :]
            if _AROUND_AGE.fullmatch(rest) and (bounds := _age_bounds(match)):
                yield Stated("age", match[0].strip(), bounds=bounds)
                return


def _age_bounds(match: re.Match[str]) -> tuple[Bound, ...]:
    parts = match.groupdict()
    unit = _time(parts.get("unit") or parts.get("unit_1") or "years")
    if parts.get("low") is not None:
        low_unit = _time(parts["unit_1"]) if parts.get("unit_1") else unit
        low_is: Comparator = ">" if parts["low_is"] == ">" else ">="
        high_is: Comparator = "<" if parts["high_is"] == "<" else "<="
        if low_unit == unit and int(parts["low"]) >= int(parts["high"]):
            return ()
        return (Bound(low_is, parts["low"], low_unit), Bound(high_is, parts["high"], unit))
    comparator: Comparator = ">=" if parts.get("more") else parts["is"]  # type: ignore[assignment]
    return (Bound(comparator, parts["number"], unit),)


def _sex(said: str) -> Iterator[Stated]:
    """The one sex of a criterion that is of ages and sexes alone."""
    males, females = _MALE.findall(said), _FEMALE.findall(said)
    if bool(males) is bool(females):
        return
    rest = said
    for pattern in _AGES:
        rest = pattern.sub(" ", rest)
    if _AROUND_AGE.fullmatch(rest) and not re.search(r"\b(?:or|regardless|either)\b", said):
        yield Stated("sex", (males or females)[0], "male" if males else "female")


# --- pregnancy and consent -----------------------------------------------------------------------

_LEADS = (
    rf"(?:{_WHO}|is|are|be|being|who|that|which|the|a|an|any|if|currently|current|known|have|has"
    r"|they|either|e\.g|positive for|vulnerable|populations?|including|adult|fertile|those)"
)
_PREGNANT = re.compile(
    rf"(?>(?:{_LEADS}|[a-z]+(?=,[\s,:.])|fetuses|neonates|prisoners|and)[\s,:.]+)*"
    r"(?P<words>pregnan(?:t|cy)(?! test| week|-related| related)"
    r"|positive (?:urine |serum |blood )*pregnancy test)"
)
_FEEDS = r"(?:lactat(?:ing|ion)|breast[- ]?feed(?:ing)?|nursing(?! home))"
_FEEDING = re.compile(rf"(?>{_LEADS}[\s,:.]+)*(?P<words>{_FEEDS})\b")
_ALSO_FEEDING = re.compile(rf"\b(?P<words>{_FEEDS})\b")
_PLANS = re.compile(r"\bunless\b|\bexcept|\bhistory of\b|\bprevious pregnan|\bpregnancy complicat")


_NAMES_IT = re.compile(rf"pregnan|{_FEEDS}")


def _pregnancy(said: str) -> Iterator[Stated]:
    """Pregnancy and breast-feeding, where an exclusion begins with one of them."""
    if not _NAMES_IT.search(said) or _PLANS.search(said):
        return
    pregnant = _PREGNANT.match(said)
    if pregnant:
        yield Stated("pregnancy", pregnant["words"])
    elif re.match(r"(?:if female: )?.{0,40}\bknown pregnancy\b", said):
        yield Stated("pregnancy", "known pregnancy")
    feeding = _FEEDING.match(said) or (pregnant and _ALSO_FEEDING.search(said, pregnant.end()))
    if feeding:
        yield Stated("breast-feeding", feeding["words"])
        if not pregnant and (
            also := re.search(r"\b(?:or|and|/)(?: who)?(?: is| are)? pregnant\b", said)
        ):
            yield Stated("pregnancy", also[0])


_CONSENTS = re.compile(
    r"(?>(?:the|a|an|any|and|or|of|to|by|for|with|be|is|are|has|have|having|must|should|will|who|his"
    r"|her|their|its|own|either|self|in|can|may|then|also"
    rf"|{_WHO}|parents?|legal|legally|guardians?|representatives?|authori[sz]ed|caregivers?"
    r"|willing|willingness|able|ability|capable|capability|capacity|competent|agrees?|agreement"
    r"|voluntary|voluntarily|freely|sign|signs|signed|signing|signature|provide|provides|provided"
    r"|providing|give|gives|given|giving|obtain|obtained|obtaining|understand|understands|read"
    r"|reads|write|written|writing|informed|valid|personally|dated|date|comprehend|assent|documented"
    r"|participation|participate|study|this|trial|consents?|read/be|complete|completed|irb|ethics"
    r"|committee|approved|form|instructions|comply|questionnaires|fill|out|age-appropriate"
    r"|patient's|patients'|subject's)(?![\w'])[\s,;/()&.-]*)*?(?P<words>(?:informed )?consent)\b"
    r"(?P<after>.*)"
)
_NO_CONSENT = re.compile(
    r"(?:(?:the|a|an|any|of|or|and|to|is|are|be|who|that|which|cannot|can't"
    rf"|{_WHO}|legal|guardian|guardians|parent|parents|representative"
    r"|patient's|subject's)[\s,/]+)*"
    r"(?:unable|unwilling|inability|unwillingness|refus\w+|lack|absence|incapable|incapab\w+|no"
    r"|cannot|can not|do not want|does not want|not able|not willing|not capable|do not|does not"
    r"|failure|incapacity|without)\b"
    r"(?:[\s,/]+(?:or|and|to|of|the|a|an|not|able|willing|unwilling|unable|unwillingness|inability"
    rf"|{_WHO}|give|provide|sign|signed|signing|obtain|giving|providing|written|valid|informed"
    r"|want|capacity|form|comply|understand|parent|guardian|legal|their|his|her|own|for))*"
    r"[\s,/]+(?P<words>(?:informed )?consent)\b"
)
_NO_CONSENT_OF_THIS = re.compile(r"companion|sub-?study|optional|donor|biobank|partner|genetic")


def _consent(said: str, exclude: bool) -> Iterator[Stated]:
    """That the participant, or who answers for it, consents to take part; or does not."""
    if _NO_CONSENT_OF_THIS.search(said):
        return
    if exclude:
        if match := _NO_CONSENT.match(said):
            yield Stated("consent", match[0], "no")
        return
    match = _CONSENTS.match(said)
    if match and not re.search(r"\b(?:for those|only|if)\b", said):
        before = said[: match.start("words")]
        if re.search(
            r"sign|provi|giv|obtain|will|able|abil|capa|written|agree", before + match["after"]
        ):
            yield Stated("consent", match["words"], "yes")


# --- values --------------------------------------------------------------------------------------

_FILLERS = (
    r"(?:[ :,]|\([^()]*\)"
    r"|\b(?:is|are|was|of|levels?|values?|at|screening|visit|between|must|be|defined|as|a)\b)*"
)
_IS = r"(?P<is>>=|<=|>|<)"


def _measurement(analyte: Analyte) -> tuple[re.Pattern[str], re.Pattern[str]]:
    units = "|".join(re.escape(unit) for unit in sorted(analyte.units, key=len, reverse=True))
    unit = rf"(?P<unit>{units})(?![\w/^])" if units else r"(?P<unit>(?!))"
    after = (
        rf"(?: ?{unit})" if analyte.bare is None else rf"(?: ?{unit}|(?P<none>(?![\w%/]|[.,]\d)))"
    )
    name = rf"(?<![\w-])(?:{analyte.pattern})(?!\w)"
    other = rf"(?: ?(?:{units}))?" if units else ""
    one = rf"{name}{_FILLERS}{_IS} ?(?P<low>{_NUMBER}){after}"
    two = (
        rf"{name}{_FILLERS}(?P<low_is>>=|>)? ?(?P<low>{_NUMBER}){other}"
        rf" ?(?:-|to|and|,(?= )) ?(?:and )?(?P<high_is><=|<)? ?(?P<high>{_NUMBER}){after}"
    )
    return re.compile(two), re.compile(one)


_PATTERNS = {key: _measurement(analyte) for key, analyte in ANALYTES.items()}
_THRESHOLD = re.compile(r"[<>]|\d ?(?:-|to|and) ?\d|between")
_UNSURE = {
    True: re.compile(
        r"\b(?:despite|unless|except|excluding|while|on dialysis|with symptoms|cannot|if|only"
        r"|(?:for|in) (?:fe)?males?|(?:for|in) (?:wo)?men)\b"
    ),
    False: re.compile(
        r"\b(?:or|unless|except\w*|if|either|only|(?:for|in) (?:fe)?males?|(?:for|in) (?:wo)?men)\b"
        r"|[<>]=? ?\d+ (?:years|months)"
    ),
}


def _measurements(said: str, exclude: bool) -> Iterator[Stated]:
    """Thresholds of values: of an exclusion each, of an inclusion those that all hold."""
    if not _THRESHOLD.search(said):
        return
    for key, analyte in ANALYTES.items():
        for part in analyte.parts:
            if part in said:
                break
        else:
            continue
        for pattern in _PATTERNS[key]:
            match = pattern.search(said)
            if match is None or _UNSURE[exclude].search(said.replace(match[0], "")):
                continue
            unit = analyte.units.get(match["unit"] or "", analyte.bare)
            if unit is not None and (bounds := _value_bounds(match, unit)):
                yield Stated("measurement", match[0].strip(), key, bounds)
                break


def _value_bounds(match: re.Match[str], unit: str) -> tuple[Bound, ...]:
    parts = match.groupdict()
    low = _decimal(parts["low"])
    if parts.get("high") is not None:
        high = _decimal(parts["high"])
        if float(low) >= float(high):
            return ()
        low_is: Comparator = ">" if parts["low_is"] == ">" else ">="
        high_is: Comparator = "<" if parts["high_is"] == "<" else "<="
        return (Bound(low_is, low, unit), Bound(high_is, high, unit))
    return (Bound(parts["is"], low, unit),)  # type: ignore[arg-type]


_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def _decimal(number: str) -> str:
    """A number with a point: a comma before three digits parts thousands."""
    if _THOUSANDS.fullmatch(number):
        return number.replace(",", "")
    return number.replace(",", ".") if number.count(",") == 1 else number.replace(",", "")


# --- times ---------------------------------------------------------------------------------------

_SPAN = rf"(?P<number>\d+) ?-?(?P<unit>{_TIME})\b"
_DURATIONS = (
    re.compile(
        rf"\b(?:duration|diagnos\w+|symptoms|history|evidence)\b[^.;]*? (?:for |of )?{_IS} ?{_SPAN}"
    ),
    re.compile(rf"\b(?P<of>duration) (?:of )?(?:for )?{_IS} ?{_SPAN}"),
    re.compile(rf"\b(?:of|for|with) (?:a )?(?:duration of )?{_IS} ?{_SPAN} (?:in )?duration\b"),
)
_NO_DURATION = re.compile(
    r"\bor\b|\bage|\btaking\b|\btreat\w*|\btherap\w*|\bfailed\b|\bstable\b|\bprior to surgery\b"
    r"|\bbefore the\b|\bif\b|\btests?\b|\bvaccin|\bprevious\b|\bunresponsive\b|\bsmok|\bpack"
    r"|\bconservative\b|\bplanned\b|\bsurgery\b"
)


def _duration(said: str, exclude: bool) -> Iterator[Stated]:
    """For how long a participant has the disease."""
    if exclude and re.match(r"(?:\w+ )?history of\b", said):
        return
    for pattern in _DURATIONS:
        match = pattern.search(said)
        if match is None or _NO_DURATION.search(said):
            continue
        if exclude and match["is"] == "<" and re.search(r"\b(?:prior|before|history)\b", said):
            continue
        bound = Bound(match["is"], match["number"], _time(match["unit"]))  # type: ignore[arg-type]
        yield Stated("duration", match[0].strip(), bounds=(bound,))
        return


_WITHIN = re.compile(
    rf"(?:(?:within|in|during|for|over)(?: the)?(?: (?P<past>last|past|previous|prior|preceding))?"
    rf"|(?P<short><=|<)|(?P<during>during))"
    rf" ?(?P<number>\d+)?(?:\([^)]*\))? ?-?(?P<unit>{_TIME})\b"
    r"(?P<tail>,? ?(?P<before>prior|before|preceding)\b.*|,? ?(?:of|from|to) .+)?"
)
_ENDS = re.compile(r"[\s.;,)(]*(?:\(.*\))?")
_NOT_BEFORE = re.compile(
    r"\bplan\w*|\bintend|\bexpect\w*|\bafter\b|\bfollowing\b|\bnext\b|\bwill\b|\bfuture\b|\bhalf-li"
    r"|\bunless\b|\blonger\b|\bwilling|\bpregnan|\banticipated\b|\bdonat\w+ blood|\bscheduled\b"
)


def _within(said: str, exclude: bool) -> Iterator[Stated]:
    """How long before enrolment an event or a therapy leaves out."""
    if not exclude and not re.match(r"(?:\w+ )?(?:with )?no\b", said):
        return
    if _NOT_BEFORE.search(said):
        return
    found = list(_WITHIN.finditer(said))
    if len(found) != 1 or found[0].start() < 4:
        return
    (match,) = found
    if not (match["past"] or match["before"] or said.startswith("within", match.start())):
        return
    if match["number"] is None and not match["past"]:
        return
    if re.search(r"[<>]", said[: match.start()] + said[match.end() :]):
        # It may be when a value was measured.
        return
    bound = Bound("<=", match["number"] or "1", _time(match["unit"]))
    yield Stated("within", match[0].strip(), bounds=(bound,))
