"""CDISC ODM-XML of any version: bytes to elements and back.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from trialbridge.formats.odm.xml.graft import graft
from trialbridge.formats.odm.xml.tree import Dialect, bytes_of, plain_tree, tree_of
from trialbridge.mappings.beyond import as_it_stood
from trialbridge.mappings.codec import Home, Node
from trialbridge.mappings.odm.beyond import document_of, left_out, without
from trialbridge.mappings.odm.document import LINK, Version, read_tree, template_tree, write_tree
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.odm.digests.document import NAMESPACES
from trialbridge.schemas.problem import EACH, Invalid, Problem, ReadError
from trialbridge.schemas.syntax.pointer import walk
from trialbridge.schemas.syntax.xml import forbidden, line_of, parse, utf_8
from trialbridge.schemas.trial import Trial

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

_SHOWN = 5
_LINE = re.compile(r"line \d+(?: or later)?")
# A declaration of another encoding, which a document in UTF-8 no longer has.
_DECLARED = re.compile(r"\ufeff?<\?xml[^>]*?encoding=[\"'](?!(?i:utf-8)[\"'])[^>]*\?>|\ufeff")


class Odm(NamedTuple):
    """A version of ODM: as XML, and as trees. `numbers` are what its ODMVersion begins with."""

    dialect: Dialect
    version: Version
    numbers: str

    def is_version(self, said: str) -> bool:
        """Whether an ODMVersion is one of it."""
        return said == self.numbers or said.startswith(f"{self.numbers}.")

    def write(self, trial: Trial, *, template: bool = False) -> tuple[bytes, list[Problem]]:
        """The record as an ODM document, as `write` has it, or the form without data."""
        return write_template(trial, self) if template else write(trial, self)

    def write_checked(self, trial: Trial, *, template: bool = False) -> tuple[bytes, list[Problem]]:
        """Write as `write` does; the problems are those of what was written, too."""
        if template:
            return write_template(trial, self, checked=True)
        return write_checked(trial, self)

    def read(self, data: bytes) -> tuple[Trial, list[Problem]]:
        """The record of a document's one Study, as `read` has it."""
        return read(data, self)

    def read_alone(self, data: bytes) -> Trial:
        """As `read`, without warnings and without what the document says beyond the record."""
        return read(data, self, alone=True)[0]


# --- writing -----------------------------------------------------------------------------------


def write(trial: Trial, odm: Odm) -> tuple[bytes, list[Problem]]:
    """The record as an ODM document of one Study, and the organizations and people that it names.

    A record that was read from an ODM document that says more is put into that document: the same
    document where the record is the same. The problems are warnings of what the document does not
    carry. Raises Invalid if the record has characters that XML has no form for, with the place of
    each.
    """
    document = document_of(trial.unmapped)
    if document is not None:
        bare = without(trial)
        data, problems = _write(bare, odm)
        grafted = _grafted(document, bare, data, odm)
        if grafted is not None:
            return grafted, problems
        lost = left_out(trial.unmapped or {}, subjects_only=False)[1]
        return data, [*problems, *lost]
    return _write(trial, odm)


def write_checked(trial: Trial, odm: Odm) -> tuple[bytes, list[Problem]]:
    """Write as `write` does; the problems are those of what was written, too.

    The tree is looked at as it is, since to parse the bytes again takes as long as to write them;
    where there may be something to tell, the bytes are checked. What is wrong with the document
    that the record was read from, and still is, is a warning: it stood so, and is none of the
    record.
    """
    from trialbridge.formats.odm.xml.checks import is_clean
    from trialbridge.schemas.odm.validate import check

    document = document_of(trial.unmapped)
    if document is None:
        tree, problems = write_tree(trial, odm.version)
        data = _bytes_of(tree, trial, odm)
        if is_clean(tree, odm.version.name):
            return data, problems
        return data, [*problems, *check(data, odm.version.name)]
    data, problems = write(trial, odm)
    found = check(data, odm.version.name)
    stood = {_place(one) for one in check(document.encode(), odm.version.name)} if found else set()
    found = [as_it_stood(one) if _place(one) in stood else one for one in found]
    return data, [*problems, *found]


def write_template(trial: Trial, odm: Odm, *, checked: bool = False) -> tuple[bytes, list[Problem]]:
    """The registry form without data, which an EDC system can import; the problems are its own."""
    data = _bytes_of(template_tree(trial, odm.version), trial, odm)
    if not checked:
        return data, []
    from trialbridge.schemas.odm.validate import check

    return data, check(data, odm.version.name)


def _place(problem: Problem) -> tuple[str, ...]:
    """A problem without the line that it is in."""
    words = problem.path, problem.code, problem.message
    return tuple(_LINE.sub("line", text) for text in words)


