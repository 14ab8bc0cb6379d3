"""Parts of a trial record that ODM has in several elements: arms, terms, criteria, numbers.

https://wiki.cdisc.org/display/PUB/Protocol
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trialbridge.mappings.codec import Codec, Mismatch, Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.apart import Apart
from trialbridge.mappings.odm.elements import (
    CRITERIA_LISTS,
    Constant,
    Criteria,
    coded,
    coding,
    decimal,
    decimal_text,
    described_as,
    integer,
    name_in,
    name_of,
    said,
    yes_no,
)
from trialbridge.mappings.odm.form.notes import Note, note
from trialbridge.mappings.odm.parameters import (
    VALUE,
    Kind,
    cdisc,
    got,
    put,
    value,
    value_of,
)
from trialbridge.mappings.record import arms, criteria, registry
from trialbridge.mappings.record.arms import Links
from trialbridge.mappings.record.markdown import plain
from trialbridge.mappings.record.mesh import place
from trialbridge.mappings.record.summary import RETENTION, SUBJECTS, phases_of
from trialbridge.schemas.terms.cdisc_codes import (
    CDISC,
    INTERVENTION_TYPE,
    PHASE,
)
from trialbridge.schemas.trial import (
    BrowseModule,
    EnrollmentInfo,
    EnrollmentType,
    GeoPoint,
    InterventionType,
    Mesh,
    intervention_name,
)

ARM, INTERVENTION, INDICATION = "ARM", "INT", "IND"

# --- phase -------------------------------------------------------------------------------------


def _read_phase(term: Any, names: Names) -> list[str] | None:
    found = phases_of(str(term))
    if found is None:
        expected = ", ".join(term.value for term in PHASE.values())
        names.warn("unknown-code", f"{term!r:.60} is not one of {expected}")
    return found


phase: Codec[list[str]] = Codec(_read_phase, lambda phases, names: PHASE[tuple(phases)].value)
"""The phases as CDISC's one term for them."""


# --- documents and people -----------------------------------------------------------------------

_FILE_NAME = re.compile(r"[\w.~-]+(?:[ /][\w.~-]+)*", re.ASCII)


def is_file_name(name: str) -> bool:
    """Whether a name can be an href as it is: nothing in it is a mark of a url's syntax."""
    return _FILE_NAME.fullmatch(name) is not None


def complete_leaf(node: Node) -> None:
    """Give a Leaf the Title and the address that it requires."""
    node.setdefault("Title", "")
    node.setdefault("@xlink:href", "")


_USER_TYPES = {"PRINCIPAL_INVESTIGATOR": "Investigator", "SUB_INVESTIGATOR": "Investigator"}


def _read_user_type(node: Node, names: Names) -> Any:
    return "PRINCIPAL_INVESTIGATOR" if node.get("@UserType") == "Investigator" else None


user_type: Codec[Any] = Codec(
    _read_user_type,
    lambda role, names: {"@UserType": _USER_TYPES[role]} if role in _USER_TYPES else None,
    label="@UserType",
)
"""An investigator's role as the type of the user; the role itself is read where it is said."""


_COORDINATES = ("@Latitude", "@Longitude")


def _read_position(node: Node, names: Names) -> GeoPoint | None:
    if any(key not in node for key in _COORDINATES):
        return None
    read, bad = [], []
    for key in _COORDINATES:
        try:
            read.append(decimal.read(node[key], names))
        except Mismatch as mismatch:
            bad += mismatch.within(key)
    if bad:
        raise Mismatch.of(bad)
    lat, lon = read
    assert lat is not None
    assert lon is not None
    return GeoPoint(lat=lat, lon=lon)


position: Codec[GeoPoint] = Codec(
    _read_position,
    lambda point, names: {
        "@Latitude": decimal_text(point.lat),
        "@Longitude": decimal_text(point.lon),
    },
)
"""A point on the earth, of which one coordinate alone is none."""


# --- numbers -----------------------------------------------------------------------------------

_SUBJECTS: dict[EnrollmentType, Kind] = {type_: cdisc(name) for type_, name in SUBJECTS.items()}
_OF_NO_TYPE = note("enrollmentOfNoType", ("count",), repeats=False)


