"""Bundles of FHIR R5 as Bundles of R4B and R4, and back: trees to trees, by both definitions.

The table of the record is R5's. What an older version has under the same name stays; `MOVES` says
what it has under another; `_RECODED` which code systems have changed their names. By default an
element that the older version lacks is HL7's cross-version extension of it, its parts under their
bare names, a resource that the older version cannot hold is a Basic, and a code that is not in the
older value set is an extension of the element that lacks it.
https://hl7.org/fhir/versions.html#extensions
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from trialbridge.mappings.codec import Home
from trialbridge.mappings.coverage import CoverageRow
from trialbridge.schemas.fhir.definitions import Definitions, Row, Version, definitions
from trialbridge.schemas.once import once

Node = dict[str, Any]

CROSS_VERSION = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"
_THO = "http://terminology.hl7.org/CodeSystem/"
_R5 = "http://hl7.org/fhir/"
# The system of the names of types. https://hl7.org/fhir/R5/codesystem-fhir-types.html
_TYPES = f"{_R5}fhir-types"
_ABSENT = f"{_R5}StructureDefinition/data-absent-reason"

# Elements of R5 that the older versions have under other names.
MOVES: Mapping[str, str] = {
    "ResearchStudy.comparisonGroup": "arm",
    "ResearchStudy.whyStopped": "reasonStopped",
    "ResearchStudy.region": "location",
    "PlanDefinition.action.linkId": "id",
}
_MOVED_BACK = {
    (path.rpartition(".")[0], older): path.rpartition(".")[2] for path, older in MOVES.items()
}
# Elements that mean something else in the older versions: R4's status is that of the study.
_OTHER_MEANING = frozenset({"ResearchStudy.status"})

# What the older versions demand, and is always there to say.
_GIVEN = frozenset({"status", "actual"})

_WORDS = frozenset({"string", "markdown", "code", "id", "uri", "url", "canonical", "oid", "uuid"})
# Types whose values are written in another way.
_CONVERTED = {"CodeableReference": "CodeableConcept", "integer64": "unsignedInt"}
_MOST = 2**31 - 1


class _Place(NamedTuple):
    """What becomes of a member of an R5 node.

    `key` is its name in the older version, None where it becomes an extension; `path` and `older`
    are where its parts are defined in R5 and there, None where it has none. `codes` are those of
    the older value set, where it is required. `copied`: the value is the same in both.
    """

    name: str
    key: str | None
    many: bool
    type: str
    path: str | None
    older: str | None
    codes: frozenset[str] | None
    copied: bool


class Dialect:
    """An older version of FHIR beside R5. What it finds out of the definitions is kept."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.r5 = definitions("r5")
        self.old = definitions(version)
        self.values = frozenset(
            type_.partition("(")[0] for type_ in self.old.rows("Extension")["value[x]"].types
        )
        self._places: dict[tuple[str, str | None], dict[str, _Place | None]] = {}
        self._required: dict[str, tuple[str, ...]] = {}
        self._copied: dict[str, bool] = {}
        self._systems: dict[tuple[str, bool], str] = {}
        self._newer: dict[tuple[str, str], bool] = {}

    def place(self, path: str, older: str | None, key: str) -> _Place | None:
        """What becomes of a member of the R5 node at a path; None if R5 has no such member.

        `older` is the path of the node in the older version, None if it is none there.
        """
        places = self.places(path, older)
        if key not in places:
            places[key] = self._find(path, older, key)
        return places[key]

    def places(self, path: str, older: str | None) -> dict[str, _Place | None]:
        """The places of members of the node that have been asked for before."""
        return self._places.setdefault((path, older), {})

    def _find(self, path: str, older: str | None, key: str) -> _Place | None:
        found = _member(self.r5, path, key)
        if found is None:
            return None
        name, row, type_ = found
        many = row.max != 1
        own = _path(path, name, type_)
        same = own is None or self.copied(own)
        # What it is in an extension, whose value is of the same type.
        lost = _Place(name, None, many, type_, own, own, None, same)
        if older is None or f"{path}.{name}" in _OTHER_MEANING:
            return lost
        moved = MOVES.get(f"{path}.{name}", key)
        other = _member(self.old, older, moved)
        if other is None or not _fits(type_, other[2]) or (many and other[1].max == 1):
            return lost
        codes = self._codes(other[1]) if type_ == "code" else None
        copied = codes is None and type_ not in _CONVERTED and same
        return _Place(
            name, moved, many, type_, own, _path(older, other[0], other[2]), codes, copied
        )

    def _codes(self, row: Row) -> frozenset[str] | None:
        values = self.old.value_set(row.value_set) if row.strength == "required" else None
        if values is None or None in values.systems.values():
            return None
        return frozenset(code for codes in values.systems.values() for code in codes or ())

    def copied(self, path: str) -> bool:
        """Whether a data type is the same in both versions, and nothing in it is renamed."""
        if path not in self._copied:
            self._copied[path] = path not in _RENAMED and path[:1].isupper() and "." not in path
            if self._copied[path]:
                self._copied[path] = self._is_same(path)
        return self._copied[path]

    def _is_same(self, path: str) -> bool:
        try:
            mine, theirs = self.r5.rows(path), self.old.rows(path)
        except KeyError:
            return False
        for name, row in mine.items():
            other = theirs.get(name)
            if other is None or row.types != other.types:
                return False
            for type_ in row.types:
                part = _path(path, name, type_.partition("(")[0])
                if part is not None and part != "Extension" and not self.copied(part):
                    return False
        return True

    def holds(self, type_: str) -> bool:
        """Whether the older version can hold a resource of a type that says what R5 demands."""
        if type_ not in self.old.resources:
            return False
        mine = self.r5.rows(type_)
        rows = ((name, row) for name, row in self.old.rows(type_).items() if row.min)
        return all(name in _GIVEN or (name in mine and mine[name].min) for name, row in rows)

    def required(self, older: str) -> tuple[str, ...]:
        """The names of the members that a node of the older version must have."""
        if older not in self._required:
            rows = self.old.rows(older)
            self._required[older] = tuple(name for name, row in rows.items() if row.min)
        return self._required[older]

    def system(self, url: str, *, back: bool) -> str:
        """The name of a code system in the older version, or back in R5."""
        if (url, back) not in self._systems:
            target, known = (self.r5, self.old) if back else (self.old, self.r5)
            of, to = (_THO, _R5) if back else (_R5, _THO)
            other = to + url.removeprefix(of)
            renamed = (
                url.startswith(of)
                and target.code_system(url) is None
                and target.code_system(other) is not None
                and known.code_system(url) is not None
            )
            self._systems[url, back] = other if renamed else url
        return self._systems[url, back]

    def is_newer(self, system: str, code: str) -> bool:
        """Whether R5 alone has a code of a system that both versions have under one name."""
        if (system, code) not in self._newer:
            mine, theirs = self.r5.code_system(system), self.old.code_system(system)
            self._newer[system, code] = (
                mine is not None
                and theirs is not None
                and code in mine.codes
                and code not in theirs.codes
            )
        return self._newer[system, code]


