"""Trial records as the trial summary of SDTM: what in TS is what in the model.

https://www.cdisc.org/standards/foundational/sdtmig/sdtmig-v3-4
"""

from typing import Any

from trialbridge.mappings.codec import (
    Codec,
    Field,
    Node,
    also,
    among,
    derived,
    field,
    merged,
    record,
)
from trialbridge.mappings.coverage import CoverageRow, complete, of_table
from trialbridge.mappings.names import Names
from trialbridge.mappings.record.criteria import listed, split
from trialbridge.mappings.record.markdown import plain
from trialbridge.mappings.record.summary import (
    FACTS,
    RETENTION,
    SUBJECTS,
    finer_blinding,
    finer_type,
    has_phase,
    leaves_the_subject,
    phases_of,
)
from trialbridge.mappings.sdtm import identifiers, parties
from trialbridge.mappings.sdtm.rows import (
    ISO_3166,
    code,
    coded,
    fact,
    flag,
    label,
    of,
    row_of,
    rows_of,
    words,
)
from trialbridge.schemas.base import BASE
from trialbridge.schemas.terms import cdisc_codes as terms
from trialbridge.schemas.terms.countries import country, name_of
from trialbridge.schemas.trial import ArmGroup, EnrollmentInfo, Outcome, Trial

IDENTIFICATION = "protocol.identification"
DESIGN = "protocol.design"
INFO = f"{DESIGN}.design_info"


def _write_title_instead(title: str, names: Names) -> None:
    protocol = names.trial.protocol if names.trial else None
    identification = protocol.identification if protocol else None
    if identification is None or not identification.official_title:
        of(names).put("TITLE", {"TSVAL": title})


title_instead: Codec[str] = Codec(lambda root, names: None, _write_title_instead)
"""The brief title, where it is the only one that the study has."""


# --- type, phase, blinding ---------------------------------------------------------------------

_TYPE, _MASKING = FACTS["STYPE"], FACTS["TBLIND"]
_base_type, _base_masking = (code(one.terms, one.exact) for one in (_TYPE, _MASKING))
_REGISTRY_NODE, _OBSERVER_NODE = coded(terms.PATIENT_REGISTRY), coded(terms.OBSERVER_BLIND)


def _is(row: Node, term: terms.Term) -> bool:
    return str(row.get("TSVAL", "")).casefold() == term.value.casefold()


def _read_type(row: Node, names: Names) -> Any:
    if _is(row, terms.PATIENT_REGISTRY):
        return "OBSERVATIONAL"
    return _base_type.read(row, names)


def _write_type(value: Any, names: Names) -> Node:
    finer = finer_type(value, names.trial)
    node: Node = _base_type.write(value, names) if finer is None else _REGISTRY_NODE
    return node


study_type: Codec[Any] = Codec(_read_type, _write_type, _base_type.systems)
patient_registry: Codec[bool] = Codec(
    lambda row, names: True if _is(row, terms.PATIENT_REGISTRY) else None,
    lambda value, names: None,
    gives=bool,
)


_MASKING_AT = "/protocolSection/designModule/designInfo/maskingInfo/masking"


def _read_masking(row: Node, names: Names) -> Any:
    return "SINGLE" if _is(row, terms.OBSERVER_BLIND) else _base_masking.read(row, names)


def _write_masking(value: Any, names: Names) -> Node:
    if finer_blinding(value, names.trial) is not None:
        return _OBSERVER_NODE
    if leaves_the_subject(value, names.trial):
        assert _MASKING.exact is not None
        return {"TSVAL": _MASKING.exact.codes[value].upper()}
    node: Node = _base_masking.write(value, names)
    if _base_masking.read(node, names) != value:
        message = f"CDISC says {node['TSVAL']} of {value}, which is read as DOUBLE"
        of(names).left.append((_MASKING_AT, message))
    return node


masking: Codec[Any] = Codec(_read_masking, _write_masking, _base_masking.systems)
observer: Codec[list[Any]] = Codec(
    lambda row, names: ["OUTCOMES_ASSESSOR"] if _is(row, terms.OBSERVER_BLIND) else None,
    lambda value, names: None,
)


def _read_phases(row: Node, names: Names) -> list[Any] | None:
    said = row.get("TSVAL", "")
    if not said:
        return None
    found = phases_of(said)
    if found is None:
        expected = ", ".join(term.value for term in terms.PHASE.values())
        names.warn("unknown-code", f"{said!r:.60} is not one of {expected}")
    return found


def _write_phases(value: list[Any], names: Names) -> Node | None:
    if not has_phase(value):
        message = "CDISC has no term for these phases together"
        of(names).left.append(("/protocolSection/designModule/phases", message))
        return None
    if value == ["EARLY_PHASE1"]:
        return coded(terms.EARLY_PHASE_1)
    return coded(terms.PHASE[tuple(value)])


