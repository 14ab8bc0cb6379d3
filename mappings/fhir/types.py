"""Codecs for the data types of FHIR, and the extensions that we write.

https://hl7.org/fhir/R5/datatypes.html
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from trialbridge.mappings import compiled
from trialbridge.mappings.codec import (
    Codec,
    Extension,
    Field,
    Item,
    Mismatch,
    Node,
    Record,
    Step,
    System,
    V,
    Written,
    below,
    item,
    present,
    text,
)
from trialbridge.mappings.fhir.terminology.codes import (
    PHASE_EXACT,
    PHASES,
    STUDY_PHASE,
    Codes,
)
from trialbridge.mappings.fhir.terminology.displays import standard_coding
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.markdown import marked, plain
from trialbridge.schemas.base import BASE
from trialbridge.schemas.terms.countries import SYSTEM as COUNTRIES
from trialbridge.schemas.terms.countries import country, name_of

# --- extensions --------------------------------------------------------------------------------

OFFICIAL_BASE = "http://hl7.org/fhir/StructureDefinition"
REGISTRATION = f"{OFFICIAL_BASE}/researchStudy-studyRegistration"
PHONE_EXTENSION = Extension(f"{OFFICIAL_BASE}/contactpoint-extension", "String")


_OURS = f"{BASE}/StructureDefinition"


def ours(name: str, kind: str | None = None) -> Extension:
    """An extension of ours; its definition is made from the rows that use it."""
    return Extension(f"{_OURS}/{name}", kind)


def part(name: str, kind: str | None = None) -> Extension:
    """An extension within one of ours: its url is its bare name."""
    return Extension(name, kind)


UNMAPPED = ours("unmapped", "String")
"""What the model does not know of a record, as JSON."""

EMPTY_ELEMENT = ours("empty-element")
"""A `{}`, `[]` or `""` of a record, which FHIR forbids: where it stood, and which it was."""


EMPTY_ITEM = ours("empty-item", "Boolean")
"""An item of a list of which the record says nothing but that it is there."""

EMPTY = {"extension": [{"url": EMPTY_ITEM.url, "valueBoolean": True}]}
"""What stands for such an item. They are shared: change none."""

ABSENT_REASON = f"{OFFICIAL_BASE}/data-absent-reason"
NOT_STATED = {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}
"""What stands for what FHIR demands and the record does not say. They are shared: change none."""


def each(
    table: Record,
    *,
    name: str | None = None,
    const: Mapping[str, Any] | None = None,
    mine: Callable[[Node], bool] | None = None,
    key: tuple[str, str] | None = None,
    id_as: str | None = None,
    complete: Callable[[Node], None] | None = None,
) -> Codec[list[Any]]:
    """The structs of a list as elements, as `compiled.each` has it.

    FHIR has no empty elements, and an extension must have a value or parts: an element that would
    be empty is marked. https://hl7.org/fhir/R5/json.html
    """
    may_be_empty = not (const or {}).keys() - {"url"}

    return compiled.each(
        table,
        name=name,
        const=const,
        mine=mine,
        key=key,
        id_as=id_as,
        complete=complete,
        blank=EMPTY if may_be_empty else None,
    )


def uncoded(coding: Node) -> Node:
    """Give a Coding of words alone with the code marked as unknown.

    cod-1: what has a display has a code too. https://hl7.org/fhir/R5/datatypes.html#Coding
    """
    if "display" in coding and "code" not in coding:
        coding["_code"] = NOT_STATED
    return coding


def repeated(extension: Extension) -> Codec[list[str]]:
    """Each text of a list as an extension of its own."""
    url, key = extension.url, f"value{extension.kind}"

    def read(nodes: Any, names: Names) -> list[str] | None:
        return [str(text.read(n.get(key), names)) for n in nodes if n.get("url") == url] or None

    def write(values: list[str], names: Names) -> list[Node]:
        return [{"url": url, key: value} for value in present(values, names)]

    return Codec(read, write, extensions=(extension,))


# --- codes -------------------------------------------------------------------------------------


def _standard_back(codes: Codes) -> dict[str, Any]:
    back: dict[str, Any] = {}
    for value, code in codes.standard.items():
        if code in back and codes.exact is None:
            raise ValueError(f"{value!r} and {back[code]!r} are both {code!r}")
        back.setdefault(code, value)
    return back


@cache
def systems_of(url: str) -> frozenset[str]:
    """A code system by each of its urls: those of the R5 core are also HL7 terminology's.

    https://terminology.hl7.org/
    """
    name = url.removeprefix("http://hl7.org/fhir/")
    if name == url:
        return frozenset({url} if url else ())
    return frozenset({url, f"http://terminology.hl7.org/CodeSystem/{name}"})


def exact_coding(system: System, code: str) -> Node:
    return {"system": system.url, "code": code, "display": system.codes[code]}


def codings(codes: Codes) -> Codec[Any]:
    """A code as the list of its Codings: the standard's, and beside it the registry's own.

    The registry's is read where it agrees with the standard's. Where they disagree somebody has
    edited the standard's code: it is read, with a warning.
    """
    exact = codes.exact
    back = _standard_back(codes)
    every = {value: [standard_coding(codes.system, c)] for value, c in codes.standard.items()}
    for code in exact.codes if exact else ():
        assert exact is not None
        every[code] = [*every.get(code, ()), exact_coding(exact, code)]
    exact_url = exact.url if exact else None
    systems = systems_of(codes.system)

    def read(nodes: Any, names: Names) -> Any:
        standard = own = None
        for node in nodes:
            system = node.get("system")
            if system == exact_url:
                own = own or node.get("code")
            elif system in systems:
                standard = standard or node.get("code")
        if own in every and (standard is None or codes.standard.get(own) == standard):
            return own
        if standard in back:
            if own is not None:
                names.warn(
                    "codes-disagree",
                    f"{standard!r} of {codes.system} and {own!r} of {exact_url} disagree: "
                    f"read as {back[standard]!r}",
                )
            return back[standard]
        if standard is None and own is None:
            return None
        known = ", ".join(map(repr, every if standard is None else back))
        raise Mismatch(f"{standard or own!r:.60} is not one of {known}")

    given = frozenset([*every, *back.values()])
    return Codec(read, Written(every), (exact,) if exact else (), gives_of=given)


def concept(codes: Codes) -> Codec[Any]:
    """A code as a CodeableConcept."""
    inner = codings(codes)
    whole = Written({value: {"coding": inner.write(value, Names())} for value in values(codes)})
    read_codings = inner.read

    def read(node: Any, names: Names) -> Any:
        if node.__class__ is not dict:
            raise Mismatch(f"expected a CodeableConcept, found {node!r:.60}")
        return read_codings(node.get("coding", ()), names)

    label = inner.systems[0].url.rpartition("/")[2] if inner.systems else ""
    return Codec(read, whole, inner.systems, label=label, gives_of=inner.gives_of)


def coding(codes: Codes) -> Codec[Any]:
    """A code of the registry as one Coding."""
    inner = codings(codes)
    last = {value: inner.write(value, Names())[-1] for value in values(codes)}
    return Codec(
        lambda node, names: inner.read((node,), names),
        Written(last),
        inner.systems,
        gives_of=inner.gives_of,
    )


def values(codes: Codes) -> list[Any]:
    return list(dict.fromkeys([*codes.standard, *(codes.exact.codes if codes.exact else ())]))


def is_of(codes: Codes, member: str | None = None) -> Callable[[Node], bool]:
    """Whether a CodeableConcept (or the one in a member) has a code of the table."""
    exact_url = codes.exact.url if codes.exact else None
    standard = frozenset(codes.standard.values())
    systems = systems_of(codes.system)

    def mine(node: Node) -> bool:
        holder: Any = node.get(member) if member else node
        if holder.__class__ is not dict:
            return False
        for one in holder.get("coding", ()):
            system = one.get("system")
            if system == exact_url and exact_url is not None:
                return True
            if system in systems and one.get("code") in standard:
                return True
        return False

    return mine


def has_code(system: str, code: str, member: str | None = None) -> Callable[[Node], bool]:
    """Whether a CodeableConcept (or the one in a member, or one of those there) has this code."""
    systems = systems_of(system)

    # Loops, and no function of their own: this is asked of every element, several times.
    def mine(node: Node) -> bool:
        holder: Any = node.get(member) if member else node
        if holder.__class__ is dict:
            for one in holder.get("coding", ()):
                if one.get("code") == code and one.get("system") in systems:
                    return True
        elif holder.__class__ is list:
            for inner in holder:
                if inner.__class__ is dict:
                    for one in inner.get("coding", ()):
                        if one.get("code") == code and one.get("system") in systems:
                            return True
        return False

    return mine


def of_code(system: str, code: str, display: str | None = None) -> Node:
    """A CodeableConcept of one code, with what we call it, or else what its standard does."""
    one = standard_coding(system, code)
    if display is not None:
        one["display"] = display
    return {"coding": [one]}


def coded_item(member: str, system: str, code: str) -> Item:
    """An element of a list, by the code that a member of it has."""
    return item(
        f"{member}='{code}'",
        has_code(system, code, member),
        **{member: of_code(system, code)},
    )


def concept_item(codes: Codes, member: str | None = None, label: str = "") -> Item:
    """An element of a list, by its having any code of the table.

    Where the record has no code but something beside it, the system alone marks the element.
    """
    assert codes.exact is not None
    marker = {"coding": [{"system": codes.exact.url}]}
    return item(
        label or codes.exact.url.rpartition("/")[2],
        is_of(codes, member),
        **({member: marker} if member else marker),
    )


def one_of(codec: Codec[V], mine: Callable[[Node], bool]) -> Codec[V]:
    """One value as one element of a list that other rows share."""

    def read(nodes: Any, names: Names) -> V | None:
        for node in nodes:
            if node.__class__ is dict and mine(node):
                return codec.read(node, names)
        return None

    return codec._replace(
        read=read, write=lambda value, names: [codec.write(value, names)], plain=False
    )


def some_of(codec: Codec[V], mine: Callable[[Node], bool]) -> Codec[list[V]]:
    """Values of a list, each as an element of a list that other rows share."""

    def read(nodes: Any, names: Names) -> list[V] | None:
        found = (codec.read(node, names) for node in nodes if node.__class__ is dict and mine(node))
        return [value for value in found if value is not None] or None

    def write(values: list[V], names: Names) -> list[Any]:
        return [codec.write(value, names) for value in present(values, names)]

    return Codec(read, write, codec.systems, label=codec.label)


def classified(codes: Codes) -> Codec[Any]:
    """A code as one CodeableConcept of a list of such."""
    return one_of(concept(codes), is_of(codes))


_PHASE_BACK = {code: list(phases) for phases, code in PHASES.items()}


def _write_phases(phases: list[str], names: Names) -> Node:
    standard = PHASES.get(tuple(phases))
    return {
        "coding": [
            *([standard_coding(STUDY_PHASE, standard)] if standard else ()),
            *(exact_coding(PHASE_EXACT, phase) for phase in phases),
        ]
    }


def _read_phases(node: Any, names: Names) -> list[str] | None:
    standard = None
    exact = []
    for one in node.get("coding", ()):
        if one.get("system") == PHASE_EXACT.url:
            if one.get("code") not in PHASE_EXACT.codes:
                raise Mismatch(
                    f"{one.get('code')!r:.60} is not one of {', '.join(PHASE_EXACT.codes)}"
                )
            exact.append(one["code"])
        elif one.get("system") in systems_of(STUDY_PHASE):
            standard = one.get("code")
    if standard is not None and standard not in _PHASE_BACK:
        raise Mismatch(f"{standard!r:.60} is not one of {', '.join(_PHASE_BACK)}")
    if exact and (standard is None or PHASES.get(tuple(exact)) == standard):
        return exact
    if standard is not None and exact:
        names.warn(
            "codes-disagree",
            f"{standard!r} of {STUDY_PHASE} and {exact!r} of {PHASE_EXACT.url} disagree: "
            f"read as {_PHASE_BACK[standard]!r}",
        )
    return _PHASE_BACK[standard] if standard else None


phases: Codec[list[str]] = Codec(_read_phases, _write_phases, (PHASE_EXACT,))
"""The phases as one code, phase-1-phase-2 for two, and the registry's own code for each."""


