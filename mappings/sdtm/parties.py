"""What takes several rows of a TS together: a contact, an intervention, a reference.

Rows that belong together have one TSGRPID.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trialbridge.mappings.codec import Codec, Node
from trialbridge.mappings.names import Names
from trialbridge.mappings.record import registry
from trialbridge.mappings.record.mesh import certain
from trialbridge.mappings.sdtm.rows import MESH, Summary, code, coded, of
from trialbridge.schemas.terms import cdisc_codes as terms
from trialbridge.schemas.trial import (
    ArmGroup,
    BrowseModule,
    Contact,
    Intervention,
    Official,
    Reference,
    SeeAlsoLink,
    Trial,
)

Put = Iterable[tuple[str, Node | None]]


def _put(names: Names, group: str, rows: Put) -> None:
    for name, row in rows:
        if row is not None:
            of(names).put(name, {**row, "TSGRPID": group})


def _said(value: str | None) -> Node | None:
    return {"TSVAL": value} if value else None


def _grouped(found: Summary, *members: str) -> Iterator[dict[str, Node]]:
    """The rows of these parameters that belong together, the first of them in its order.

    A row of the first parameter without a group is one of its own.
    """
    first, *others = members
    by_group: dict[tuple[str, str], list[Node]] = {}
    for name in others:
        for row in found.got(name):
            by_group.setdefault((name, row.get("TSGRPID", "")), []).append(row)
    for row in found.got(first):
        together = {first: row}
        group = row.get("TSGRPID", "")
        for name in others:
            rows = by_group.get((name, group), ()) if group else ()
            if rows:
                together[name] = rows[0]
        yield together


def _value(rows: Mapping[str, Node], name: str) -> str | None:
    return rows.get(name, {}).get("TSVAL") or None


# --- contacts ----------------------------------------------------------------------------------

_ROLES = {role: coded(term) for role, term in terms.CONTACT_ROLE.items()}
_CENTRAL = coded(terms.CENTRAL_CONTACT)
_CONTACT = ("CONNAME", "CONROLE", "CONPHONE", "CONEMAIL")
_role = code(terms.CONTACT_ROLE, registry.OFFICIAL_ROLE)


def _is_central(rows: Mapping[str, Node]) -> bool:
    role = rows.get("CONROLE", {})
    said = str(role.get("TSVAL", "")).casefold()
    return said in ("", terms.CENTRAL_CONTACT.value.casefold()) or said.endswith("contact")


def _write_contacts(contacts: list[Contact], names: Names) -> None:
    for number, contact in enumerate(contacts, 1):
        _put(
            names,
            f"CONTACT{number}",
            (
                ("CONNAME", _said(contact.name)),
                ("CONROLE", _CENTRAL if contact.role in (None, "CONTACT") else _role_of(contact)),
                ("CONPHONE", _said(contact.phone)),
                ("CONEMAIL", _said(contact.email)),
            ),
        )


def _role_of(person: Contact | Official) -> Node | None:
    return None if person.role is None else _role.write(person.role, Names())


def _read_contacts(root: Node, names: Names) -> list[Contact] | None:
    found = []
    for rows in _grouped(of(names), *_CONTACT):
        if _is_central(rows):
            said = {
                key: value
                for key, name in (("name", "CONNAME"), ("phone", "CONPHONE"), ("email", "CONEMAIL"))
                if (value := _value(rows, name))
            }
            if "CONROLE" in rows:
                said["role"] = "CONTACT"
            found.append(Contact(**said))  # type: ignore[arg-type]
    return found or None


contacts: Codec[list[Contact]] = Codec(_read_contacts, _write_contacts)
"""Contacts of the study as a whole."""


def _write_officials(officials: list[Official], names: Names) -> None:
    for number, official in enumerate(officials, 1):
        rows = (("CONNAME", _said(official.name)), ("CONROLE", _role_of(official)))
        _put(names, f"OFFICIAL{number}", rows)


def _read_officials(root: Node, names: Names) -> list[Official] | None:
    found = []
    for rows in _grouped(of(names), *_CONTACT):
        if not _is_central(rows):
            role = _role.read(rows["CONROLE"], names)
            found.append(Official(name=_value(rows, "CONNAME"), role=role))
    return found or None


officials: Codec[list[Official]] = Codec(_read_officials, _write_officials)
"""People who answer for the study, told by their role."""


# --- conditions, interventions -----------------------------------------------------------------


def _terms(browse: BrowseModule | None, owners: list[str | None]) -> dict[int, Node]:
    """MeSH's code of each name that certainly is a term."""
    found = {}
    for owner, position in certain(browse, owners).items():
        mesh = (browse.meshes or [])[position] if browse else None
        if mesh is not None and mesh.id:
            found[owner] = {"TSVALCD": mesh.id, "TSVCDREF": MESH}
    return found


def _write_conditions(conditions: list[str], names: Names) -> list[Node]:
    derived = names.trial.derived if names.trial else None
    codes = _terms(derived.condition_browse if derived else None, list(conditions))
    names.odd = names.odd or "" in conditions
    return [
        {"TSVAL": condition, **codes.get(position, {})}
        for position, condition in enumerate(conditions)
        if condition
    ]


