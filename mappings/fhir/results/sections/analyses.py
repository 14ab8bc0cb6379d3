"""Statistical analyses of an outcome, each an Evidence, in FHIR R5."""

from typing import Any

from trialbridge.mappings.codec import (
    FIRST,
    Aside,
    Codec,
    Item,
    Mismatch,
    Node,
    Step,
    Written,
    boolean,
    derived,
    field,
    item,
    merged,
    record,
)
from trialbridge.mappings.fhir.links import Resources
from trialbridge.mappings.fhir.results.numbers import (
    LIMITS,
    as_text,
    limit_in,
    number,
    parts_of,
    range_of,
    text_in,
)
from trialbridge.mappings.fhir.results.parts import (
    Made,
    Read,
    of_unlisted,
    population,
)
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.terminology.displays import standard_coding
from trialbridge.mappings.fhir.types import (
    coded_item,
    concept,
    concept_item,
    exact_coding,
    is_of,
    ours,
)
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry
from trialbridge.schemas.base import BASE
from trialbridge.schemas.trial import MeasureAnalysis

# --- the Evidence ------------------------------------------------------------------------------


def _store(names: Names, node: Node, inner: Node) -> None:
    if not inner:
        return
    made = names.once(Made)
    id_ = f"{names.root}-analysis-{made.number('analysis')}"
    resource = {"resourceType": "Evidence", "id": id_, "status": "active", **inner}
    made.entries.append({"fullUrl": f"{BASE}/Evidence/{id_}", "resource": resource})
    node["reference"] = f"Evidence/{id_}"
    if "title" in inner:
        node["display"] = inner["title"]


def _find(names: Names, node: Node) -> Node | None:
    found = names.once(Resources).get(node.get("reference"))
    return found if found is not None and found.get("resourceType") == "Evidence" else None


ANALYSIS_EVIDENCE = Aside(
    "Evidence/analysis", "native", _store, _find, place="Evidence", way="resolve()"
)
_E = ANALYSIS_EVIDENCE


def _write_about(analysis: MeasureAnalysis, names: Names) -> Node | None:
    """What an analysis is called, and whom and what it compares: each group, and the measure."""
    if analysis == MeasureAnalysis():
        return None
    made = names.once(Made)
    about = []
    for id_ in analysis.group_ids or ():
        if not id_:
            names.odd = True
            continue
        about.append(population(made.compared_by_id.get(id_) or of_unlisted(id_)))
    what = (analysis.param_type, analysis.statistical_method)
    return {
        "title": " by ".join(word for word in what if word) or "Statistical analysis",
        "variableDefinition": [*about, made.about],
    }


_about: Codec[MeasureAnalysis] = Codec(lambda node, names: None, _write_about)
group_ids: Codec[list[str]] = Codec(
    lambda node, names: (
        [id_ for id_, _ in names.once(Read).groups_of(node) if id_ is not None] or None
    ),
    lambda value, names: None,
    gives=list,
    label="variableDefinition.observed",
)

# --- numbers -----------------------------------------------------------------------------------

quantity: Codec[str] = Codec(
    lambda node, names: text_in(node), lambda words, names: parts_of(words), gives=str
)
"""A number as a Quantity, of which it is some members."""


def _write_level(percent: str, names: Names) -> Node:
    known = number(percent) is not None and not percent.startswith("-")
    value = number(_shifted(percent, -2)) if known else None
    return {"_level": as_text(percent)} if value is None else {"level": value}


def _shifted(words: str, by: int) -> str:
    """A decimal with its point moved, and all its digits."""
    whole, _, rest = words.partition(".")
    if by < 0:
        whole = whole.zfill(1 - by)
        whole, rest = whole[:by], whole[by:] + rest
    else:
        rest = rest.ljust(by, "0")
        whole, rest = whole + rest[:by], rest[by:]
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{rest}" if rest else whole


def _read_level(node: Node, names: Names) -> str | None:
    words = text_in(node, "level")
    return words if words is None or "level" not in node else _shifted(words, 2)


level: Codec[str] = Codec(_read_level, _write_level, label="level")
"""Percent as a share: 95 is 0.95."""


def _write_limits(analysis: MeasureAnalysis, names: Names) -> Node | None:
    return range_of(analysis.ci_lower_limit, analysis.ci_upper_limit, {}) or None


_limits: Codec[MeasureAnalysis] = Codec(lambda node, names: None, _write_limits)


