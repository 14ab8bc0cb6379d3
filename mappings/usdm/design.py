"""How a study is done: arms and their interventions, what is treated, end points, participants."""

from collections.abc import Mapping
from html import unescape
from typing import Any, Final

from trialbridge.mappings.codec import Codec, Mismatch, Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import criteria, registry
from trialbridge.mappings.record.arms import Links
from trialbridge.mappings.record.mesh import certain
from trialbridge.mappings.usdm.apart import (
    Apart,
    Document,
    called,
    class_of_design,
    masking_block,
    objects,
)
from trialbridge.mappings.usdm.extensions import EXTENSIONS, attribute, codec_of, text_of
from trialbridge.mappings.usdm.terms import UNITS, as_xhtml, code, coded, of_registry, said, unit
from trialbridge.schemas.terms import cdisc_codes as cdisc
from trialbridge.schemas.terms import concepts
from trialbridge.schemas.terms.countries import country, name_of
from trialbridge.schemas.trial import (
    Age,
    BioSpec,
    BioSpecRetention,
    EnrollmentInfo,
    EnrollmentType,
    age,
    age_text,
    intervention_name,
)
from trialbridge.schemas.usdm.definitions import URL

_MODULE: Final = f"{URL}/protocolSection"
_DESIGN: Final = f"{_MODULE}/designModule"

# --- phase and blinding ------------------------------------------------------------------------

# The terminology has subdivisions that the registry has not.
_FINER: Final[Mapping[str, tuple[str, ...]]] = {
    "C199990": ("PHASE1",),
    "C199989": ("PHASE1",),
    "C49686": ("PHASE2",),
    "C49688": ("PHASE2",),
    "C49687": ("PHASE3",),
    "C49689": ("PHASE3",),
}
_PHASES: Final = {phases: {"standardCode": code(term.code)} for phases, term in cdisc.PHASE.items()}
_PHASES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    **{term.code: phases for phases, term in cdisc.PHASE.items()},
    **_FINER,
}


def has_phase(phases: list[str]) -> bool:
    """Whether CDISC has one term for these phases."""
    return tuple(phases) in _PHASES


def _read_phase(node: Any, names: Names) -> list[str] | None:
    found, decode = said(node)
    phases = _PHASES_OF.get(found)
    if phases is None:
        names.warn("unknown-code", f"{found!r} ({decode}) is no phase that a record has")
        return None
    return list(phases)


phase: Codec[list[str]] = Codec(_read_phase, lambda phases, names: _PHASES[tuple(phases)])

_MASKING: Final = coded(cdisc.MASKING, registry.MASKING, alias=True)
_OBSERVER: Final[Node] = {"standardCode": code(cdisc.OBSERVER_BLIND.code)}
_EXACT: Final = codec_of(str, f"{_DESIGN}/designInfo/maskingInfo/masking")


def _write_masking(masking: str, names: Names) -> Node:
    """CDISC's double blind has the subject masked; the registry counts masked parties."""
    if class_of_design(names) != "InterventionalStudyDesign":
        return {EXTENSIONS: _EXACT.write(masking, names)}
    block = masking_block(names)
    who = (block.who_masked if block else None) or []
    if masking == "SINGLE" and who == ["OUTCOMES_ASSESSOR"]:
        return {"blindingSchema": _OBSERVER}
    if masking == "DOUBLE" and who and "PARTICIPANT" not in who:
        return {"blindingSchema": {"standardCode": of_registry(registry.MASKING, masking)}}
    node: Node = {"blindingSchema": _MASKING.write(masking, names)}
    if masking in ("TRIPLE", "QUADRUPLE"):
        node[EXTENSIONS] = _EXACT.write(masking, names)
    return node


def _read_masking(design: Node, names: Names) -> str | None:
    exact = text_of(design, f"{_DESIGN}/designInfo/maskingInfo/masking")
    schema = design.get("blindingSchema")
    if schema is None:
        return exact
    if said(schema)[0] == cdisc.OBSERVER_BLIND.code:
        return "SINGLE"
    found: str | None = _MASKING.read(schema, names)
    # What CDISC's term does not tell apart is as the registry has it.
    return exact if exact is not None and found == "DOUBLE" else found


masking: Codec[str] = Codec(_read_masking, _write_masking, label="blindingSchema")


def on_class(member: str, base: Codec[Any], class_: str, *, many: bool = False) -> Codec[Any]:
    """A member that one class of designs has: written for that alone, and read of that alone."""

    def write(value: Any, names: Names) -> Node | None:
        if class_of_design(names) != class_:
            return None
        node = base.write(value, names)
        return {member: [node] if many else node}

    def read(design: Node, names: Names) -> Any:
        node = design.get(member)
        if node is None or design.get("instanceType") != class_:
            return None
        try:
            if not many:
                return base.read(node, names)
            values = (base.read(one, names) for one in node)
            return next((value for value in values if value is not None), None)
        except Mismatch as mismatch:
            raise Mismatch.of(mismatch.within(member)) from None

    return Codec(read, write, base.systems, label=member)


