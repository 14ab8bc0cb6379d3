"""Codecs for the elements of ODM, and the study parameters that we write.

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
from typing import Any, NamedTuple

from trialbridge.mappings import compiled
from trialbridge.mappings.codec import (
    Aside,
    Codec,
    Field,
    Home,
    Item,
    Mismatch,
    Node,
    Record,
    Step,
    System,
    also,
    field,
    merged,
    present,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.markdown import plain
from trialbridge.schemas.base import BASE
from trialbridge.schemas.cdisc_codes import (
    CDISC,
    CDISC_NAME,
    CDISC_VERSION,
    PARAMETERS,
    TITLE_TYPE,
    YES_NO,
    Term,
)
from trialbridge.schemas.trial import Age, AgeUnit, age_text
from trialbridge.schemas.trial import age as quantity_of

OURS = f"{BASE}/CodeSystem/odm-parameter"
"""The code system of the study parameters that CDISC's terminology does not have."""

PLAIN = "text/plain"
MARKDOWN = "text/markdown"


class Constant(dict[str, Any]):
    """A node that is the same in every document: the writer keeps what it wrote of it."""

    __slots__ = ("written",)

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.written = ""


def coding(system: str, code: str | None, label: str | None = None) -> Node:
    """A Coding. https://wiki.cdisc.org/display/PUB/Coding"""
    node = {"@System": system}
    if code is not None:
        node["@Code"] = code
    if system == CDISC:
        node |= {"@SystemName": CDISC_NAME, "@SystemVersion": CDISC_VERSION}
    if label is not None:
        node["@Label"] = label
    return node


# --- texts and values --------------------------------------------------------------------------


def _read_words(value: Any, names: Names) -> str | None:
    if value.__class__ is not str:
        raise Mismatch(f"expected text, found {value!r:.60}")
    return value or None


words: Codec[str] = Codec(_read_words, lambda value, names: value, plain=True)
"""A text; an empty one is what an element requires and the record does not say."""


_TIME = re.compile(r"(?<=-\d\d)T\d\d\S*$")


def _read_date(value: Any, names: Names) -> str | None:
    text = _read_words(value, names)
    return None if text is None else _TIME.sub("", text)


date: Codec[str] = Codec(_read_date, lambda value, names: value, plain=True)
"""Year, year-month or day; of a date with a time, the date."""


def _read_integer(value: Any, names: Names) -> int | None:
    if value.__class__ is not str or not re.fullmatch(r"-?[0-9]{1,4000}|", value):
        raise Mismatch(f"{value!r:.60} is not a whole number")
    return int(value) if value else None


integer: Codec[int] = Codec(_read_integer, lambda value, names: str(value))


def _read_decimal(value: Any, names: Names) -> float:
    if value.__class__ is not str or not re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", value):
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
    return {"TranslatedText": [{"@Type": PLAIN, "#": shown}, {"@Type": MARKDOWN, "#": markdown}]}


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
        given.setdefault(str(text.get("@Type")), str(text.get("#", "")))
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


def _read_name(node: Node, names: Names) -> str | None:
    name = name_of(node.get("@Name"), node.get("@OID"))
    return None if name is None else _read_words(name, names)


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

    return Codec(read, lambda code, names: nodes[code], (exact,) if exact else ())


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
    return Codec(read, lambda code, names: nodes[code], (system,), label="Coding")


def code_of(system: str) -> Codec[str]:
    """A text as the code of a Coding of this system beside a value."""

    def read(node: Node, names: Names) -> str | None:
        for one in node.get("Coding", ()):
            if one.get("@System") == system and "@Code" in one:
                return _read_words(one["@Code"], names)
        return None

    return Codec(
        read,
        lambda value, names: {"Coding": [{"@System": system, "@Code": value}]},
        label=f"Coding[{system}].@Code",
    )


# --- durations ---------------------------------------------------------------------------------

# https://www.w3.org/TR/xmlschema-2/#duration and ODM's own form for weeks
_DURATIONS: dict[AgeUnit, str] = {
    "Year": "P{}Y",
    "Month": "P{}M",
    "Week": "P{}W",
    "Day": "P{}D",
    "Hour": "PT{}H",
    "Minute": "PT{}M",
}
_DURATION = re.compile(r"P(?:(\d+)Y|(\d+)M|(\d+)W|(\d+)D|T(?:(\d+)H|(\d+)M))")