def _grafted(document: str, trial: Trial, data: bytes, odm: Odm) -> bytes | None:
    """The document with the record as it now is, written as `data`; None where it takes it not."""
    try:
        before = without(read(document.encode(), odm)[0])
        if before == trial:
            return document.encode()
        grafted = graft(document.encode(), _write(before, odm)[0], data)
        return grafted if without(read(grafted, odm)[0]) == trial else None
    except (ReadError, UnicodeEncodeError):
        return None


def _write(trial: Trial, odm: Odm) -> tuple[bytes, list[Problem]]:
    tree, problems = write_tree(trial, odm.version)
    return _bytes_of(tree, trial, odm), problems


def _bytes_of(tree: Node, trial: Trial, odm: Odm) -> bytes:
    try:
        return bytes_of(tree, odm.dialect)
    except ValueError:
        wrong = forbidden(
            (pointer, held)
            for pointer, held in walk(msgspec.to_builtins(trial))
            if not pointer.startswith("/unmapped")
        )
        if not wrong:
            raise
        raise Invalid(wrong) from None


# --- reading -----------------------------------------------------------------------------------


def read(data: bytes, odm: Odm, *, alone: bool = False) -> tuple[Trial, list[Problem]]:
    """The record of a document's one Study.

    A document whose root is a Study or a MetaDataVersion is read as that of an ODM. What the model
    has no place for is in `unmapped`, below `/odm`, unless the record is wanted `alone`. Raises
    ReadError if the bytes are no such document, with all that does not have its form.
    """
    tree = plain_tree(data, odm.dialect, rows=alone)
    # A plain document is UTF-8, and says so or nothing.
    if tree is None or not _is_of_one_study(tree, odm):
        data = utf_8(data)
        tree = _document(parse(data), odm)
    return read_tree(
        tree, lambda: line_of(parse(data)), lambda: _text(data), odm.version, alone=alone
    )


def _text(data: bytes) -> str:
    """A document in UTF-8 as text, with a declaration that says so or none."""
    text = data.decode()
    return _DECLARED.sub("", text) if _DECLARED.match(text) else text


def _is_of_one_study(tree: Node, odm: Odm) -> bool:
    """Whether the tree of an ODM element has nothing to be refused for."""
    studies = tree.get("Study", ())
    version = tree.get("@ODMVersion")
    return (
        len(studies) == 1
        and len(studies[0].get("MetaDataVersion", ())) <= 1
        and (version is None or odm.is_version(version))
    )


def _document(root: "_Element", odm: Odm) -> Node:
    """The tree of a document. Raises ReadError if it is of another version, or not of one Study."""
    namespace, _, local = root.tag.rpartition("}")
    namespace = namespace.removeprefix("{")
    if namespace != odm.dialect.namespace:
        other = next((v for v, known in NAMESPACES.items() if known == namespace), None)
        what = f"ODM {other}" if other else f"of namespace {namespace!r}" if namespace else "plain"
        raise _fatal(
            line_of(root),
            "namespace",
            f"<{local}> is {what}, expected ODM {odm.version.name}, of "
            f"namespace {odm.dialect.namespace!r}",
        )
    version = root.get("ODMVersion")
    if version is not None and not odm.is_version(version):
        raise _fatal(
            line_of(root), "version", f"ODMVersion is {version!r}, expected {odm.version.name!r}"
        )
    tree = tree_of(root, local, odm.dialect)
    if local == "MetaDataVersion":
        return {"Study": [{"MetaDataVersion": [tree]}]}
    if local == "Study":
        return {"Study": [tree]}
    if local != "ODM":
        raise _fatal(
            line_of(root), "root", f"the root is <{local}>, expected ODM, Study or MetaDataVersion"
        )
    studies = root.findall(f"{{{namespace}}}Study")
    if len(studies) != 1:
        several = f"{len(studies)}, on {_lines(studies)}; {EACH}"
        found = several if studies else "none: this is no trial record"
        place = line_of(studies[1]) if studies else line_of(root)
        raise _fatal(place, "one-study", f"expected one Study, found {found}")
    versions = studies[0].findall(f"{{{namespace}}}MetaDataVersion")
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


# --- without what is ours ----------------------------------------------------------------------


def bare(data: bytes) -> dict[Home, bytes]:
    """A document without study parameters and the registry form, and without the form alone."""
    return {"native": _without(data, *_FORM, "StudyParameter"), "official": _without(data, *_FORM)}


# Of a record's document these are of the form alone.
_FORM = ("ReferenceData", "ItemGroupDef", "ItemDef", "CodeList")


def _without(data: bytes, *names: str) -> bytes:
    from lxml import etree  # type: ignore[import-untyped]

    root = parse(data)
    for name in names:
        for element in root.findall(f".//{{*}}{name}"):
            element.getparent().remove(element)
    stripped: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return stripped


def _fatal(path: str, code: str, message: str) -> ReadError:
    return fatal(path, code, message, LINK)