def _limit(end: str) -> Codec[str]:
    return Codec(
        lambda node, names: limit_in(node, end),
        lambda words, names: None,
        extensions=(LIMITS[end],),
        gives=str,
        label=end,
    )


_CI_CODE = standard_coding(codes.ATTRIBUTE_ESTIMATE, "C53324")


def _read_sides(nodes: Any, names: Names) -> str | None:
    for one in nodes if nodes.__class__ is list else ():
        if one.get("system") == registry.CONFIDENCE_SIDES.url:
            code = one.get("code")
            if code not in registry.CONFIDENCE_SIDES.codes:
                known = ", ".join(registry.CONFIDENCE_SIDES.codes)
                raise Mismatch(f"{code!r:.60} is not one of {known}")
            return str(code)
    return None


_SIDES = {
    code: [_CI_CODE, exact_coding(registry.CONFIDENCE_SIDES, code)]
    for code in registry.CONFIDENCE_SIDES.codes
}
sides: Codec[str] = Codec(_read_sides, Written(_SIDES), (registry.CONFIDENCE_SIDES,))
"""On how many sides an interval has ends: the registry's code beside that of an interval."""


def _write_method(words: str, names: Names) -> list[Node] | None:
    code = codes.STATISTICAL_METHODS.get(words)
    return [standard_coding(codes.STATISTIC_MODEL, code)] if code else None


_method: Codec[str] = Codec(lambda node, names: None, _write_method)

# --- rows --------------------------------------------------------------------------------------

_S: tuple[Step, ...] = (_E, "statistic", FIRST)
_ESTIMATE: tuple[Step, ...] = (*_S, "attributeEstimate")
_MODEL: tuple[Step, ...] = (*_S, "modelCharacteristic")
_P = coded_item("type", codes.ATTRIBUTE_ESTIMATE, "C44185")
_CI = coded_item("type", codes.ATTRIBUTE_ESTIMATE, "C53324")
_SPREAD = concept_item(codes.ANALYSIS_DISPERSION, "type")
_KIND = concept_item(codes.NON_INFERIORITY, "code")
_is_kind = is_of(codes.NON_INFERIORITY, "code")
_METHOD: Item = item("method", lambda node: not _is_kind(node))

ANALYSIS = record(
    MeasureAnalysis,
    derived(merged("", _E, codec=_about)),
    merged("group_ids", _E, codec=group_ids, home="native"),
    field("group_description", _E, "description"),
    field("statistical_comment", _E, "note", FIRST, "text"),
    field("other_analysis_description", *_S, "description"),
    field("estimate_comment", *_S, "note", FIRST, "text"),
    field("param_type", *_S, "statisticType", "text"),
    merged("param_value", *_S, "quantity", codec=quantity, home="native"),
    merged("p_value", *_ESTIMATE, _P, "quantity", codec=quantity, home="native"),
    field("p_value_comment", *_ESTIMATE, _P, "note", FIRST, "text"),
    field("ci_num_sides", *_ESTIMATE, _CI, "type", "coding", codec=sides),
    merged("ci_pct_value", *_ESTIMATE, _CI, codec=level, home="native"),
    derived(merged("", *_ESTIMATE, _CI, "range", codec=_limits)),
    merged("ci_lower_limit", *_ESTIMATE, _CI, "range", codec=_limit("low"), home="native"),
    merged("ci_upper_limit", *_ESTIMATE, _CI, "range", codec=_limit("high"), home="native"),
    field("ci_lower_limit_comment", *_ESTIMATE, _CI, ours("lower-limit-comment", "Markdown")),
    field("ci_upper_limit_comment", *_ESTIMATE, _CI, ours("upper-limit-comment", "Markdown")),
    field("dispersion_type", *_ESTIMATE, _SPREAD, "type", codec=concept(codes.ANALYSIS_DISPERSION)),
    merged("dispersion_value", *_ESTIMATE, _SPREAD, "quantity", codec=quantity, home="native"),
    field("statistical_method", *_MODEL, _METHOD, "code", "text"),
    derived(field("statistical_method", *_MODEL, _METHOD, "code", "coding", codec=_method)),
    field("non_inferiority_type", *_MODEL, _KIND, "code", codec=concept(codes.NON_INFERIORITY)),
    field(
        "tested_non_inferiority",
        *_MODEL,
        _KIND,
        ours("tested-non-inferiority", "Boolean"),
        codec=boolean,
    ),
    field("non_inferiority_comment", *_MODEL, _KIND, ours("non-inferiority-comment", "Markdown")),
)