# --- texts -------------------------------------------------------------------------------------


def worded() -> Codec[list[str]]:
    """Texts, each as the CodeableConcept that has it as its text."""

    def read(nodes: Any, names: Names) -> list[str] | None:
        return [words for node in nodes if (words := said(node)) is not None] or None

    def write(values: list[str], names: Names) -> list[Node]:
        return [{"text": value} for value in present(values, names)]

    return Codec(read, write)


CODED = Extension(f"{OFFICIAL_BASE}/iso21090-codedString", "Coding")


@lru_cache(maxsize=1024)
def _coded_country(name: str) -> Node | None:
    found = country(name)
    if found is None:
        return None
    display = name_of(found.alpha_2)
    return {"system": COUNTRIES, "code": found.alpha_2, "display": display}


@lru_cache(maxsize=1024)
def _country_code(name: str) -> Node | None:
    coding = _coded_country(name)
    return coding and {"extension": [{"url": CODED.url, "valueCoding": coding}]}


country_code: Codec[str] = Codec(lambda node, names: None, lambda name, names: _country_code(name))
"""The code of ISO 3166 beside the name of a country in an Address, which has words alone there.

https://hl7.org/fhir/extensions/StructureDefinition-iso21090-codedString.html
"""

_words = worded()


def _write_countries(values: list[str], names: Names) -> list[Node]:
    nodes: list[Node] = _words.write(values, names)
    return [
        {"coding": [coding], **node} if (coding := _coded_country(node["text"])) else node
        for node in nodes
    ]