def elsewhere(base: Codec[Any], class_: str) -> Codec[Any]:
    """An extension attribute that is written where the class of the design has no member for it."""

    def write(value: Any, names: Names) -> Any:
        return [] if class_of_design(names) == class_ else base.write(value, names)

    return base._replace(write=write)


RANDOMIZED: Final = "C46079"
_RANDOMIZED: Final = code(RANDOMIZED, "Randomized")


def _read_allocation(nodes: Any, names: Names) -> str | None:
    return "RANDOMIZED" if any(said(one)[0] == RANDOMIZED for one in nodes) else None


allocation: Codec[str] = Codec(
    _read_allocation, lambda value, names: [_RANDOMIZED], label=f"code='{RANDOMIZED}'"
)


# --- specimens ---------------------------------------------------------------------------------

_RETAINED: Final[Mapping[str, Node]] = {
    "NONE_RETAINED": {"isRetained": False},
    "SAMPLES_WITH_DNA": {"isRetained": True, "includesDNA": True},
    "SAMPLES_WITHOUT_DNA": {"isRetained": True, "includesDNA": False},
}


def _write_specimens(spec: BioSpec, names: Names) -> list[Node]:
    node: Node = dict(_RETAINED[spec.retention]) if spec.retention else {}
    if spec.description:
        node["description"] = spec.description
    elif spec.description is not None:
        names.odd = True
    return [node]


def _read_specimens(nodes: Any, names: Names) -> BioSpec | None:
    for node in nodes:
        if node.__class__ is not dict:
            raise Mismatch(f"expected an object, found {node!r:.60}")
        said = {key: node[key] for key in ("isRetained", "includesDNA") if key in node}
        kept: BioSpecRetention | None = next(
            (kind for kind, members in _RETAINED.items() if members == said),  # type: ignore[misc]
            None,
        )
        if kept is None and node.get("isRetained") is False:
            kept = "NONE_RETAINED"
        return BioSpec(retention=kept, description=node.get("description") or None)
    return None


specimens: Codec[BioSpec] = Codec(_read_specimens, _write_specimens)

# --- arms and interventions --------------------------------------------------------------------

_ARMS: Final = f"{_MODULE}/armsInterventionsModule"
_NAMED: Final = codec_of(list[str], f"{_ARMS}/armGroups/interventionNames")
_LABELLED: Final = codec_of(list[str], f"{_ARMS}/interventions/armGroupLabels")
ARM: Final = "StudyArm"
INTERVENTION: Final = "StudyIntervention"


def _write_received(received: list[str], names: Names) -> Node | None:
    links = names.once(Links)
    positions = [links.positions[name] for name in received if name in links.positions]
    ids = list(dict.fromkeys(names.named(INTERVENTION, position) for position in positions))
    if ids:
        names.once(Apart).received[names.item] = ids
    if len(ids) == len(received):
        return None
    return {EXTENSIONS: _NAMED.write(received, names)}


class _Received:
    """Who receives what in a document that is read."""

    def __init__(self, names: Names) -> None:
        document = names.once(Document)
        self.names: dict[str, str] = {}
        for id_, node in document.interventions.items():
            name = called(node)
            if name is not None:
                self.names[id_] = intervention_name(_type_of(node, names), name)
        self.of = document.received
        self.labels: dict[str, dict[str, None]] = {}
        for arm in objects(document.design, "arms"):
            label = called(arm)
            for id_ in self.of.get(str(arm.get("id")), ()):
                if label is not None:
                    self.labels.setdefault(id_, {})[label] = None


def _type_of(node: Node, names: Names) -> Any:
    from trialbridge.mappings.usdm.terms import INTERVENTION_TYPE

    if node.get("type") is None:
        return None
    before = list(names.warnings)
    found = INTERVENTION_TYPE.read(node["type"], names)
    names.warnings = before
    return found


def _read_received(arm: Node, names: Names) -> list[str] | None:
    exact: list[str] | None = _NAMED.read(arm.get(EXTENSIONS) or [], names)
    if exact:
        return exact
    received = names.once(_Received)
    ids = received.of.get(str(arm.get("id")), ())
    return [received.names[id_] for id_ in ids if id_ in received.names] or None


received: Codec[list[str]] = Codec(
    _read_received, _write_received, label="studyCells.elements.studyInterventionIds"
)
"""The interventions of an arm, by its cells; the names as they are where these do not give them."""


