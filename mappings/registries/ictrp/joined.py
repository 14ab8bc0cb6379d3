"""Fields in which WHO's export joins what the register has apart: split where that was counted.

The counts of the rules are on the page docs/formats/registries/ictrp.md. What no rule splits is
one whole text.
"""

import re
from collections.abc import Iterable
from typing import Final, get_args

from trialbridge.mappings.registries import labels
from trialbridge.mappings.registries.ictrp import values
from trialbridge.mappings.registries.ictrp.rows import Field, Row, Taken, Tree
from trialbridge.schemas import trial as model

_P: Final = "/protocolSection"
_APART: Final = "its parts are not told apart"
_MORE: Final = "the record has a part of it"


def _parts(text: str) -> list[str]:
    """What stands between semicolons; one at the end is followed by nothing."""
    return [part.strip() for part in text.split(";") if part.strip()]


# --- identifiers, sponsors, countries ----------------------------------------------------------

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_:()-]*")


_DOMAINS: Final = {
    "NCT[0-9]{8}": values.CLINICALTRIALS,
    "U[0-9]{4}-[0-9]{4}-[0-9]{4}": "WHO UTN",
}


def _secondary_ids(row: Row) -> Taken:
    text = row.text("Secondary_ID")
    parts = _parts(text)
    if len(parts) > 1 and not all(map(_ID.fullmatch, parts)):
        return Taken({}, {"Secondary_ID": _APART})
    found = [identifier(part) for part in parts if part != row.text("TrialID")]
    return Taken({f"{_P}/identificationModule/secondaryIdInfos": found} if found else {})


def identifier(said: str) -> Tree:
    """An id, with whose it is where its form says that."""
    for form, domain in _DOMAINS.items():
        if re.fullmatch(form, said):
            return {"id": said, "type": "REGISTRY", "domain": domain}
    return {"id": said}


def _secondary_sponsors(row: Row) -> Taken:
    text = values.line(row.text("Secondary_Sponsor"))
    if ";" in text.rstrip("; "):
        return Taken({}, {"Secondary_Sponsor": _APART})
    name = text.rstrip("; ")
    pointer = f"{_P}/sponsorCollaboratorsModule/collaborators"
    return Taken({pointer: [{"name": name}]} if name else {})


def _countries(row: Row) -> Taken:
    text = row.text("Countries")
    if row.register == "JPRN" and "," in text:
        # Regions between commas, which names of countries have too.
        return Taken({}, {"Countries": _APART})
    parts = [values.line(part) for part in _parts(text)]
    once = list(dict.fromkeys(parts))
    pointer = f"{_P}/contactsLocationsModule/locations"
    members = {pointer: [{"country": name} for name in once]} if once else {}
    again = "a country stands in it several times"
    return Taken(members, {"Countries": again} if len(once) < len(parts) else {})


# --- contacts ----------------------------------------------------------------------------------

_CONTACT: Final = ("Contact_Firstname", "Contact_Lastname", "Contact_Email", "Contact_Tel")


def _contacts(row: Row) -> Taken:
    """People who answer: lists side by side, where they are of one length; else one of each."""
    texts = {name: values.line(row.texts.get(name, "")) for name in _CONTACT}
    first, last, email, tel = (texts[name].split(";") for name in _CONTACT)
    said = [name for name in _CONTACT if texts[name].strip("; ")]
    several = any(";" in texts[name] for name in _CONTACT[1:])
    if several and not len(last) == len(email) == len(tel):
        return Taken({}, dict.fromkeys(said, _APART))
    if not several:
        first = [texts["Contact_Firstname"]]
    kept = {}
    if len(first) != len(last):
        if "Contact_Firstname" in said:
            kept["Contact_Firstname"] = _APART
        first = [""] * len(last)
    people = [_person(*parts) for parts in zip(first, last, email, tel, strict=True)]
    pointer = f"{_P}/contactsLocationsModule/centralContacts"
    found = [person for person in people if person]
    return Taken({pointer: found} if found else {}, kept)