countries: Codec[list[str]] = Codec(_words.read, _write_countries)
"""Countries by their names, each with its code of ISO 3166."""

RENDERING = Extension(f"{OFFICIAL_BASE}/rendering-markdown", "Markdown")


def shown(member: str) -> Codec[str]:
    """CommonMark in a member that is a string: its plain words, and the official extension.

    The extension is written where the words do not give the markdown back, and is read where they
    were not edited.
    https://hl7.org/fhir/extensions/StructureDefinition-rendering-markdown.html
    """
    twin = f"_{member}"

    def write(value: str, names: Names) -> Node:
        words = plain(value)
        if marked(words) == value:
            return {member: words}
        rendering = {"url": RENDERING.url, "valueMarkdown": value}
        return {member: words, twin: {"extension": [rendering]}}

    def read(node: Node, names: Names) -> str | None:
        words = node.get(member)
        if words is None:
            return None
        words = str(text.read(words, names))
        for extension in (node.get(twin) or {}).get("extension", ()):
            markdown = extension.get("valueMarkdown")
            if extension.get("url") == RENDERING.url and markdown is not None:
                markdown = str(text.read(markdown, names))
                if plain(markdown) == words:
                    return markdown
        return marked(words)

    return Codec(read, write, extensions=(RENDERING,), extensions_in=member, label=member)