@once
def dialect(version: Version) -> Dialect:
    """The dialect of an older version."""
    return Dialect(version)


# Data types in which systems of codes and names of resources change.
_RENAMED = frozenset({"Coding", "CodeableConcept", "Reference", "CodeableReference"})


def _member(known: Definitions, path: str, key: str) -> tuple[str, Row, str] | None:
    """The element that a JSON member is of, and its type: `value[x]` for `valueRange`."""
    try:
        rows = known.rows(path)
    except KeyError:
        return None
    row = rows.get(key)
    if row is not None:
        return key, row, row.types[0].partition("(")[0]
    for name, row in rows.items():
        if name.endswith("[x]") and key.startswith(name[:-3]):
            for type_ in row.types:
                bare = type_.partition("(")[0]
                if _capital(bare) == key[len(name) - 3 :]:
                    return name, row, bare
    return None


def _capital(type_: str) -> str:
    return type_[:1].upper() + type_[1:]


def _path(path: str, name: str, type_: str) -> str | None:
    """Where the parts of an element are defined; None if it is a primitive."""
    if type_.startswith("#"):
        return type_[1:]
    if type_ in ("BackboneElement", "Element"):
        return f"{path}.{name}"
    return type_ if type_[:1].isupper() else None


def _fits(type_: str, older: str) -> bool:
    """Whether a value of a type of R5 can be one of the older version's type."""
    return type_ == older or (type_ in _WORDS and older in _WORDS) or _CONVERTED.get(type_) == older


class _Misfit(Exception):
    """The older version cannot hold a value where R5 has it."""


