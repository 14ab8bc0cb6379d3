"""Valid documents of each format, and what chance makes of them: bytes or structure changed."""

import json
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from fhir_bundles import full
from fhir_faults import good, good_old
from fhir_r6_study import BUNDLE as R6
from format_names import asked
from lxml import etree
from registers import SOURCES

import trialbridge
from trialbridge.formats import FORMATS, by_name

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

NAMES = tuple(known.name for known in FORMATS)

OLD_ODM = b"""<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="Snapshot" FileOID="F.1"
    CreationDateTime="2024-01-01T00:00:00" ODMVersion="1.3.2">
  <Study OID="S.1"><GlobalVariables><StudyName>Tea</StudyName>
    <StudyDescription>Tea in mild fatigue</StudyDescription><ProtocolName>T1</ProtocolName>
    </GlobalVariables>
    <MetaDataVersion OID="M.1" Name="One"><Protocol><StudyEventRef StudyEventOID="SE.1"
      OrderNumber="1" Mandatory="Yes"/></Protocol>
      <StudyEventDef OID="SE.1" Name="Visit" Repeating="No" Type="Scheduled">
        <FormRef FormOID="F.1" OrderNumber="1" Mandatory="Yes"/></StudyEventDef>
      <FormDef OID="F.1" Name="Form" Repeating="No"><ItemGroupRef ItemGroupOID="IG.1"
        Mandatory="Yes"/></FormDef>
      <ItemGroupDef OID="IG.1" Name="Group" Repeating="No"><ItemRef ItemOID="I.1"
        Mandatory="Yes"/></ItemGroupDef>
      <ItemDef OID="I.1" Name="Cups" DataType="integer" Length="3"><Question><TranslatedText
        xml:lang="en">How many?</TranslatedText></Question><CodeListRef CodeListOID="CL.1"/>
        </ItemDef>
      <CodeList OID="CL.1" Name="Numbers" DataType="integer"><EnumeratedItem
        CodedValue="1"/></CodeList>
    </MetaDataVersion>
  </Study>
</ODM>
"""


@cache
def documents(name: str) -> tuple[bytes, ...]:
    """Give valid documents of a format."""
    records = [
        msgspec.json.encode(msgspec.json.decode(path.read_bytes()))
        for path in sorted(EXAMPLES.glob("*.ctgov.json"))
    ]
    if name == "odm-1.3.2":
        return (OLD_ODM,)
    if name == "fhir-r6":
        return (msgspec.json.encode(R6),)
    if name == "ctgov-v1":
        whole = json.loads((EXAMPLES / "sources" / "NCT99900001.ctgov-v1.json").read_bytes())
        study = whole["FullStudiesResponse"]["FullStudies"][0]["Study"]
        return msgspec.json.encode(study), msgspec.json.encode(whole)
    if invented := sorted(SOURCES.glob(f"*.{name}.*")):
        found = [path.read_bytes() for path in invented]
        if by_name(name).syntax == "json":
            found = [msgspec.json.encode(msgspec.json.decode(data)) for data in found]
        return tuple(found)
    given = asked(name)
    found = [trialbridge.convert(record, name, options=given, validate=False) for record in records]
    found.append(trialbridge.write(full(), name, options=given, validate=False))
    if name == "fhir-r5":
        found.append(msgspec.json.encode(good()))
    elif name in ("fhir-r4", "fhir-r4b"):
        found.append(msgspec.json.encode(good_old()))
    return tuple(found)


ODD: tuple[Any, ...] = (
    None, True, False, 0, -0.0, -1, 10**30, 1e300, 0.1, "", " ", "x", "2024-13", "\ud800", "\x00",
    "NCT00000001", "http://[", "urn:uuid:", "#", "/", "~", "1" * 5000, [], {}, [[]], [{}], [None],
    {"": {}}, {"resourceType": "Bundle"}, {"url": "", "extension": []}, {"reference": "#"},
)  # fmt: skip

PIECES = (
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\n", b"\\ud800", b"\\", b'"', b"{",
    b"}", b"[", b"]", b"<", b">", b"&", b"&#0;", b"&x;", b"<!DOCTYPE x>", b"]]>", b"<!--", b"<?",
    b"1e999999", b"-0", b"NaN", b"9" * 5000, b"[" * 2000, b'{"a":' * 2000, b"<a>" * 300, b"null",
    b"\xc2\xa0", b"\xe2\x80\xa8", b":", b",", b"\t", b"%s", b"../", b"\x1b",
)  # fmt: skip


