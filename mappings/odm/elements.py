"""Codecs for the elements of ODM.

An element is a dict: attributes as `@Name`, children by their names (a list where the schema
allows several), its own text as `#`. One that has nothing but text is that text, and so is a
Description of one plain text.

What an element requires and the record does not say: a name is the element's OID, a text or a
value is empty. Both read as absent.
https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from math import isinf
from typing import Any

from trialbridge.mappings import compiled
from trialbridge.mappings.codec import (
    Codec,
    Field,
    Mismatch,
    Node,
    Record,
    Step,
    System,
    Written,
    also,
    field,
    merged,
    read_words,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.apart import Apart
from trialbridge.mappings.record.markdown import plain
from trialbridge.mappings.record.summary import duration, of_duration
from trialbridge.schemas.terms.cdisc_codes import (
    CDISC,
    CDISC_NAME,
    YES_NO,
    Term,
)
from trialbridge.schemas.terms.concepts import version_of
from trialbridge.schemas.trial import Age, age_text

PLAIN = "text/plain"
MARKDOWN = "en-x-markdown"
"""The language tag of CommonMark beside the words that it shows: a text has no type but plain here.

https://www.rfc-editor.org/rfc/rfc5646#section-2.2.7
"""
_FORMER_MARKDOWN = "text/markdown"


ROW = "#row"
"""Where a row of items is read for the record alone: its key, and what it says by items' OIDs."""


class Constant(dict[str, Any]):
    """A node that is the same in every document: the writer keeps what it wrote of it.

    `clean` is whether a check of documents found nothing to tell of it.
    """

    __slots__ = ("clean", "written")

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.clean = False
        self.written = ""


def coding(system: str, code: str | None, label: str | None = None) -> Node:
    """A Coding. https://wiki.cdisc.org/display/PUB/Coding"""
    node = {"@System": system}
    if code is not None:
        node["@Code"] = code
    if system == CDISC:
        node |= {"@SystemName": CDISC_NAME, "@SystemVersion": version_of(code or "")}
    if label is not None:
        node["@Label"] = label
    return node


# --- texts and values --------------------------------------------------------------------------


words: Codec[str] = Codec(read_words, lambda value, names: value, plain=True)
"""A text; an empty one is what an element requires and the record does not say."""


_TIME = re.compile(r"(?<=-\d\d)T\d\d\S*$")


def _read_date(value: Any, names: Names) -> str | None:
    text = read_words(value, names)
    return None if text is None else _TIME.sub("", text)


date: Codec[str] = Codec(_read_date, lambda value, names: value, plain=True)
"""Year, year-month or day; of a date with a time, the date."""


_INTEGER = re.compile(r"-?[0-9]{1,4000}|")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")


def _read_integer(value: Any, names: Names) -> int | None:
    if value.__class__ is not str or not _INTEGER.fullmatch(value):
        raise Mismatch(f"{value!r:.60} is not a whole number")
    return int(value) if value else None


integer: Codec[int] = Codec(_read_integer, lambda value, names: str(value))


def _read_decimal(value: Any, names: Names) -> float:
    if value.__class__ is not str or not _DECIMAL.fullmatch(value):
        raise Mismatch(f"{value!r:.60} is not a decimal number")
    number = float(value)
    if isinf(number):
        raise Mismatch(f"{value[:40]!r} is too large a number")
    return number


def decimal_text(value: float) -> str:
    """A number without an exponent. https://www.w3.org/TR/xmlschema-2/#decimal"""
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


decimal: Codec[float] = Codec(_read_decimal, lambda value, names: decimal_text(value))


def described_as(markdown: str) -> str | Node:
    """CommonMark as a Description: its plain words, and it as it is where it has escapes.

    https://wiki.cdisc.org/display/PUB/TranslatedText
    """
    if "\\" not in markdown:
        return markdown
    shown = plain(markdown)
    if shown == markdown:
        return markdown
    return {
        "TranslatedText": [
            {"@Type": PLAIN, "#": shown},
            {"@xml:lang": MARKDOWN, "@Type": PLAIN, "#": markdown},
        ]
    }


