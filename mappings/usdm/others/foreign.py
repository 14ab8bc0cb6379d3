"""USDM documents of others: where they say in another form what our rows read in one.

Texts are HTML with tags whose values stand elsewhere; end points have a level of their own; several
organizations manage sites.
"""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any, Final

from trialbridge.mappings.codec import Node
from trialbridge.mappings.usdm.apart import objects
from trialbridge.mappings.usdm.terms import as_xhtml
from trialbridge.mappings.usdm.v4_0 import LEVELS

# --- texts -------------------------------------------------------------------------------------

_MARKUP: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_TAG: Final = re.compile(r'<usdm:tag\s+name="([^"]*)"\s*/?>(?:</usdm:tag>)?')
_REF: Final = re.compile(r"<usdm:ref\s+([^<>]*?)/?>(?:</usdm:ref>)?")
_OF_REF: Final = re.compile(r'(\w+)="([^"]*)"')

# What has a text that our rows read, by the lists that lead to it.
_ITEMS: Final = "eligibilityCriterionItems"


class Texts:
    """The texts of a version of a study without markup, with the values of what they refer to."""

    def __init__(self, version: Node) -> None:
        self.by_id: dict[str, Node] = {}
        self._index(version)
        self.dictionaries = {
            str(one.get("id")): {
                str(each.get("tag")): str(each.get("reference"))
                for each in objects(one, "parameterMaps")
            }
            for one in objects(version, "dictionaries")
        }

    def _index(self, node: Any) -> None:
        # Bounded: a document that is nested deeper than a hundred levels is not read.
        if node.__class__ is dict:
            if "id" in node:
                self.by_id[str(node["id"])] = node
            for inner in node.values():
                if inner.__class__ in (dict, list):
                    self._index(inner)
        elif node.__class__ is list:
            for inner in node:
                self._index(inner)

    def plain(self, node: Node) -> None:
        """Give a node its text without markup, as our rows read it."""
        text = node.get("text")
        if text.__class__ is str:
            node["text"] = as_xhtml(self.words(str(text), node))

    def words(self, text: str, node: Node) -> str:
        """The words of a text of a node, with the values of what it refers to."""
        if not _MARKUP.search(text):
            return unescape(text)
        tags = self.dictionaries.get(str(node.get("dictionaryId")), {})
        text = _TAG.sub(lambda tag: tags.get(tag[1], f"[{tag[1]}]"), text)
        text = _REF.sub(lambda ref: self._value(dict(_OF_REF.findall(ref[1]))), text)
        return words(text)

    def _value(self, ref: dict[str, str]) -> str:
        node = self.by_id.get(ref.get("id", ""), {})
        value = node.get(ref.get("attribute", ""))
        if value.__class__ is float and value == int(value):
            value = int(value)
        if value is None or value.__class__ in (dict, list):
            return f"[{ref.get('attribute', '')}]"
        return str(value)


class _Words(HTMLParser):
    """The words of HTML: paragraphs apart, items of lists by a star."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol"):
            self.depth += 1
        elif tag == "li":
            self.lines.append("  " * (self.depth - 1) + "* ")
        elif tag in ("p", "div", "tr", "br", "table") and not self.lines[-1].endswith("* "):
            self.lines.append("  " * self.depth)
        elif tag in ("td", "th") and self.lines[-1].strip():
            self.lines[-1] += " | "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.depth = max(0, self.depth - 1)
            self.lines.append("")
        elif tag in ("p", "div", "tr", "table"):
            self.lines.append("  " * self.depth)

    def handle_data(self, data: str) -> None:
        said = " ".join(data.split())
        line = self.lines[-1]
        if not said:
            if data and line.strip() and not line.endswith(" "):
                self.lines[-1] += " "
            return
        before = " " if data[0].isspace() and line.strip() and not line.endswith(" ") else ""
        after = " " if data[-1].isspace() else ""
        self.lines[-1] += f"{before}{said}{after}"


def words(html: str) -> str:
    """The words of a text in HTML, as lines."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    lines = [line.rstrip() for line in parser.lines]
    return "\n".join(line for line in lines if line.strip() and line.strip() != "*")


def plain_texts(version: Node) -> None:
    """Take the markup out of the texts of a version that our rows read."""
    texts = Texts(version)
    for node in objects(version, _ITEMS):
        texts.plain(node)
    for design in objects(version, "studyDesigns"):
        for objective in objects(design, "objectives"):
            texts.plain(objective)
            for endpoint in objects(objective, "endpoints"):
                texts.plain(endpoint)


# --- what stands together ------------------------------------------------------------------------

_KIND_OF: Final = {node["code"]: kind for kind, nodes in LEVELS.items() for node in nodes}


def kind_of(endpoint: Node, objective: Node) -> str | None:
    """The kind of outcome that an end point is: by its level, else by that of its objective."""
    for node in (endpoint, objective):
        code = (node.get("level") or {}).get("code")
        if code in _KIND_OF:
            return _KIND_OF[code]
    return None


def endpoints(design: Node) -> dict[str, list[Node]]:
    """The end points of a design by the kind of outcome, in its order."""
    found: dict[str, list[Node]] = {kind: [] for kind in LEVELS}
    for objective in objects(design, "objectives"):
        for endpoint in objects(objective, "endpoints"):
            kind = kind_of(endpoint, objective)
            if kind is not None:
                found[kind].append(endpoint)
    return found


def sites(version: Node) -> list[Node]:
    """The sites of all organizations, in their order."""
    return [
        site
        for organization in objects(version, "organizations")
        for site in objects(organization, "managedSites")
    ]


def gathered(version: Node) -> Node:
    """A version with one objective for each level, and one organization that manages all sites."""
    designs = [
        {
            **design,
            "objectives": [
                {"level": LEVELS[kind][0], "endpoints": nodes}
                for kind, nodes in endpoints(design).items()
                if nodes
            ],
        }
        for design in objects(version, "studyDesigns")
    ]
    made = {**version, "studyDesigns": designs}
    if held := sites(version):
        others = [
            {key: value for key, value in one.items() if key != "managedSites"}
            for one in objects(version, "organizations")
        ]
        made["organizations"] = [*others, {"managedSites": held}]
    return made
