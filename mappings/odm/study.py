"""What a study is called, and what it is: identifiers, names, status, type and blinding.

https://wiki.cdisc.org/display/PUB/Study
"""

import re
from typing import Any

from trialbridge.mappings.codec import Aside, Codec, Field, Node, merged
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.apart import Apart
from trialbridge.mappings.odm.elements import Constant, coded, coding, name_of, refined, words
from trialbridge.mappings.odm.parameters import (
    VALUE,
    Kind,
    cdisc,
    got,
    kind_of,
    parameters_by,
    put,
)
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.summary import (
    finer_blinding,
    finer_type,
    leaves_the_subject,
)
from trialbridge.schemas.base import BASE
from trialbridge.schemas.terms.cdisc_codes import (
    CDISC,
    EXPANDED_ACCESS_TYPE,
    MASKING,
    OBSERVER_BLIND,
    PATIENT_REGISTRY,
    STUDY_TYPE,
    Term,
)

# --- identifiers -------------------------------------------------------------------------------

_REGISTERED, _SECONDARY = cdisc("REGID"), cdisc("secondary-id")
_BY_REGISTRY = frozenset({"REGISTRY", "EUDRACT_NUMBER", "CTIS"})


def _is_nct_id(node: Node) -> bool:
    """Whether a registry identifier is ClinicalTrials.gov's: it says so, or only looks so."""
    held = node.get(VALUE, {})
    codings = held.get("Coding", ())
    if any(one.get("@System") in registry.CTGOV_SYSTEMS for one in codings):
        return True
    return not codings and registry.NCT_ID.fullmatch(str(held.get("@Value", ""))) is not None


def _store_nct_id(names: Names, node: Node, inner: Node) -> None:
    inner[VALUE]["Coding"] = [
        {
            "@System": registry.CTGOV,
            "@Code": inner[VALUE]["@Value"],
            "@SystemName": "ClinicalTrials.gov",
        }
    ]
    put(names, _REGISTERED, inner)


NCT_ID = Aside(
    "StudyParameter[@ShortName='REGID']",
    "official",
    _store_nct_id,
    lambda names, node: next(filter(_is_nct_id, got(names, _REGISTERED)), None),
)
"""The registry identifier that is the one of ClinicalTrials.gov."""


def _of_register(held: Node) -> Node | None:
    """The Coding of an id in a register, where it is one: of the id; in older documents of none."""
    kinds = registry.SECONDARY_ID_TYPE.url
    return next(
        (
            one
            for one in held.get("Coding", ())
            if one.get("@System") != kinds and one.get("@Code") in (None, held.get("@Value"))
        ),
        None,
    )


def _is_of_register(node: Node) -> bool:
    """Whether a registry identifier is the record's own in another register."""
    return _of_register(node.get(VALUE, {})) is not None and not _is_nct_id(node)


def _store_registered(names: Names, node: Node, inner: Node) -> None:
    held = inner[VALUE]
    (coding,) = held.setdefault("Coding", [{"@System": REGISTER}])
    if "@Value" in held:
        coding["@Code"] = held["@Value"]
    put(names, _REGISTERED, inner, number=0)


REGISTERED = Aside(
    "StudyParameter[@ShortName='REGID']",
    "official",
    _store_registered,
    lambda names, node: next(filter(_is_of_register, got(names, _REGISTERED)), None),
)
"""The registry identifier that is the record's own, in another register."""

REGISTER = f"{BASE}/CodeSystem/register"
"""The system of an id in a register that has none of its own."""


def _read_register(node: Node, names: Names) -> str | None:
    name = (_of_register(node) or {}).get("@SystemName")
    return None if name is None else words.read(name, names)


def _write_register(name: str, names: Names) -> Node:
    system = registry.REGISTERS.get(name, REGISTER)
    return {"Coding": [{"@System": system, "@SystemName": name}]}


register: Codec[str] = Codec(_read_register, _write_register, label="Coding.@SystemName")
"""The register of an id: the name of the system of its Coding."""


def _secondary_kind(node: Node) -> Kind:
    codings = node.get(VALUE, {}).get("Coding", ())
    return _REGISTERED if any(one["@Code"] in _BY_REGISTRY for one in codings) else _SECONDARY


SECONDARY_STEM = "SP.SECONDARY-ID"
SECONDARY_IDS = parameters_by(
    _secondary_kind,
    (_REGISTERED, _SECONDARY),
    lambda node: (
        kind_of(node) != _REGISTERED.name or not (_is_nct_id(node) or _is_of_register(node))
    ),
)
"""Other identifiers: those of registries as REGID, others by CDISC's term for them."""


# --- names and titles --------------------------------------------------------------------------