def _write_age(value: Age, names: Names) -> str:
    number, unit = quantity_of(value)
    return _DURATIONS[unit].format(number)


def _read_age(value: Any, names: Names) -> Age | None:
    if value == "":
        return None
    found = _DURATION.fullmatch(value) if value.__class__ is str else None
    if found is None or found.lastindex is None:
        names.warn("unknown-duration", f"{value!r:.60} is not a duration in one unit, such as P18Y")
        return None
    return age_text(int(found[found.lastindex]), list(_DURATIONS)[found.lastindex - 1])


age: Codec[Age] = Codec(_read_age, _write_age)
"""`17 Years` as the ISO 8601 duration P17Y."""


# --- study parameters --------------------------------------------------------------------------


class Kind(NamedTuple):
    """What a StudyParameter says: its name in OIDs, its constant parts, and whose term it is.

    https://wiki.cdisc.org/display/PUB/StudyParameter
    """

    name: str
    const: Constant
    home: Home


TERMS: Mapping[str, Term] = {
    "acronym": TITLE_TYPE["acronym"],
    # Of the Protocol and DDF packages. https://evs.nci.nih.gov/ftp1/CDISC/
    "time-frame": Term("Outcome Measure Time Frame", "C165859"),
    "masking-description": Term("Study Masking Description", "C207505"),
}
"""Terms of CDISC that are no parameters of the trial summary, by their name in our OIDs."""

_NAMES = {parameter.code: short for short, parameter in PARAMETERS.items()} | {
    term.code: name for name, term in TERMS.items()
}


def cdisc(name: str) -> Kind:
    """A parameter that CDISC's terminology has: of the trial summary by its TSPARMCD."""
    if name in TERMS:
        term = TERMS[name]
        const: Node = {"@Term": term.value, "Coding": [Constant(coding(CDISC, term.code))]}
    else:
        parameter = PARAMETERS[name]
        const = {
            "@Term": parameter.term,
            "@ShortName": name,
            "Coding": [Constant(coding(CDISC, parameter.code))],
        }
    return Kind(name, Constant(const), "official")


_SPELT = {"fdaaa801": "FDAAA 801", "mesh": "MeSH"} | {
    word: word.upper() for word in ("id", "ipd", "mcp", "nct", "qc", "sap", "icf", "us")
}


def own(name: str) -> Kind:
    """A parameter of ours: its term is its name in words."""
    first, *others = (_SPELT.get(word, word) for word in name.split("-"))
    term = " ".join([first[:1].upper() + first[1:], *others])
    const = Constant({"@Term": term, "Coding": [Constant(coding(OURS, name))]})
    return Kind(name, const, "ours")


def kind_of(node: Node) -> str | None:
    """The name of the kind of a StudyParameter, by its Codings or its short name."""
    for one in node.get("Coding", ()):
        system, code = one.get("@System"), one.get("@Code")
        if system == OURS:
            return str(code)
        if code in _NAMES and system == CDISC:
            return _NAMES[code]
    short = node.get("@ShortName")
    return short if short in PARAMETERS else None


VALUE = "ParameterValue"
KIND = "kind"

# The OID of a parameter of one arm, site, ... ends in the OID of that element.
_OF = "@"


def oid_of_parameter(kind: Kind, number: int | None = None, of: str = "") -> str:
    """The OID of the parameter of a kind, or of one of several, of the record or a part of it."""
    oid = f"SP.{kind.name}" if number is None else f"SP.{kind.name}.{number}"
    return f"{oid}{_OF}{of}" if of else oid


def put(names: Names, kind: Kind, node: Node, *, number: int | None = None, of: str = "") -> None:
    """Add a StudyParameter to the summary: the one of its kind, or one of several."""
    _add(names, kind, node, oid_of_parameter(kind, number, of))


def _add(names: Names, kind: Kind, node: Node, oid: str) -> None:
    # What all of a kind have is left to the kind: `whole` gives it.
    node["@OID"] = oid
    node[KIND] = kind
    held = node.get(VALUE)
    if held is None:
        node[VALUE] = {"@Value": ""}
    elif "@Value" not in held:
        node[VALUE] = {"@Value": "", **held}
    names.beside["StudyParameter"].append(node)


def whole(parameter: Node) -> Node:
    """A StudyParameter with what all of its kind have."""
    kind = parameter[KIND]
    return {**{key: held for key, held in parameter.items() if key != KIND}, **kind.const}