def _person(first: str, last: str, email: str, tel: str) -> Tree:
    name = " ".join(f"{first} {last}".split())
    said = {"name": name, "phone": tel.strip(), "email": email.strip()}
    return {key: value for key, value in said.items() if value}


# --- conditions and interventions --------------------------------------------------------------

# Behind it are the register's codes and categories of the same conditions.
_CODED = re.compile(r"\s*<br>|;?Therapeutic area:")


def _conditions(row: Row) -> Taken:
    text = row.text("Condition")
    if row.register == values.CLINICALTRIALS:
        found = [part for part in re.split(r";(?! |$)", text) if part]
        kept = {}
    else:
        head = _CODED.split(text, maxsplit=1)[0].strip()
        found = _parts(head) if row.register == "ANZCTR" else [head.rstrip("; ")]
        kept = {"Condition": _MORE} if _CODED.search(text) else {}
    said = [values.line(part) for part in found if part.strip()]
    return Taken({f"{_P}/conditionsModule/conditions": said} if said else {}, kept)


_TYPES: Final = [str(code) for code in get_args(model.InterventionType)]


def intervention_type(label: str) -> str | None:
    """The code of a type of intervention, by its label."""
    return labels.code(label, _TYPES)


# Nothing stands between the semicolon that joins two and the type of the second.
_OF_A_TYPE = re.compile(r"([A-Z][a-z]+(?: [A-Z][a-z]+)?): ")
_ARMS: Final = f"{_P}/armsInterventionsModule"


def _interventions(row: Row) -> Taken:
    text = row.text("Intervention")
    if not text:
        return Taken({})
    if row.register == values.CLINICALTRIALS:
        found: list[Tree] = []
        for part in text.split(";"):
            kind = _OF_A_TYPE.match(part)
            type_ = intervention_type(kind[1]) if kind else None
            if kind and type_:
                found.append({"type": type_, "name": part[kind.end() :].strip()})
            elif found:
                found[-1]["name"] += f";{part}"
            else:
                return _whole(text)
        for one in found:
            one["name"] = values.line(one["name"]).rstrip("; ")
        return Taken({f"{_ARMS}/interventions": found})
    grouped = _of_groups(text, row.text("Target_size"))
    return grouped or _whole(text)


# What is said of a group to which nothing is done.
_NOTHING = frozenset(
    {"/", "-", "n/a", "na", "nan", "nil", "no", "no intervention", "none", "not applicable"}
)


def _whole(text: str) -> Taken:
    return Taken({f"{_ARMS}/interventions": [{"description": values.markdown(text)}]})


def _of_groups(text: str, sizes: str) -> Taken | None:
    """What each group gets, in a text that names the groups as the target size does."""
    names = [part.rpartition(":")[0] for part in sizes.split(";") if part.strip()]
    if not names or not all(map(str.strip, names)) or len(set(names)) < len(names):
        return None
    ends = [0]
    for name in names:
        begun = text.find(f"{name.strip()}", ends[-1])
        colon = re.compile(r"\s*:").match(text, begun + len(name.strip())) if begun >= 0 else None
        if colon is None or (begun and text[:begun].rstrip()[-1:] != ";") or begun < ends[-1]:
            return None
        ends += [begun, colon.end()]
    if ends[1] != 0:
        return None
    ends.append(len(text))
    given = [text[ends[at] : ends[at + 1]] for at in range(2, len(ends), 2)]
    arms, found = [], []
    for name, said in zip(names, given, strict=True):
        label = values.line(name)
        arms.append({"label": label})
        what = values.line(said).rstrip("; ")
        if what and what.lower().rstrip(".") not in _NOTHING:
            found.append({"name": what, "armGroupLabels": [label]})
    members: Tree = {f"{_ARMS}/armGroups": arms}
    if found:
        members[f"{_ARMS}/interventions"] = found
    nothing = len(found) < len(arms) and any(given)
    return Taken(members, {"Intervention": "a group is given nothing"} if nothing else {})


# --- outcomes ----------------------------------------------------------------------------------

_TIMED = re.compile(r"(?P<measure>[^\[\]]+?)\s*\[(?P<time>[^\[\]]*)\]\s*(?:;|$)")
_IRCT = re.compile(
    r"(?P<measure>.+?)\.? Timepoint: (?P<time>.+?)\.? Method of measurement: (?P<how>.+)", re.DOTALL
)