BRIEF_TITLE, SPONSORS_ID = cdisc("brief-title"), cdisc("SPREFID")


def _read_protocol_name(text: Any, names: Names) -> str | None:
    if got(names, SPONSORS_ID):
        # It says what the name may only stand for.
        return None
    name = name_of(text, names.once(Apart).study_oid)
    return None if name is None else words.read(name, names)


protocol_name: Codec[str] = Codec(_read_protocol_name, lambda text, names: text, plain=True)
"""The name of the protocol; the study's OID where the record has none."""


def _read_study_name(text: Any, names: Names) -> str | None:
    apart = names.once(Apart)
    if got(names, BRIEF_TITLE) or (apart.ours and text == apart.study.get("@ProtocolName")):
        return None
    name = name_of(text, apart.study_oid)
    return None if name is None else words.read(name, names)


study_name: Codec[str] = Codec(_read_study_name, lambda text, names: text, plain=True)
"""What the name of a study says beside that of its protocol."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

data_date: Codec[str] = Codec(
    lambda value, names: value if isinstance(value, str) and _DAY.fullmatch(value) else None,
    lambda value, names: value,
    plain=True,
)
"""The day of the registry's data, which documents of ours had as the version of the study."""

_STATES = {
    word.casefold(): code for code, label in registry.STATUS.codes.items() for word in (label, code)
}


def _read_study_status(value: Any, names: Names) -> Any:
    return _STATES.get(str(value).casefold())


study_status: Codec[Any] = Codec(
    _read_study_status, lambda code, names: registry.STATUS.codes[code], (registry.STATUS,)
)
"""The status of a study by the registry's label; one of others' words is no status here."""


# --- what two elements of a record say in one term -----------------------------------------------


masking = refined(
    coded(MASKING, registry.MASKING),
    registry.MASKING,
    {OBSERVER_BLIND: "SINGLE"},
    lambda code, names: finer_blinding(code, names.trial),
    lambda code, names: leaves_the_subject(code, names.trial),
)
"""The masking, by how many and who is masked: DOUBLE BLIND includes the subject."""


def _is(term: Term, node: Any) -> bool:
    return str(node.get("@Value", "")).casefold() == term.value.casefold()


observer: Codec[list[Any]] = Codec(
    lambda node, names: ["OUTCOMES_ASSESSOR"] if _is(OBSERVER_BLIND, node) else None,
    lambda value, names: None,
)
"""Who is masked where the blinding alone says it."""


study_type = refined(
    coded(STUDY_TYPE, registry.STUDY_TYPE),
    registry.STUDY_TYPE,
    {PATIENT_REGISTRY: "OBSERVATIONAL"},
    lambda code, names: finer_type(code, names.trial),
)
"""The type of the study, of which a patient registry is one to CDISC."""

patient_registry: Codec[bool] = Codec(
    lambda node, names: True if _is(PATIENT_REGISTRY, node) else None, lambda value, names: None
)
"""Whether it is a patient registry, where the type of the study says it."""

# --- expanded access ---------------------------------------------------------------------------

_ACCESS_TYPE = cdisc("expanded-access-type")
_ACCESS_WORDS = frozenset(term.value.casefold() for term in EXPANDED_ACCESS_TYPE.values())


def expanded_access(model: str, attribute: str) -> Field:
    """That an expanded access is of a type that CDISC has a term for: one parameter for each type.

    The form has that it is not of a type.
    """
    term = EXPANDED_ACCESS_TYPE[attribute]
    number = list(EXPANDED_ACCESS_TYPE).index(attribute) + 1
    written = Constant({"@Value": term.value, "Coding": [Constant(coding(CDISC, term.code))]})

    def store(names: Names, node: Node, inner: Node) -> None:
        put(names, _ACCESS_TYPE, inner, number=number)

    def find(names: Names, node: Node) -> Node | None:
        said = (one for one in got(names, _ACCESS_TYPE) if _says(term, one.get(VALUE, {})))
        return next(said, None)

    label = f"StudyParameter[@Term='{_ACCESS_TYPE.const['@Term']}']"
    codec: Codec[bool] = Codec(
        lambda node, names: True, lambda value, names: written, label=f"@Value='{term.value}'"
    )
    row = merged(
        f"{model}.{attribute}", Aside(label, _ACCESS_TYPE.home, store, find), VALUE, codec=codec
    )
    return row._replace(when=lambda value: value is True)


def _says(term: Term, node: Node) -> bool:
    """Whether a value is a term, by the word or, where it is no term's, by its code."""
    word = str(node.get("@Value", "")).casefold()
    if word in _ACCESS_WORDS:
        return word == term.value.casefold()
    codes = (one.get("@Code") for one in node.get("Coding", ()) if one.get("@System") == CDISC)
    return term.code in codes