phases: Codec[list[Any]] = Codec(_read_phases, _write_phases)
"""The phases as CDISC's one term for them."""


# --- numbers of subjects, specimens ------------------------------------------------------------


def _write_enrollment(info: EnrollmentInfo, names: Names) -> None:
    if info.count is None:
        return
    name = SUBJECTS.get(info.type)
    if name is None:
        pointer = "/protocolSection/designModule/enrollmentInfo"
        message = "TS has no parameter for a number that is neither planned nor actual"
        of(names).left.append((pointer, message))
    else:
        of(names).put(name, {"TSVAL": str(info.count)})


def _read_enrollment(root: Node, names: Names) -> EnrollmentInfo | None:
    for kind, name in SUBJECTS.items():
        for row in of(names).got(name)[:1]:
            said = row.get("TSVAL", "")
            if said.isascii() and said.isdecimal() and len(said) < 10:
                return EnrollmentInfo(count=int(said), type=kind)
            if said:
                names.warn("number", f"{said!r:.60} is no whole number", label(name))
    return None


enrollment: Codec[EnrollmentInfo] = Codec(_read_enrollment, _write_enrollment)
"""The actual or the planned number of subjects, by the type of the count."""

_SPECIMENS = ("BRIND", "BRDNAIND")
_RETENTION_BACK = {answers: retention for retention, answers in RETENTION.items()}


def _write_retention(value: Any, names: Names) -> None:
    for name, answer in zip(_SPECIMENS, RETENTION[value], strict=True):
        if answer is not None:
            of(names).put(name, flag.write(answer, names))


def _read_retention(root: Node, names: Names) -> Any:
    kept, dna = (
        flag.read(rows[0], names) if (rows := of(names).got(name)) else None for name in _SPECIMENS
    )
    return None if kept is None else _RETENTION_BACK.get((kept, dna))


retention: Codec[Any] = Codec(_read_retention, _write_retention)
"""Whether specimens are retained, and whether with DNA."""


# --- outcomes, countries, criteria -------------------------------------------------------------


def _read_outcomes(rows: Any, names: Names) -> list[Outcome] | None:
    return [Outcome(measure=row["TSVAL"]) for row in rows if row.get("TSVAL")] or None


outcomes: Codec[list[Outcome]] = Codec(
    _read_outcomes,
    lambda found, names: [{"TSVAL": one.measure} for one in found if one.measure],
)
"""End points by what is measured."""


def _outcomes(model: str, name: str) -> Field:
    row = among(f"protocol.outcomes.{model}", *rows_of(name), codec=outcomes)
    return row._replace(leaves=("*.measure",))


def _write_countries(locations: list[Any], names: Names) -> None:
    trial = names.trial
    listed_ones = (trial.page.countries if trial and trial.page else None) or ()
    given = (one.country for one in locations)
    for name in dict.fromkeys((*listed_ones, *given)):
        if not name:
            continue
        found = country(name)
        if found is None:
            of(names).put("FCNTRY", {"TSVAL": name})
        else:
            row = {"TSVAL": found.alpha_3, "TSVALCD": found.alpha_3, "TSVCDREF": ISO_3166}
            of(names).put("FCNTRY", row)


countries_of_sites: Codec[list[Any]] = Codec(lambda root, names: None, _write_countries)
"""The countries that a study has sites in, each once."""


def _write_page_countries(value: list[str], names: Names) -> None:
    protocol = names.trial.protocol if names.trial else None
    module = protocol.contacts_locations if protocol else None
    if not (module and module.locations):
        _write_countries([], names)


def _read_countries(root: Node, names: Names) -> list[str] | None:
    return [
        name_of(row["TSVAL"]) or row["TSVAL"] for row in of(names).got("FCNTRY") if row.get("TSVAL")
    ] or None


page_countries: Codec[list[str]] = Codec(_read_countries, _write_page_countries)


def _write_criteria(text: str, names: Names) -> None:
    pieces = [(one.words, one.exclude) for one in split(text)]
    of(names).criteria = pieces
    if listed(pieces).split() != text.split():
        pointer = "/protocolSection/eligibilityModule/eligibilityCriteria"
        message = "TI has the criteria alone: what else the text says has no place in it"
        of(names).left.append((pointer, message))


def _read_criteria(root: Node, names: Names) -> str | None:
    return listed(of(names).criteria) or None


criteria: Codec[str] = Codec(_read_criteria, _write_criteria)
"""The single criteria that the text lists, as rows of TI."""

arms: Codec[list[ArmGroup]] = Codec(
    lambda root, names: [ArmGroup(label=name) for name in of(names).arms if name] or None,
    lambda value, names: None,
)
"""The arms that a TA names; a record alone has not what a TA says of an arm."""

# --- the table ---------------------------------------------------------------------------------

