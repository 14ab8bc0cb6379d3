"""A second opinion on ODM, of odmlib: an implementation that is not ours.

It reads the official XSD with another engine than libxml2, and has a class for each element, with
its attributes, terms and forms. It lacks classes for the data of subjects in ODM 2.0, and a
document's OIDs it takes to be in one scope.

It runs in a process of its own, as it keeps namespaces for the whole process: a program that writes
ODM with it would find another namespace there than it had set.
https://github.com/swhume/odmlib
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from trialbridge.schemas.odm.digests import document as odm
from trialbridge.schemas.problem import Problem, Severity
from trialbridge.schemas.syntax import xml

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

MODELS: Final = {"2.0": "odm_2_0", "1.3.2": "odm_1_3_2"}

TIME_LIMIT: Final = 120.0
"""How long odmlib may take for a document, in seconds."""

# Where odmlib 0.2 is wrong, by element. A TranslatedText may hold XHTML, or nothing, where it wants
# a text; a country's code has three letters in ODM 2.0, where it wants those of two; and a whole
# date is an incompleteDatetime by the XSD, as by the specification.
# https://cdisc-org.github.io/DataExchange-ODM-LinkML/country
MISTAKEN: Final = {
    "AbsoluteTimingConstraint": re.compile(r"Expected type IncompleteDateTime for .*"),
    "Country": re.compile(r"Invalid value .* for _content\..*"),
    "TranslatedText": re.compile(r"Missing required keyword argument _content .*"),
}
_XSD: Final = "odmlib-xsd"
_MODEL: Final = "odmlib-model"
_SHOWN: Final = 200


class Finding(msgspec.Struct, array_like=True):
    """What odmlib minds: the XPath of the element, which check it is, and the message."""

    xpath: str
    code: str
    message: str


def opinions(root: "_Element", data: bytes, problems: Sequence[Problem]) -> list[Problem]:
    """Give what odmlib minds where nothing is known yet: not at, above or below problems.

    `root` is the root that was parsed of `data`. By the XSD it is an error; by odmlib's classes,
    which in places want more than the specification, a warning. A document that odmlib does not
    cope with is one warning, which says so.
    """
    version = odm.version_of(str(root.tag).rpartition("}")[0].removeprefix("{"))
    if version is None:
        return []
    link = odm.SPECIFICATIONS[version]
    try:
        findings = _ask(data, version)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as failure:
        return [_problem("warning", "", "not-asked", f"odmlib gave no opinion: {failure}", link)]
    places, tree = odm.Places(), root.getroottree()
    known = [_place(problem.path) for problem in problems]
    found = []
    for finding in findings:
        at = tree.xpath(finding.xpath)
        path = places.path(at[0] if at else root)
        place = _place(path)
        if not any(_inside(place, other) or _inside(other, place) for other in known):
            severity: Severity = "error" if finding.code == _XSD else "warning"
            words = finding.message
            message = f"{words if len(words) <= _SHOWN else f'{words[:_SHOWN]}...'} (odmlib)"
            found.append(_problem(severity, path, finding.code, message, link))
    return found


def _problem(severity: Severity, path: str, code: str, message: str, link: str) -> Problem:
    return Problem(
        severity=severity,
        layer="second-opinion",
        path=path,
        code=code,
        message=message,
        link=link,
    )


def _place(path: str) -> str:
    """Give the place of a path without its line, nor the attribute at its end."""
    return path.partition(": ")[2].partition("/@")[0]


def _inside(place: str, outer: str) -> bool:
    return place.startswith(outer) and place[len(outer) : len(outer) + 1] in ("", "/")


def _ask(data: bytes, version: str) -> list[Finding]:
    """Ask odmlib in a process of its own."""
    # -P: a module in the folder where the user stands is not to be taken for one of ours.
    command = [sys.executable, "-P", "-m", __spec__.name if __spec__ else __name__, version]
    done = subprocess.run(command, input=data, capture_output=True, timeout=TIME_LIMIT)
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise subprocess.SubprocessError(last[:_SHOWN] or f"it ended with {done.returncode}")
    return msgspec.json.decode(done.stdout, type=list[Finding])


# --- in the process of its own -----------------------------------------------------------------


def findings_of(data: bytes, version: str) -> Iterator[Finding]:
    """Give what odmlib minds. Its models are imported, and namespaces set for the process."""
    root = xml.parse(data)
    yield from _by_xsd(root, version)
    yield from _by_classes(root, version)


def _by_xsd(root: "_Element", version: str) -> Iterator[Finding]:
    from odmlib.odm_parser import ODMSchemaValidator

    schema: Any = ODMSchemaValidator(xsd_file=str(odm.xsd_path(version))).xsd
    path = root.getroottree().getpath
    for count, error in enumerate(schema.iter_errors(root)):
        if count == odm.MOST_PROBLEMS:
            return
        element = root if error.elem is None else error.elem
        yield Finding(path(element), _XSD, str(error.reason or error.message))


def _by_classes(root: "_Element", version: str) -> Iterator[Finding]:
    from importlib import import_module

    from odmlib.exceptions import OdmlibError

    model = import_module(f"odmlib.{MODELS[version]}.model")
    path, inside = root.getroottree().getpath, f"{{{odm.NAMESPACES[version]}}}"
    count = 0
    for element in root.iter("*"):
        class_ = getattr(model, element.tag.removeprefix(inside), None)
        if class_ is None:
            continue
        attributes = dict(element.attrib)
        if element.text and not element.text.isspace():
            attributes["_content"] = element.text
        try:
            class_(**attributes)
        except OdmlibError as error:
            # Its hints stand below, and are for those who program with it.
            message = str(error).partition("\n")[0]
            mistaken = MISTAKEN.get(class_.__name__)
            if mistaken and mistaken.fullmatch(message):
                continue
            yield Finding(path(element), _MODEL, message)
            count += 1
            if count == odm.MOST_PROBLEMS:
                return


def main() -> None:
    """Read a document from standard input, and write what odmlib minds as JSON."""
    (version,) = sys.argv[1:]
    found = list(findings_of(sys.stdin.buffer.read(), version))
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