def _write_labels(labels: list[str] | None, names: Names) -> Node | None:
    derived = list(names.once(Links).labels.get(names.position, ()))
    names.odd = names.odd or labels == []
    if (labels or []) == derived:
        return None
    return {EXTENSIONS: _LABELLED.write(labels or [], names)}


def _read_labels(node: Node, names: Names) -> list[str] | None:
    exact = _LABELLED.read(node.get(EXTENSIONS) or [], names)
    if exact is not None:
        return exact or None
    return list(names.once(_Received).labels.get(str(node.get("id")), ())) or None


labels: Codec[list[str]] = Codec(_read_labels, _write_labels, label="studyCells")
"""The arms of an intervention: those whose cells have it, or as they are."""


def cells(names: Names, arms: list[Node]) -> tuple[list[Node], list[Node]]:
    """The cells and elements that say which arm has which interventions.

    USDM says it of an arm in an epoch, of which the record states nothing but that it is there.
    """
    received = names.once(Apart).received
    made: tuple[list[Node], list[Node]] = [], []
    for arm in arms:
        ids = received.get(str(arm.get("id")))
        if ids:
            element = {
                "id": f"StudyElement.{len(made[1]) + 1}",
                "studyInterventionIds": ids,
            }
            cell = {"armId": arm["id"], "epochId": EPOCH, "elementIds": [element["id"]]}
            made[0].append(cell)
            made[1].append(element)
    return made


EPOCH: Final = "StudyEpoch.1"

# --- what is treated ---------------------------------------------------------------------------


def _write_conditions(conditions: list[str], names: Names) -> list[Node]:
    derived = names.trial.derived if names.trial else None
    browse = derived.condition_browse if derived else None
    terms = certain(browse, conditions)
    nodes = []
    for position, condition in enumerate(conditions):
        if not condition:
            names.odd = True
            continue
        node: Node = {"label": condition}
        if position in terms:
            mesh = browse.meshes[terms[position]]  # type: ignore[union-attr, index]
            if mesh.id and mesh.term:
                node["codes"] = [
                    {"code": mesh.id, "codeSystem": registry.MESH, "decode": mesh.term}
                ]
        nodes.append(node)
    return nodes


def _read_conditions(nodes: Any, names: Names) -> list[str] | None:
    found = []
    for position, node in enumerate(nodes):
        if node.__class__ is not dict:
            raise Mismatch(f"expected an object, found {node!r:.60}", f"[{position}]")
        said = node.get("label") or node.get("description") or node.get("name")
        if said:
            found.append(str(said))
    return found or None


conditions: Codec[list[str]] = Codec(_read_conditions, _write_conditions, label="label")

# --- participants ------------------------------------------------------------------------------

_FEMALE, _MALE, _BOTH = (cdisc.SEX[one].code for one in ("FEMALE", "MALE", "ALL"))
_SEXES: Final[Mapping[str, list[Node]]] = {
    "FEMALE": [code(_FEMALE)],
    "MALE": [code(_MALE)],
    "ALL": [code(_FEMALE), code(_MALE)],
}


def _read_sex(nodes: Any, names: Names) -> str | None:
    if nodes.__class__ is not list:
        raise Mismatch(f"expected a list, found {nodes!r:.60}")
    found = {said(node)[0] for node in nodes}
    if _BOTH in found or {_FEMALE, _MALE} <= found:
        return "ALL"
    return "FEMALE" if _FEMALE in found else "MALE" if _MALE in found else None


sex: Codec[str] = Codec(_read_sex, lambda value, names: _SEXES[value])
"""Both sexes are one entry each: https://github.com/cdisc-org/DDF-RA, rule DDF00188."""

_UNIT_OF: Final = {term.code: name for name, term in UNITS.items()}


def _write_age(value: Age, names: Names) -> Node:
    number, of = age(value)
    return {"value": number, "unit": unit(of)}


def _read_age(node: Any, names: Names) -> Age | None:
    if node.__class__ is not dict:
        raise Mismatch(f"expected an object, found {node!r:.60}")
    value, measured = node.get("value"), node.get("unit")
    if value is None:
        return None
    found, decode = said(measured) if measured is not None else ("", "")
    name = _UNIT_OF.get(found)
    if name is None:
        names.warn("unknown-unit", f"{found!r} ({decode}) is no unit of time that a record has")
        return None
    if value.__class__ not in (int, float) or value != int(value) or value < 0:
        names.warn("not-whole", f"{value!r} is no whole number of units")
        return None
    return age_text(int(value), name)


age_of_participants: Codec[Age] = Codec(_read_age, _write_age)

_ENROLLED: Final = f"{_DESIGN}/enrollmentInfo"
_COUNT: Final = codec_of(int, f"{_ENROLLED}/count")
_KIND: Final = codec_of(EnrollmentType, f"{_ENROLLED}/type")