def said(description: Any) -> str | None:
    """What a Description says: its CommonMark, unless the plain text beside it was edited.

    Of several languages English, which is that of the registry's records, else the first.
    """
    if description.__class__ is str:
        return description or None
    if description.__class__ is not dict:
        raise Mismatch(f"expected a Description, found {description!r:.60}")
    given: dict[str, str] = {}
    for text in sorted(description.get("TranslatedText", ()), key=_in_other_language):
        kind = str(text.get("@Type"))
        if text.get("@xml:lang") == MARKDOWN or kind == _FORMER_MARKDOWN:
            kind = MARKDOWN
        given.setdefault(kind, str(text.get("#", "")))
    shown = given.get(PLAIN)
    markdown = given.get(MARKDOWN)
    if markdown is not None and shown in (None, plain(markdown)):
        return markdown or None
    return (shown if shown is not None else next(iter(given.values()), None)) or None


def _in_other_language(text: Node) -> bool:
    return not str(text.get("@xml:lang", "en")).lower().startswith("en")


description: Codec[str] = Codec(
    lambda node, names: said(node), lambda value, names: described_as(value)
)
"""A text as a Description."""


def name_of(name: Any, oid: Any) -> Any:
    """What a required name says: nothing where it is the OID, else itself.

    A name that is the OID all the same has a blank before it.
    """
    if name is None or name == oid:
        return None
    if name.__class__ is str and oid.__class__ is str and name.lstrip(" ") == oid:
        return name[1:]
    return name


# Four digits are mostly a year of a measure's.
_NUMBERED = re.compile(r"(.*) \((?:[1-9]\d{0,2}|[1-9]\d{4,8})\)", re.DOTALL)
_NUMBERS = (*range(2, 1_000), *range(10_000, 1_000_000))


def tell_apart(nodes: Iterable[Node]) -> None:
    """Give each element a name of its own: behind one that another has stands a number from 2.

    A name that reads as such a one has `(1)` behind it.
    https://wiki.cdisc.org/display/PUB/Organization
    """
    times: dict[str, int] = {}
    for node in nodes:
        name = node["@Name"]
        number = times.get(name, 0)
        times[name] = number + 1
        if number:
            node["@Name"] = f"{name} ({_NUMBERS[number - 1]})"
        elif name.endswith(")") and _NUMBERED.fullmatch(name):
            node["@Name"] = f"{name} (1)"


def told_apart(nodes: Iterable[Node], names: Names) -> None:
    """Note which elements have a name that was made their own, and the name that they have."""
    told = names.once(Apart).told
    for node in nodes:
        name = node.get("@Name", "")
        if name.endswith(")") and (found := _NUMBERED.fullmatch(name)):
            told[id(node)] = found[1]


def name_in(node: Node, names: Names) -> Any:
    """The name that an element was given, as the record may have it for others too."""
    return names.once(Apart).told.get(id(node), node.get("@Name"))


def _read_name(node: Node, names: Names) -> str | None:
    name = name_of(name_in(node, names), node.get("@OID"))
    return None if name is None else read_words(name, names)


name: Codec[str] = Codec(_read_name, lambda value, names: {"@Name": value}, label="@Name")
"""The name of an element; the OID where the record has none."""


_written_name: Codec[str] = Codec(lambda value, names: None, lambda value, names: value, plain=True)


def name_rows(model: str, *steps: Step) -> tuple[Field, Field]:
    """The name of an element, which is read beside the OID."""
    return (
        also(merged(model, *steps, codec=name)),
        field(model, *steps, "@Name", codec=_written_name),
    )


def named(node: Node, key: str = "@Name") -> None:
    """Give an element the name that it requires.

    A name that is the OID gets a blank before it, since the OID stands for no name.
    """
    oid = node["@OID"]
    if key not in node:
        node[key] = oid
    elif node[key].lstrip(" ") == oid:
        node[key] = f" {node[key]}"


def described(node: Node) -> None:
    """Give an element the Description that it requires."""
    node.setdefault("Description", "")


def _read_measured(node: Node, names: Names) -> str | None:
    held = node.get("Description")
    text = None if held is None else said(held)
    more = _more_blanks(text, name_in(node, names))
    if text is None or more is None or more < 0:
        return text
    return None if more == 0 else " " * (more - 1) + text.lstrip(" ")


def _more_blanks(text: Any, name: Any) -> int | None:
    """How many more blanks than a name a text has before the same words; None before others."""
    if not isinstance(text, str) or not isinstance(name, str):
        return None
    return len(text) - len(name) if text.lstrip(" ") == name.lstrip(" ") else None


measured: Codec[str] = Codec(
    _read_measured, lambda value, names: {"Description": described_as(value)}, label="Description"
)
"""The Description of an end point, which has to have one: its name again where it has none."""


