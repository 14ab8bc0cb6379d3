"""Is this the XHTML that FHIR allows in a narrative?

A part of HTML 4.0: no script, no form, no frame, nothing that reacts to events.
https://hl7.org/fhir/R5/narrative.html#xhtml
"""

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.parsers import expat

XHTML: Final = "http://www.w3.org/1999/xhtml"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS: Final = _words(
    "a abbr acronym area b big blockquote br caption cite code col colgroup dd del dfn div dl dt em"
    " h1 h2 h3 h4 h5 h6 hr i img ins kbd li map ol p pre q samp small span strong sub sup table"
    " tbody td tfoot th thead tr tt u ul var bdo address"
)

# On any element, then on one.
ATTRIBUTES: Final = _words(
    "abbr accesskey align axis char charoff class colspan dir headers id idref lang rowspan scope"
    " span style tabindex title valign width xml:lang xml:space"
)
ELEMENT_ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    "a": _words("charset coords href hreflang name rel rev shape target type"),
    "area": _words("alt coords href nohref shape"),
    "blockquote": frozenset({"cite"}),
    "br": frozenset({"clear"}),
    "del": frozenset({"cite", "datetime"}),
    "hr": frozenset({"noshade", "size"}),
    "img": _words("alt border height ismap longdesc src usemap"),
    "ins": frozenset({"cite", "datetime"}),
    "li": frozenset({"value"}),
    "map": frozenset({"name"}),
    "ol": frozenset({"compact", "start", "type"}),
    "pre": frozenset({"space"}),
    "q": frozenset({"cite"}),
    "table": _words("border cellpadding cellspacing frame rules summary bgcolor"),
    "td": frozenset({"bgcolor", "height", "nowrap"}),
    "th": frozenset({"bgcolor", "height", "nowrap"}),
    "tr": frozenset({"bgcolor"}),
    "ul": frozenset({"compact", "type"}),
}

# Attributes with a URL, of which a browser runs these.
LINKS: Final = frozenset({"cite", "href", "longdesc", "src", "usemap"})
SCRIPT: Final = re.compile(r"[\x00-\x20]*(javascript|vbscript|data:text)", re.IGNORECASE)
STYLE_SCRIPT: Final = re.compile(r"expression\s*\(|javascript:|behavior\s*:|@import", re.IGNORECASE)

# Deeper is no text that anyone wrote, and readers take a stack's frame for each.
MAX_DEPTH: Final = 200


class _Stop(Exception):
    """Ends the parse."""


def narrative(div: str) -> Iterator[str]:
    """Give what is wrong with a narrative's XHTML, each fault once; nothing if it is right."""
    if not div.lstrip().startswith("<div"):
        yield f"begins with {div.lstrip()[:20]!r}, but a <div> is wanted"
        return
    check = _Check()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.namespace_prefixes = True
    parser.buffer_text = True
    parser.StartElementHandler = check.start
    parser.EndElementHandler = check.end
    # Without a document type there are no entities of its own, so none that grow.
    parser.StartDoctypeDeclHandler = check.doctype
    parser.ProcessingInstructionHandler = check.instruction
    try:
        parser.Parse(div, True)
    except _Stop:
        pass
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        check.note(f"is not well-formed XML: {what}, line {error.lineno}, column {error.offset}")
    except UnicodeEncodeError:
        check.note("is not well-formed XML: half of a surrogate pair")
    yield from check.faults


class _Check:
    def __init__(self) -> None:
        self.faults: dict[str, None] = {}
        self.depth = 0

    def note(self, fault: str) -> None:
        self.faults[fault] = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.note(f"is nested more than {MAX_DEPTH} deep")
            raise _Stop
        space, tag = name.split(" ")[:2] if " " in name else ("", name)
        if space != XHTML:
            found = f"the namespace {space[:80]!r}" if space else "no namespace"
            self.note(f"<{tag}> has {found}, but {XHTML} is wanted")
            raise _Stop
        if tag not in ELEMENTS:
            self.note(f"<{tag[:40]}> is not an element of narratives")
        for full, value in attributes.items():
            key = full
            if " " in full:
                space, key, *_ = full.split(" ")
                key = f"xml:{key}" if space == "http://www.w3.org/XML/1998/namespace" else full
            self.attribute(tag, key, value)

    def attribute(self, tag: str, key: str, value: str) -> None:
        if key.lower().startswith("on"):
            self.note(f"<{tag[:40]}> has the event handler {key[:40]}, which FHIR forbids")
        elif key.lower() not in ATTRIBUTES and key not in ELEMENT_ATTRIBUTES.get(tag, ()):
            self.note(f"<{tag[:40]}> has the attribute {key[:40]}, which narratives do not have")
        elif (key in LINKS and SCRIPT.match(value)) or (
            key == "style" and STYLE_SCRIPT.search(value)
        ):
            self.note(f"<{tag[:40]}> has a script in {key}, which FHIR forbids")

    def end(self, _: str) -> None:
        self.depth -= 1

    def doctype(self, *_: Any) -> None:
        self.note("has a document type, which narratives do not have")
        raise _Stop

    def instruction(self, *_: Any) -> None:
        self.note("has a processing instruction, which narratives do not have")
