"""CDISC USDM 4.0 JSON: bytes to trees and back.

https://www.cdisc.org/ddf
"""

from typing import Any

import msgspec

from trialbridge.mappings.beyond import as_it_stood
from trialbridge.mappings.codec import Home, Node
from trialbridge.mappings.record.planned import Planned
from trialbridge.mappings.usdm.document import read_tree, sparse_tree, write_tree
from trialbridge.mappings.usdm.extensions import EXTENSIONS
from trialbridge.mappings.usdm.others.beyond import document_of, left_out, without
from trialbridge.mappings.usdm.others.graft import NoGraft, graft
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax import exact
from trialbridge.schemas.syntax.decode import parse_object
from trialbridge.schemas.trial import Trial
from trialbridge.schemas.usdm.definitions import URL
from trialbridge.schemas.usdm.validate import refused, validate

_TIMES = 2

# --- writing -----------------------------------------------------------------------------------


def write(trial: Trial, *, planned: Planned | None = None) -> tuple[bytes, list[Problem]]:
    """The record as a USDM document of one study, and warnings of what is not in it.

    A record that was read from a USDM document that says more is put into that document: the same
    document where the record is the same. `planned` is what a document of another format that it
    was read from plans beyond it.
    """
    data, _, problems = _write(trial, planned)
    return data, problems


def write_checked(trial: Trial, *, planned: Planned | None = None) -> tuple[bytes, list[Problem]]:
    """Write as `write` does; the problems are those of what was written, too.

    What is wrong with the document that the record was read from, and still is, is a warning: it
    stood so, and is none of the record.
    """
    data, tree, problems = _write(trial, planned)
    found = validate(msgspec.json.decode(data) if tree is None else tree)
    document = document_of(trial.unmapped)
    if document is not None and found:
        stood = {(one.path, one.code) for one in validate(msgspec.json.decode(document))}
        found = [as_it_stood(one) if (one.path, one.code) in stood else one for one in found]
    return data, [*problems, *found]


def _write(trial: Trial, planned: Planned | None) -> tuple[bytes, Node | None, list[Problem]]:
    document = document_of(trial.unmapped)
    if document is None:
        tree, problems = write_tree(trial, planned)
        return exact.encode(tree), tree, problems
    bare = without(trial)
    grafted = _grafted(document, bare)
    if grafted is not None:
        return grafted, None, []
    tree, problems = write_tree(bare)
    lost = left_out(trial.unmapped or {}, subjects_only=False)[1]
    return exact.encode(tree), tree, [*problems, *lost]


def _grafted(document: str, trial: Trial) -> bytes | None:
    """The document with the record as it now is; None where it takes it not."""
    data = document.encode()
    try:
        before = without(read(data)[0])
        if before == trial:
            return data
        tree = parse_object(data)
        # What was edited may be referred to by a text that was not: that says by now what it said.
        for _ in range(_TIMES):
            graft(tree, sparse_tree(before), sparse_tree(trial))
            if any(one.severity in ("error", "fatal") for one in validate(tree)):
                return None
            made = exact.encode(tree)
            before = without(read(made)[0])
            if before == trial:
                return made
        return None
    except (NoGraft, ReadError, UnicodeEncodeError):
        return None


# --- reading -----------------------------------------------------------------------------------


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """The record of a document's study.

    What the model has no place for is in `unmapped`, below `/usdm`, with the document. Raises
    ReadError if the bytes are no USDM 4.0, or if what is read of it has not its form.
    """
    return _read(data, alone=False)


def read_alone(data: bytes) -> Trial:
    """As `read`, without warnings and without what the document says beyond the record."""
    return _read(data, alone=True)[0]


def _read(data: bytes, *, alone: bool) -> tuple[Trial, list[Problem]]:
    tree = parse_object(data)
    if problem := refused(tree):
        raise ReadError([problem])
    problems = [one for one in validate(tree, rules=False) if one.code not in _BORNE]
    if problems:
        raise ReadError(problems)
    return read_tree(tree, (lambda: _text(data)), alone=alone)


# What does not stand in the way of reading the rest of the document.
_BORNE = frozenset({"unknown-member", "required"})


def _text(data: bytes) -> str:
    return data.decode().removeprefix("\ufeff")


# --- without what is ours ----------------------------------------------------------------------


def bare(data: bytes) -> dict[Home, bytes]:
    """A document without the extension attributes of ours."""
    return {"native": msgspec.json.encode(_without_ours(msgspec.json.decode(data)))}


def _without_ours(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_ours(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_ours(
            [one for one in value if not str(one.get("url")).startswith(URL) or _is_mark(one)]
            if key == EXTENSIONS
            else value
        )
        for key, value in node.items()
    }


def _is_mark(extension: Node) -> bool:
    """Whether it says that the source does not state something: it carries nothing itself."""
    return str(extension.get("url")).endswith("/not-stated")