def _write_enrollment(info: EnrollmentInfo, names: Names) -> None:
    if info.type is not None:
        put(names, _SUBJECTS[info.type], {} if info.count is None else value(str(info.count)))
    elif info.count is not None:
        _OF_NO_TYPE.put(names, {"count": str(info.count)}, of="", number=1)
    else:
        names.odd = True


def _read_enrollment(root: Node, names: Names) -> EnrollmentInfo | None:
    for type_, kind in _SUBJECTS.items():
        for node in got(names, kind)[:1]:
            try:
                count = integer.read(value_of(node), names)
            except Mismatch as mismatch:
                at = f"StudyParameter[@OID='{node.get('@OID')}'].{VALUE}.@Value"
                raise Mismatch.of(mismatch.within(at)) from None
            if count is None:
                return EnrollmentInfo(type=type_)
            return EnrollmentInfo(count=count, type=type_)
    for row in _OF_NO_TYPE.got(names):
        try:
            count = integer.read(_OF_NO_TYPE.said(row).get("count", ""), names)
            return None if count is None else EnrollmentInfo(count=count)
        except Mismatch as mismatch:
            raise Mismatch.of(mismatch.within(f"ItemGroupData[{_OF_NO_TYPE.group.oid}]")) from None
    return None


enrollment: Codec[EnrollmentInfo] = Codec(_read_enrollment, _write_enrollment)
"""The actual or the planned number of subjects, by the type of the count."""

_KEPT, _WITH_DNA = cdisc("BRIND"), cdisc("BRDNAIND")
_RETENTION_BACK: dict[Any, Any] = {answers: retention for retention, answers in RETENTION.items()}


def _write_retention(retention: Any, names: Names) -> None:
    for kind, answer in zip((_KEPT, _WITH_DNA), RETENTION[retention], strict=True):
        if answer is not None:
            put(names, kind, {VALUE: yes_no.write(answer, names)})


def _read_retention(root: Node, names: Names) -> Any:
    answers = tuple(
        yes_no.read(nodes[0].get(VALUE, {}), names) if (nodes := got(names, kind)) else None
        for kind in (_KEPT, _WITH_DNA)
    )
    return _RETENTION_BACK.get((answers[0], answers[1]))


retention: Codec[Any] = Codec(_read_retention, _write_retention)
"""Whether specimens are retained, and whether with DNA."""


# --- arms and interventions --------------------------------------------------------------------


RECEIVED = note("ArmGroup.interventionNames", ("interventionOID", "name"))
"""What an arm receives: an intervention by its OID, or by a name that the record has none of."""


def _meant(
    rows: Any, of: Note, member: str, by_oid: Mapping[str, str], names: Names
) -> Iterator[tuple[Mapping[str, str], str]]:
    """What rows say of arms or interventions that there are, or of a name; with the name."""
    for row in rows:
        given = of.said(row)
        if "name" in given:
            yield given, given["name"]
        elif given.get(member) in by_oid:
            yield given, by_oid[given[member]]
        else:
            names.warn(
                "unresolved",
                f"{of.group.oid}, {row['@OID']}: no element with a name has the OID "
                f"{given.get(member)!r}",
            )


def _write_received(received: list[str], names: Names) -> list[Node]:
    links = names.once(Links)
    rows: list[Node] = []
    for name in received:
        if name in links.positions:
            held = {"interventionOID": names.named(INTERVENTION, links.positions[name])}
        elif name:
            held = {"name": name}
        else:
            names.odd = True
            continue
        rows.append(RECEIVED.row(held, of=names.item, number=len(rows) + 1))
    return rows


class _Study:
    """The arms and interventions of a document by their OIDs, and who receives what."""

    def __init__(self, names: Names) -> None:
        protocol = names.once(Apart).protocol
        self.interventions: dict[str, str] = {}
        for node in protocol.get("StudyInterventions", {}).get("StudyIntervention", ()):
            name = said(node.get("Description", ""))
            if name is not None:
                oid = str(node.get("@OID"))
                self.interventions[oid] = intervention_name(_type_of(node, oid, names), name)
        self.arms: dict[str, str] = {}
        self.labels: dict[str, dict[str, None]] = {}
        for node in protocol.get("StudyStructure", {}).get("Arm", ()):
            oid = str(node.get("@OID"))
            label = name_of(name_in(node, names), oid)
            if label is not None:
                self.arms[oid] = str(label)
            for row in RECEIVED.got(names, oid):
                given = RECEIVED.said(row)
                what = given.get("interventionOID", "")
                if what in self.interventions and label is not None and "name" not in given:
                    self.labels.setdefault(what, {})[str(label)] = None


