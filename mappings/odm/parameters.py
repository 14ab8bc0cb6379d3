"""The parameters of a study: those that CDISC's terminology has.

https://wiki.cdisc.org/display/PUB/StudyParameter
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from trialbridge.mappings.codec import (
    Aside,
    Codec,
    Field,
    Home,
    Node,
    Record,
    System,
    among,
    field,
    merged,
    present,
    read_words,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.apart import Apart
from trialbridge.mappings.odm.elements import (
    Constant,
    age,
    age_of_subjects,
    beside,
    coded,
    coding,
    date,
    each,
    words,
    yes_no,
)
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.summary import FACTS
from trialbridge.schemas.terms.cdisc_codes import CDISC, PARAMETERS, TITLE_TYPE, Term


class Kind(NamedTuple):
    """What a StudyParameter says: its name in OIDs, its constant parts, and whose term it is.

    https://wiki.cdisc.org/display/PUB/StudyParameter
    """

    name: str
    const: Constant
    home: Home


TERMS: Mapping[str, Term] = {
    "brief-title": TITLE_TYPE["brief_title"],
    "acronym": TITLE_TYPE["acronym"],
    # Of the Protocol and DDF packages. https://evs.nci.nih.gov/ftp1/CDISC/
    "time-frame": Term("Outcome Measure Time Frame", "C165859"),
    "masking-description": Term("Study Masking Description", "C207505"),
    "who-masked": Term("Masking Role", "C207506"),
    "arm-type": Term("Study Arm Type", "C172457"),
    "intervention-description": Term("Intervention Description", "C177931"),
    "secondary-id": Term("Alternate Protocol Identifier", "C132344"),
    "expanded-access-type": Term("Expanded Access Study Type", "C187705"),
    "ipd-sharing-description": Term("Data Sharing Statement", "C184394"),
}
"""Terms of CDISC that are no parameters of the trial summary, by their name in our OIDs."""

_NAMES = {parameter.code: short for short, parameter in PARAMETERS.items()} | {
    term.code: name for name, term in TERMS.items()
}


def cdisc(name: str) -> Kind:
    """A parameter that CDISC's terminology has: of the trial summary by its TSPARMCD."""
    if name in TERMS:
        term = TERMS[name]
        const: Node = {
            "@Term": term.value,
            "@ShortName": name,
            "Coding": [Constant(coding(CDISC, term.code))],
        }
    else:
        parameter = PARAMETERS[name]
        const = {
            "@Term": parameter.term,
            "@ShortName": name,
            "Coding": [Constant(coding(CDISC, parameter.code))],
        }
    return Kind(name, Constant(const), "official")


def kind_of(node: Node) -> str | None:
    """The name of the kind of a StudyParameter, by its Codings or its short name."""
    for one in node.get("Coding", ()):
        system, code = one.get("@System"), one.get("@Code")
        if code in _NAMES and system == CDISC:
            return _NAMES[code]
    short = node.get("@ShortName")
    return short if short in PARAMETERS or short in TERMS else None


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
    names.once(Apart).lists["StudyParameter"].append(node)


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
    found = names.once(Apart).parameters
    for node in parameters:
        kind = kind_of(node)
        if kind is not None:
            oid = node.get("@OID", "")
            of = oid.partition(_OF)[2] if _OF in oid else ""
            found.setdefault((kind, of), []).append(node)


def got(names: Names, kind: Kind, of: str = "") -> list[Node]:
    """The parameters of a kind, of the record or of one element of it."""
    return names.once(Apart).parameters.get((kind.name, of), [])


def oid_of(node: Node) -> str:
    return str(node.get("@OID", node.get("@ID", "")))


def parameter(kind: Kind, *, of: str | None = "") -> Aside:
    """The one StudyParameter of a kind.

    of: the OID of what it is of: nothing, an element of the record with a fixed OID, or, if None,
    the list item at hand.
    """

    fixed = oid_of_parameter(kind, of=of or "")

    key = kind.name, ""

    def store(names: Names, node: Node, inner: Node) -> None:
        if of:
            # An element of which the record says no more than this is there for it.
            node.setdefault("@OID", of)
        _add(names, kind, inner, f"{fixed}{_OF}{names.item}" if of is None else fixed)

    def find(names: Names, node: Node) -> Node | None:
        its = key if of == "" else (kind.name, oid_of(node))
        nodes = names.once(Apart).parameters.get(its)
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
        summary = names.once(Apart).lists["StudyParameter"]
        at = {id(one): position for position, one in enumerate(summary)}
        found.sort(key=lambda one: at[id(one)])
        return {"items": found} if found else None

    labels = " or ".join(map(_label, kinds))
    return Aside(f"StudyParameter[{labels}]", kinds[0].home, store, find), "items"


def _label(kind: Kind) -> str:
    short = kind.const["@ShortName"]
    return f"@ShortName='{short}'" if short in PARAMETERS else f"@Term='{kind.const['@Term']}'"


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


def stated(name: str) -> Field:
    """A value as the one parameter, or each of a list as one, that the trial summary has for it."""
    fact, kind = FACTS[name], cdisc(name)
    if fact.kind == "flag":
        return flag(fact.model, kind)
    if fact.kind == "code":
        return coded_one(fact.model, kind, fact.terms, fact.exact)
    if fact.kind == "texts":
        return several(fact.model, kind)
    return one(fact.model, kind, _CODECS[fact.kind])


_CODECS: Mapping[str, Codec[Any]] = {"text": words, "age": age, "age of subjects": age_of_subjects}


def flag(model: str, kind: Kind, *, of: str | None = "") -> Field:
    """Yes or no as the value of the one StudyParameter of a kind."""
    return merged(model, parameter(kind, of=of), VALUE, codec=yes_no)


def _read_values(nodes: Any, names: Names) -> list[str] | None:
    read = (read_words(value_of(node), names) for node in nodes)
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


def several(
    model: str,
    kind: Kind,
    codec: Codec[Any] = valued,
    *,
    of: str | None = "",
    leaves: tuple[str, ...] = (),
    note: str = "",
) -> Field:
    """A list as the StudyParameters of a kind."""
    return among(model, *parameters(kind, of=of), codec=codec, leaves=leaves, note=note)


def structs(model: str, kind: Kind, table: Record) -> Field:
    """The structs of a list as StudyParameters, each with an OID that its parts can be of."""
    return several(model, kind, each(table, f"SP.{kind.name}"))


def dated(model: str, kind: Kind) -> tuple[Field, Field]:
    """A date with its type."""
    at = parameter(kind)
    return (
        field(f"{model}.date", at, VALUE, "@Value", codec=date),
        merged(f"{model}.type", at, VALUE, codec=beside(registry.DATE_TYPE)),
    )