def _names(node: Node) -> Iterable[str]:
    """The members of a node, a primitive and its extensions as one."""
    for key in node:
        if key[0] == "_":
            return dict.fromkeys(key.removeprefix("_") for key in node)
    return node


# --- from R5 -----------------------------------------------------------------------------------


def older(tree: Node, version: Version) -> Node:
    """A Bundle of R5, or one resource, as the older version has it. The tree is left as it is."""
    return _Down(dialect(version)).document(tree)


class _Down:
    def __init__(self, known: Dialect) -> None:
        self.known = known
        self.renamed: dict[str, str] = {}
        self.references: list[Node] = []

    def document(self, tree: Node) -> Node:
        if tree.get("resourceType") != "Bundle":
            return self.resource(tree)
        entries = [self._entry(entry) for entry in tree.get("entry", ())]
        for entry in entries:
            if entry.get("fullUrl") in self.renamed:
                entry["fullUrl"] = self.renamed[entry["fullUrl"]]
            request = entry.get("request", {})
            if request.get("url") in self.renamed:
                entry["request"] = {**request, "url": self.renamed[request["url"]]}
        # Who refers to a resource may come before it is known what that becomes.
        for reference in self.references:
            other = self.renamed.get(reference.get("reference", ""))
            if other is not None:
                reference["reference"] = other
        return {**tree, "entry": entries}

    def _entry(self, entry: Node) -> Node:
        made = dict(entry)
        if "resource" in entry:
            resource = entry["resource"]
            made["resource"] = self.resource(resource)
            type_ = resource.get("resourceType")
            if made["resource"].get("resourceType") != type_:
                self.renamed[f"{type_}/{resource.get('id')}"] = f"Basic/{resource.get('id')}"
                url = str(entry.get("fullUrl", ""))
                self.renamed[url] = url.replace(f"/{type_}/", "/Basic/")
        return made

    def resource(self, node: Node) -> Node:
        made = self._as_is(node)
        return self._basic(node) if made is None else made

    def _as_is(self, node: Node) -> Node | None:
        """A resource as the older version has it; None if that cannot hold it."""
        type_ = node["resourceType"]
        if type_ not in self.known.old.resources:
            return None
        made = self.element(node, type_, type_)
        if type_ in _FILL:
            _FILL[type_](node, made, self)
        for name in self.known.required(type_):
            if name in made or f"_{name}" in made:
                continue
            if name == "status":
                # Demanded, and not stated by the source.
                absent = {"url": _ABSENT, "valueCode": "unknown"}
                made["_status"] = {"extension": [absent]}
                continue
            return None
        return made

    def _basic(self, node: Node) -> Node:
        """A resource that the older version has not. https://hl7.org/fhir/R4/basic.html"""
        type_ = node["resourceType"]
        kept: Node = {key: node[key] for key in ("id", "meta", "text") if key in node}
        rest = {key: value for key, value in node.items() if key not in (*kept, "resourceType")}
        told = [
            {**one, "url": CROSS_VERSION + f"{type_}.{one['url']}"} if _is_bare(one) else one
            for one in self.parts(rest, type_)
        ]
        return {
            "resourceType": "Basic",
            **kept,
            "extension": told,
            "code": {"coding": [{"system": _TYPES, "code": type_}]},
        }

    def element(self, node: Node, path: str, older: str) -> Node:
        """A node as the older version has it. Raises _Misfit if it lacks what that demands."""
        made: Node = {}
        told: list[Node] = []
        places = self.known.places(path, older)
        for key in _names(node):
            value, beside = node.get(key), node.get(f"_{key}")
            place = places[key] if key in places else self.known.place(path, older, key)
            if key == "extension":
                told[:0] = value or ()
            elif key == "contained" and isinstance(value, list):
                made[key] = [self.resource(one) for one in value]
            elif place is None or (place.copied and place.key is not None):
                moved = key if place is None else str(place.key)
                if value is not None:
                    made[moved] = value
                if beside is not None:
                    made[f"_{moved}"] = beside
            elif place.key is None:
                told += self.extensions(_url(path, place), place, value, beside)
            else:
                try:
                    self._store(made, path, place, value, beside)
                except _Misfit:
                    told += self.extensions(_url(path, place), place, value, beside)
        if told:
            made["extension"] = told
        return made

    def _store(self, made: Node, path: str, place: _Place, value: Any, beside: Any) -> None:
        key = place.key
        if place.codes is not None and value.__class__ is str and value not in place.codes:
            # The element says nothing that its value set does not have, and its extension does.
            kept = dict(beside or {})
            said = {"url": _url(path, place), "valueCode": value}
            kept["extension"] = [*kept.get("extension", ()), said]
            made[f"_{key}"] = kept
            return
        if value is not None:
            many = value.__class__ is list
            made_of = [self.value(one, place) for one in (value if many else [value])]
            made[str(key)] = made_of if many else made_of[0]
        if beside is not None:
            made[f"_{key}"] = beside

    def value(self, value: Any, place: _Place) -> Any:
        """A value of an element in the older version."""
        match place.type:
            case "Coding":
                return self.coding(value)
            case "CodeableConcept":
                return self.concept(value)
            case "Reference":
                return self.reference(value)
            case "CodeableReference":
                if place.older is None:
                    return value
                if set(value) != {"concept"}:
                    raise _Misfit
                return self.concept(value["concept"])
            case "integer64":
                if place.key is None:
                    return value
                if not 0 <= int(value) <= _MOST:
                    raise _Misfit
                return int(value)
        if value.__class__ is not dict or place.path is None or place.older is None:
            return value
        made = self.element(value, place.path, place.older)
        if any(
            name not in made and f"_{name}" not in made and not _has_choice(made, name)
            for name in self.known.required(place.older)
        ):
            raise _Misfit
        return made

    def coding(self, node: Node) -> Node:
        system = node.get("system")
        if system is None:
            return node
        other = self.known.system(system, back=False)
        if other != system:
            return {**node, "system": other}
        if "version" not in node and self.known.is_newer(system, str(node.get("code"))):
            # Of R5's edition of a code system that had fewer codes.
            return {**node, "version": self.known.r5.fhir}
        return node

    def concept(self, node: Node) -> Node:
        codings = node.get("coding")
        return node if codings is None else {**node, "coding": [*map(self.coding, codings)]}

    def reference(self, node: Node) -> Node:
        made = dict(node)
        self.references.append(made)
        return made

    def extensions(self, url: str, place: _Place, value: Any, beside: Any) -> list[Node]:
        """Values of an element of R5 as cross-version extensions, one each."""
        if value.__class__ is not list:
            return [self.extension(url, place, value, beside)]
        values, besides = value, beside or [None] * len(value)
        return [
            self.extension(url, place, one, other)
            for one, other in zip(values, besides, strict=True)
        ]

    def extension(self, url: str, place: _Place, value: Any, beside: Any) -> Node:
        type_ = "string" if place.type.startswith("http:") else place.type
        if place.path is not None and (type_ not in self.known.values or "." in place.path):
            return {"url": url, "extension": self.parts(value, place.path)}
        held = type_ if type_ in self.known.values else "string"
        key = f"value{_capital(held)}"
        made: Node = {"url": url}
        if value is not None:
            made[key] = value if place.copied else self.value(value, place)
        if beside is not None:
            made[f"_{key}"] = beside
        return made

    def parts(self, node: Node, path: str) -> list[Node]:
        """The members of a node of R5 as extensions under their bare names, and its own."""
        found: list[Node] = []
        places = self.known.places(path, None)
        for key in _names(node):
            value, beside = node.get(key), node.get(f"_{key}")
            place = places[key] if key in places else self.known.place(path, None, key)
            if key == "extension":
                found += value or ()
            elif place is not None:
                found += self.extensions(place.name.removesuffix("[x]"), place, value, beside)
        return found


