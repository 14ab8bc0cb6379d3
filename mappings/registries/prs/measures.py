"""What was measured: rows of a measure by group and category, outcomes and baseline measures.

https://prsinfo.clinicaltrials.gov/RRSUploadSchema.xsd
"""

import re
from typing import Any

import msgspec

from trialbridge.mappings.codec import Codec, Field, Node, field, merged, read_at, record
from trialbridge.mappings.compiled import each, reader, writer
from trialbridge.mappings.names import Names
from trialbridge.mappings.registries import labels
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import words as older
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.protocol import listed
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml.words import text, word
from trialbridge.mappings.registries.prs import picks
from trialbridge.mappings.registries.prs.groups import (
    MEASURED,
    PARTICIPANTS,
    Groups,
    counts_of,
    denoms_of,
    ids_of,
    listed_groups,
    reference,
)
from trialbridge.mappings.registries.prs.words import YES_NO, markup
from trialbridge.schemas.trial import (
    BaselineCharacteristicsModule,
    BaselineMeasure,
    MeasureAnalysis,
    MeasureCategory,
    MeasureClass,
    Measurement,
    OutcomeMeasure,
)

# --- rows --------------------------------------------------------------------------------------

_NUMBERS = (
    ("value", "parameterValue"),
    ("spread", "dispersionSpread"),
    ("lower_limit", "dispersionLowerLimit"),
    ("upper_limit", "dispersionUpperLimit"),
)


def _write_rows(values: list[MeasureClass], names: Names) -> list[Node]:
    groups = names.once(Groups)
    return [_write_row(value, groups, names) for value in values]


def _write_row(value: MeasureClass, groups: Groups, names: Names) -> Node:
    people, others = counts_of(value.denoms, groups.units)
    categories = value.categories or []
    held: list[dict[str | None, Measurement]] = [
        {one.group_id: one for one in category.measurements or ()} for category in categories
    ]
    reported = []
    for group, id_ in groups.ids.items():
        if not (group in people or group in others or any(group in one for one in held)):
            continue
        entries = []
        for category, by_group in zip(categories, held, strict=True):
            entry: Node = {"catName": category.title} if category.title else {}
            one = by_group.get(group)
            if one is not None:
                for attribute, element in _NUMBERS:
                    if (said := getattr(one, attribute)) is not None:
                        entry[element] = said
                if one.comment and (said := markup.write(one.comment, names)):
                    entry["naComment"] = said
            entries.append(entry)
        node: Node = {"reportingGroupId": id_}
        if entries:
            node["reportedEntries"] = {"reportedEntry": entries}
        if group in people:
            node["subjectsAnalyzed"] = people[group]
        if group in others:
            node["numUnitsAnalyzed"] = others[group]
        reported.append(node)
    row: Node = {"title": value.title} if value.title else {}
    if reported:
        row["reportedValues"] = {"reportedValue": reported}
    return row


def _read_rows(nodes: Any, names: Names) -> list[MeasureClass] | None:
    return [
        read_at(f"[{position}]", _read_row, node, names) for position, node in enumerate(nodes)
    ] or None


def _read_row(node: Node, names: Names) -> MeasureClass:
    reported = node.get("reportedValues", {}).get("reportedValue", [])
    groups = [reference.read(one.get("reportingGroupId", ""), names) or "" for one in reported]
    titles: list[str | None] = []
    measured: list[list[Measurement]] = []
    for group, one in zip(groups, reported, strict=True):
        for place, entry in enumerate(one.get("reportedEntries", {}).get("reportedEntry", ())):
            said = {"": ""} if entry == "" else entry
            if place == len(titles):
                titles.append(None)
                measured.append([])
            titles[place] = titles[place] or word(said.get("catName", "")) or None
            numbers: dict[str, Any] = {
                attribute: word(said[element]) for attribute, element in _NUMBERS if element in said
            }
            comment = markup.read(said.get("naComment", ""), names)
            if numbers or comment:
                measured[place].append(Measurement(group_id=group, comment=comment, **numbers))
    categories = [
        MeasureCategory(title=title, measurements=measurements or None)
        for title, measurements in zip(titles, measured, strict=True)
    ]
    return MeasureClass(
        title=word(node.get("title", "")) or None,
        denoms=denoms_of(list(zip(groups, reported, strict=True)), names.once(Groups).units),
        categories=categories or None,
    )


