"""Records as registers send them to WHO (`trials/trial`), with lists where the export joins them.

Elements of one value are the fields of the export under other names, and read by its table. The
rest is lists. What is kept is in `unmapped` at `/who`, by the path of its element.
https://www.who.int/tools/clinical-trials-registry-platform/network/trial-registration-data-set
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from trialbridge.mappings.coverage import CoverageRow
from trialbridge.mappings.registries.ictrp import values
from trialbridge.mappings.registries.ictrp.checks import contradictions
from trialbridge.mappings.registries.ictrp.fields import (
    FIELDS,
    NO_CODE,
    NO_PLACE,
    NOT_READ,
    Found,
    P,
    made,
)
from trialbridge.mappings.registries.ictrp.joined import identifier, intervention_type
from trialbridge.mappings.registries.ictrp.rows import Row, Tree
from trialbridge.schemas.problem import Problem
from trialbridge.schemas.trial import Trial

KEPT: Final = "/who"
_ALONE: Final[Mapping[str, str]] = {
    "main/trial_id": "TrialID",
    "main/reg_name": "Source_Register",
    "main/url": "web_address",
    "main/date_registration": "Date_registration",
    "main/public_title": "Public_title",
    "main/scientific_title": "Scientific_title",
    "main/acronym": "Acronym",
    "main/primary_sponsor": "Primary_sponsor",
    "main/date_enrolment": "Date_enrollement",
    "main/target_size": "Target_size",
    "main/recruitment_status": "Recruitment_Status",
    "main/study_type": "Study_type",
    "main/study_design": "Study_design",
    "main/phase": "Phase",
    "main/i_freetext": "Intervention",
    "main/results_url_link": "results_url_link",
    "main/results_yes_no": "results_yes_no",
    "main/results_date_posted": "results_date_posted",
    "main/results_date_completed": "results_date_completed",
    "criteria/agemin": "Inclusion_agemin",
    "criteria/agemax": "Inclusion_agemax",
    "criteria/gender": "Inclusion_gender",
    "criteria/inclusion_criteria": "Inclusion_Criteria",
    "criteria/exclusion_criteria": "Exclusion_Criteria",
}
_BACK: Final = {name: path for path, name in _ALONE.items()}
# Ids of registers whose dates with slashes begin with the day: ReBEC, REPEC, the Thai and the EU's.
_DAY_FIRST = re.compile(r"RBR-|PER-|TCTR|(?:EUCTR)?[0-9]{4}-[0-9]{6}-[0-9]{2}")
_ENROLMENT: Final = {"actual": "ACTUAL", "anticipated": "ESTIMATED"}
_STATUS: Final = {"recruiting": "Recruiting"}
# Words of registers that leave nothing open; `completed` and the like are each register's own.
_STATES: Final = {
    "active, not recruiting": "ACTIVE_NOT_RECRUITING",
    "not yet recruiting": "NOT_YET_RECRUITING",
}
_NOTHING = re.compile(r"n\.?/?a\.?|nil|none|not applicable", re.IGNORECASE)
_NONE: Final = "it says that there is none"
_TITLES: Final = ("Public_title", "Scientific_title", "Acronym")
_INDEX = re.compile(r"\[[0-9]+\]")

Texts = Mapping[str, str]
"""The texts of a record by the path of their element, which has a number where it is repeated."""


def coverage() -> list[CoverageRow]:
    """Which element tells each leaf of the model; what is not listed no element tells."""
    alone = [
        CoverageRow(leaf, _BACK[name], "native")
        for field in FIELDS
        for name in field.names
        if name in _BACK
        for leaf in field.leaves
    ]
    return [*alone, *(CoverageRow(f"{P}/{leaf}", path, "native") for leaf, path in _LISTS)]


_LISTS: Final = (
    ("identificationModule/secondaryIdInfos/*/id", "secondary_ids/secondary_id/sec_id, main/utrn"),
    (
        "identificationModule/secondaryIdInfos/*/domain",
        "secondary_ids/secondary_id/issuing_authority",
    ),
    ("statusModule/startDateStruct/type", "main/type_enrolment"),
    ("sponsorCollaboratorsModule/collaborators/*/name", "secondary_sponsor/sponsor_name"),
    ("conditionsModule/conditions/*", "main/hc_freetext"),
    ("conditionsModule/keywords/*", "health_condition_keyword/hc_keyword"),
    ("armsInterventionsModule/interventions/*/type", "intervention_code/i_code"),
    ("outcomesModule/primaryOutcomes/*/measure", "primary_outcome/prim_outcome"),
    ("outcomesModule/secondaryOutcomes/*/measure", "secondary_outcome/sec_outcome"),
    ("contactsLocationsModule/centralContacts/*/name", "contacts/contact"),
    ("contactsLocationsModule/centralContacts/*/phone", "contacts/contact/telephone"),
    ("contactsLocationsModule/centralContacts/*/email", "contacts/contact/email"),
    ("contactsLocationsModule/locations/*/country", "countries/country2"),
)


def read_texts(texts: Texts, place: Callable[[str], str]) -> tuple[Trial, list[Problem]]:
    """The record of texts by path, and warnings of what is kept as text.

    `place` says where an element stands. Raises ReadError with what has not the form that it must.
    """
    row = _row(texts)
    found = _alone(row)
    _lists(texts, found)
    for path, text in texts.items():
        if _ALONE.get(path) in _TITLES and _NOTHING.fullmatch(text.strip()):
            found.kept[path] = _NONE
        if path not in _ALONE and _INDEX.sub("", path) not in _READ:
            found.kept.setdefault(path, NO_PLACE)
    here = contradictions(row, lambda name: place(_BACK.get(name, name)))
    return made(found, texts, KEPT, place, [*here])


def _row(texts: Texts) -> Row:
    """The elements of one value as a row of the export."""
    said = {name: texts[path] for path, name in _ALONE.items() if path in texts}
    status = said.get("Recruitment_Status", "").strip().lower()
    if status in _STATUS:
        said["Recruitment_Status"] = _STATUS[status]
    register = said.get("Source_Register", "").strip()
    own = said.get("TrialID", "").strip()
    for name in _TITLES:
        if _NOTHING.fullmatch(said.get(name, "").strip()):
            del said[name]
    return Row(said, register, _DAY_FIRST.match(own) is not None)


def _alone(row: Row) -> Found:
    """Read the elements of one value; statuses are each register's own words."""
    found = Found({}, {}, set())
    for field in FIELDS:
        if not set(field.names) & set(row.texts):
            continue
        taken = field.read(row)
        found.members.update(taken.members)
        for name, why in taken.kept.items():
            own = name == "Recruitment_Status"
            if own and (state := _STATES.get(row.text(name).lower())):
                found.members[f"{P}/statusModule/overallStatus"] = state
                continue
            found.kept[_BACK[name]] = NO_CODE if own else why
            if name in taken.unknown and not own:
                found.unknown.add(_BACK[name])
    return found