_POINT: Final = "Primary end point(s)"
_TIME: Final = "Timepoint(s) of evaluation of this end point"
_EU_LABEL = re.compile(
    rf"(?:^|;)(Main Objective|Secondary Objective|{re.escape(_POINT)}|{re.escape(_TIME)}): "
)


def _labelled(text: str) -> Tree | None:
    """What the form of the EU's register asks, each question once, in any order."""
    before, *pieces = _EU_LABEL.split(text)
    said = dict(zip(pieces[::2], pieces[1::2], strict=True))
    twice = len(said) < len(pieces) // 2
    return None if before or twice or not said.get(_POINT, "").strip() else said


def _outcomes(name: str, kind: str) -> Field:
    pointer = f"{_P}/outcomesModule/{kind}"

    def taken(row: Row) -> Taken:
        text = row.text(name)
        found = _measured(text, row.register)
        # Objectives are no outcomes.
        more = row.register == "EU Clinical Trials Register" and "Objective: " in text
        return Taken({pointer: found} if found else {}, {name: _MORE} if more else {})

    leaves = tuple(f"{pointer}/*/{key}" for key in ("measure", "timeFrame", "description"))
    return Field((name,), leaves, taken)


def _measured(text: str, register: str) -> list[Tree]:
    if not text:
        return []
    if register == "EU Clinical Trials Register" and (said := _labelled(text)):
        return [_outcome(said[_POINT], said.get(_TIME, ""))]
    if register == "ChiCTR" and all(map(_is_balanced, text.split(";"))):
        return [{"measure": values.line(part)} for part in _parts(text)]
    if register == "ANZCTR":
        found = list(_TIMED.finditer(text))
        if "".join(one[0] for one in found) == text:
            return [_outcome(one["measure"], one["time"]) for one in found]
    if register == "IRCT":
        # The next begins where a semicolon has another time behind it.
        parts = [_IRCT.fullmatch(part.strip()) for part in _parts(text)]
        if all(parts):
            return [_outcome(one["measure"], one["time"], one["how"]) for one in parts if one]
    return [{"measure": values.line(text)}]


def _outcome(measure: str, time: str, how: str = "") -> Tree:
    said = {
        "measure": values.line(measure),
        "timeFrame": values.line(time),
        "description": values.markdown(how),
    }
    return {key: value for key, value in said.items() if value}


def _is_balanced(part: str) -> bool:
    return part.count("(") == part.count(")") and part.count("[") == part.count("]")


def _leaves(base: str, keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{_P}/{base}/{key}" for key in keys)


SECONDARY_IDS: Final = Field(
    ("Secondary_ID",),
    _leaves("identificationModule/secondaryIdInfos/*", ("id", "type", "domain")),
    _secondary_ids,
)
SECONDARY_SPONSORS: Final = Field(
    ("Secondary_Sponsor",),
    _leaves("sponsorCollaboratorsModule/collaborators/*", ("name",)),
    _secondary_sponsors,
)
COUNTRIES: Final = Field(
    ("Countries",), _leaves("contactsLocationsModule/locations/*", ("country",)), _countries
)
CONTACTS: Final = Field(
    _CONTACT,
    _leaves("contactsLocationsModule/centralContacts/*", ("name", "phone", "email")),
    _contacts,
)
CONDITIONS: Final = Field(
    ("Condition",), _leaves("conditionsModule", ("conditions/*",)), _conditions
)
INTERVENTIONS: Final = Field(
    ("Intervention",),
    _leaves(
        "armsInterventionsModule",
        (
            *(f"interventions/*/{key}" for key in ("type", "name", "description")),
            "interventions/*/armGroupLabels/*",
            "armGroups/*/label",
        ),
    ),
    _interventions,
)
PRIMARY_OUTCOMES: Final = _outcomes("Primary_outcome", "primaryOutcomes")
SECONDARY_OUTCOMES: Final = _outcomes("Secondary_outcome", "secondaryOutcomes")