rows: Codec[list[MeasureClass]] = Codec(_read_rows, _write_rows)
_OF_ROWS = (
    "*.title",
    "*.denoms.*.units",
    "*.denoms.*.counts.*.group_id",
    "*.denoms.*.counts.*.value",
    "*.categories.*.title",
    *(
        f"*.categories.*.measurements.*.{name}"
        for name in ("group_id", "value", "spread", "lower_limit", "upper_limit", "comment")
    ),
)


def _read_unit(value: Any, names: Names) -> str | None:
    said = word(value)
    return names.once(Groups).units or said if said == "Units" else said or None


def _write_unit(value: str, names: Names) -> str:
    return value if value == PARTICIPANTS or value != names.once(Groups).units else "Units"


unit: Codec[str] = Codec(_read_unit, _write_unit, gives=str)
"""Which of the units the numbers are about: participants, or the others."""


def _of_measure() -> tuple[Field, ...]:
    """What an outcome and a baseline measure have alike."""
    return (
        field("description", "measureDescription", codec=markup),
        field("population_description", "populationAnalysisDescription", codec=markup),
        field("unit_of_measure", "unitOfMeasure", codec=text),
        field("param_type", "parameterType", codec=older.PARAM),
        field("calculate_pct", "calculatePct", codec=YES_NO),
        field("denom_units_selected", "selectedUnitOfAnalysis", codec=unit),
        field("classes", "measureRows", "measureRow", codec=rows, leaves=_OF_ROWS),
    )


# --- outcomes ----------------------------------------------------------------------------------


def _read_month(node: Any, names: Names) -> str | None:
    month, year = word(node.get("month", "")), word(node.get("year", ""))
    if not re.fullmatch(r"[0-9]{4}", year):
        if year:
            names.warn("not-readable", f"{year!r:.60} is not a year", "year")
        return None
    number = labels.MONTHS.get(month.title(), month.zfill(2) if month.isdigit() else "")
    if not month or number not in labels.MONTHS.values():
        if month:
            names.warn("not-readable", f"{month!r:.60} is not a month (01 to 12)", "month")
        return year
    return f"{year}-{number}"


def _write_month(value: str, names: Names) -> Node:
    year, _, rest = value.partition("-")
    return {"month": rest[:2], "year": year} if rest else {"year": year}


month: Codec[str] = Codec(_read_month, _write_month, gives=str)
"""A month or a year; a day has no place."""

ANALYSIS = record(
    MeasureAnalysis,
    field(
        "group_ids",
        "outcomeReportingGroups",
        "outcomeReportingGroupId",
        codec=Codec(
            listed(reference).read,
            lambda values, names: (
                [one for value in values if (one := reference.write(value, names))] or None
            ),
            gives=list[str],
        ),
    ),
    merged("param_type", codec=picks.parameter),
    field("param_value", "parameterValue", codec=text),
    field("dispersion_type", "dispersionType", codec=older.ANALYSIS_DISPERSION),
    field("dispersion_value", "dispersionValue", codec=text),
    merged("statistical_method", codec=picks.method),
    field("statistical_comment", "statisticalTestComment", codec=markup),
    field("p_value", "pValue", codec=text),
    field("p_value_comment", "pValueComment", codec=markup),
    field("ci_num_sides", "ciNumSides", codec=older.SIDES),
    field("ci_pct_value", "ciPctValue", codec=text),
    field("ci_lower_limit", "ciLowerLimit", codec=text),
    field("ci_upper_limit", "ciUpperLimit", codec=text),
    field("ci_upper_limit_comment", "ciUpperLimitNaComment", codec=markup),
    field("estimate_comment", "estimateComment", codec=markup),
    field("non_inferiority_type", "statisticalTestType", codec=older.NON_INFERIORITY),
    field("non_inferiority_comment", "nonInferiorityTestComment", codec=markup),
    field("other_analysis_description", "otherAnalysis", codec=markup),
    field("group_description", "groupDescription", codec=markup),
)
_GROUPS = ("outcomeReportingGroups", "outcomeReportingGroup")
OUTCOME = record(
    OutcomeMeasure,
    field("type", "measureType", codec=older.OUTCOME_TYPE),
    field("title", "title", codec=text),
    *_of_measure(),
    merged("dispersion_type", codec=picks.dispersion),
    field("time_frame", "timeFrame", codec=text),
    field("anticipated_posting_date", "anticipatedResultPostingDate", codec=month),
    field("type_units_analyzed", "typeUnitsAnalyzed", codec=text),
    field(
        "groups",
        *_GROUPS,
        codec=listed_groups(MEASURED),
        leaves=("*.id", "*.title", "*.description"),
    ),
    field("analyses", "outcomeMeasureAnalyses", "measureAnalysis", codec=each(ANALYSIS)),
)
_read_outcome, _write_outcome = reader(OUTCOME), writer(OUTCOME)


