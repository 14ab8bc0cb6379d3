"""Trial records as the trees of ODM 2.0 documents, and back.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from trialbridge.mappings import whole
from trialbridge.mappings.codec import Node, Record
from trialbridge.mappings.leftover import Facts
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.apart import Apart
from trialbridge.mappings.odm.beyond import PREFIX, kept_beyond
from trialbridge.mappings.odm.countries import code_of
from trialbridge.mappings.odm.elements import PLAIN, named, tell_apart, told_apart
from trialbridge.mappings.odm.form.document import Form, rows_of, template
from trialbridge.mappings.odm.form.groups import GROUPS, Groups
from trialbridge.mappings.odm.form.notes import Note
from trialbridge.mappings.odm.form.rows import Rows
from trialbridge.mappings.odm.parameters import (
    KIND,
    index,
    oid_of_parameter,
    value_of,
)
from trialbridge.mappings.odm.study import BRIEF_TITLE
from trialbridge.mappings.odm.v2_0 import EMPTY_ELEMENT, ODM, UNMAPPED, coverage
from trialbridge.mappings.record.times import as_of, created
from trialbridge.schemas.problem import Problem, no_record
from trialbridge.schemas.syntax.pointer import escape
from trialbridge.schemas.terms.countries import name_of
from trialbridge.schemas.trial import ProtocolSection, Trial

LINK = "https://wiki.cdisc.org/display/PUB/ODM+v2.0"

OURS = "trialbridge"
"""The system that documents of ours are from."""

_BRIEF_TITLE = oid_of_parameter(BRIEF_TITLE)


def _store(names: Names, tree: Node, empty: list[tuple[str, str]], unmapped: str | None) -> None:
    """A row for each empty element of the record, which XML has no form for."""
    for number, (pointer, kind) in enumerate(empty, 1):
        EMPTY_ELEMENT.put(names, {"place": pointer, "kind": kind}, of="", number=number)
    if unmapped is not None:
        # JSON leaves them as they are, and XML forbids them.
        unmapped = unmapped.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
        UNMAPPED.put(names, {"json": unmapped}, of="", number=1)


def _find(names: Names, tree: Node) -> tuple[dict[str, str], Any]:
    marked = [EMPTY_ELEMENT.said(row) for row in EMPTY_ELEMENT.got(names)]
    empty = {one.get("place", ""): one.get("kind", "") for one in marked}
    return empty, next((UNMAPPED.said(row).get("json") for row in UNMAPPED.got(names)), None)


def _place(kept: Note) -> str:
    return f"ODM.ReferenceData.ItemGroupData[{kept.group.oid}]"


def keep(title: str, coverage: whole.Coverage) -> whole.Keep:
    """How a version keeps what no row of its table carries: in the registry form."""
    return whole.Keep(
        title=title,
        root="ODM",
        link=LINK,
        coverage=coverage,
        store=_store,
        find=_find,
        marker_place=_place(EMPTY_ELEMENT),
        unmapped_place=_place(UNMAPPED),
        results=True,
    )


class Version(NamedTuple):
    """A version of ODM: its table, and what its documents require around what that writes.

    `text` are the attributes of a TranslatedText that a Description of one text has. `complete`
    puts in its place what a tree has to have; `study` gives the attributes that a Study has, or in
    another version would have. `groups` are those of its registry form.
    """

    name: str
    table: Record
    keep: whole.Keep
    text: Mapping[str, str]
    complete: Callable[[Node, Names], None]
    study: Callable[[Node], Node]
    groups: Groups


# --- writing -----------------------------------------------------------------------------------


def write_tree(trial: Trial, version: "Version | None" = None) -> tuple[Node, list[Problem]]:
    """The record as the tree of an ODM document, and warnings of what is not in it."""
    version = version or V2_0
    names = Names(trial, form="oid")
    tree, problems = whole.write(trial, version.table, names, version.keep)
    study = tree.setdefault("Study", [{}])[0]
    study["@OID"] = f"ST.{names.root}"
    metadata = study.setdefault("MetaDataVersion", [{}])[0]
    metadata["@OID"] = f"MDV.{names.root}"
    named(metadata)
    metadata.setdefault("Protocol", {})
    version.complete(tree, names)
    _put_form(tree, names, version)
    _sign(tree, trial, names, version)
    return tree, problems


def template_tree(trial: Trial, version: "Version") -> Node:
    """The registry form without data, as the tree of a document: of the record its names alone."""
    protocol = trial.protocol or ProtocolSection()
    named_only = Trial(protocol=ProtocolSection(identification=protocol.identification))
    tree, _ = write_tree(named_only, version)
    tree.pop("ReferenceData", None)
    tree.pop("AdminData", None)
    (study,) = tree["Study"]
    (metadata,) = study["MetaDataVersion"]
    technical = {EMPTY_ELEMENT.group.key, UNMAPPED.group.key}
    groups = [one for key, one in version.groups.items() if key not in technical]
    own = {key: held for key, held in metadata.items() if key in ("@OID", "@Name")}
    study["MetaDataVersion"] = [{**own, **template(groups, version.name)}]
    _sign(tree, trial, Names(trial, form="oid"), version)
    return tree


def _sign(tree: Node, trial: Trial, names: Names, version: "Version") -> None:
    """What a document says of itself."""
    tree |= {
        "@FileType": "Snapshot",
        "@FileOID": ".".join(filter(None, ("ODM", names.root, as_of(trial)))),
        "@CreationDateTime": created(trial),
        "@ODMVersion": version.name,
        "@SourceSystem": OURS,
    }
    date = as_of(trial)
    if date:
        tree["@AsOfDateTime"] = f"{date}T00:00:00"


def _put_form(tree: Node, names: Names, version: "Version") -> None:
    """Put the registry form into the document, where it has any."""
    study = tree["Study"][0]
    metadata = study["MetaDataVersion"][0]
    form = Form(names, version.name, version.groups, study["@OID"], metadata["@OID"])
    if form.groups:
        metadata["ItemGroupDef"] = metadata["ItemDef"] = [form]
        if form.has_codes:
            metadata["CodeList"] = [form]
        tree["ReferenceData"] = [form]


def _complete(tree: Node, names: Names) -> None:
    """Put what stands in lists of its own into the document, and what it requires."""
    (study,) = tree["Study"]
    named(study, "@ProtocolName")
    study["@StudyName"] = study["@ProtocolName"]
    (metadata,) = study["MetaDataVersion"]
    protocol = metadata["Protocol"]
    apart = names.once(Apart).lists
    if parameters := apart.get("StudyParameter"):
        protocol["StudySummary"] = {"StudyParameter": parameters}
    if population := protocol.get("StudyTargetPopulation"):
        population["@OID"] = "POP.1"
        named(population)
    if criteria := protocol.get("InclusionExclusionCriteria"):
        metadata["ConditionDef"] = [criteria]
    if documents := metadata.get("Leaf"):
        refs = [{"@LeafID": leaf["@ID"]} for leaf in documents]
        metadata["SupplementalDoc"] = {"DocumentRef": refs}
    for elements in _with_own_names(protocol, apart):
        tell_apart(elements)
    people = {kind: found for kind in ("User", "Organization") if (found := apart.get(kind))}
    if people:
        tree["AdminData"] = [{"@StudyOID": study["@OID"], **people}]


def _with_own_names(protocol: Node, lists: Mapping[str, list[Node]]) -> Iterable[list[Node]]:
    """The elements that share no name with another of their list."""
    yield lists.get("Organization", [])
    yield protocol.get("StudyEndPoints", {}).get("StudyEndPoint", [])
    yield protocol.get("StudyStructure", {}).get("Arm", [])


V2_0: Final = Version(
    name="2.0",
    table=ODM,
    keep=keep("ODM 2.0", coverage),
    text={"@Type": PLAIN},
    complete=_complete,
    study=lambda study: study,
    groups=GROUPS,
)


# --- reading -----------------------------------------------------------------------------------


def read_tree(
    tree: Node,
    place: Callable[[], str],
    document: Callable[[], str],
    version: Version = V2_0,
    *,
    alone: bool = False,
) -> tuple[Trial, list[Problem]]:
    """The record of the tree of an ODM document of one Study, and warnings.

    What the model has no place for is in `unmapped`, below `/odm`, with the text of the document.
    `place` gives where the document begins. Where the record is wanted `alone`, neither is looked
    for. Raises ReadError with all that does not have its form.
    """
    names = Names(form="oid")
    study = tree["Study"][0]
    metadata = (study.get("MetaDataVersion") or [{}])[0]
    protocol = metadata.get("Protocol", {})
    summary = protocol.get("StudySummary", {}).get("StudyParameter", [])
    apart = names.once(Apart)
    for administrative in tree.get("AdminData", ()):
        if administrative.get("@StudyOID", study.get("@OID")) != study.get("@OID"):
            # Of another study: what is in it is not read, and so it is kept.
            continue
        for kind in ("User", "Organization", "Location"):
            apart.lists[kind].extend(administrative.get(kind, ()))
    apart.lists["StudyParameter"] = summary
    apart.study_oid = study.get("@OID")
    apart.study = version.study(study)
    apart.ours = tree.get("@SourceSystem") == OURS
    apart.protocol = protocol
    apart.conditions = {
        node.get("@OID"): node.get("Description", {}) for node in metadata.get("ConditionDef", ())
    }
    index(summary, names)
    names.once(Rows).read(rows_of(tree, study, metadata, version.groups))
    _level(protocol)
    if apart.ours:
        # A number behind a name of others is of the name.
        for elements in _with_own_names(protocol, apart.lists):
            told_apart(elements, names)

    def keep_rest(trial: Trial) -> tuple[Trial, list[Problem]]:
        rest = _rest(tree, trial, version)
        if rest is None:
            return trial, []
        none = []
        if rest and trial == Trial():
            message = (
                "the document names no study, and has no arm, end point, criterion or other part "
                "of one; it is good for ODM alone"
            )
            none.append(no_record(place(), message, LINK))
        trial, problems = kept_beyond(trial, rest, document(), LINK)
        return trial, none + problems

    return whole.read(tree, version.table, names, version.keep, None if alone else keep_rest)


def _level(protocol: Node) -> None:
    """Give each end point without a level that of the objective that it is of."""
    levels: dict[str, str] = {}
    for objective in protocol.get("StudyObjectives", {}).get("StudyObjective", ()):
        for reference in objective.get("StudyEndPointRef", ()):
            if objective.get("@Level") in ("Primary", "Secondary"):
                levels.setdefault(str(reference.get("@StudyEndPointOID")), objective["@Level"])
    for endpoint in protocol.get("StudyEndPoints", {}).get("StudyEndPoint", ()):
        level = levels.get(str(endpoint.get("@OID")))
        if level is not None:
            endpoint.setdefault("@Level", level)


# --- what is not read --------------------------------------------------------------------------

# What a document needs to hold together, and what it says of itself.
_OF_FILE = frozenset(
    {
        "@FileType",
        "@FileOID",
        "@CreationDateTime",
        "@ODMVersion",
        "@SourceSystem",
        "@AsOfDateTime",
        "@Granularity",
    }
)


def _rest(tree: Node, trial: Trial, version: Version) -> dict[str, Any] | None:
    """What of a document is not in the record that was read: by JSON pointers below `/odm`.

    What is not read is what is not written again: of a document of ours nothing. None where the
    document says the record and no more, in our words and order, or older ones of ours.
    """
    again, _ = write_tree(trial, version)
    metadata = again["Study"][0]["MetaDataVersion"][0]
    protocol = metadata["Protocol"]
    if summary := protocol.get("StudySummary"):
        for parameter in summary["StudyParameter"]:
            parameter.update(parameter.pop(KIND).const)
    if criteria := protocol.get("InclusionExclusionCriteria"):
        lists, metadata["ConditionDef"] = criteria.elements()
        protocol["InclusionExclusionCriteria"] = lists
    for form in again.get("ReferenceData", ()):
        metadata.update(form.defined())
        again["ReferenceData"] = [form.data()]
    ours = tree.get("@SourceSystem") == OURS
    if again == tree or (ours and _but_of_file(again) == _but_of_file(tree)):
        return None
    name = tree["Study"][0].get("@StudyName")
    for parameter in (summary or {}).get("StudyParameter", ()):
        if parameter["@OID"] == _BRIEF_TITLE and value_of(parameter) == name:
            # It is read as the title, and is no other fact.
            again["Study"][0]["@StudyName"] = name
    tree, again = _spelt_out(tree, version.text), _spelt_out(again, version.text)
    written = Counter(_FACTS.of(again, ""))
    members = Counter(_FACTS.members(again, ""))
    found: dict[str, Any] = {}

    def gather(kept: Any, node: Any, pointer: str) -> None:
        """The largest parts of which nothing was read."""
        if kept == node:
            if not _goes_without_saying(pointer.rpartition("/")[2], node):
                found[pointer] = kept
        elif isinstance(kept, dict):
            for key, inner in kept.items():
                gather(inner, node[key], f"{pointer}/{escape(str(key))}")

    said = _but_of_file(tree)
    kept, _ = _FACTS.left(said, "", written, members)
    if kept is not None:
        for key, inner in kept.items():
            gather(inner, said[key], f"{PREFIX}{escape(key)}")
    return None if ours and not found else found


def _but_of_file(tree: Node) -> Node:
    return {key: inner for key, inner in tree.items() if key not in _OF_FILE}


def _spelt_out(node: Any, text: Mapping[str, str]) -> Any:
    """A tree with each Description as an element, and each country by the code that we write."""
    if isinstance(node, list):
        return [_spelt_out(one, text) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {"TranslatedText": [{**text, "#": inner} if inner else {**text}]}
        if key == "Description" and isinstance(inner, str)
        else _code_of_country(inner)
        if key == "Country"
        else _spelt_out(inner, text)
        for key, inner in node.items()
    }


def _code_of_country(said: Any) -> Any:
    name = (name_of(said) or said) if isinstance(said, str) else ""
    return code_of(name) or said


def _goes_without_saying(key: str, said: Any) -> bool:
    """Whether it is how an element is called in its file, or that its words are English."""
    return isinstance(said, str) and (
        (key.startswith("@") and key.endswith("OID"))
        or (key == "@xml:lang" and said.lower().split("-")[0] == "en")
    )


def _is_name(key: str, node: Any) -> bool:
    """Whether an attribute is an OID or refers to one, or is a Name that says no more."""
    return key.startswith("@") and (
        "OID" in key or (key == "@Name" and node[key] == node.get("@OID"))
    )


_FACTS = Facts(
    "/",
    # Each text, and each element that says nothing.
    lambda node: (node or "",),
    # Names alone say nothing that is not said again with ours.
    lambda node, kept: all(_is_name(str(key), node) for key in kept),
)