def _url(path: str, place: _Place) -> str:
    return CROSS_VERSION + f"{path}.{place.name.removesuffix('[x]')}"


def _is_bare(extension: Node) -> bool:
    return ":" not in str(extension.get("url", ":"))


def _has_choice(node: Node, name: str) -> bool:
    return name.endswith("[x]") and any(key.startswith(name[:-3]) for key in node)


# --- what an older version says in elements of its own ------------------------------------------

_STATUS = f"{_R5}research-study-status"
_ROLE = f"{_R5}research-study-party-role"
_OVERALL: Mapping[str, str] = {
    "recruiting": "active",
    "enrolling-by-invitation": "active",
    "active-but-not-recruiting": "closed-to-accrual",
    "not-yet-recruiting": "approved",
    "terminated": "administratively-completed",
}
"""R5's states of a study, and R4's for them where its name is another.

https://hl7.org/fhir/R4/valueset-research-study-status.html
"""
_BACK = {
    "active": "recruiting",
    "closed-to-accrual": "active-but-not-recruiting",
    "approved": "not-yet-recruiting",
    "administratively-completed": "terminated",
}
_SPONSORS = ("lead-sponsor", "sponsor")
_INVESTIGATORS = ("primary-investigator",)


def _fill_study(node: Node, made: Node, down: "_Down") -> None:
    """R4's own elements for what R5 says elsewhere, so that its searches find it.

    https://hl7.org/fhir/R4/researchstudy.html
    """
    states = _codes_of(node.get("progressStatus", ()), "state", _STATUS)
    known = down.known.place("ResearchStudy", "ResearchStudy", "status")
    assert known is not None
    for state in states:
        code = _OVERALL.get(state, state)
        if code in _study_codes(down.known.version):
            made["status"] = code
            break
    eligibility = node.get("recruitment", {}).get("eligibility")
    if eligibility is not None:
        made["enrollment"] = [down.reference(eligibility)]
    for member, roles in (("sponsor", _SPONSORS), ("principalInvestigator", _INVESTIGATORS)):
        party = _party(node, roles)
        if party is not None:
            made[member] = down.reference(party)