def _write_enrollment(info: EnrollmentInfo, names: Names) -> Node | None:
    """A number that is estimated is planned; of another, the record does not say that it is."""
    extensions: list[Node] = []
    node: Node = {}
    if info.count is not None:
        if info.type == "ESTIMATED":
            node["plannedEnrollmentNumber"] = {"value": info.count, "instanceType": "Quantity"}
        else:
            extensions += _COUNT.write(info.count, names)
    if info.type is not None and not node:
        extensions += _KIND.write(info.type, names)
    if extensions:
        node[EXTENSIONS] = extensions
    names.odd = names.odd or not node
    return node or None


def _read_enrollment(population: Node, names: Names) -> EnrollmentInfo | None:
    extensions = population.get(EXTENSIONS) or []
    count, kind = _COUNT.read(extensions, names), _KIND.read(extensions, names)
    planned = population.get("plannedEnrollmentNumber")
    if count is None and planned is not None:
        if planned.__class__ is not dict:
            raise Mismatch(f"expected an object, found {planned!r:.60}", "plannedEnrollmentNumber")
        count = _whole(planned, names)
        if count is not None and kind is None:
            kind = "ESTIMATED"
    return None if count is None and kind is None else EnrollmentInfo(count=count, type=kind)


def _whole(planned: Node, names: Names) -> int | None:
    """The number of a Quantity, or the greatest of a Range, as CDISC's mapping has it."""
    value = planned.get("value")
    if value is None:
        value = (planned.get("maxValue") or {}).get("value")
    if value.__class__ not in (int, float) or value != int(value) or value < 0:
        names.warn("not-whole", f"{value!r} is no number of participants")
        return None
    return int(value)


enrollment: Codec[EnrollmentInfo] = Codec(
    _read_enrollment, _write_enrollment, label="plannedEnrollmentNumber"
)

# --- criteria ----------------------------------------------------------------------------------

_EXCLUSION: Final = concepts.CRITERION.terms["exclusion"].code
_CATEGORY: Final = {
    False: code(concepts.CRITERION.terms["inclusion"].code),
    True: code(_EXCLUSION),
}
_TEXT: Final = f"{_MODULE}/eligibilityModule/eligibilityCriteria"


def _write_criteria(text: str, names: Names) -> Node:
    pieces = criteria.split(text)
    apart = names.once(Apart)
    nodes = []
    for number, piece in enumerate(pieces, 1):
        item = f"EligibilityCriterionItem.{number}"
        apart.items.append({"id": item, "text": as_xhtml(piece.words)})
        nodes.append(
            {
                "id": f"EligibilityCriterion.{number}",
                "category": _CATEGORY[piece.exclude],
                "criterionItemId": item,
            }
        )
    node: Node = {"eligibilityCriteria": nodes} if nodes else {}
    if not pieces or criteria.listed([piece.said for piece in pieces]) != text:
        node[EXTENSIONS] = [attribute(names, _TEXT, valueString=text)]
    return node


def _read_criteria(design: Node, names: Names) -> str | None:
    items = names.once(Document).items
    pieces = []
    for node in objects(design, "eligibilityCriteria"):
        text = items.get(str(node.get("criterionItemId")), {}).get("text")
        if text.__class__ is str and text:
            exclude = node.get("category") is not None and said(node["category"])[0] == _EXCLUSION
            pieces.append((unescape(text), exclude))
    whole = text_of(design, _TEXT)
    if whole is None:
        return criteria.listed(pieces) if pieces else None
    if pieces == [piece.said for piece in criteria.split(whole)]:
        return whole
    joined = criteria.join(whole, pieces)
    if sorted(piece.said for piece in criteria.split(joined)) != sorted(pieces):
        names.warn(
            "criteria-unclear", "the criteria do not stand in the text as they stand in the list"
        )
    return joined


eligibility_criteria: Codec[str] = Codec(
    _read_criteria, _write_criteria, label="eligibilityCriteria"
)
"""One criterion with its item each; the text as a whole where these do not give it back."""

# --- sites -------------------------------------------------------------------------------------

ISO: Final = "ISO 3166 1 alpha3"
"""The system of countries, as CDISC's examples call it."""


def _write_country(name: str, names: Names) -> Node:
    found = country(name)
    node: Node = {"decode": name}
    if found is not None:
        node |= {"code": found.alpha_3, "codeSystem": ISO}
    return node


def _read_country(node: Any, names: Names) -> str | None:
    found, name = said(node)
    known = country(name) if name else None
    if name and (not found or known is None or known.alpha_3 == found):
        return name
    return name_of(found) or name or None


country_of_site: Codec[str] = Codec(_read_country, _write_country)
