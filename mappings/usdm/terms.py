"""Codes of USDM: CDISC's terms with their preferred names, and the registry's where it has none.

The decodes are the preferred terms, as in CDISC's own examples.
"""

from collections.abc import Callable, Mapping
from html import escape, unescape
from typing import Any, Final

from trialbridge.mappings.codec import Codec, Mismatch, Node, System, Written
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry
from trialbridge.schemas.terms import cdisc_codes as cdisc
from trialbridge.schemas.terms import concepts

CDISC: Final = "http://www.cdisc.org"
DECODES: Final[Mapping[str, str]] = {
    term.code: term.preferred
    for held in concepts.VALUE_SETS.values()
    for term in held.terms.values()
} | {term.code: term.preferred for term in (concepts.PATIENT_REGISTRY, concepts.OBSERVER_BLIND)}
"""What NCI prefers to call a term, by its code."""


SPONSOR: Final = cdisc.PARAMETERS["SPONSOR"].code
"""The role of a sponsor, and the type of its organization."""


def _version_of(said: str) -> str:
    # One version for all codes of a document (DDF00073), and one that CDISC has a package of for
    # USDM's own lists; a term that came later has that of its package.
    version = concepts.version_of(said)
    return version if version > concepts.CDISC_VERSION else concepts.DDF_VERSION


def code(said: str, decode: str | None = None) -> Node:
    """A Code of CDISC's terminology."""
    return {
        "code": said,
        "codeSystem": CDISC,
        "codeSystemVersion": _version_of(said),
        "decode": decode or DECODES[said],
    }


def of_registry(system: System, said: str) -> Node:
    """A Code of the registry's own enumeration."""
    return {
        "code": said,
        "codeSystem": system.url,
        "codeSystemVersion": concepts.REGISTRY_VERSION,
        "decode": system.codes[said],
    }


UNKNOWN: Final = code("C17998", "Unknown")
"""What stands where USDM requires a code and the source states none."""

UNITS: Final = concepts.AGE_UNIT.terms


def unit(name: str) -> Node:
    """A unit of time as an AliasCode."""
    return {"standardCode": code(UNITS[name].code)}


def said(node: Any) -> tuple[str, str]:
    """Which of CDISC's codes a Code or an AliasCode has, and its decode; each may be empty.

    Raises Mismatch if it is no object.
    """
    if node.__class__ is not dict:
        raise Mismatch(f"expected a code, found {node!r:.60}")
    node = node.get("standardCode", node)
    if node.__class__ is not dict:
        raise Mismatch(f"expected a code, found {node!r:.60}", "standardCode")
    return str(node.get("code", "")), str(node.get("decode", ""))


def coded(
    terms: Mapping[Any, cdisc.Term],
    exact: System | None,
    *,
    alias: bool = False,
    quiet: Callable[[str], bool] = lambda code: False,
) -> Codec[Any]:
    """A Code, or an AliasCode: CDISC's where it has a term, else the registry's own.

    A code is read by its code, of CDISC or the registry, else by its decode. One that is neither is
    told, unless it is `quiet`.
    """
    nodes: dict[Any, Node] = {}
    back: dict[str, Any] = {}
    labels: Mapping[str, str] = exact.codes if exact else {}
    for value in [*terms, *(one for one in labels if one not in terms)]:
        if value in terms:
            node = code(terms[value].code)
            back.setdefault(terms[value].value.casefold(), value)
            back.setdefault(node["decode"].casefold(), value)
        else:
            assert exact is not None
            node = of_registry(exact, value)
            back.setdefault(node["decode"].casefold(), value)
        nodes[value] = {"standardCode": node} if alias else node
        back.setdefault(node["code"].casefold(), value)
    for value, label in labels.items():
        back.setdefault(value.casefold(), value)
        back.setdefault(label.casefold(), value)

    def read(node: Any, names: Names) -> Any:
        found, decode = said(node)
        value = back.get(found.casefold(), back.get(decode.casefold()))
        if value is None and not quiet(found):
            names.warn("unknown-code", f"{found!r} ({decode}) is no code that a record has")
        return value

    return Codec(read, Written(nodes), (exact,) if exact else ())


STUDY_TYPE = coded(cdisc.STUDY_TYPE, registry.STUDY_TYPE)
ARM_TYPE = coded(cdisc.ARM_TYPE, registry.ARM_TYPE)
INTERVENTION_TYPE = coded(cdisc.INTERVENTION_TYPE, registry.INTERVENTION_TYPE)
SAMPLING_METHOD = coded(cdisc.SAMPLING_METHOD, registry.SAMPLING_METHOD)
TIME_PERSPECTIVE = coded(cdisc.TIME_PERSPECTIVE, registry.TIME_PERSPECTIVE)
INTERVENTION_MODEL = coded(cdisc.INTERVENTION_MODEL, registry.INTERVENTION_MODEL)
OBSERVATIONAL_MODEL = coded(cdisc.OBSERVATIONAL_MODEL, registry.OBSERVATIONAL_MODEL)
PRIMARY_PURPOSE = coded(cdisc.PRIMARY_PURPOSE, registry.PRIMARY_PURPOSE)


def _read_xhtml(text: Any, names: Names) -> str:
    if text.__class__ is not str:
        raise Mismatch(f"expected a text, found {text!r:.60}")
    return unescape(text)


def as_xhtml(text: str) -> str:
    """A text as the XHTML that the text of a template of USDM is (DDF00247)."""
    return escape(text, quote=False)


xhtml: Codec[str] = Codec(_read_xhtml, lambda text, names: as_xhtml(text))
"""The text of a criterion or an end point: `<` and `&` are no markup of the record's."""