def said(node: Any) -> str | None:
    """What a CodeableConcept says in words: its text, else the display of its first Coding."""
    if node.__class__ is not dict:
        raise Mismatch(f"expected a CodeableConcept, found {node!r:.60}")
    words = node.get("text")
    if words is None:
        words = next((one["display"] for one in node.get("coding", ()) if "display" in one), None)
    return words if words is None or words.__class__ is str else text.read(words, Names())


def identifier(system: str) -> Codec[str]:
    """An identifier of one system."""

    def read(node: Any, names: Names) -> str | None:
        if node.__class__ is not dict:
            raise Mismatch(f"expected an Identifier, found {node!r:.60}")
        return text.read(node.get("value"), names) if node.get("system") == system else None

    return Codec(read, lambda value, names: {"system": system, "value": value})


def valued(**const: str) -> Codec[str]:
    """A text as the value of an Identifier with these members."""
    return Codec(
        lambda node, names: text.read(node.get("value"), names),
        lambda value, names: {**const, "value": value},
    )


def _read_register(node: Node, names: Names) -> str | None:
    assigner = node.get("assigner")
    named = assigner.get("display") if assigner.__class__ is dict else None
    if named is not None:
        return text.read(named, names)
    system = node.get("system")
    name = next((name for name, url in registry.REGISTERS.items() if url == system), None)
    return name if name or system is None else text.read(system, names)


def _write_register(name: str, names: Names) -> Node:
    system = registry.REGISTERS.get(name)
    return {**({"system": system} if system else {}), "assigner": {"display": name}}


register: Codec[str] = Codec(_read_register, _write_register, label="assigner.display")
"""The register that gave an Identifier: its name, and the system of its ids where one is known."""


words_alone: Codec[str] = one_of(
    Codec(lambda node, names: said(node), lambda value, names: {"text": value}),
    lambda node: "coding" not in node,
)


_URI = re.compile(r"\S+")


def is_uri(value: str) -> bool:
    """Whether FHIR's url can hold it. https://hl7.org/fhir/R5/datatypes.html#uri"""
    return _URI.fullmatch(value) is not None


def is_no_uri(value: str) -> bool:
    return not is_uri(value)


def url_rows(model: str, *steps: Step | Extension) -> tuple[Field, Field]:
    """A url at a place, or, where the registry's text is no url, as text in an extension there."""
    *before, member = steps
    if isinstance(member, Extension):
        if member.kind != "Url":
            raise TypeError(f"{member.url} holds no url")
        other: tuple[Step | Extension, ...] = (*before, member._replace(kind="String"))
    else:
        other = (*before, f"_{member}", ours("url-as-given", "String"))
    flat = below(steps, [Field(model, (), text, when=is_uri)])
    fallback = below(
        other, [Field(model, (), text, when=is_no_uri, note="where it is not a FHIR url")]
    )
    return flat[0], fallback[0]