def complete_endpoint(node: Node) -> None:
    """Give an end point the name and the Description that it requires.

    Its measure is both where the record has no more; a Description that says the measure has more
    blanks before it than the name.
    """
    named(node)
    held, name = node.get("Description"), node["@Name"]
    if held is None:
        node["Description"] = described_as(name)
        return
    text = said(held)
    if text is not None and _more_blanks(text, name) is not None:
        blanks = len(name) - len(name.lstrip(" ")) + 1
        node["Description"] = described_as(" " * blanks + text)


def each(
    table: Record,
    kind: str,
    *,
    const: Mapping[str, Any] | None = None,
    mine: Callable[[Node], bool] | None = None,
    id_as: str = "@OID",
    complete: Callable[[Node], None] | None = None,
) -> Codec[list[Any]]:
    """The structs of a list as elements, as `compiled.each` has it; their OIDs are `kind.1` on."""
    return compiled.each(table, name=kind, const=const, mine=mine, id_as=id_as, complete=complete)


# --- codes -------------------------------------------------------------------------------------


def coded(
    terms: Mapping[Any, Term], exact: System | None = None, words: Mapping[str, Any] | None = None
) -> Codec[Any]:
    """A code as a value with its Codings: CDISC's term and code, and the registry's own code.

    The value is CDISC's submission value, else the registry's label. The registry's code is read
    where it agrees with the value. Where they disagree somebody has edited the value: it is read,
    with a warning. `words` are what others say for a code. A value that is neither term nor label,
    code nor word, in any case of letters, is not known, with a warning, and what its Codings say
    is read.
    """
    labels: Mapping[Any, str] = exact.codes if exact else {}
    # Of a code that both have, CDISC's value.
    values = {**labels, **{code: term.value for code, term in terms.items()}}
    known = [*terms, *(code for code in labels if code not in terms)]
    nodes: dict[Any, Node] = {}
    back: dict[str, Any] = {}
    by_code: dict[str, Any] = {}
    for code in known:
        value = values[code]
        back.setdefault(value, code)
        beside = []
        if code in terms:
            by_code.setdefault(terms[code].code, code)
            beside.append(Constant(coding(CDISC, terms[code].code)))
        if exact is not None:
            beside.append(Constant(coding(exact.url, code)))
        nodes[code] = Constant({"@Value": value, "Coding": beside})
    folded = {value.casefold(): code for value, code in back.items()}
    folded |= words or {}
    for code in known:
        for word in (labels.get(code, ""), str(code)):
            folded.setdefault(word.casefold(), code)

    def read(node: Node, names: Names) -> Any:
        value = node.get("@Value", "")
        own = standard = None
        for one in node.get("Coding", ()):
            if exact is not None and one.get("@System") == exact.url:
                own = one.get("@Code")
            elif one.get("@System") == CDISC:
                standard = one.get("@Code")
        if own in nodes and nodes[own]["@Value"] == value:
            return own
        word = value.casefold()
        said = folded.get(word) if word else None
        if said is not None:
            if own is None or own == said:
                return said
            if own in nodes and nodes[own]["@Value"].casefold() == word:
                return own
            names.warn(
                "codes-disagree",
                f"the value {value!r} and its Coding {own!r} disagree: read as {said!r}",
            )
            return said
        coded = own if own in nodes else by_code.get(str(standard))
        if value:
            expected = f"{value!r:.60} is not one of {', '.join(back)}"
            as_coded = "" if coded is None else f": its Coding is read, {coded!r}"
            names.warn("unknown-code", expected + as_coded)
        return coded

    return Codec(read, Written(nodes), (exact,) if exact else ())


def refined(
    base: Codec[Any],
    exact: System,
    terms: Mapping[Term, Any],
    choose: Callable[[Any, Names], Term | None],
    without: Callable[[Any, Names], bool] = lambda code, names: False,
) -> Codec[Any]:
    """A code as `base` has it, but for terms of CDISC that say more than the code.

    `terms` are these, each with the code that it means where the registry's own is not beside it;
    `choose` gives that of a code that is written, from what the record says elsewhere. A code that
    CDISC has no term for there (`without`) is written with the registry's label.
    """
    back = {term.value.casefold(): code for term, code in terms.items()}
    nodes: dict[Any, Node] = {}

    def read(node: Node, names: Names) -> Any:
        known = back.get(str(node.get("@Value", "")).casefold())
        if known is None:
            return base.read(node, names)
        codings = node.get("Coding", ())
        own = next((c.get("@Code") for c in codings if c.get("@System") == exact.url), None)
        return own if own in exact.codes else known

    def write(code: Any, names: Names) -> Any:
        term = choose(code, names)
        if term is None and not without(code, names):
            return base.write(code, names)
        node = nodes.get((code, term))
        if node is None:
            beside = [] if term is None else [Constant(coding(CDISC, term.code))]
            beside.append(Constant(coding(exact.url, code)))
            shown = exact.codes[code] if term is None else term.value
            node = nodes[code, term] = Constant({"@Value": shown, "Coding": beside})
        return node

    return Codec(read, write, base.systems)


