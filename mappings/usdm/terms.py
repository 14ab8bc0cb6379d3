"""Codes of USDM: CDISC's terms with their preferred names, and the registry's where it has none.

The decodes are the preferred terms, as in CDISC's own examples.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from trialbridge.mappings.codec import Codec, Mismatch, Node, System
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry
from trialbridge.schemas.terms import cdisc_codes as cdisc

CDISC: Final = "http://www.cdisc.org"
VERSION: Final = "2025-03-28"
"""The package of CDISC's terminology that has all of the terms below."""

REGISTRY_VERSION: Final = "2.0"
"""The registry's own codes have the version of its API."""

# Preferred terms of the packages of 2025-03-28 (SDTM, Protocol), read from the CDISC Library's
# answers that `trialbridge.schemas.terms.cdisc_codes` names.
DECODES: Final[Mapping[str, str]] = {
    # C99077
    "C98722": "Expanded Access Study",
    "C98388": "Interventional Study",
    "C16084": "Observational Study",
    "C129000": "Patient Registry Study",
    # C66737
    "C54721": "Phase 0 Trial",
    "C48660": "Not Applicable",
    "C15600": "Phase I Trial",
    "C15693": "Phase I/II Trial",
    "C198366": "Phase I/II/III Trial",
    "C198367": "Phase I/III Trial",
    "C15601": "Phase II Trial",
    "C15694": "Phase II/III Trial",
    "C15602": "Phase III Trial",
    "C15603": "Phase IV Trial",
    # C99076
    "C82637": "Crossover Study",
    "C82638": "Factorial Study",
    "C82639": "Parallel Study",
    "C142568": "Group Sequential Design",
    "C82640": "Single Group Study",
    # C66735
    "C15228": "Double Blind Study",
    "C187674": "Observer Blind Study",
    "C49659": "Open Label Study",
    "C28233": "Single Blind Study",
    # C66736
    "C15714": "Basic Research",
    "C139174": "Device Feasibility Study",
    "C49653": "Diagnosis Study",
    "C15245": "Health Services Research",
    "C49657": "Prevention Study",
    "C71485": "Screening Study",
    "C71486": "Supportive Care Study",
    "C49656": "Treatment Study",
    # C127259
    "C15197": "Case-Control Study",
    "C127779": "Observational Case-Crossover Study",
    "C15362": "Case Study",
    "C15208": "Cohort Study",
    "C127780": "Ecologic or Community Based Study",
    "C15407": "Family Study",
    # C127260
    "C127781": "Non-Probability Sampling Method",
    "C71517": "Equal Probability Sampling Method",
    # C127261
    "C53310": "Cross-Sectional Study",
    "C15273": "Longitudinal Study",
    "C53312": "Retrospective Study",
    # C174222
    "C174267": "Active Comparator Arm",
    "C174266": "Investigational Arm",
    "C174270": "No Intervention Arm",
    "C174268": "Placebo Control Arm",
    "C174269": "Sham Comparator Arm",
    # C99078
    "C15184": "Behavioral Intervention",
    "C307": "Biological Agent",
    "C54696": "Combination Product",
    "C16830": "Medical Device",
    "C18020": "Diagnostic Procedure",
    "C1505": "Dietary Supplement",
    "C1909": "Pharmacologic Substance",
    "C15238": "Gene Therapy",
    "C98769": "Physical Medical Procedure",
    "C15313": "Radiation Therapy",
    # C66732
    "C16576": "Female",
    "C20197": "Male",
    "C49636": "Both",
    # C66781, and the minute, which that list has not
    "C25301": "Day",
    "C25529": "Hour",
    "C29846": "Month",
    "C29844": "Week",
    "C29848": "Year",
    "C48154": "Minute",
    # C66797
    "C25370": "Exclusion Criteria",
    "C25532": "Inclusion Criteria",
}


def code(said: str, decode: str | None = None) -> Node:
    """A Code of CDISC's terminology."""
    return {
        "code": said,
        "codeSystem": CDISC,
        "codeSystemVersion": VERSION,
        "decode": decode or DECODES[said],
    }


def of_registry(system: System, said: str) -> Node:
    """A Code of the registry's own enumeration."""
    return {
        "code": said,
        "codeSystem": system.url,
        "codeSystemVersion": REGISTRY_VERSION,
        "decode": system.codes[said],
    }


UNKNOWN: Final = code("C17998", "Unknown")
"""What stands where USDM requires a code and the source states none."""

UNITS: Final[Mapping[str, str]] = {
    "Year": "C29848",
    "Month": "C29846",
    "Week": "C29844",
    "Day": "C25301",
    "Hour": "C25529",
    "Minute": "C48154",
}


def unit(name: str) -> Node:
    """A unit of time as an AliasCode."""
    return {"standardCode": code(UNITS[name])}


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

    return Codec(read, lambda value, names: nodes[value], (exact,) if exact else ())


STUDY_TYPE = coded(cdisc.STUDY_TYPE, registry.STUDY_TYPE)
ARM_TYPE = coded(cdisc.ARM_TYPE, registry.ARM_TYPE)
INTERVENTION_TYPE = coded(cdisc.INTERVENTION_TYPE, registry.INTERVENTION_TYPE)
SAMPLING_METHOD = coded(cdisc.SAMPLING_METHOD, registry.SAMPLING_METHOD)
TIME_PERSPECTIVE = coded(cdisc.TIME_PERSPECTIVE, registry.TIME_PERSPECTIVE)
INTERVENTION_MODEL = coded(cdisc.INTERVENTION_MODEL, registry.INTERVENTION_MODEL)
OBSERVATIONAL_MODEL = coded(cdisc.OBSERVATIONAL_MODEL, registry.OBSERVATIONAL_MODEL)
PRIMARY_PURPOSE = coded(cdisc.PRIMARY_PURPOSE, registry.PRIMARY_PURPOSE)
