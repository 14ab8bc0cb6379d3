"""Plain ODM documents as trees, in one pass over the pieces between `<` and `<`.

Most documents have elements, attributes and text, and no more: no comments, sections of characters,
instructions, markup or other namespaces. Of those each piece is a start tag with the text behind
it, or an end tag; and most start tags were seen before. This takes half as long as the same by
handlers of expat, which call Python several times an element. Whatever is not exactly so is left to
the parser.

https://www.w3.org/TR/xml/
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from trialbridge.mappings.codec import Node
from trialbridge.mappings.odm.elements import ROW
from trialbridge.schemas.syntax.xml import FORBIDDEN, MOST_ATTRIBUTES, MOST_DEPTH, MOST_NODES

XLINK = "http://www.w3.org/1999/xlink"
BLANKS = " \t\r\n"

_DECLARATION = re.compile(
    r'\?xml version="1\.0"(?: encoding="(?:UTF|utf)-8")?'
    r'(?: standalone="(?:yes|no)")? ?\?>[ \t\n]*'
)
_TAG = re.compile(r'([A-Za-z]+)((?:[ \t\n]+[A-Za-z:]+="[^"]*")*)[ \t\n]*(/?)>')
_ATTRIBUTE = re.compile(r'([A-Za-z:]+)="([^"]*)"')
_REFERENCE = re.compile("&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
# How many start tags are kept, which are of some hundred characters each at most; and how many
# frames of parameters.
_MOST_TAGS = 20_000
_LONG = 400
_MOST_FRAMES = 4_000
_LONG_FRAME = 1_600

# How many definitions are kept, of so many characters at most: the registry form has some hundred.
_MOST_DEFINITIONS = 2_000
_LONG_DEFINITION = 4_000

# A text or a value this long may be one that no parser takes.
_LONG_PIECE = 9_000_000

_DEFINED = ("ItemGroupDef", "ItemDef", "CodeList")
_OPENED, _CLOSED = "<StudySummary>", "</StudySummary>"
_PARAMETER, _VALUE = '<StudyParameter OID="', '<ParameterValue Value="'


class _Odd(Exception):
    """A document has what is left to the parser."""


class Kind(NamedTuple):
    """What stands in an element: its children, each with whether it may stand several times.

    `text`: its own text, and no child; `bare`: it has no attributes either.
    """

    children: Mapping[str, bool]
    text: bool
    bare: bool


class _Tag(NamedTuple):
    """A start tag: its attributes with `@` before their names, and the end tag that is its own."""

    name: str
    attributes: Mapping[str, str]
    closed: bool
    kind: Kind
    end: str


class _Frame(NamedTuple):
    """What a parameter has beside its OID, and its value beside the value itself.

    Nodes share it, so nobody may change what is in it.
    """

    node: Node
    value: Node


class Scanner:
    """Makes trees of the plain documents of one namespace.

    `described` are the attributes of a TranslatedText that, alone in a Description, is the text.
    """

    def __init__(
        self, namespace: str, kinds: Mapping[str, Kind], described: Mapping[str, str]
    ) -> None:
        self.namespace, self.kinds, self.described = namespace, kinds, described
        said = "".join(f' {key[1:]}="{value}"' for key, value in described.items())
        self.text = f"TranslatedText{said}>"
        # In the first versions the value of an item is an attribute.
        self.row = "ItemGroupData" if kinds["ItemData"].children.get("Value") else None
        self.tags: dict[str, _Tag] = {}
        self.items: dict[str, Mapping[str, str]] = {}
        self.frames: dict[tuple[str, str], _Frame] = {}
        self.definitions: dict[str, dict[str, Node]] = {kind: {} for kind in _DEFINED}

    def tree(self, data: bytes, *, rows: bool = False) -> Node | None:
        """The tree of a document's root, an ODM; None where the parser is to be asked.

        Text in UTF-8. The tree is what `tree_of` gives of the parsed document; where `rows` are
        asked for, but for rows of items: what a row says is then in one dict, under ROW.
        """
        if (
            _may_be_too_large(data)
            or not data.startswith((b"<?xml ", b"<ODM"))
            # To look for the three at once stops at each end of a tag.
            or (b"]]" in data and b"]]>" in data)
            or len(data.translate(None, _CONTROLS)) != len(data)
        ):
            return None
        try:
            text = data.decode()
            if "\ufffe" in text or "\uffff" in text:
                return None
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            return self._defined(text, rows) or self._framed(text, rows)
        except (_Odd, KeyError, UnicodeDecodeError):
            return None

    def _defined(self, text: str, rows: bool) -> Node | None:
        """The tree of a document of which the definitions that are known are left out.

        The registry form is defined by the same texts in each document. What is not known yet is
        scanned, and known from then on. The last of a kind is scanned wherever it stands: so the
        place is asked for, and those before it have no other. None if they are not as such.
        """
        if text.count("<MetaDataVersion") != 1:
            return None
        found: dict[str, list[Node | None]] = {}
        unknown: dict[str, list[str]] = {}
        for kind in _DEFINED:
            head, *pieces = text.split(f"<{kind} ")
            if len(pieces) < 2:
                continue
            last = pieces.pop()
            known = self.definitions[kind]
            nodes = found[kind] = [known.get(piece) for piece in pieces]
            left = unknown[kind] = [
                piece for piece, node in zip(pieces, nodes, strict=True) if node is None
            ]
            text = f"<{kind} ".join([head, *left, last])
        if not found:
            return None
        tree = self._framed(text, rows)
        (metadata,) = [one for study in tree["Study"] for one in study.get("MetaDataVersion", ())]
        for kind, nodes in found.items():
            scanned = metadata.get(kind, [])
            if len(scanned) != len(unknown[kind]) + 1:
                return None
            for piece, node in zip(unknown[kind], scanned, strict=False):
                self._know(kind, piece, node)
            rest = iter(scanned)
            metadata[kind] = [next(rest) if node is None else node for node in [*nodes, None]]
        return tree

    def _know(self, kind: str, piece: str, node: Node) -> None:
        """Keep a definition that was scanned, if the piece is it and no more."""
        end = f"</{kind}>"
        whole = piece.rstrip(BLANKS)
        if len(piece) > _LONG_DEFINITION or "xlink:" in piece or "xmlns" in piece:
            return
        if not (whole.endswith(end) and whole.count(end) == 1) and (
            "<" in whole or not whole.endswith("/>")
        ):
            return
        known = self.definitions[kind]
        if len(known) >= _MOST_DEFINITIONS:
            known.clear()
        known[piece] = node

    def _framed(self, text: str, rows: bool) -> Node:
        """The tree of a document, whose StudyParameters are seen by what surrounds their values."""
        return self._parameters(text, rows) or self._scanned(text, rows)

    def _parameters(self, text: str, rows: bool) -> Node | None:
        """The tree of a document with StudyParameters that are as such.

        Half of a record's elements are parameters, and in those of a kind only the OID and the
        value differ. What is not known yet is scanned, and known from then on. None if there are
        no parameters, or they are not as such.
        """
        head, _, rest = text.partition(_OPENED)
        body, closed, tail = rest.partition(_CLOSED)
        blank, *pieces = body.split(_PARAMETER)
        if not (closed and pieces) or blank.strip(BLANKS) or "<StudySummary" in tail:
            return None
        frames = self.frames
        found: list[Node] = []
        plain = not ("\n" in body or "\t" in body)
        unknown: list[tuple[int, str, str, str]] = []
        for piece in pieces:
            oid, _, after = piece.partition('"')
            before, _, given = after.partition(_VALUE)
            value, _, behind = given.partition('"')
            frame = frames.get((before, behind))
            if frame is None or "<" in oid or "<" in value:
                unknown.append((len(found), piece, before, behind))
                found.append({})
                continue
            if "&" in value or "&" in oid or not plain:
                oid, value = _normal(oid), _normal(value)
            node = frame.node.copy()
            node["@OID"] = oid
            node["ParameterValue"] = {"@Value": value, **frame.value}
            found.append(node)
        left = "".join([_PARAMETER + piece for _, piece, _, _ in unknown])
        tree = self._scanned(f"{head}{_OPENED}{left}{_CLOSED}{tail}", rows)
        summary = _summary(tree)
        scanned = summary.get("StudyParameter", [])
        if len(scanned) != len(unknown):
            return None
        for (position, _, before, behind), node in zip(unknown, scanned, strict=True):
            found[position] = node
            self._learn(before, behind, node)
        summary["StudyParameter"] = found
        return tree

    def _learn(self, before: str, behind: str, node: Node) -> None:
        """Keep what stands before and behind the value of a parameter that was scanned."""
        around = before + behind
        value = node.get("ParameterValue")
        # There is no value as such a one has, where nothing stands behind it; and whether a prefix
        # may stand there, the root says.
        if not (value and behind) or len(around) > _LONG_FRAME:
            return
        if "xlink:" in around or "xmlns" in around:
            return
        if len(self.frames) >= _MOST_FRAMES:
            self.frames.clear()
        own = {key: held for key, held in node.items() if key not in ("@OID", "ParameterValue")}
        others = {key: held for key, held in value.items() if key != "@Value"}
        self.frames[before, behind] = _Frame(own, others)

    def _scanned(self, text: str, rows: bool) -> Node:
        pieces = text.split("<")
        # So that to look ahead in a broken document finds no end, and is no error.
        pieces += ("", "", "", "")
        at = 1
        if pieces[1].startswith("?"):
            if not _DECLARATION.fullmatch(pieces[1]):
                raise _Odd
            at = 2
        last = len(pieces) - 4
        tags, plain, row_of = self.tags, self.text, self.row
        linked = False
        top: Node = {}
        node, name, end = top, "", ""
        children: Mapping[str, bool] = {"ODM": False}
        stack: list[tuple[Node, Mapping[str, bool], str, str]] = []
        below: Any
        while at < last:
            piece = pieces[at]
            at += 1
            if piece == end or piece[:1] == "/":
                if piece != end and (piece[: len(end)] != end or piece[len(end) :].strip(BLANKS)):
                    raise _Odd
                if not stack:
                    raise _Odd
                below, was = node, name
                node, children, name, end = stack.pop()
                if was == "Description":
                    below = text_of(below, self.described)
                    if children[was]:
                        node[was][-1] = below
                    else:
                        node[was] = below
                continue
            head, bracket, words = piece.partition(">")
            if not bracket:
                raise _Odd
            tag = tags.get(head)
            if tag is None:
                tag, declares, length = self._tag(piece)
                words = piece[length:]
                if declares is None:
                    # One with a `>` in a value is not what its head alone says.
                    if length == len(head) + 1 < _LONG:
                        if len(tags) >= _MOST_TAGS:
                            tags.clear()
                        tags[head] = tag
                elif not stack:
                    linked = declares
                elif not (declares or linked):
                    raise _Odd
            key, attributes, closed, kind, its_end = tag
            many = children[key]
            if closed:
                if words and words.strip(BLANKS):
                    raise _Odd
                below = "" if kind.bare and not attributes else {**attributes}
            elif kind.text:
                piece = pieces[at]
                at += 1
                if piece != its_end and (
                    piece[: len(its_end)] != its_end or piece[len(its_end) :].strip(BLANKS)
                ):
                    raise _Odd
                below = unescaped(words) if "&" in words else words
                if attributes or not kind.bare:
                    below = {**attributes, "#": below} if below else {**attributes}
            elif (
                key == "Description"
                and pieces[at + 2] == its_end
                and pieces[at + 1] == "/TranslatedText>"
                and pieces[at].startswith(plain)
                and not (attributes or words)
            ):
                below = pieces[at][len(plain) :]
                if "&" in below:
                    below = unescaped(below)
                at += 3
            elif (
                key == row_of
                and many
                and not words
                and len(stack) < MOST_DEPTH - 4
                and (row := self._row(pieces, at, its_end, attributes, rows)) is not None
            ):
                below, at = row
                if key in node:
                    node[key].append(below)
                else:
                    node[key] = [below]
                continue
            else:
                if words and words.strip(BLANKS):
                    raise _Odd
                # A Description and its text may come below without a stand in the stack.
                if len(stack) >= MOST_DEPTH - 2:
                    raise _Odd
                stack.append((node, children, name, end))
                below = {**attributes}
            if many:
                if key in node:
                    node[key].append(below)
                else:
                    node[key] = [below]
            elif key in node:
                raise _Odd
            else:
                node[key] = below
            if not (closed or kind.text) and below.__class__ is dict:
                node, children, name, end = below, kind.children, key, its_end
        if stack:
            raise _Odd
        whole: Node = top["ODM"]
        return whole

    def _row(
        self, pieces: list[str], at: int, end: str, attributes: Mapping[str, str], rows: bool
    ) -> tuple[Node, int] | None:
        """A row of items, each with one value, and where it ends; None if it has anything else.

        Most elements of a document with results are in rows of the registry form.
        """
        items = self.items
        held: list[Node] = []
        row = {"@OID": attributes.get("@ItemGroupRepeatKey", "")}
        while (piece := pieces[at]) != end:
            its = items.get(piece)
            if its is None:
                its = self._item(piece)
            said = pieces[at + 1]
            if (
                its is None
                or said[:6] != "Value>"
                or pieces[at + 2] != "/Value>"
                or pieces[at + 3] != "/ItemData>"
            ):
                return None
            said = said[6:]
            if "&" in said:
                said = unescaped(said)
            at += 4
            if rows:
                row[its["@ItemOID"]] = said
            else:
                held.append({**its, "Value": [{"#": said} if said else {}]})
        if rows:
            return {**attributes, ROW: row}, at + 1
        return ({**attributes, "ItemData": held} if held else {**attributes}), at + 1

    def _item(self, piece: str) -> Mapping[str, str] | None:
        """The attributes of an item, which has no more than its OID; None if it is not so."""
        tag = self.tags.get(piece[:-1]) if piece[-1:] == ">" else None
        if tag is None or tag.name != "ItemData" or tag.closed or [*tag.attributes] != ["@ItemOID"]:
            return None
        if len(self.items) >= _MOST_TAGS:
            self.items.clear()
        self.items[piece] = tag.attributes
        return tag.attributes

    def _tag(self, piece: str) -> tuple[_Tag, bool | None, int]:
        """A start tag, whether it declares XLink, and its length.

        None where it has nothing to do with namespaces, but for xml:lang.
        """
        found = _TAG.match(piece)
        if found is None:
            raise _Odd
        name, given, closed = found.groups()
        pairs = _ATTRIBUTE.findall(given)
        attributes: dict[str, str] = {}
        for key, value in pairs:
            attributes[f"@{key}"] = _normal(value)
        if len(attributes) != len(pairs) or len(pairs) > MOST_ATTRIBUTES:
            raise _Odd
        declares: bool | None = None
        if name == "ODM":
            if attributes.pop("@xmlns", None) != self.namespace:
                raise _Odd
            declares = False
        if ":" in given or "xmlns" in given:
            declared = attributes.pop("@xmlns:xlink", None)
            if declared is not None and declared != XLINK:
                raise _Odd
            for key in attributes:
                if key == "@xlink:href":
                    declares = False
                elif key.startswith("@xmlns") or (":" in key and key != "@xml:lang"):
                    raise _Odd
            declares = True if declared is not None else declares
        tag = _Tag(name, attributes, bool(closed), self.kinds[name], f"/{name}>")
        return tag, declares, found.end()


def _may_be_too_large(data: bytes) -> bool:
    """Whether the parser may refuse a document for its size: which, is for it to say."""
    if len(data) <= 4 * MOST_NODES:
        return False
    attributes = min(data.count(b"="), data.count(b'"') // 2)
    if data.count(b"<") + attributes > MOST_NODES:
        return True
    # What is that long without a tag has nothing else in one of these halves.
    half = _LONG_PIECE // 2
    return any(
        data.find(b"<", start, start + half) < 0 for start in range(0, len(data) - half, half)
    )


def _normal(value: str) -> str:
    """The value of an attribute. https://www.w3.org/TR/xml/#AVNormalize"""
    value = value.replace("\n", " ").replace("\t", " ")
    return unescaped(value) if "&" in value else value


def _summary(tree: Node) -> Node:
    """The one StudySummary of a document. Raises KeyError if there is none."""
    for study in tree["Study"]:
        for version in study.get("MetaDataVersion", ()):
            found: Node | None = version.get("Protocol", {}).get("StudySummary")
            if found is not None:
                return found
    raise KeyError("StudySummary")


def unescaped(text: str) -> str:
    """A text with the characters that its references are of."""
    # Most there are.
    text = text.replace("&#10;", "\n").replace("&quot;", '"').replace("&lt;", "<")
    plain, count = _REFERENCE.subn(_character, text)
    if count != text.count("&"):
        raise _Odd
    return plain


def _character(reference: re.Match[str]) -> str:
    named, decimal, hexadecimal = reference.groups()
    if named:
        return _NAMED[named]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code > 0x10FFFF or FORBIDDEN.match(chr(code)):
        raise _Odd
    return chr(code)


def text_of(description: Node, described: Mapping[str, str]) -> str | Node:
    """A Description of one text, of no more than these attributes, as that text."""
    texts = description.get("TranslatedText", ())
    if len(description) == len(texts) == 1:
        (text,) = texts
        if {**text, "#": ""} == {**described, "#": ""}:
            return str(text.get("#", ""))
    return description