yes_no: Codec[bool] = coded(
    {answer: YES_NO[answer] for answer in (True, False)}, words={"yes": True, "no": False}
)
"""Yes or no, as the indicators of the trial summary are answered."""


def beside(system: System) -> Codec[Any]:
    """A code of the registry as a Coding of the value that another row has."""

    def read(node: Node, names: Names) -> Any:
        for one in node.get("Coding", ()):
            if one.get("@System") == system.url:
                code = one.get("@Code")
                if code in system.codes:
                    return code
                names.warn("unknown-code", f"{code!r:.60} is not one of {', '.join(system.codes)}")
        return None

    nodes = {code: {"Coding": [Constant(coding(system.url, code))]} for code in system.codes}
    return Codec(read, Written(nodes), (system,), label="Coding")


def code_of(system: str) -> Codec[str]:
    """A text as the code of a Coding of this system beside a value."""

    def read(node: Node, names: Names) -> str | None:
        for one in node.get("Coding", ()):
            if one.get("@System") == system and "@Code" in one:
                return read_words(one["@Code"], names)
        return None

    return Codec(
        read,
        lambda value, names: {"Coding": [{"@System": system, "@Code": value}]},
        label=f"Coding[{system}].@Code",
    )


# --- durations ---------------------------------------------------------------------------------


def _read_age(value: Any, names: Names) -> Age | None:
    if value == "":
        return None
    found = of_duration(value)
    if found is None:
        names.warn("unknown-duration", f"{value!r:.60} is not a duration in one unit, such as P18Y")
    return found


age: Codec[Age] = Codec(_read_age, lambda value, names: duration(value))
"""`17 Years` as the ISO 8601 duration P17Y."""


def _read_age_of_subjects(value: Any, names: Names) -> Age | None:
    if value.__class__ is str and re.fullmatch(r"[0-9]{1,3}", value):
        names.warn("no-unit", f"{value!r} has no unit: read as years, as CDISC's example means it")
        return age_text(int(value), "Year")
    return _read_age(value, names)


age_of_subjects: Codec[Age] = Codec(_read_age_of_subjects, age.write)
"""An age as a duration; a number alone is of years.

https://wiki.cdisc.org/display/PUB/StudyParameter
"""


# --- criteria ----------------------------------------------------------------------------------

CRITERIA_LISTS = ((False, "InclusionCriteria", "INCL"), (True, "ExclusionCriteria", "EXCL"))
_NO_SIGNATURE: Node = {}


class Criteria:
    """The criteria of a record that is written, words and whether they exclude, as elements.

    Each is a Criterion and the ConditionDef of the same text that it points to.
    https://wiki.cdisc.org/display/PUB/Criterion
    """

    __slots__ = ("pieces", "written")

    def __init__(self, pieces: list[tuple[str, bool]]) -> None:
        self.pieces = pieces
        self.written: tuple[str, str] | None = None
        """What the writer keeps of it: the lists, and the ConditionDefs."""

    def listed(self) -> Iterator[tuple[str, str, str | Node]]:
        """Each in the order of the lists: the name of its list, what its OIDs end in, its words."""
        for exclude, member, kind in CRITERIA_LISTS:
            number = 0
            for words, excluded in self.pieces:
                if excluded is exclude:
                    number += 1
                    yield member, f"{kind}.{number}", described_as(words)

    def elements(self) -> tuple[Node, list[Node]]:
        """InclusionExclusionCriteria, and the ConditionDefs."""
        lists: Node = {}
        conditions = []
        for member, ending, words in self.listed():
            lists.setdefault(member, {"Criterion": []})["Criterion"].append(
                criterion(ending, words)
            )
            conditions.append(condition(ending, words))
        return lists, conditions


def criterion(ending: str, words: str | Node) -> Node:
    oid = f"CRIT.{ending}"
    return {
        "@OID": oid,
        "@Name": oid,
        "@ConditionOID": f"COND.{ending}",
        "Description": words,
    }


def condition(ending: str, words: str | Node) -> Node:
    oid = f"COND.{ending}"
    return {
        "@OID": oid,
        "@Name": oid,
        "Description": words,
        "MethodSignature": _NO_SIGNATURE,
    }
