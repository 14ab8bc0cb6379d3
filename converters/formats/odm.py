"""CDISC ODM-XML 2.0: bytes to elements and back.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

import os
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from trialbridge.formats.odm_xml.tree import (
    FORBIDDEN,
    bytes_of,
    plain_tree,
    spelt_out,
    tree_of,
)
from trialbridge.formats.odm_xml.v2_0 import V2_0
from trialbridge.mappings.codec import Home, Mismatch, Node
from trialbridge.mappings.compiled import Read, Write, reader, writer
from trialbridge.mappings.names import Names
from trialbridge.mappings.odm.apart import Apart
from trialbridge.mappings.odm.elements import OURS, coding, named
from trialbridge.mappings.odm.parameters import VALUE, got, index, put, value, value_of, whole
from trialbridge.mappings.odm.v2_0 import EMPTY_ELEMENT, EMPTY_KIND, ODM, UNMAPPED
from trialbridge.mappings.record.empty import empty_elements, with_empty_elements
from trialbridge.schemas.odm.document import NAMESPACES
from trialbridge.schemas.once import once
from trialbridge.schemas.pointer import escape, walk
from trialbridge.schemas.problem import Invalid, Problem, ReadError
from trialbridge.schemas.trial import Trial
from trialbridge.schemas.xml import line_of, parse, utf_8
from trialbridge.tables import left_aside, not_readable, warned

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

LINK = "https://wiki.cdisc.org/display/PUB/ODM+v2.0"
_TAG = f"{{{V2_0.namespace}}}"

_VERSION = re.compile(r"2\.0(?:\.|$)")
_SHOWN = 5
# Where neither the caller nor the record says a time.
_NO_TIME = "1970-01-01T00:00:00"


@once
def _table() -> tuple[Write, Read]:
    return writer(ODM), reader(ODM)


# --- writing -----------------------------------------------------------------------------------


def write(trial: Trial) -> tuple[bytes, list[Problem]]:
    """The record as an ODM document of one Study, and the organizations and people that it names.

    The problems are warnings of what the document does not carry. Raises Invalid if the record has
    characters that XML has no form for, with the place of each.
    """
    tree, problems = write_tree(trial)
    try:
        return bytes_of(tree, V2_0), problems
    except ValueError:
        forbidden = _forbidden(trial)
        if not forbidden:
            raise
        raise Invalid(forbidden) from None


def write_tree(trial: Trial) -> tuple[Node, list[Problem]]:
    """The record as the tree of an ODM document."""
    names = Names(trial, form="oid")
    tree = _table()[0](trial, names)
    if names.odd:
        for number, (pointer, kind) in enumerate(empty_elements(trial), 1):
            node = value(pointer, coding(EMPTY_KIND.url, kind))
            put(names, EMPTY_ELEMENT, node, number=number)
    if trial.unmapped:
        words = msgspec.json.encode(trial.unmapped, order="sorted").decode()
        # JSON leaves them as they are, and XML forbids them.
        words = words.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
        put(names, UNMAPPED, value(words))
    _assemble(tree, names)
    tree |= {
        "@FileType": "Snapshot",
        "@FileOID": f"ODM.{names.root}",
        "@CreationDateTime": _created(trial),
        "@ODMVersion": V2_0.version,
        "@SourceSystem": "trialbridge",
    }
    return tree, left_aside(trial, "ODM 2.0")


def _assemble(tree: Node, names: Names) -> None:
    """Put what stands in lists of its own into the document, and what it requires."""
    study = tree.setdefault("Study", [{}])[0]
    study["@OID"] = f"ST.{names.root}"
    named(study, "@StudyName")
    named(study, "@ProtocolName")
    metadata = study.setdefault("MetaDataVersion", [{}])[0]
    metadata["@OID"] = f"MDV.{names.root}"
    named(metadata)
    protocol = metadata.setdefault("Protocol", {})
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
    people = {kind: found for kind in ("User", "Organization") if (found := apart.get(kind))}
    if people:
        tree["AdminData"] = [{"@StudyOID": study["@OID"], **people}]


def _created(trial: Trial) -> str:
    """When the document was made: as the caller says, else when the record was last updated.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdecimal():
        return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = trial.protocol.status if trial.protocol else None
    if status is None:
        return _NO_TIME
    posted = status.last_update_post_date
    date = (posted.date if posted else None) or status.last_update_submit_date
    return f"{date}T00:00:00" if date else _NO_TIME


def _forbidden(trial: Trial) -> list[Problem]:
    """A problem for each text of the record with a character that XML forbids."""
    problems = []
    for pointer, held in walk(msgspec.to_builtins(trial)):
        found = FORBIDDEN.search(held) if isinstance(held, str) else None
        if found and not pointer.startswith(("/resultsSection", "/unmapped")):
            problems.append(
                Problem(
                    severity="error",
                    layer="mapping",
                    path=pointer,
                    code="character",
                    message=f"U+{ord(found[0]):04X} at character {found.start() + 1} of the text "
                    "is a character that XML has no form for",
                    link="https://www.w3.org/TR/xml/#charsets",
                )
            )
    return problems


