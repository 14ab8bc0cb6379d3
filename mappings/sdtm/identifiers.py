"""What a study is called in a TS: STUDYID, the sponsor's id, and those of registers.

A register's name stands in TSVCDREF, `clinicaltrials.gov`, and the id in TSVAL and TSVALCD.
"""

from typing import Any

from trialbridge.mappings.codec import Aside, Codec, Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry
from trialbridge.mappings.sdtm.rows import CTGOV, NO_STUDY, Summary, of
from trialbridge.schemas.trial import Registration, SecondaryIdInfo

_KINDS = {"EUDRACT_NUMBER": "EudraCT", "CTIS": "CTIS"}
_KINDS_BACK = {name.casefold(): kind for kind, name in _KINDS.items()}
_BY_REGISTRY = frozenset({"REGISTRY", *_KINDS})


def _identifier(id_: str, register: str) -> Node:
    return {"TSVAL": id_, "TSVALCD": id_, "TSVCDREF": register} if register else {"TSVAL": id_}


def _is_nct_id(row: Node) -> bool:
    said = row.get("TSVCDREF", "").casefold().replace(" ", "")
    is_ours = said in ("", CTGOV) or said.endswith(CTGOV)
    return is_ours and registry.NCT_ID.fullmatch(row.get("TSVAL", "")) is not None


def _store_nct_id(names: Names, node: Node, inner: Node) -> None:
    of(names).put("REGID", _identifier(inner["TSVAL"], CTGOV))


NCT_ID = Aside(
    "TS[TSPARMCD='REGID' and TSVCDREF='clinicaltrials.gov']",
    "native",
    _store_nct_id,
    lambda names, node: _own_nct_id(of(names)),
)
"""The id of ClinicalTrials.gov."""


# The group of the id by which another register has the record: a TS has ids in registers, and does
# not say whose record it is.
_OWN = "REGISTRATION"


def _own_register(found: Summary) -> Node | None:
    """The row of the record's own id in another register."""
    return next((row for row in found.got("REGID") if row.get("TSGRPID") == _OWN), None)


def _own_nct_id(found: Summary) -> Node | None:
    """The row of the record's own id in ClinicalTrials.gov: not where another register has it."""
    if _own_register(found) is not None:
        return None
    return next(filter(_is_nct_id, found.got("REGID")), None)


def _read_registration(root: Node, names: Names) -> Registration | None:
    row = _own_register(of(names))
    if row is None:
        return None
    return Registration(register=row.get("TSVCDREF") or None, id=row.get("TSVAL") or None)


def _write_registration(value: Registration, names: Names) -> None:
    if value.id:
        of(names).put("REGID", {"TSGRPID": _OWN, **_identifier(value.id, value.register or "")})


registration: Codec[Registration] = Codec(_read_registration, _write_registration)
"""The record's own id, in another register than ClinicalTrials.gov."""


def _write_others(infos: list[SecondaryIdInfo], names: Names) -> None:
    for position, info in enumerate(infos):
        if info.type not in _BY_REGISTRY or not info.id:
            pointer = f"/protocolSection/identificationModule/secondaryIdInfos/{position}"
            of(names).left.append((pointer, "TS has no parameter for an id that is no register's"))
            continue
        of(names).put("REGID", _identifier(info.id, _KINDS.get(info.type, info.domain or "")))


def _read_others(root: Node, names: Names) -> list[SecondaryIdInfo] | None:
    found = of(names)
    own = _own_register(found)
    nct_id = _own_nct_id(found)
    listed: list[SecondaryIdInfo] = []
    for row in found.got("REGID"):
        if row is own or row is nct_id or not row.get("TSVAL"):
            continue
        register = row.get("TSVCDREF", "")
        kind: Any = _KINDS_BACK.get(register.casefold(), "REGISTRY")
        domain = register if kind == "REGISTRY" and register else None
        listed.append(SecondaryIdInfo(id=row["TSVAL"], type=kind, domain=domain))
    return listed or None


others: Codec[list[SecondaryIdInfo]] = Codec(_read_others, _write_others)
"""Ids in other registers."""


def _find_study(names: Names, node: Node) -> Node | None:
    """What STUDYID says beside the other ids: nothing where the sponsor's own has a parameter."""
    found = of(names)
    said = {NO_STUDY, *(row.get("TSVAL") for row in (*found.got("REGID"), *found.got("SPREFID")))}
    return {"TSVAL": found.study} if found.study and found.study not in said else None


STUDY = Aside("STUDYID", "native", lambda names, node, inner: None, _find_study)
"""The name of the study, which a sponsor mostly calls by its own id."""