def _read_received(rows: Any, names: Names) -> list[str] | None:
    study = names.once(_Study)
    found = _meant(rows, RECEIVED, "interventionOID", study.interventions, names)
    return [name for _, name in found] or None


received: Codec[list[str]] = Codec(_read_received, _write_received)
"""The interventions of an arm by their OIDs; one that the record has not, by its name."""

_DIFFERENCE = registry.code_system(
    "odm-arm-difference",
    "How an intervention's own list of arms differs from what the arms say",
    {
        "only-intervention": "only the intervention names the arm",
        "only-arm": "only the arm names the intervention",
        "order": "both do, and the intervention has its arms in this order",
    },
)
ARM_DIFFERENCE = note(
    "Intervention.armGroupLabels",
    ("armOID", "name", "difference"),
    codes={"difference": _DIFFERENCE},
)


def _write_labels(labels: list[str] | None, names: Names) -> None:
    links = names.once(Links)
    derived = list(links.labels.get(names.position, ()))
    names.odd = names.odd or labels == []
    number = 0
    for difference, label in arms.differences(labels or [], derived):
        if not label:
            names.odd = True
            continue
        number += 1
        if label in links.arms:
            held = {"armOID": names.named(ARM, links.arms[label])}
        else:
            held = {"name": label}
        held["difference"] = difference
        ARM_DIFFERENCE.put(names, held, of=names.item, number=number)


def _read_labels(node: Node, names: Names) -> list[str] | None:
    study = names.once(_Study)
    oid = str(node.get("@OID"))
    told: list[tuple[arms.Difference, str]] = []
    rows = ARM_DIFFERENCE.got(names, oid)
    for given, label in _meant(rows, ARM_DIFFERENCE, "armOID", study.arms, names):
        kind: Any = given.get("difference")
        if kind in _DIFFERENCE.codes:
            told.append((kind, label))
    return arms.labels(list(study.labels.get(oid, ())), told) or None


arm_labels: Codec[list[str]] = Codec(
    _read_labels, _write_labels, label=f"ReferenceData.ItemGroupData[{ARM_DIFFERENCE.group.oid}]"
)
"""The arms of an intervention: those whose own lists have it, and how the record differs."""

_TYPES: dict[Any, list[Node]] = {
    code: [
        *(
            [Constant(coding(CDISC, INTERVENTION_TYPE[code].code))]
            if code in INTERVENTION_TYPE
            else ()
        ),
        Constant(coding(registry.INTERVENTION_TYPE.url, code)),
    ]
    for code in registry.INTERVENTION_TYPE.codes
}
_TYPE_BY_CODE = {term.code: code for code, term in INTERVENTION_TYPE.items()}


INTERVENTION_KIND = cdisc("INTTYPE")
_type_value = coded(INTERVENTION_TYPE, registry.INTERVENTION_TYPE)


def _type_of(node: Node, oid: str, names: Names) -> InterventionType | None:
    """The type of an intervention, by its parameter, else by its Codings."""
    given = got(names, INTERVENTION_KIND, oid)
    if given:
        # What is odd with it is told when the intervention itself is read.
        said = _type_value.read(given[0].get(VALUE, {}), Names(form="oid"))
        if said is not None:
            kind: InterventionType = said
            return kind
    standard, exact = _types(node.get("Coding", ()))
    return standard or exact


def _types(nodes: Any) -> tuple[InterventionType | None, InterventionType | None]:
    """The type of an intervention by CDISC's Coding, and by the registry's."""
    exact: Any = None
    standard: Any = None
    for one in nodes:
        system, code = one.get("@System"), one.get("@Code")
        if system == registry.INTERVENTION_TYPE.url and code in _TYPES:
            exact = exact or code
        elif system == CDISC:
            standard = standard or _TYPE_BY_CODE.get(str(code))
    return standard, exact