@once
def _study_codes(version: Version) -> frozenset[str]:
    known = definitions(version)
    values = known.value_set(known.rows("ResearchStudy")["status"].value_set)
    assert values is not None
    return frozenset(code for codes in values.systems.values() for code in codes or ())


def _codes_of(nodes: Any, member: str, system: str) -> Iterator[str]:
    for node in nodes:
        for coding in node.get(member, {}).get("coding", ()):
            if coding.get("system") == system and coding.get("code") != "overall-study":
                yield str(coding.get("code"))


def _party(node: Node, roles: tuple[str, ...]) -> Node | None:
    for role in roles:
        for one in node.get("associatedParty", ()):
            if "party" in one and role in _codes_of([one], "role", _ROLE):
                party: Node = one["party"]
                return party
    return None


def _fill_group(node: Node, made: Node, down: "_Down") -> None:
    """https://hl7.org/fhir/R4/group-definitions.html#Group.actual"""
    if "membership" in node:
        made["actual"] = node["membership"] == "enumerated"


def _fill_telecom(node: Node, made: Node, down: "_Down") -> None:
    """How to reach a place or person, without who is behind it."""
    found = [telecom for one in node.get("contact", ()) for telecom in one.get("telecom", ())]
    if found:
        made["telecom"] = found


_FILL: Mapping[str, Callable[[Node, Node, "_Down"], None]] = {
    "ResearchStudy": _fill_study,
    "Group": _fill_group,
    "Location": _fill_telecom,
    "PractitionerRole": _fill_telecom,
}


def _drain_study(node: Node, made: Node, up: "_Up") -> None:
    """What R4's own elements say, where R5's are not there to say it."""
    status, enrollment = made.pop("status", None), made.pop("enrollment", None)
    if "_status" in made:
        del made["_status"]
    if "status" in up.said:
        made["status"] = up.said["status"]
    if "progressStatus" not in made and status is not None:
        coding = {"system": _STATUS, "code": _BACK.get(status, status)}
        made["progressStatus"] = [{"state": {"coding": [coding]}}]
    if enrollment and "eligibility" not in made.get("recruitment", {}):
        made["recruitment"] = {**made.get("recruitment", {}), "eligibility": enrollment[0]}
    parties = []
    for member, role in (("sponsor", "lead-sponsor"), ("principalInvestigator", _INVESTIGATORS[0])):
        party = made.pop(member, None)
        if party is not None:
            parties.append({"role": {"coding": [{"system": _ROLE, "code": role}]}, "party": party})
    if parties and "associatedParty" not in made:
        made["associatedParty"] = parties


def _drain_group(node: Node, made: Node, up: "_Up") -> None:
    actual = made.pop("actual", None)
    if actual is not None and "membership" not in made:
        made["membership"] = "enumerated" if actual else "definitional"


def _drain_telecom(node: Node, made: Node, up: "_Up") -> None:
    telecom = made.pop("telecom", None)
    if telecom and "contact" not in made:
        made["contact"] = [{"telecom": telecom}]


_DRAIN: Mapping[str, Callable[[Node, Node, "_Up"], None]] = {
    "ResearchStudy": _drain_study,
    "Group": _drain_group,
    "Location": _drain_telecom,
    "PractitionerRole": _drain_telecom,
}


# --- where each leaf goes -----------------------------------------------------------------------