# --- lists -------------------------------------------------------------------------------------

_READ: Final = frozenset(
    {
        "main/utrn",
        "main/type_enrolment",
        "main/hc_freetext",
        "health_condition_keyword/hc_keyword",
        "secondary_sponsor/sponsor_name",
        "intervention_code/i_code",
        "primary_outcome/prim_outcome",
        "secondary_outcome/sec_outcome",
        "countries/country2",
        "secondary_ids/secondary_id/sec_id",
        "secondary_ids/secondary_id/issuing_authority",
        *(
            f"contacts/contact/{part}"
            for part in ("firstname", "middlename", "lastname", "telephone", "email")
        ),
    }
)


def _all(texts: Texts, plain: str) -> Iterator[tuple[str, str]]:
    """Each element of a path, repeated or not, and what it says."""
    for path, text in texts.items():
        if _INDEX.sub("", path) == plain and values.line(text):
            yield path, values.line(text)


def _lists(texts: Texts, found: Found) -> None:
    members = found.members
    identification = f"{P}/identificationModule/secondaryIdInfos"
    ids = [
        {"id": said, "type": "REGISTRY", "domain": "WHO UTN"}
        for _, said in _all(texts, "main/utrn")
    ]
    ids += _secondary_ids(texts, found)
    _put(members, identification, ids)
    _put(
        members,
        f"{P}/sponsorCollaboratorsModule/collaborators",
        [{"name": said} for _, said in _all(texts, "secondary_sponsor/sponsor_name")],
    )
    conditions = f"{P}/conditionsModule"
    _put(members, f"{conditions}/conditions", [said for _, said in _all(texts, "main/hc_freetext")])
    keywords = _all(texts, "health_condition_keyword/hc_keyword")
    _put(members, f"{conditions}/keywords", [said for _, said in keywords])
    for kind, path in (("primary", "prim"), ("secondary", "sec")):
        measured = [{"measure": said} for _, said in _all(texts, f"{kind}_outcome/{path}_outcome")]
        _put(members, f"{P}/outcomesModule/{kind}Outcomes", measured)
    places = f"{P}/contactsLocationsModule"
    countries = dict.fromkeys(said for _, said in _all(texts, "countries/country2"))
    _put(members, f"{places}/locations", [{"country": said} for said in countries])
    _put(members, f"{places}/centralContacts", _contacts(texts))
    for path, said in _all(texts, "main/type_enrolment"):
        type_ = _ENROLMENT.get(said.lower())
        if type_ and f"{P}/statusModule/startDateStruct/date" in members:
            members[f"{P}/statusModule/startDateStruct/type"] = type_
        else:
            found.kept[path] = NOT_READ
    _type(texts, found)