def value(text: str, *codings: Node) -> Node:
    """The members of a StudyParameter that has this value."""
    node: Node = {"@Value": text}
    if codings:
        node["Coding"] = list(codings)
    return {VALUE: node}


def value_of(parameter: Node) -> str:
    """The value of a StudyParameter."""
    return str(parameter.get(VALUE, {}).get("@Value", ""))


def index(parameters: Iterable[Node], names: Names) -> None:
    """Note which parameters there are, by kind and by the OID of what they are of."""
    found: dict[tuple[str, str], list[Node]] = {}
    for node in parameters:
        kind = kind_of(node)
        if kind is not None:
            of = str(node.get("@OID")).partition(_OF)[2]
            found.setdefault((kind, of), []).append(node)
    names.memo["parameters"] = found


def got(names: Names, kind: Kind, of: str = "") -> list[Node]:
    """The parameters of a kind, of the record or of one element of it."""
    found: list[Node] = names.memo["parameters"].get((kind.name, of), [])
    return found


def oid_of(node: Node) -> str:
    return str(node.get("@OID", node.get("@ID", "")))


def parameter(kind: Kind, *, of: str | None = "") -> Aside:
    """The one StudyParameter of a kind.

    of: the OID of what it is of: nothing, an element of the record with a fixed OID, or, if None,
    the list item at hand.
    """

    fixed = oid_of_parameter(kind, of=of or "")

    def store(names: Names, node: Node, inner: Node) -> None:
        if of:
            # An element of which the record says no more than this is there for it.
            node.setdefault("@OID", of)
        _add(names, kind, inner, f"{fixed}{_OF}{names.item}" if of is None else fixed)

    def find(names: Names, node: Node) -> Node | None:
        nodes = got(names, kind, oid_of(node) if of != "" else "")
        return nodes[0] if nodes else None

    return Aside(f"StudyParameter[{_label(kind)}]", kind.home, store, find)


def parameters(kind: Kind, *, of: str | None = "") -> tuple[Aside, str]:
    """The steps to the list of the StudyParameters of a kind; `of` as in `parameter`."""

    def store(names: Names, node: Node, inner: Node) -> None:
        owner = names.item if of is None else of
        for number, one in enumerate(inner["items"], 1):
            put(names, kind, one, number=number, of=owner)

    def find(names: Names, node: Node) -> Node | None:
        nodes = got(names, kind, oid_of(node) if of != "" else "")
        return {"items": nodes} if nodes else None

    return Aside(f"StudyParameter[{_label(kind)}]", kind.home, store, find), "items"


def parameters_by(
    choose: Callable[[Node], Kind], kinds: tuple[Kind, ...], mine: Callable[[Node], bool]
) -> tuple[Aside, str]:
    """The steps to one list whose items are StudyParameters of several kinds.

    `choose` tells the kind of an item that is written, `mine` which parameters of the kinds are
    items of the list. Their order is that of the document.
    """

    def store(names: Names, node: Node, inner: Node) -> None:
        for one in inner["items"]:
            _add(names, choose(one), one, one["@OID"])

    def find(names: Names, node: Node) -> Node | None:
        found = [one for kind in kinds for one in got(names, kind) if mine(one)]
        at = {id(one): position for position, one in enumerate(names.beside["StudyParameter"])}
        found.sort(key=lambda one: at[id(one)])
        return {"items": found} if found else None

    labels = " or ".join(map(_label, kinds))
    return Aside(f"StudyParameter[{labels}]", kinds[0].home, store, find), "items"


def _label(kind: Kind) -> str:
    short = kind.const.get("@ShortName")
    return f"@ShortName='{short}'" if short else f"@Term='{kind.const['@Term']}'"


def one(
    model: str,
    kind: Kind,
    codec: Codec[Any] = words,
    *,
    of: str | None = "",
    leaves: tuple[str, ...] = (),
    note: str = "",
) -> Field:
    """A value as the value of the one StudyParameter of a kind."""
    return field(
        model, parameter(kind, of=of), VALUE, "@Value", codec=codec, leaves=leaves, note=note
    )


def coded_one(
    model: str,
    kind: Kind,
    terms: Mapping[Any, Term],
    exact: System | None = None,
    *,
    of: str | None = "",
) -> Field:
    """A code as the value of the one StudyParameter of a kind."""
    return merged(model, parameter(kind, of=of), VALUE, codec=coded(terms, exact))