def mutated(data: bytes, choice: random.Random) -> bytes:
    """Change a document once or a few times, its structure where it has one that can be read."""
    for _ in range(choice.choice((1, 1, 1, 2, 3, 8))):
        data = choice.choice((_bytes, _structure, _structure))(data, choice)
    return data


def _bytes(data: bytes, choice: random.Random) -> bytes:
    at, end = sorted((choice.randrange(len(data) + 1), choice.randrange(len(data) + 1)))
    end = min(end, at + choice.choice((1, 10, 1_000, len(data))))
    kind = choice.randrange(6)
    if kind == 0 and at < len(data):
        return data[:at] + bytes([data[at] ^ (1 << choice.randrange(8))]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[end:]
    if kind == 2:
        return data[:end] + data[at:end] + data[end:]
    if kind == 3:
        return data[:at]
    if kind == 4:
        to = choice.randrange(len(data) + 1)
        return data[:to] + data[at:end] + data[to:]
    return data[:at] + choice.choice(PIECES) + data[at:]


def _structure(data: bytes, choice: random.Random) -> bytes:
    begin = data.lstrip()[:1]
    if begin == b"{":
        return _json(data, choice)
    if begin == b"<":
        return _xml(data, choice)
    return _lines(data, choice)


def _json(data: bytes, choice: random.Random) -> bytes:
    try:
        tree = json.loads(data)
        places = list(_places(tree))
        if not places:
            return data
        holder, key = choice.choice(places)
        other, at = choice.choice(places)
        change: Callable[[], None] = choice.choice(
            (
                lambda: holder.pop(key),
                lambda: holder.__setitem__(key, choice.choice(ODD)),
                lambda: holder.__setitem__(key, choice.choice(ODD)),
                lambda: holder.__setitem__(key, other[at]),
                lambda: holder.__setitem__(key, [holder[key]]),
                lambda: holder.__setitem__(key, {"a": holder[key]}),
                lambda: holder.__setitem__(key, _swapped(holder[key])),
                lambda: _more(holder, key, choice),
            )
        )
        change()
        return json.dumps(tree).encode()
    except (ValueError, RecursionError):
        # No JSON any more, or a tree that holds itself.
        return data


def _swapped(value: Any) -> Any:
    match value:
        case str():
            return len(value)
        case bool() | int() | float():
            return str(value)
        case list():
            return dict(enumerate(value))
        case dict():
            return list(value.values())
    return {}


def _more(holder: Any, key: Any, choice: random.Random) -> None:
    if isinstance(holder, list):
        holder.insert(key, choice.choice((holder[key], choice.choice(ODD))))
    else:
        holder[choice.choice(("", "~/", f"_{key}", "resourceType", "odd", "x" * 300))] = holder[key]


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(tree, dict | list):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            yield tree, key
            yield from _places(tree[key])


def _xml(data: bytes, choice: random.Random) -> bytes:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return data
    elements = list(root.iter("*"))
    one, other = choice.choice(elements), choice.choice(elements)
    texts = [value for value in ODD if isinstance(value, str) and value.isprintable()]
    kind = choice.randrange(8)
    if kind == 0 and one.getparent() is not None:
        one.getparent().remove(one)
    elif kind == 1:
        one.append(etree.fromstring(etree.tostring(other, with_tail=False), parser))
    elif kind == 2 and other not in one.iterancestors() and one is not other:
        if one not in other.iterancestors():
            other.append(one)
    elif kind == 3:
        one.text = choice.choice(texts)
    elif kind == 4 and one.attrib:
        one.attrib.pop(choice.choice(list(one.attrib)))
    elif kind == 5 and one.attrib:
        one.set(choice.choice(list(one.attrib)), choice.choice(texts))
    elif kind == 6:
        one.tag = other.tag
    elif kind == 7:
        one.attrib.update(other.attrib)
    return bytes(etree.tostring(root))


def _lines(data: bytes, choice: random.Random) -> bytes:
    lines = data.split(b"\n")
    at, other = choice.randrange(len(lines)), choice.randrange(len(lines))
    kind = choice.randrange(5)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, lines[other])
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines[at] = lines[at] * choice.choice((2, 50))
    else:
        label, colon, _ = lines[at].partition(b":")
        lines[at] = label + colon + b" " + choice.choice(PIECES)
    return b"\n".join(lines)
