"""Is this CDISC USDM 4.0 valid? In three layers, each over the parsed JSON.

`schema`: each object has the members of its class, of their types, those that it must have, and no
other. `references`: ids stand once, and each leads to an object of a right class. `rules`: what
else CDISC's rules say.

The path of a problem is a JSON pointer: `/study/versions/0/studyDesigns/0/arms/1/type`.
https://github.com/cdisc-org/DDF-RA
"""

import re
from typing import Any, Final

import msgspec

from trialbridge.schemas.problem import Problem
from trialbridge.schemas.syntax.decode import is_deeper
from trialbridge.schemas.usdm.definitions import LINK, definitions
from trialbridge.schemas.usdm.rules import check_rules
from trialbridge.schemas.usdm.walk import Walk

VERSION: Final = re.compile(r"4(?:\.0)*(?:\.[0-9]+)*")
DEEPEST: Final = 100
"""How deep a document may be nested; CDISC's examples go to 17."""


def check(data: bytes, *, thorough: bool = False, deep: bool = False) -> list[Problem]:
    """Check the bytes of a USDM document, which is thorough in any case.

    Bytes that are no JSON object have no problems here: reading them says what is wrong.
    """
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return []
    if not isinstance(tree, dict):
        return []
    problem = refused(tree)
    return validate(tree) if problem is None else [problem]


def validate(tree: dict[str, Any], *, rules: bool = True) -> list[Problem]:
    """Give all problems of the parsed JSON of a USDM document that is not `refused`.

    Without `rules`, those of its form and its ids alone.
    """
    walk = Walk(definitions())
    walk.whole(tree)
    if not rules or any(one.severity == "error" and one.layer == "schema" for one in walk.problems):
        return walk.problems
    return [*walk.problems, *check_rules(walk)]


def refused(tree: dict[str, Any]) -> Problem | None:
    """Why a document is not looked into: it is of another version, or nested too deep."""
    version = tree.get("usdmVersion")
    if version is not None and not (isinstance(version, str) and VERSION.fullmatch(version)):
        return _fatal(
            "/usdmVersion",
            "version",
            f"the document is CDISC USDM {version}, which is not read; USDM 4.0 is "
            "(CDISC's DDF-RA says what has changed)"
            if isinstance(version, str)
            else f"{version!r:.60} is no version, expected '4.0.0'",
        )
    if is_deeper(tree, DEEPEST):
        return _fatal("", "too-deep", f"the document is nested deeper than {DEEPEST} levels")
    return None


def _fatal(path: str, code: str, message: str) -> Problem:
    return Problem(
        severity="fatal", layer="schema", path=path, code=code, message=message, link=LINK
    )