_STEP = re.compile(r"\.(?![^\[]*\])")


def coverage(rows: Iterable[CoverageRow], version: Version) -> list[CoverageRow]:
    """The homes of leaves in an older version, of those that they have in R5."""
    return [_covered(row, dialect(version)) for row in rows]


def _covered(row: CoverageRow, known: Dialect) -> CoverageRow:
    type_, *steps = _STEP.split(row.place)
    if not type_ or type_ not in known.r5.resources:
        return row
    if not known.holds(type_):
        return row._replace(place=_joined("Basic", type_, steps), home=_official(row))
    place, path, older = type_, type_, type_
    for number, step in enumerate(steps):
        name, _, rest = step.partition("[")
        found = known.place(path, older, name)
        if found is None:
            break
        if found.key is None:
            return row._replace(place=_joined(place, path, steps[number:]), home=_official(row))
        steps[number] = found.key + (f"[{rest}" if rest else "")
        place = f"{place}.{steps[number]}"
        if found.path is None or found.older is None:
            break
        path, older = found.path, found.older
    return row._replace(place=".".join([type_, *steps]))


def _official(row: CoverageRow) -> Home:
    return "official" if row.home == "native" else row.home


def _joined(place: str, path: str, steps: list[str]) -> str:
    """The place of a cross-version extension, and what of it."""
    first, *rest = steps
    name, bracket, label = first.partition("[")
    return ".".join([f"{place}.extension[{path}.{name}]{bracket}{label}", *rest])


# --- to R5 -------------------------------------------------------------------------------------


def newer(tree: Node, version: Version) -> Node:
    """A Bundle of an older version, or one resource, as R5 has it. The tree is left as it is.

    What R5 has no element for keeps its name, so that it is told as not read.
    """
    return _Up(dialect(version)).document(tree)