def flag(model: str, kind: Kind, *, of: str | None = "") -> Field:
    """Yes or no as the value of the one StudyParameter of a kind."""
    return merged(model, parameter(kind, of=of), VALUE, codec=yes_no)


def _read_values(nodes: Any, names: Names) -> list[str] | None:
    read = (_read_words(value_of(node), names) for node in nodes)
    return [text for text in read if text is not None] or None


valued: Codec[list[str]] = Codec(
    _read_values, lambda values, names: [value(text) for text in present(values, names)]
)
"""Texts, each as the value of a StudyParameter."""


def coded_list(terms: Mapping[Any, Term], exact: System | None = None) -> Codec[list[Any]]:
    """Codes, each as the value of a StudyParameter."""
    inner = coded(terms, exact)

    def read(nodes: Any, names: Names) -> list[Any] | None:
        codes = (inner.read(node.get(VALUE, {}), names) for node in nodes)
        return [code for code in codes if code is not None] or None

    def write(codes: list[Any], names: Names) -> list[Node]:
        return [{VALUE: inner.write(code, names)} for code in codes]

    return Codec(read, write, inner.systems)


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


# --- organizations and people ------------------------------------------------------------------


def listed(kind: str, mine: Callable[[Node], bool]) -> tuple[Aside, str]:
    """The steps to the elements of a kind of the administrative data that `mine` accepts."""

    def store(names: Names, node: Node, inner: Node) -> None:
        names.beside[kind].extend(inner["items"])

    def find(names: Names, node: Node) -> Node | None:
        found = [element for element in names.beside[kind] if mine(element)]
        return {"items": found} if found else None

    return Aside(kind, "native", store, find), "items"


def only(kind: str, oid: str, mine: Callable[[Node], bool], **const: str) -> Aside:
    """The one element of a kind of the administrative data that `mine` accepts."""

    def store(names: Names, node: Node, inner: Node) -> None:
        element = {**{f"@{key}": text for key, text in const.items()}, **inner, "@OID": oid}
        if kind == "Organization":
            named(element)
        names.beside[kind].append(element)

    def find(names: Names, node: Node) -> Node | None:
        return next((one for one in names.beside[kind] if mine(one)), None)

    label = " and ".join(f"@{key}='{text}'" for key, text in const.items()) or f"@OID='{oid}'"
    return Aside(f"{kind}[{label}]", "native", store, find)


def of_organization(kind: str) -> tuple[Aside, str]:
    """The steps to the elements of a kind whose OrganizationOID is that of the item at hand."""

    def store(names: Names, node: Node, inner: Node) -> None:
        for element in inner["items"]:
            element["@OrganizationOID"] = names.item
        names.beside[kind].extend(inner["items"])

    def find(names: Names, node: Node) -> Node | None:
        key = f"{kind} of organizations"
        if key not in names.memo:
            of: dict[str, list[Node]] = {}
            for element in names.beside[kind]:
                of.setdefault(str(element.get("@OrganizationOID")), []).append(element)
            names.memo[key] = of
        found = names.memo[key].get(str(node.get("@OID")))
        return {"items": found} if found else None

    return Aside(f"{kind}[@OrganizationOID]", "native", store, find), "items"


def organization(oid: str | None = None) -> Aside:
    """The Organization that the element at hand is of; its OID follows from the item's."""

    def store(names: Names, node: Node, inner: Node) -> None:
        its = f"ORG.{oid or names.item}"
        node["@OrganizationOID"] = its
        element = {"@Type": "Other", **inner, "@OID": its}
        named(element)
        names.beside["Organization"].append(element)

    def find(names: Names, node: Node) -> Node | None:
        its = node.get("@OrganizationOID")
        return next((one for one in names.beside["Organization"] if one.get("@OID") == its), None)

    return Aside("Organization", "native", store, find)


def telecom(type_: str) -> Item:
    """A Telecom of this type. https://wiki.cdisc.org/display/PUB/Telecom"""
    return Item(
        f"@TelecomType='{type_}'",
        {"@TelecomType": type_},
        lambda node: node.get("@TelecomType") == type_,
    )


def prefixed(text: str) -> Codec[str]:
    """A text behind words that say what it is."""

    def read(value: Any, names: Names) -> str | None:
        words = _read_words(value, names)
        return words.removeprefix(text) if words and words.startswith(text) else None

    return Codec(read, lambda value, names: text + value)