TABLE = record(
    Trial,
    field(f"{IDENTIFICATION}.nct_id", identifiers.NCT_ID, "TSVAL", codec=words),
    merged(
        "registration",
        codec=identifiers.registration._replace(label=label("REGID")),
        home="native",
        leaves=("id", "register"),
    ),
    merged(
        f"{IDENTIFICATION}.secondary_id_infos",
        codec=identifiers.others._replace(label=label("REGID")),
        home="native",
        leaves=("*.id", "*.type", "*.domain"),
        note="those of registers",
    ),
    also(field(f"{IDENTIFICATION}.org_study_id_info.id", identifiers.STUDY, "TSVAL", codec=words)),
    fact("SPREFID"),
    fact("TITLE"),
    derived(merged(f"{IDENTIFICATION}.brief_title", codec=title_instead)),
    fact("SSTDTC"),
    fact("SENDTC"),
    fact("EXPARECN"),
    fact("EXPASTAT"),
    fact("SPONSOR"),
    fact("DMCIND"),
    fact("FDADRIND"),
    fact("FDADEIND"),
    fact("PDPSTIND"),
    fact("INDIC", parties.conditions),
    fact("KEYWORD"),
    fact("STYPE", study_type),
    also(merged(f"{DESIGN}.patient_registry", row_of("STYPE"), codec=patient_registry)),
    merged(f"{DESIGN}.phases", row_of("TPHASE"), codec=phases),
    fact("RANDOM"),
    fact("INTMODEL"),
    fact("TINDTP"),
    fact("TBLIND", masking),
    also(merged(f"{INFO}.masking_info.who_masked", row_of("TBLIND"), codec=observer)),
    fact("OBSMODEL"),
    fact("OBSTIMP"),
    fact("TRGFUDUR"),
    merged(
        f"{DESIGN}.bio_spec.retention",
        codec=retention._replace(label=label(*_SPECIMENS)),
        home="native",
    ),
    fact("RTSPCDES"),
    merged(
        f"{DESIGN}.enrollment_info",
        codec=enrollment._replace(label=label(*SUBJECTS.values())),
        home="native",
        leaves=("count", "type"),
        note="where the count has a type",
    ),
    also(merged("protocol.arms_interventions.arm_groups", codec=arms)),
    merged(
        "protocol.arms_interventions.interventions",
        codec=parties.interventions._replace(label=label("TRT", "COMPTRT", "INTTYPE")),
        home="native",
        leaves=("*.name", "*.type"),
    ),
    _outcomes("primary_outcomes", "OUTMSPRI"),
    _outcomes("secondary_outcomes", "OUTMSSEC"),
    _outcomes("other_outcomes", "OUTMSADD"),
    merged(
        "protocol.eligibility.eligibility_criteria",
        codec=criteria._replace(label="TI.IETEST"),
        home="native",
        note="the single criteria; one longer than 200 characters is whole in define.xml",
    ),
    fact("SEXPOP"),
    fact("AGEMIN"),
    fact("AGEMAX"),
    fact("HLTSUBJI"),
    fact("OBSTPOPD"),
    fact("OBSTSMM"),
    merged(
        "protocol.contacts_locations.central_contacts",
        codec=parties.contacts._replace(label=label("CONNAME", "CONROLE", "CONPHONE", "CONEMAIL")),
        home="native",
        leaves=("*.name", "*.role", "*.phone", "*.email"),
    ),
    merged(
        "protocol.contacts_locations.overall_officials",
        codec=parties.officials._replace(label=label("CONNAME", "CONROLE")),
        home="native",
        leaves=("*.name", "*.role"),
    ),
    merged(
        "protocol.contacts_locations.locations",
        codec=countries_of_sites._replace(label=label("FCNTRY")),
        home="native",
        leaves=("*.country",),
        note="each country once",
    ),
    merged(
        "page.countries",
        codec=page_countries._replace(label=label("FCNTRY")),
        home="native",
    ),
    merged(
        "protocol.references.references",
        codec=parties.references._replace(label=label("CITNSTDY", "PUBMEDID")),
        home="native",
        leaves=("*.citation", "*.pmid"),
    ),
    merged(
        "protocol.references.see_also_links",
        codec=parties.links._replace(label=label("URLSTDY", "URLSTDYD")),
        home="native",
        leaves=("*.url", "*.label"),
    ),
)
"""The table of TS and TI."""


def coverage() -> list[CoverageRow]:
    """Where each leaf of the model goes; what is not listed goes nowhere."""
    rows = of_table(TABLE, _TOP, BASE, "")
    return complete([row._replace(place=row.place.removeprefix(f"{_TOP}.")) for row in rows], Trial)


_TOP = "SDTM"


def shown(text: str) -> str:
    """A criterion as one line of plain text, which IETEST is."""
    return " ".join(plain(text).split())