def _write_outcomes(values: list[OutcomeMeasure], names: Names) -> list[Node]:
    groups = names.once(Groups)
    written = []
    for number, value in enumerate(values, 1):
        groups.writing(value.groups, f"O{number}OG", value.denoms, value.type_units_analyzed)
        node = _write_outcome(value, names)
        if groups.units and groups.others:
            node.setdefault("typeUnitsAnalyzed", groups.units)
        written.append(node)
    return written


def _read_outcomes(nodes: Any, names: Names) -> list[OutcomeMeasure] | None:
    found = []
    for position, node in enumerate(nodes):
        held = node.get(_GROUPS[0], {}).get(_GROUPS[1], [])
        units = word(node.get("typeUnitsAnalyzed", "")) or None
        names.once(Groups).reading(held, "OG", units)
        one: OutcomeMeasure = read_at(f"[{position}]", _read_outcome, node, names)
        found.append(
            msgspec.structs.replace(
                one,
                denoms=denoms_of(ids_of(held, names), units),
                reporting_status="POSTED" if held else "NOT_POSTED",
            )
        )
    return found or None


outcomes: Codec[list[OutcomeMeasure]] = Codec(_read_outcomes, _write_outcomes, table=OUTCOME)

# --- baseline ----------------------------------------------------------------------------------

BASELINE_MEASURE = record(
    BaselineMeasure,
    merged("title", codec=picks.baseline_title),
    *_of_measure(),
    merged("dispersion_type", codec=picks.dispersion_code),
)
_LISTED = ("baselineReportingGroups", "baselineReportingGroup")
_TOTAL = "totalBaselineReportingGroup"
BASELINE = record(
    BaselineCharacteristicsModule,
    field("population_description", "populationAnalysisDescription", codec=markup),
    field("type_units_analyzed", "typeUnitsAnalyzed", codec=text),
    field(
        "groups",
        *_LISTED,
        codec=listed_groups(MEASURED),
        leaves=("*.id", "*.title", "*.description"),
        note=f"the group of all is {_TOTAL}",
    ),
    field("measures", "baselineMeasures", "baselineMeasure", codec=each(BASELINE_MEASURE)),
)
_read_baseline, _write_baseline = reader(BASELINE), writer(BASELINE)


def write_baseline(value: BaselineCharacteristicsModule, names: Names) -> Node | None:
    """The baseline; the last group, if it is that of all, has an element of its own."""
    groups = names.once(Groups)
    groups.writing(value.groups, "BG", value.denoms, value.type_units_analyzed)
    node = _write_baseline(value, names)
    if groups.units and groups.others:
        node.setdefault("typeUnitsAnalyzed", groups.units)
    if value.groups and value.groups[-1].title == "Total":
        held = node[_LISTED[0]][_LISTED[1]]
        node[_TOTAL] = held.pop()
        if not held:
            del node[_LISTED[0]]
    return node or None


def read_baseline(node: Node, names: Names) -> BaselineCharacteristicsModule | None:
    """The baseline, with the group of all as the last."""
    held = list(node.get(_LISTED[0], {}).get(_LISTED[1], []))
    if isinstance(node.get(_TOTAL), dict):
        held.append(node[_TOTAL])
        node = {**node, _LISTED[0]: {_LISTED[1]: held}}
    units = word(node.get("typeUnitsAnalyzed", "")) or None
    names.once(Groups).reading(held, "BG", units)
    found: BaselineCharacteristicsModule = _read_baseline(node, names)
    found = msgspec.structs.replace(found, denoms=denoms_of(ids_of(held, names), units))
    return found if found != BaselineCharacteristicsModule() else None