def _read_type(nodes: Any, names: Names) -> InterventionType | None:
    standard, exact = _types(nodes)
    if standard and exact and standard != exact:
        names.warn(
            "codes-disagree",
            f"the Codings {standard!r} and {exact!r} disagree: read as {standard!r}",
        )
    return standard or exact


intervention_type: Codec[InterventionType] = Codec(
    _read_type,
    lambda code, names: _TYPES[code],
    (registry.INTERVENTION_TYPE,),
    label="of its type",
)
"""The type of an intervention as CDISC's code and the registry's own."""


# --- conditions and MeSH terms -----------------------------------------------------------------


class _Terms:
    """The MeSH terms of the conditions, or of the interventions, of a record: where each goes."""

    def __init__(
        self, names: Names, browse: BrowseModule | None, owners: Sequence[str | None]
    ) -> None:
        places = place(browse, owners)
        meshes = (browse.meshes if browse else None) or ()
        codings = [coding(registry.MESH, mesh.id or None, mesh.term or None) for mesh in meshes]
        names.odd = names.odd or any("" in (mesh.id, mesh.term) for mesh in meshes)
        self.owned = {owner: [codings[p] for p in ps] for owner, ps in places.owned.items()}
        self.alone = [codings[p] for p in places.alone]
        self.order = "" if places.in_order else " ".join(str(p + 1) for p in places.order)


def _terms_of_conditions(names: Names) -> _Terms:
    trial = names.trial
    assert trial is not None
    module = trial.protocol.conditions if trial.protocol else None
    browse = trial.derived.condition_browse if trial.derived else None
    return _Terms(names, browse, (module.conditions if module else None) or ())


def _terms_of_interventions(names: Names) -> _Terms:
    trial = names.trial
    assert trial is not None
    module = trial.protocol.arms_interventions if trial.protocol else None
    browse = trial.derived.intervention_browse if trial.derived else None
    owners = [one.name for one in (module.interventions if module else None) or ()]
    return _Terms(names, browse, owners)


def _write_conditions(conditions: list[str], names: Names) -> list[Node]:
    owned = names.once(_terms_of_conditions).owned
    nodes = []
    for position, condition in enumerate(conditions):
        if not condition:
            names.odd = True
            continue
        node: Node = {
            "@OID": names.named(INDICATION, position),
            "Description": described_as(condition),
        }
        if position in owned:
            node["Coding"] = owned[position]
        nodes.append(node)
    return nodes


def _read_conditions(nodes: Any, names: Names) -> list[str] | None:
    found = (said(node.get("Description", "")) for node in nodes)
    return [words for words in found if words is not None] or None


conditions: Codec[list[str]] = Codec(_read_conditions, _write_conditions)
"""Each condition as a StudyIndication, with the Codings of its terms."""

intervention_terms: Codec[Any] = Codec(
    lambda nodes, names: None,
    lambda whole, names: names.once(_terms_of_interventions).owned.get(names.position),
)
"""The Codings of the terms of the intervention at hand; read where all terms are."""

_ALONE = {
    INDICATION: note("conditionBrowse.meshes", ("id", "term")),
    INTERVENTION: note("interventionBrowse.meshes", ("id", "term")),
}
_ORDER = {
    INDICATION: note("conditionBrowse.meshOrder", ("positions",), repeats=False),
    INTERVENTION: note("interventionBrowse.meshOrder", ("positions",), repeats=False),
}
_TERMS = {INDICATION: _terms_of_conditions, INTERVENTION: _terms_of_interventions}
_OWNERS = {
    INDICATION: ("StudyIndications", "StudyIndication"),
    INTERVENTION: ("StudyInterventions", "StudyIntervention"),
}