def _put(members: Tree, pointer: str, listed: list[Tree] | list[str]) -> None:
    if listed:
        members[pointer] = listed


def _secondary_ids(texts: Texts, found: Found) -> list[Tree]:
    """Ids with who gives them; where the form says that too, in other words, those are kept."""
    ids = []
    whose = dict(_all(texts, "secondary_ids/secondary_id/issuing_authority"))
    for path, said in _all(texts, "secondary_ids/secondary_id/sec_id"):
        authority = whose.pop(path.replace("/sec_id", "/issuing_authority"), "")
        if _NOTHING.fullmatch(said):
            found.kept[path] = _NONE
            if authority:
                found.kept[path.replace("/sec_id", "/issuing_authority")] = NO_PLACE
            continue
        one = identifier(said)
        if authority and one.setdefault("domain", authority) != authority:
            found.kept[path.replace("/sec_id", "/issuing_authority")] = NO_PLACE
        ids.append(one)
    found.kept.update(dict.fromkeys(whose, NO_PLACE))
    return ids


def _contacts(texts: Texts) -> list[Tree]:
    """Those for the public and for science, one person once."""
    people: dict[tuple[str, ...], Tree] = {}
    heads = dict.fromkeys(
        path.rpartition("/")[0] for path in texts if path.startswith("contacts/contact")
    )
    for head in heads:

        def said(part: str, head: str = head) -> str:
            return values.line(texts.get(f"{head}/{part}", ""))

        name = " ".join(filter(None, map(said, ("firstname", "middlename", "lastname"))))
        one = {"name": name, "phone": said("telephone"), "email": said("email")}
        person = {key: value for key, value in one.items() if value}
        if person:
            people.setdefault(tuple(one.values()), person)
    return list(people.values())


def _type(texts: Texts, found: Found) -> None:
    """The type of the one intervention, where one code tells it."""
    codes = list(_all(texts, "intervention_code/i_code"))
    pointer = f"{P}/armsInterventionsModule/interventions"
    listed = found.members.get(pointer, [])
    types = {intervention_type(said) for _, said in codes}
    (type_,) = types if len(types) == 1 else (None,)
    if type_ and len(listed) == 1:
        found.members[pointer] = [{"type": type_, **listed[0]}]
    else:
        found.kept.update((path, NO_PLACE) for path, _ in codes)
