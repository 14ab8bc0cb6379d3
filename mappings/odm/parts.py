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
    words,
    yes_no,
)
from trialbridge.mappings.odm.parameters import (
    VALUE,
    Kind,
    cdisc,
    got,
    own,
    put,
    value,
    value_of,
)
from trialbridge.mappings.record import arms, criteria, registry
from trialbridge.mappings.record.arms import Links
from trialbridge.mappings.record.markdown import plain
from trialbridge.mappings.record.mesh import place
from trialbridge.schemas.terms.cdisc_codes import (
    CDISC,
    EARLY_PHASE_1,
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


def _short(term: str) -> str:
    """A term without the words that CDISC's terminology no longer has: `II` of PHASE II TRIAL."""
    return term.upper().removeprefix("PHASE ").removesuffix(" TRIAL")


_PHASES = {_short(term.value): list(phases) for phases, term in PHASE.items()}
_PHASES[EARLY_PHASE_1.value] = ["EARLY_PHASE1"]


def has_phase(phases: Sequence[str]) -> bool:
    """Whether CDISC has one term for these phases."""
    return tuple(phases) in PHASE


def _read_phase(term: Any, names: Names) -> list[str] | None:
    found = _PHASES.get(_short(str(term)))
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

_SUBJECTS: dict[EnrollmentType | None, Kind] = {
    "ACTUAL": cdisc("ACTSUB"),
    "ESTIMATED": cdisc("PLANSUB"),
    None: own("enrollment"),
}


def _write_enrollment(info: EnrollmentInfo, names: Names) -> None:
    kind = _SUBJECTS[info.type]
    if info.count is not None:
        put(names, kind, value(str(info.count)))
    elif info.type is not None:
        put(names, kind, {})
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
            if type_ is None:
                return None if count is None else EnrollmentInfo(count=count)
            if count is None:
                return EnrollmentInfo(type=type_)
            return EnrollmentInfo(count=count, type=type_)
    return None


enrollment: Codec[EnrollmentInfo] = Codec(_read_enrollment, _write_enrollment)
"""The actual or the planned number of subjects, by the type of the count."""

_KEPT, _WITH_DNA = cdisc("BRIND"), cdisc("BRDNAIND")
_RETENTION: dict[Any, tuple[bool, bool | None]] = {
    "NONE_RETAINED": (False, None),
    "SAMPLES_WITH_DNA": (True, True),
    "SAMPLES_WITHOUT_DNA": (True, False),
}
_RETENTION_BACK: dict[Any, Any] = {answers: retention for retention, answers in _RETENTION.items()}


def _write_retention(retention: Any, names: Names) -> None:
    for kind, answer in zip((_KEPT, _WITH_DNA), _RETENTION[retention], strict=True):
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


_REFERENCE = registry.code_system(
    "odm-reference",
    "How a value says which arm or intervention it means",
    {"name": "By its name, as the record has none such"},
)
_BY_NAME = Constant(coding(_REFERENCE.url, "name"))


def _is_by_name(node: Node) -> bool:
    codings = node.get(VALUE, {}).get("Coding", ())
    return any(one.get("@System") == _REFERENCE.url for one in codings)


def _meant(nodes: Any, by_oid: Mapping[str, str], names: Names) -> Iterator[tuple[Node, str]]:
    """The parameters of arms or interventions that there are, or of a name; with the name."""
    for node in nodes:
        what = value_of(node)
        if _is_by_name(node):
            yield node, what
        elif what in by_oid:
            yield node, by_oid[what]
        else:
            names.warn(
                "unresolved", f"{node.get('@OID')}: no element with a name has the OID {what!r}"
            )


def _write_received(received: list[str], names: Names) -> list[Node]:
    links = names.once(Links)
    nodes = []
    for name in received:
        if name in links.positions:
            nodes.append(value(names.named(INTERVENTION, links.positions[name])))
        elif name:
            nodes.append(value(name, _BY_NAME))
        else:
            names.odd = True
    return nodes


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
        self.labels: dict[str, list[str]] = {}
        for node in protocol.get("StudyStructure", {}).get("Arm", ()):
            oid = str(node.get("@OID"))
            label = name_of(name_in(node, names), oid)
            if label is not None:
                self.arms[oid] = str(label)
            for one in got(names, RECEIVED, oid):
                what = value_of(one)
                if what in self.interventions and label is not None and not _is_by_name(one):
                    labels = self.labels.setdefault(what, [])
                    if label not in labels:
                        labels.append(str(label))


RECEIVED = own("intervention-of-arm")


def _read_received(nodes: Any, names: Names) -> list[str] | None:
    study = names.once(_Study)
    return [name for _, name in _meant(nodes, study.interventions, names) if name] or None


received: Codec[list[str]] = Codec(_read_received, _write_received, (_REFERENCE,))
"""The interventions of an arm by their OIDs; one that the record has not, by its name."""

ARM_DIFFERENCE = own("arm-of-intervention")
_DIFFERENCE = registry.code_system(
    "odm-arm-difference",
    "How an intervention's own list of arms differs from what the arms say",
    {
        "only-intervention": "only the intervention names the arm",
        "only-arm": "only the arm names the intervention",
        "order": "both do, and the intervention has its arms in this order",
    },
)


def _write_labels(labels: list[str] | None, names: Names) -> None:
    links = names.once(Links)
    derived = links.labels.get(names.position, [])
    names.odd = names.odd or labels == []
    number = 0
    for difference, label in arms.differences(labels or [], derived):
        if not label:
            names.odd = True
            continue
        number += 1
        how = coding(_DIFFERENCE.url, difference)
        if label in links.arms:
            node = value(names.named(ARM, links.arms[label]), how)
        else:
            node = value(label, how, _BY_NAME)
        put(names, ARM_DIFFERENCE, node, number=number, of=names.item)


def _read_labels(node: Node, names: Names) -> list[str] | None:
    study = names.once(_Study)
    oid = str(node.get("@OID"))
    told: list[tuple[arms.Difference, str]] = []
    for one, label in _meant(got(names, ARM_DIFFERENCE, oid), study.arms, names):
        kind: Any = next((c.get("@Code") for c in one[VALUE].get("Coding", ())), None)
        if kind in _DIFFERENCE.codes:
            told.append((kind, label))
    return arms.labels(study.labels.get(oid, []), told) or None


arm_labels: Codec[list[str]] = Codec(
    _read_labels, _write_labels, (_DIFFERENCE,), label="StudyParameter[@Term='Arm of intervention']"
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

_ALONE = {INDICATION: own("condition-mesh"), INTERVENTION: own("intervention-mesh")}
_ORDER = {INDICATION: own("condition-mesh-order"), INTERVENTION: own("intervention-mesh-order")}
_TERMS = {INDICATION: _terms_of_conditions, INTERVENTION: _terms_of_interventions}
_OWNERS = {
    INDICATION: ("StudyIndications", "StudyIndication"),
    INTERVENTION: ("StudyInterventions", "StudyIntervention"),
}


def _meshes(which: str) -> Codec[list[Mesh]]:
    def write(meshes: list[Mesh], names: Names) -> None:
        terms = names.once(_TERMS[which])
        for number, one in enumerate(terms.alone, 1):
            put(names, _ALONE[which], value(one.get("@Label", ""), one), number=number)
        if terms.order:
            put(names, _ORDER[which], value(terms.order))

    def read(protocol: Node, names: Names) -> list[Mesh] | None:
        group, member = _OWNERS[which]
        held = [*protocol.get(group, {}).get(member, ())]
        held += (node.get(VALUE, {}) for node in got(names, _ALONE[which]))
        found = []
        for node in held:
            for one in node.get("Coding", ()):
                if one.get("@System") in registry.MESH_SYSTEMS:
                    parts = {"id": one.get("@Code"), "term": one.get("@Label")}
                    found.append(Mesh(**{key: words for key, words in parts.items() if words}))
        for node in got(names, _ORDER[which])[:1]:
            order = value_of(node).split()
            if sorted(order) == sorted(str(n) for n in range(1, len(found) + 1)):
                at = dict(zip(map(int, order), found, strict=True))
                found = [at[n] for n in sorted(at)]
        return found or None

    return Codec(read, write)


condition_meshes = _meshes(INDICATION)
intervention_meshes = _meshes(INTERVENTION)
"""The terms as Codings of what they belong to; those of none as parameters of ours.

Where that is not the registry's order, another parameter has the position of each in its list.
"""


# --- outcomes ----------------------------------------------------------------------------------

ENDPOINT = {"Primary": "EP.PRIMARY", "Secondary": "EP.SECONDARY", None: "EP.OTHER"}


# --- eligibility -------------------------------------------------------------------------------

CRITERIA_TEXT = own("eligibility-criteria")


def _write_criteria(text: str, names: Names) -> Node | None:
    pieces = [piece.said for piece in criteria.split(text)]
    # Most texts that are no plain list do not begin as one.
    if not pieces or text[9:22] != " Criteria:\n\n*" or criteria.listed(pieces) != text:
        put(names, CRITERIA_TEXT, value(text))
    return {"InclusionExclusionCriteria": Criteria(pieces)} if pieces else None


def _read_criteria(protocol: Node, names: Names) -> str | None:
    whole = next(
        (words.read(value_of(node), names) for node in got(names, CRITERIA_TEXT)),
        None,
    )
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

The text as a whole is a parameter of ours where the lists alone do not give it back.
"""