def _meshes(which: str) -> Codec[list[Mesh]]:
    def write(meshes: list[Mesh], names: Names) -> None:
        terms = names.once(_TERMS[which])
        for number, one in enumerate(terms.alone, 1):
            held = {"id": one.get("@Code"), "term": one.get("@Label")}
            known = {name: text for name, text in held.items() if text is not None}
            _ALONE[which].put(names, known, of="", number=number)
        if terms.order:
            _ORDER[which].put(names, {"positions": terms.order}, of="", number=1)

    def read(protocol: Node, names: Names) -> list[Mesh] | None:
        group, member = _OWNERS[which]
        found = []
        for node in protocol.get(group, {}).get(member, ()):
            for one in node.get("Coding", ()):
                if one.get("@System") in registry.MESH_SYSTEMS:
                    parts = {"id": one.get("@Code"), "term": one.get("@Label")}
                    found.append(Mesh(**{key: words for key, words in parts.items() if words}))
        found += (Mesh(**_ALONE[which].said(row)) for row in _ALONE[which].got(names))
        for row in _ORDER[which].got(names)[:1]:
            order = _ORDER[which].said(row).get("positions", "").split()
            if sorted(order) == sorted(str(n) for n in range(1, len(found) + 1)):
                at = dict(zip(map(int, order), found, strict=True))
                found = [at[n] for n in sorted(at)]
        return found or None

    return Codec(read, write)


condition_meshes = _meshes(INDICATION)
intervention_meshes = _meshes(INTERVENTION)
"""The terms as Codings of what they belong to; those of none in the registry form.

Where that is not the registry's order, the form has the position of each in its list.
"""


# --- outcomes ----------------------------------------------------------------------------------

ENDPOINT = {"Primary": "EP.PRIMARY", "Secondary": "EP.SECONDARY", None: "EP.OTHER"}


# --- eligibility -------------------------------------------------------------------------------

CRITERIA_TEXT = note("eligibility.criteria", ("text",), repeats=False)


def _write_criteria(text: str, names: Names) -> Node | None:
    pieces = [piece.said for piece in criteria.split(text)]
    # Most texts that are no plain list do not begin as one.
    if not pieces or text[9:22] != " Criteria:\n\n*" or criteria.listed(pieces) != text:
        CRITERIA_TEXT.put(names, {"text": text}, of="", number=1)
    return {"InclusionExclusionCriteria": Criteria(pieces)} if pieces else None


def _read_criteria(protocol: Node, names: Names) -> str | None:
    whole = next((CRITERIA_TEXT.said(row).get("text") for row in CRITERIA_TEXT.got(names)), None)
    conditions = names.once(Apart).conditions
    lists = protocol.get("InclusionExclusionCriteria", {})
    before = criteria.split(whole) if whole else []
    given = {plain(piece.words) for piece in before}
    pieces = []
    for exclude, member, _ in CRITERIA_LISTS:
        for node in lists.get(member, {}).get("Criterion", ()):
            condition = said(conditions.get(node.get("@ConditionOID"), ""))
            text = said(node.get("Description", ""))
            if text is None or (text in given and condition and condition not in given):
                text = condition
            elif condition is not None and condition not in (text, *given):
                names.warn(
                    "criteria-disagree",
                    f"{node.get('@OID')} and its ConditionDef {node.get('@ConditionOID')} "
                    "say different things: the Criterion is read",
                )
            if text is None:
                text = None if node.get("@Name") == node.get("@OID") else node.get("@Name")
            if text is not None:
                pieces.append((text, exclude))
    said_before = {plain(piece.words): piece.words for piece in before}
    pieces = [(said_before.get(plain(text), text), exclude) for text, exclude in pieces]
    in_order = [p for exclude, _, _ in CRITERIA_LISTS for p in _of(before, exclude)]
    if pieces == in_order:
        return whole
    joined = criteria.join(whole or "", pieces)
    if sorted(piece.said for piece in criteria.split(joined)) != sorted(pieces):
        names.warn(
            "criteria-unclear", "the criteria do not stand in the text as they stand in the lists"
        )
    return joined


def _of(pieces: list[criteria.Criterion], exclude: bool) -> list[tuple[str, bool]]:
    return [piece.said for piece in pieces if piece.exclude is exclude]


eligibility_criteria: Codec[str] = Codec(_read_criteria, _write_criteria)
"""Each criterion as a Criterion with its ConditionDef.

The text as a whole is in the registry form where the lists alone do not give it back.
"""