class _Up:
    def __init__(self, known: Dialect) -> None:
        self.known = known
        self.renamed: dict[str, str] = {}
        self.said: Node = {}

    def document(self, tree: Node) -> Node:
        if tree.get("resourceType") != "Bundle":
            return self.resource(tree)
        entries = [one for one in tree.get("entry", ()) if one.__class__ is dict]
        for entry in entries:
            resource = entry.get("resource")
            type_ = _basic_type(resource) if resource.__class__ is dict else None
            if type_ is not None and resource is not None:
                id_ = resource.get("id")
                self.renamed[f"Basic/{id_}"] = f"{type_}/{id_}"
                url = str(entry.get("fullUrl", ""))
                if "/Basic/" in url:
                    self.renamed[url] = url.replace("/Basic/", f"/{type_}/")
        return {**tree, "entry": [self._entry(entry) for entry in entries]}

    def _entry(self, entry: Node) -> Node:
        made = dict(entry)
        if entry.get("resource").__class__ is dict:
            made["resource"] = self.resource(entry["resource"])
        if entry.get("fullUrl") in self.renamed:
            made["fullUrl"] = self.renamed[entry["fullUrl"]]
        request = entry.get("request")
        if request.__class__ is dict and request.get("url") in self.renamed:
            made["request"] = {**request, "url": self.renamed[request["url"]]}
        return made

    def resource(self, node: Node) -> Node:
        type_ = _basic_type(node)
        if type_ is not None:
            made: Node = {"resourceType": type_}
            made |= {key: node[key] for key in ("id", "meta", "text") if key in node}
            self._extended(made, type_, node.get("extension", ()))
            return made
        type_ = node.get("resourceType", "")
        if type_ not in self.known.old.resources:
            return node
        outer, self.said = self.said, {}
        made = self.element(node, type_, type_)
        if type_ in _DRAIN:
            _DRAIN[type_](node, made, self)
        self.said = outer
        return made

    def element(self, node: Node, path: str, older: str) -> Node:
        """A node of the older version as R5 has it."""
        made: Node = {}
        for key in _names(node):
            value, beside = node.get(key), node.get(f"_{key}")
            name = _MOVED_BACK.get((path, key), key)
            place = self.known.place(path, older, name)
            if key == "extension":
                continue
            if key == "contained" and value.__class__ is list:
                made[key] = [self.resource(one) if one.__class__ is dict else one for one in value]
                continue
            if value is not None:
                if place is None or place.key is None or place.copied:
                    made[name] = value
                elif value.__class__ is list:
                    made[name] = [self.value(one, place) for one in value]
                else:
                    made[name] = self.value(value, place)
            if beside is not None:
                self._beside(made, path, name, beside)
        if "extension" in node:
            self._extended(made, path, node["extension"])
        return made

    def _beside(self, made: Node, path: str, name: str, beside: Any) -> None:
        """The extensions of a primitive, but that which has its value."""
        url = CROSS_VERSION + f"{path}.{name}"
        told = beside.get("extension") if beside.__class__ is dict else None
        if told.__class__ is list:
            kept = [one for one in told if one.__class__ is not dict or one.get("url") != url]
            if len(kept) < len(told):
                said = next(o for o in told if o.__class__ is dict and o.get("url") == url)
                made[name] = said.get("valueCode")
                beside = {key: value for key, value in beside.items() if key != "extension"}
                if kept:
                    beside["extension"] = kept
        if beside:
            made[f"_{name}"] = beside

    def value(self, value: Any, place: _Place) -> Any:
        if value.__class__ is not dict:
            return str(value) if place.type == "integer64" and value.__class__ is int else value
        match place.type:
            case "Coding":
                return self.coding(value)
            case "CodeableConcept":
                return self.concept(value)
            case "Reference":
                other = self.renamed.get(str(value.get("reference")))
                return value if other is None else {**value, "reference": other}
            case "CodeableReference" if place.older == "CodeableConcept":
                return {"concept": self.concept(value)}
        if place.path is None:
            return value
        return self.element(value, place.path, place.older or place.path)

    def coding(self, node: Any) -> Any:
        system = node.get("system") if node.__class__ is dict else None
        if system.__class__ is not str:
            return node
        other = self.known.system(system, back=True)
        if other != system:
            return {**node, "system": other}
        told = node.get("version") == self.known.r5.fhir
        if told and self.known.is_newer(system, str(node.get("code"))):
            return {key: value for key, value in node.items() if key != "version"}
        return node

    def concept(self, node: Node) -> Node:
        codings = node.get("coding")
        if codings.__class__ is not list:
            return node
        return {**node, "coding": [*map(self.coding, codings)]}

    def _extended(self, made: Node, path: str, extensions: Any) -> None:
        """Give a node the elements that cross-version extensions have, and keep the others."""
        kept = []
        prefix = CROSS_VERSION + f"{path}."
        for one in extensions if extensions.__class__ is list else ():
            url = str(one.get("url", "")) if one.__class__ is dict else ""
            if not url.startswith(prefix) or not self._set(made, path, url[len(prefix) :], one):
                kept.append(one)
        if kept:
            made["extension"] = kept

    def _set(self, made: Node, path: str, name: str, extension: Node) -> bool:
        """Put what an extension says into the node; False if R5 has no such element."""
        key = next((key for key in extension if key.startswith("value")), None)
        beside = next((key for key in extension if key.startswith("_value")), None)
        type_ = (key or beside or "").removeprefix("_").removeprefix("value")
        member = name
        place = self.known.place(path, None, name)
        if place is None:
            member = name + type_
            place = self.known.place(path, None, member)
        if place is None:
            return False
        value: Any
        if key is not None or beside is not None:
            value = None if key is None else self.value(extension[key], place)
        else:
            value = {}
            self._parts(value, place.path or "", extension.get("extension", ()))
        if path == "ResearchStudy" and name == "status":
            self.said["status"] = value
        elif place.many:
            made.setdefault(member, []).append(value)
        elif value is not None:
            made[member] = value
        if beside is not None:
            if place.many:
                found = made.setdefault(f"_{member}", [])
                found += [None] * (len(made[member]) - 1 - len(found)) + [extension[beside]]
            else:
                made[f"_{member}"] = extension[beside]
        return True

    def _parts(self, made: Node, path: str, extensions: Any) -> None:
        kept = [
            one
            for one in (extensions if extensions.__class__ is list else ())
            if not (
                one.__class__ is dict
                and _is_bare(one)
                and self._set(made, path, str(one["url"]), one)
            )
        ]
        if kept:
            made["extension"] = kept


def _basic_type(node: Node) -> str | None:
    """The type of R5 that a Basic stands for."""
    if node.get("resourceType") != "Basic":
        return None
    code = node.get("code")
    codings = code.get("coding") if code.__class__ is dict else None
    for coding in codings if codings.__class__ is list else ():
        if coding.__class__ is dict and coding.get("system") == _TYPES:
            return str(coding.get("code"))
    return None
