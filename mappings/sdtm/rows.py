"""Rows of a TS: what is written of a record, what is found of a document, and codecs of values.

A row is a dict of texts by column; TSVAL has all of a value, however many columns it takes.
"""

import re
from collections.abc import Mapping
from typing import Any

from trialbridge.mappings.codec import (
    Aside,
    Codec,
    Field,
    Node,
    System,
    Written,
    among,
    field,
    merged,
    present,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.summary import FACTS, Fact, duration, of_duration
from trialbridge.schemas.sdtm.domains import LONGEST
from trialbridge.schemas.terms.cdisc_codes import CDISC_VERSION, YES_NO, Term
from trialbridge.schemas.trial import Age, age_text

CDISC = "CDISC"
"""How TSVCDREF calls CDISC's terminology, and those of others."""
ISO_8601 = "ISO 8601"
ISO_3166 = "ISO 3166-1 alpha-3"
CTGOV = "clinicaltrials.gov"
MESH = "MeSH"
NO_STUDY = "UNKNOWN"
"""The STUDYID of a study that has no id, which each row has to have; it reads as absent."""


class Summary:
    """The rows of a TS.

    Writing fills `rows`, and `left` with what has no place in them: pointer and message. Reading
    finds in `found` those of the document, by TSPARMCD.
    """

    def __init__(self, names: Names | None = None) -> None:
        self.rows: list[Node] = []
        self.left: list[tuple[str, str]] = []
        self.found: dict[str, list[Node]] = {}
        self.study = ""
        self.criteria: list[tuple[str, bool]] = []
        self.arms: list[str] = []
        """What the arms of a TA that is read are called."""

    def put(self, name: str, row: Node) -> None:
        """Add a row of a parameter."""
        self.rows.append({"TSPARMCD": name, **row})

    def got(self, name: str) -> list[Node]:
        """The rows of a parameter."""
        return self.found.get(name, [])


def of(names: Names) -> Summary:
    """The rows of the record at hand."""
    return names.once(Summary)


def coded(term: Term) -> Node:
    """The value and code of a term of CDISC's."""
    return {
        "TSVAL": term.value,
        "TSVALCD": term.code,
        "TSVCDREF": CDISC,
        "TSVCDVER": CDISC_VERSION,
    }


def label(*names: str) -> str:
    """How coverage shows rows of these parameters."""
    return f"TS[TSPARMCD={' or '.join(map(repr, names))}]"


_STEPS: dict[str, Aside] = {}


def row_of(name: str) -> Aside:
    """The step to the one row of a parameter."""
    if name not in _STEPS:

        def store(names: Names, node: Node, inner: Node) -> None:
            of(names).put(name, inner)

        def find(names: Names, node: Node) -> Node | None:
            rows = of(names).got(name)
            return rows[0] if rows else None

        _STEPS[name] = Aside(label(name), "native", store, find)
    return _STEPS[name]


_LISTS: dict[str, Aside] = {}


def rows_of(name: str) -> tuple[Aside, str]:
    """The steps to the list of the rows of a parameter."""
    if name not in _LISTS:

        def store(names: Names, node: Node, inner: Node) -> None:
            for row in inner["items"]:
                of(names).put(name, row)

        def find(names: Names, node: Node) -> Node | None:
            rows = of(names).got(name)
            return {"items": rows} if rows else None

        _LISTS[name] = Aside(label(name), "native", store, find)
    return _LISTS[name], "items"


# --- codecs ------------------------------------------------------------------------------------


def _text(value: Any, names: Names) -> str | None:
    return str(value) or None


words: Codec[str] = Codec(_text, lambda value, names: value, plain=True)
"""A text; an empty one has a null flavor beside it."""


def _texts(rows: Any, names: Names) -> list[str] | None:
    return [row["TSVAL"] for row in rows if row.get("TSVAL")] or None


texts: Codec[list[str]] = Codec(
    _texts, lambda values, names: [{"TSVAL": value} for value in present(values, names)]
)
"""Texts, a row each."""


def code(
    terms: Mapping[Any, Term], exact: System | None = None, words: Mapping[str, Any] | None = None
) -> Codec[Any]:
    """A code as CDISC's term, else as the registry's label in capital letters.

    What CDISC's table answers by NA is the null flavor of that name: as a value it would share its
    code with the phase NOT APPLICABLE, and a code has one value. What is other than the terms is
    the null flavor OTH. A value is read by its words, in
    any case of letters, else by its code; one that is neither is not known, with a warning.
    `words` are what others say for a code.
    """
    labels: Mapping[Any, str] = exact.codes if exact else {}
    nodes: dict[Any, Node] = {}
    back: dict[str, Any] = dict(words or {})
    by_code: dict[str, Any] = {}
    for one in {**labels, **terms}:
        term = terms.get(one)
        if term == YES_NO["NA"]:
            nodes[one] = {"TSVALNF": "NA"}
            back.setdefault("na", one)
            continue
        if term is None and one == "OTHER":
            nodes[one] = {"TSVALNF": "OTH"}
            back.setdefault("oth", one)
            continue
        nodes[one] = {"TSVAL": labels[one].upper()} if term is None else coded(term)
        back.setdefault(nodes[one]["TSVAL"].casefold(), one)
        if term is not None:
            by_code.setdefault(term.code, one)
    shown = ", ".join(node["TSVAL"] for node in nodes.values() if "TSVAL" in node)
    for one in {**labels, **terms}:
        for word in (labels.get(one, ""), str(one)):
            back.setdefault(word.casefold(), one)

    def read(row: Node, names: Names) -> Any:
        value = row.get("TSVAL", "")
        if not value:
            flavor = row.get("TSVALNF", "")
            return back.get(flavor.casefold()) if flavor in ("NA", "OTH") else None
        word = value.casefold()
        if word in back:
            return back[word]
        found = by_code.get(row.get("TSVALCD", ""))
        if found is None:
            names.warn("unknown-code", f"{value!r:.60} is not one of {shown}")
        return found

    return Codec(read, Written(nodes), (exact,) if exact else ())


flag: Codec[bool] = code(
    {answer: YES_NO[answer] for answer in (True, False)},
    words={"yes": True, "no": False, "u": None, "na": None},
)
"""Yes or no, as the indicators are answered; what is unknown or not applicable is neither."""


_TIME = re.compile(r"(?<=-\d\d)T\S*$")


def _read_date(row: Node, names: Names) -> str | None:
    return _TIME.sub("", row.get("TSVAL", "")) or None


date: Codec[str] = Codec(
    _read_date, lambda value, names: {"TSVAL": value, "TSVCDREF": ISO_8601}, label="TSVAL"
)
"""Year, year-month or day; of a date with a time, the date."""


def _read_age(row: Node, names: Names) -> Age | None:
    value = row.get("TSVAL", "")
    found = of_duration(value)
    if found is None and value:
        names.warn("unknown-duration", f"{value!r:.60} is not a duration in one unit, such as P18Y")
    return found


def _read_age_of_subjects(row: Node, names: Names) -> Age | None:
    value = row.get("TSVAL", "")
    if re.fullmatch(r"[0-9]{1,3}", value):
        names.warn("no-unit", f"{value!r} has no unit: read as years")
        return age_text(int(value), "Year")
    return _read_age(row, names)


def _write_age(value: Age, names: Names) -> Node:
    return {"TSVAL": duration(value), "TSVCDREF": ISO_8601}


age: Codec[Age] = Codec(_read_age, _write_age, label="TSVAL")
"""`17 Years` as the ISO 8601 duration P17Y."""
age_of_subjects: Codec[Age] = Codec(_read_age_of_subjects, _write_age, label="TSVAL")
"""An age as a duration; a number alone is of years."""


def fact(name: str, codec: Codec[Any] | None = None) -> Field:
    """The row of the table for a parameter that is of one element of the model."""
    one: Fact = FACTS[name]
    if one.kind == "texts":
        return among(one.model, *rows_of(name), codec=codec or texts)
    if one.kind == "text":
        return field(one.model, row_of(name), "TSVAL", codec=codec or words)
    codecs: dict[str, Codec[Any]] = {"flag": flag, "age": age, "age of subjects": age_of_subjects}
    if codec is None and one.kind == "code":
        codec = code(one.terms, one.exact)
    model = f"{one.model}.date" if one.kind == "date" else one.model
    return merged(model, row_of(name), codec=codec or codecs.get(one.kind, date))


_ELLIPSIS = " ..."


def short(line: str) -> str:
    """A line in at most 200 characters, which end at a word."""
    if len(line) <= LONGEST:
        return line
    cut = line[: LONGEST - len(_ELLIPSIS)]
    words = cut.rpartition(" ")[0] if line[len(cut)] != " " else cut
    return f"{(words or cut).rstrip()}{_ELLIPSIS}"
