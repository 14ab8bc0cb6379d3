"""Make `digest.json`: the elements of PRS upload XML, their order, number, types and values.

Sources: ProtocolRecordSchema.xsd of 2018.05.08 and RRSUploadSchema.xsd of 2017.04.18, which the
registry gives to those who have an account, at https://prsinfo.clinicaltrials.gov/. Both say that
most elements are strings, and name the values of an enumeration in comments: `A | B | C`. What is
taken of a comment are these values alone.

    python -m trialbridge.schemas.prs.build_digest ProtocolRecordSchema.xsd RRSUploadSchema.xsd
    python -m trialbridge.schemas.prs.build_digest ... --check
"""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from trialbridge.schemas.made import settle

OUT = Path(__file__).resolve().with_name("digest.json")
_XS = "{http://www.w3.org/2001/XMLSchema}"
_BASE = "https://prsinfo.clinicaltrials.gov/"
_VERSION = re.compile(r"Schema Version:\s*([0-9.]+)")

# Comments that are no plain list: `Phase [1,1/2,2,2/3,3,4]`, a missing `|`, `Both == All`.
_WORDED = {
    ("InterventionalDesign", "phase"): (
        "Early Phase 1",
        *(f"Phase {one}" for one in ("0", "1", "1/2", "2", "2/3", "3", "4")),
        "Phase 1/Phase 2",
        "Phase 2/Phase 3",
        "N/A",
    ),
    ("InterventionalDesign", "assignment"): (
        "Single Group Assignment",
        "Parallel Assignment",
        "Crossover Assignment",
        "Factorial Assignment",
        "Sequential Assignment",
    ),
    ("Eligibility", "gender"): ("All", "Female", "Male", "Both"),
    # The comment is that of start_date, to which it does not belong.
    ("ClinicalStudy", "start_date_type"): ("Anticipated", "Actual"),
}


def digest(schemas: dict[str, bytes]) -> str:
    """The text of `digest.json` for the schemas, by the names of their files."""
    sources = []
    types: dict[str, Any] = {}
    values: dict[str, list[str]] = {}
    for name, data in schemas.items():
        version = _VERSION.search(data.decode())
        sources.append(
            {
                "source": _BASE + name,
                "version": version[1] if version else "",
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
        _Schema(data, types, values).look()
    lines = [
        '"sources": ' + json.dumps(sources),
        '"types": {\n' + _lines(types) + "\n}",
        '"values": {\n' + _lines(values) + "\n}",
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _lines(members: dict[str, Any]) -> str:
    return ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in members.items())


class _Schema:
    def __init__(self, data: bytes, types: dict[str, Any], values: dict[str, list[str]]) -> None:
        self.root = etree.fromstring(data)
        self.named = {one.get("name"): one for one in self.root.iterchildren(f"{_XS}complexType")}
        self.types, self.values = types, values

    def look(self) -> None:
        for name, one in self.named.items():
            if one.get("abstract") != "true":
                self.type(name, one)

    def type(self, name: str, node: Any) -> None:
        content = self.content(name, node)
        self.types[name] = {key: value for key, value in content.items() if value}

    def content(self, name: str, node: Any) -> dict[str, Any]:
        """What a type is: its base's children and its own, whether in any order, its attributes."""
        found: dict[str, Any] = {"any_order": False, "children": [], "attributes": [], "text": ""}
        for extension in node.iterchildren(f"{_XS}complexContent", f"{_XS}simpleContent"):
            (inner,) = extension
            base = _local(inner.get("base"))
            if base in self.named:
                above = self.content(name, self.named[base])
                found["children"] += above["children"]
                found["attributes"] += above["attributes"]
                found["any_order"] = above["any_order"]
            else:
                found["text"] = base
            node = inner
        for group in node.iterchildren(f"{_XS}sequence", f"{_XS}all"):
            found["any_order"] = found["any_order"] or group.tag == f"{_XS}all"
            found["children"] += [
                self.child(name, one) for one in group.iterchildren(f"{_XS}element")
            ]
        for one in node.iterchildren(f"{_XS}attribute"):
            required = one.get("use") == "required"
            found["attributes"].append([one.get("name"), _local(one.get("type")), int(required)])
        return found

    def child(self, name: str, node: Any) -> list[Any]:
        """The name, type, least and most number of a child; a qualified one with its prefix."""
        child = node.get("name") or node.get("ref")
        given = _local(node.get("type") or "")
        inner = node.find(f"{_XS}complexType")
        if inner is not None:
            given = f"{name}.{child}"
            self.type(given, inner)
        elif node.get("ref"):
            given = child.partition(":")[2]
            given = given[:1].upper() + given[1:]
        listed = _WORDED.get((name, child)) or _values(node)
        if listed:
            self.values[f"{name}/{child}"] = list(listed)
        least = int(node.get("minOccurs", "1"))
        most = node.get("maxOccurs", "1")
        return [child, given, least, 0 if most == "unbounded" else int(most)]


def _local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]


def _values(node: Any) -> list[str]:
    """The values that the comment behind an element lists."""
    comment = node.getnext()
    if not isinstance(comment, etree._Comment):
        return []
    pieces = comment.text.split("|")
    if len(pieces) < 2:
        return []
    first = re.split(r"[:?]\s|\n\s*\n", pieces[0])[-1]
    last = re.split(r"\s-\s|\n|\s{3,}", pieces[-1].strip())[0]
    return [" ".join(one.split()) for one in (first, *pieces[1:-1], last) if one.strip()]


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or check it; give the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("schemas", nargs=2, type=Path, metavar="SCHEMA.xsd")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args(arguments)
    made = digest({path.name: path.read_bytes() for path in options.schemas})
    return settle(OUT, made, "these schemas give", check=options.check)


if __name__ == "__main__":
    sys.exit(main())