# --- reading -----------------------------------------------------------------------------------


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """The record of a document's one Study.

    A document whose root is a Study or a MetaDataVersion is read as that of an ODM. What the model
    has no place for is in `unmapped`, below `/odm`. Raises ReadError if the bytes are no such
    document, with all that does not have its form.
    """
    data = utf_8(data)
    tree = plain_tree(data, V2_0)
    if tree is None or not _is_of_one_study(tree):
        tree = _document(parse(data))
    trial, names = _read_tree(tree)
    problems = warned(names, "ODM")
    rest = _rest(tree, trial)
    if rest and trial == Trial():
        raise _fatal(
            line_of(parse(data)),
            "no-record",
            "this is no trial record: the document names no study, and has no arm, end point, "
            "criterion or other part of one",
        )
    if rest:
        unmapped = {**(trial.unmapped or {}), **rest}
        trial = msgspec.structs.replace(trial, unmapped=unmapped)
        problems += (
            Problem(
                severity="warning",
                layer="mapping",
                path=pointer,
                code="not-read",
                message="a trial record has no place for this; it is kept as unmapped",
                link=LINK,
            )
            for pointer in rest
        )
    return trial, problems


def _is_of_one_study(tree: Node) -> bool:
    """Whether the tree of an ODM element has nothing to be refused for."""
    studies = tree.get("Study", ())
    version = tree.get("@ODMVersion")
    return (
        len(studies) == 1
        and len(studies[0].get("MetaDataVersion", ())) <= 1
        and (version is None or _VERSION.match(version) is not None)
    )


def _document(root: "_Element") -> Node:
    """The tree of a document. Raises ReadError if it is no ODM 2.0, or not of one Study."""
    namespace, _, local = root.tag.rpartition("}")
    namespace = namespace.removeprefix("{")
    if namespace != V2_0.namespace:
        other = next((v for v, known in NAMESPACES.items() if known == namespace), None)
        what = f"ODM {other}" if other else f"of namespace {namespace!r}" if namespace else "plain"
        raise _fatal(
            line_of(root),
            "namespace",
            f"<{local}> is {what}, expected ODM 2.0, of namespace {V2_0.namespace!r}",
        )
    version = root.get("ODMVersion")
    if version is not None and not _VERSION.match(version):
        raise _fatal(line_of(root), "version", f"ODMVersion is {version!r}, expected '2.0'")
    tree = tree_of(root, local, V2_0)
    if local == "MetaDataVersion":
        return {"Study": [{"MetaDataVersion": [tree]}]}
    if local == "Study":
        return {"Study": [tree]}
    if local != "ODM":
        raise _fatal(
            line_of(root), "root", f"the root is <{local}>, expected ODM, Study or MetaDataVersion"
        )
    studies = root.findall(f"{_TAG}Study")
    if len(studies) != 1:
        several = f"{len(studies)}, on {_lines(studies)}; `trialbridge.records` gives each"
        found = several if studies else "none: this is no trial record"
        place = line_of(studies[1]) if studies else line_of(root)
        raise _fatal(place, "one-study", f"expected one Study, found {found}")
    versions = studies[0].findall(f"{_TAG}MetaDataVersion")
    if len(versions) > 1:
        raise _fatal(
            line_of(versions[1]),
            "one-version",
            f"expected one MetaDataVersion, found {len(versions)}, on {_lines(versions)}",
        )
    return tree


def _lines(elements: list["_Element"]) -> str:
    """The lines of the first few elements."""
    shown = ", ".join(line_of(element) for element in elements[:_SHOWN])
    return f"{shown} ..." if len(elements) > _SHOWN else shown


def _read_tree(tree: Node) -> tuple[Trial, Names]:
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
        for kind in ("User", "Organization"):
            apart.lists[kind].extend(administrative.get(kind, ()))
    apart.lists["StudyParameter"] = summary
    apart.study_oid = study.get("@OID")
    apart.protocol = protocol
    apart.conditions = {
        node.get("@OID"): node.get("Description", {}) for node in metadata.get("ConditionDef", ())
    }
    index(summary, names)
    _level(protocol)
    try:
        trial = _table()[1](tree, names)
    except Mismatch as mismatch:
        raise not_readable(mismatch, "ODM", LINK) from None
    return _read_whole(trial, names), names


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