def _read_conditions(rows: Any, names: Names) -> list[str] | None:
    return [row["TSVAL"] for row in rows if row.get("TSVAL")] or None


conditions: Codec[list[str]] = Codec(_read_conditions, _write_conditions)
"""Conditions, with MeSH's code where the registry found the name as a term."""

_type = code(terms.INTERVENTION_TYPE, registry.INTERVENTION_TYPE)
_ACTIVE = "ACTIVE_COMPARATOR"
_UNTESTED = frozenset({_ACTIVE, "PLACEBO_COMPARATOR", "SHAM_COMPARATOR"})


def _arms(trial: Trial | None) -> dict[str, ArmGroup]:
    protocol = trial.protocol if trial else None
    module = protocol.arms_interventions if protocol else None
    return {arm.label: arm for arm in (module.arm_groups if module else None) or () if arm.label}


def parameter_of(intervention: Intervention, arms: Mapping[str, ArmGroup]) -> str:
    """COMPTRT for what comparator arms alone receive, one of them an active one; else TRT."""
    types = {arms[label].type for label in intervention.arm_group_labels or () if label in arms}
    return "COMPTRT" if types and types <= _UNTESTED and _ACTIVE in types else "TRT"


def _write_interventions(interventions: list[Intervention], names: Names) -> None:
    arms = _arms(names.trial)
    derived = names.trial.derived if names.trial else None
    browse = derived.intervention_browse if derived else None
    codes = _terms(browse, [one.name for one in interventions])
    for number, one in enumerate(interventions, 1):
        name = _said(one.name)
        if name is not None:
            name |= codes.get(number - 1, {})
        kind = None if one.type is None else _type.write(one.type, names)
        rows = (
            (
                parameter_of(one, arms),
                None if name is None else {**name, **codes.get(number - 1, {})},
            ),
            ("INTTYPE", kind),
        )
        _put(names, f"INT{number}", rows)


def _read_interventions(root: Node, names: Names) -> list[Intervention] | None:
    found = of(names)
    listed: list[tuple[str, int, Intervention]] = []
    for first in ("TRT", "COMPTRT"):
        groups = list(_grouped(found, first, "INTTYPE"))
        for position, rows in enumerate(groups):
            kind = rows.get("INTTYPE")
            if kind is None and len(groups) == 1 and first == "TRT":
                # The one type of the one treatment, which belong together without a group.
                kinds = [row for row in found.got("INTTYPE") if not row.get("TSGRPID")]
                kind = kinds[0] if len(kinds) == 1 else None
            name = _value(rows, first)
            if name is not None:
                type_ = None if kind is None else _type.read(kind, names)
                group = rows[first].get("TSGRPID", "")
                place = int(group[3:]) if group[:3] == "INT" and group[3:].isdigit() else position
                listed.append((first, place, Intervention(name=name, type=type_)))
    if all(place for _, place, _ in listed):
        listed.sort(key=lambda one: one[1])
    return [one for _, _, one in listed] or None


interventions: Codec[list[Intervention]] = Codec(_read_interventions, _write_interventions)
"""Interventions with their types: TRT, and COMPTRT for what is only compared with."""


# --- references --------------------------------------------------------------------------------


def _write_references(references: list[Reference], names: Names) -> None:
    for number, one in enumerate(references, 1):
        rows = (("CITNSTDY", _said(one.citation)), ("PUBMEDID", _said(one.pmid)))
        _put(names, f"REF{number}", rows)


def _read_references(root: Node, names: Names) -> list[Reference] | None:
    found = [
        Reference(citation=_value(rows, "CITNSTDY"), pmid=_value(rows, "PUBMEDID"))
        for rows in _grouped(of(names), "CITNSTDY", "PUBMEDID")
        if _value(rows, "CITNSTDY")
    ]
    cited = {row.get("TSGRPID") for row in of(names).got("CITNSTDY")}
    found += (
        Reference(pmid=row["TSVAL"])
        for row in of(names).got("PUBMEDID")
        if row.get("TSVAL") and (not row.get("TSGRPID") or row["TSGRPID"] not in cited)
    )
    return found or None


references: Codec[list[Reference]] = Codec(_read_references, _write_references)
"""Citations, with PubMed's number of each."""


def _write_links(links: list[SeeAlsoLink], names: Names) -> None:
    for number, one in enumerate(links, 1):
        rows = (("URLSTDY", _said(one.url)), ("URLSTDYD", _said(one.label)))
        _put(names, f"URL{number}", rows)


def _read_links(root: Node, names: Names) -> list[SeeAlsoLink] | None:
    return [
        SeeAlsoLink(url=_value(rows, "URLSTDY"), label=_value(rows, "URLSTDYD"))
        for rows in _grouped(of(names), "URLSTDY", "URLSTDYD")
        if _value(rows, "URLSTDY")
    ] or None


links: Codec[list[SeeAlsoLink]] = Codec(_read_links, _write_links)
"""Web pages of the study, with what each is."""
