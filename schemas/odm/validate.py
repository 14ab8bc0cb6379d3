"""Is this CDISC ODM valid? Versions 2.0 and 1.3.2, in three layers.

`xsd`: the official XSD, unmodified, as odmlib ships it. `references`: what the XSD cannot say, that
no OID stands twice in its scope, and that each reference finds an element of the right kind.
`rules`: what else the specification demands of the elements that trials are written in.

The path of a problem is the line and the place: `line 12: ODM/Study/MetaDataVersion/Protocol/
StudyStructure/Arm[2]/@Name`, with a number where elements of one name stand side by side. The line
is that in which the element's start tag ends.

https://wiki.cdisc.org/display/PUB/ODM+v2.0
"""

from typing import TYPE_CHECKING

from trialbridge.schemas.odm.data import check_data
from trialbridge.schemas.odm.digests.document import (
    NAMESPACES,
    SPECIFICATIONS,
    Document,
    digest,
    either,
    elements,
    problem,
    shortened,
    version_of,
)
from trialbridge.schemas.odm.lean import is_right
from trialbridge.schemas.odm.references import References
from trialbridge.schemas.odm.rules import check_rules
from trialbridge.schemas.odm.xsd import by_xsd
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax import xml

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]


def check(data: bytes, version: str | None = None, *, deep: bool = False) -> list[Problem]:
    """Check the bytes of an ODM document, as `validate` does; `deep` asks odmlib as well.

    Bytes that are no XML have no problems here: reading them says what is wrong.
    """
    try:
        root = xml.parse(data)
    except ReadError:
        return []
    problems = _validate(root, data, version)
    if deep:
        from trialbridge.schemas.odm.opinion import opinions

        problems += opinions(root, data, problems)
    return problems


def validate(source: "bytes | _Element", version: str | None = None) -> list[Problem]:
    """Give all problems of an ODM document, given as bytes or as its root element.

    `version` is the one that it has to be; without it the root's namespace tells. Bytes that cannot
    be parsed are one fatal problem.
    """
    if not isinstance(source, bytes):
        return _validate(source, None, version)
    try:
        root = xml.parse(source)
    except ReadError as error:
        return error.problems
    return _validate(root, source, version)


def _validate(root: "_Element", data: bytes | None, version: str | None) -> list[Problem]:
    namespace, _, name = str(root.tag).rpartition("}")
    namespace = namespace.removeprefix("{")
    found = version_of(namespace)
    wanted = version or found
    if found is None or found != wanted or name not in elements(found):
        known = [wanted] if wanted else list(NAMESPACES)
        shown = shortened(namespace) or "no namespace"
        message = f"the root is <{shortened(name)}> of {shown}, expected <ODM> of " + either(
            f"{NAMESPACES[each]} (ODM {each})" for each in known
        )
        path = f"{xml.line_of(root)}: {shortened(name)}"
        return [problem("error", "xsd", path, "namespace", message, SPECIFICATIONS[known[0]])]
    if is_right(root, data, found):
        return []
    document = Document(found, digest(found), SPECIFICATIONS[found])
    references = References(document)
    references.index(root)
    references.resolve()
    check_rules(document, root)
    check_data(references, root)
    return [*by_xsd(root, data, document), *document.problems]