def _read_whole(trial: Trial, names: Names) -> Trial:
    """The record with what no row of the table carries: empty elements and `unmapped`."""
    empty: dict[str, str] = {}
    for node in got(names, EMPTY_ELEMENT):
        codes = (str(one.get("@Code")) for one in node.get(VALUE, {}).get("Coding", ()))
        empty[value_of(node)] = next(codes, "")
    try:
        trial = with_empty_elements(trial, empty)
    except (ValueError, msgspec.ValidationError) as error:
        raise _fatal(_place(EMPTY_ELEMENT.name), "not-readable", str(error)) from None
    for node in got(names, UNMAPPED)[:1]:
        try:
            unmapped = msgspec.json.decode(value_of(node), type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise _fatal(_place(UNMAPPED.name), "not-json", str(error)) from None
        trial = msgspec.structs.replace(trial, unmapped=unmapped)
    return trial


def _place(name: str) -> str:
    return f"ODM.Study.MetaDataVersion.Protocol.StudySummary.StudyParameter[@OID='SP.{name}']"


# --- what is not read --------------------------------------------------------------------------

# What a document needs to hold together, and what it says of itself.
_OF_FILE = frozenset(
    {
        "@FileType",
        "@FileOID",
        "@CreationDateTime",
        "@ODMVersion",
        "@SourceSystem",
        "@Granularity",
    }
)


def _rest(tree: Node, trial: Trial) -> dict[str, Any]:
    """What of a document is not in the record that was read: by JSON pointers below `/odm`.

    What is not read is what is not written again: of a document of ours nothing.
    """
    again, _ = write_tree(trial)
    metadata = again["Study"][0]["MetaDataVersion"][0]
    protocol = metadata["Protocol"]
    if summary := protocol.get("StudySummary"):
        summary["StudyParameter"] = [whole(one) for one in summary["StudyParameter"]]
    if criteria := protocol.get("InclusionExclusionCriteria"):
        lists, metadata["ConditionDef"] = criteria.elements()
        protocol["InclusionExclusionCriteria"] = lists
    if again == tree:
        return {}
    tree, again = spelt_out(tree, V2_0), spelt_out(again, V2_0)
    written = Counter(_facts(again, ""))
    members = Counter(_members(again, ""))
    found: dict[str, Any] = {}

    def left(node: Any, path: str) -> tuple[Any, bool]:
        """What of a node is not written again, and whether anything of it is."""
        if isinstance(node, str) or not node:
            fact = path, node or ""
            if written[fact] > 0:
                written[fact] -= 1
                return None, True
            return node, False
        pairs = list(node.items() if isinstance(node, dict) else enumerate(node))
        kept: dict[Any, Any] = {}
        read = False
        if isinstance(node, list):
            # Those that are written as they are come first: what they say is not to be missed
            # of the others.
            over = []
            for key, inner in pairs:
                member = path, _canonical(inner)
                if members[member] > 0:
                    members[member] -= 1
                    written.subtract(_facts(inner, path))
                    read = True
                else:
                    over.append((key, inner))
            pairs = over
        for key, inner in pairs:
            below = f"{path}/{key}" if isinstance(node, dict) else path
            over, some = left(inner, below)
            read = read or some
            if over is not None:
                kept[key] = over
        if not read:
            return node, False
        if all(_is_name(str(key), node) for key in kept):
            # Names alone say nothing that is not said again with ours.
            kept = {}
        return kept or None, True

    def gather(kept: Any, node: Any, pointer: str) -> None:
        """The largest parts of which nothing was read."""
        if kept == node:
            found[pointer] = kept
        elif isinstance(kept, dict):
            for key, inner in kept.items():
                gather(inner, node[key], f"{pointer}/{escape(str(key))}")

    said = {key: inner for key, inner in tree.items() if key not in _OF_FILE}
    kept, _ = left(said, "")
    if kept is not None:
        for key, inner in kept.items():
            gather(inner, said[key], f"/odm/{escape(key)}")
    return found


def _is_name(key: str, node: Any) -> bool:
    """Whether an attribute is an OID or refers to one, or is a Name that says no more."""
    return key.startswith("@") and (
        "OID" in key or (key == "@Name" and node[key] == node.get("@OID"))
    )


def _canonical(node: Any) -> bytes:
    return msgspec.json.encode(node, order="sorted")


def _members(node: Any, path: str) -> Iterable[tuple[str, bytes]]:
    """Each member of a list in a tree, with the names on the way to it."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _members(inner, f"{path}/{key}")
    elif isinstance(node, list):
        for inner in node:
            yield path, _canonical(inner)
            yield from _members(inner, path)


def _facts(node: Any, path: str) -> Iterable[tuple[str, str]]:
    """Each text of a tree, and each element that says nothing, with the names on the way to it."""
    if isinstance(node, str) or not node:
        yield path, node or ""
    elif isinstance(node, dict):
        for key, inner in node.items():
            yield from _facts(inner, f"{path}/{key}")
    else:
        for inner in node:
            yield from _facts(inner, path)


# --- without what is ours ----------------------------------------------------------------------


def bare(data: bytes) -> dict[Home, bytes]:
    """A document without all study parameters and aliases, and without ours."""
    return {
        "native": _without(data, ours_only=False),
        "official": _without(data, ours_only=True),
    }


def _without(data: bytes, *, ours_only: bool) -> bytes:
    from lxml import etree  # type: ignore[import-untyped]

    root = parse(data)
    for parameter in root.findall(f".//{_TAG}StudyParameter"):
        systems = [one.get("System") for one in parameter.findall(f"{_TAG}Coding")]
        if OURS in systems or not ours_only:
            parameter.getparent().remove(parameter)
    for alias in root.findall(f".//{_TAG}Alias"):
        alias.getparent().remove(alias)
    stripped: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return stripped


def _fatal(path: str, code: str, message: str) -> ReadError:
    return ReadError(
        [Problem(severity="fatal", layer="read", path=path, code=code, message=message, link=LINK)]
    )
