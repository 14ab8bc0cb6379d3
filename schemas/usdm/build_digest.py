"""Make `v4_0.json`, a digest of CDISC's definitions of USDM 4.0, out of CDISC's own files.

They are of https://github.com/cdisc-org/DDF-RA (MIT) at the commit COMMIT, «Final v4.0 for
Publication»; FOLDER is a checkout of it:

    python -m trialbridge.schemas.usdm.build_digest FOLDER
    python -m trialbridge.schemas.usdm.build_digest FOLDER --check   # exits 1 if not current

The OpenAPI says which members an object has, of which type, and which it must have. The data
structure says what that has no word for: to which classes an id leads, and which list has to have
an item. The terminology has the value sets of USDM's own. No prose is taken over.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree
from zipfile import ZipFile

from trialbridge.schemas.made import settle

COMMIT: Final = "aa303cb32f5d3ceecc68a16803e26720d2c1fc26"
API: Final = "Deliverables/API/USDM_API.json"
STRUCTURE: Final = "Deliverables/UML/dataStructure.yml"
TERMS: Final = "Deliverables/CT/USDM_CT.xlsx"
CHECKSUMS: Final = {
    API: "dc4303bca26256c56e5cb83222e898a09a5244472f7fd092b425cc2b7568fe19",
    STRUCTURE: "6f49a407aef41a66dd40a82ad3348672a22cd8874849254d7e4f27d6275daca6",
    TERMS: "a9efa740abc41299efa83607a0880012ac8dcc8df7db60259c2a7e96f42cd94f",
}
OUT: Final = Path(__file__).resolve().with_name("v4_0.json")

_SHEET: Final = "DDF valid value sets"
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_INPUT: Final = "-Input"


def digest(folder: Path) -> dict[str, Any]:
    """The digest of the files in a folder. Raises ValueError if one of them is another."""
    import yaml  # type: ignore[import-untyped]

    for name, expected in CHECKSUMS.items():
        found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if found != expected:
            raise ValueError(f"{folder / name} has SHA-256 {found}, expected {expected}")
    api = json.loads((folder / API).read_bytes())
    structures = yaml.safe_load((folder / STRUCTURE).read_bytes())
    return {
        "source": {
            "repository": "https://github.com/cdisc-org/DDF-RA",
            "commit": COMMIT,
            "version": api["info"]["version"],
            "sha256": CHECKSUMS,
        },
        "classes": {
            name.removesuffix(_INPUT): _class(name.removesuffix(_INPUT), schema, structures)
            for name, schema in api["components"]["schemas"].items()
            if name.endswith(_INPUT)
        },
        "lists": _lists(folder / TERMS, structures),
    }


def _class(name: str, schema: dict[str, Any], structures: dict[str, Any]) -> dict[str, Any]:
    """The members of a class by name, each with its types and what else holds of it.

    `many`: a list. `must`: the schema requires the member; `some`: the model wants an item in its
    list. `to`: the classes of which one has the id that it is.
    """
    members = {}
    attributes = structures.get(name, {}).get("Attributes", {})
    for key, said in schema["properties"].items():
        types, many = _types(said)
        known = attributes.get(key, {})
        member: dict[str, Any] = {"types": types}
        if many:
            member["many"] = True
        if key in schema.get("required", ()):
            member["must"] = True
        if known.get("Cardinality") == "1..*":
            member["some"] = True
        if known.get("Relationship Type") == "Ref":
            targets = (each["$ref"].removeprefix("#/") for each in known["Type"])
            member["to"] = sorted(one for each in targets for one in _concrete(each, structures))
        members[key] = member
    return members


def _types(said: dict[str, Any]) -> tuple[list[str], bool]:
    """The names of what a member may be: JSON's own types, `date`, `uuid`, constants, classes."""
    if "$ref" in said:
        return [said["$ref"].rpartition("/")[2].removesuffix(_INPUT)], False
    if "anyOf" in said:
        return [one for each in said["anyOf"] for one in _types(each)[0]], False
    if said["type"] == "array":
        return _types(said["items"])[0], True
    if "const" in said:
        return [f"={said['const']}"], False
    return [said.get("format", said["type"])], False


def _concrete(name: str, structures: dict[str, Any]) -> Iterator[str]:
    """The classes that an abstract one stands for, or the class itself."""
    below = structures[name].get("Sub Classes", ())
    if structures[name]["Modifier"] != "Abstract":
        yield name
    for each in below:
        yield from _concrete(each["$ref"].removeprefix("#/"), structures)


def _lists(path: Path, structures: dict[str, Any]) -> dict[str, Any]:
    """USDM's own value sets, by the class and the member that they are of.

    https://www.cdisc.org/standards/terminology/controlled-terminology
    """
    found: dict[str, Any] = {}
    for row in _rows(path):
        if row.get("A") != "DDF":
            continue
        for name in _concrete(row["B"], structures):
            values = found.setdefault(
                f"{name}.{row['C']}", {"list": row["D"], "open": row["E"] == "Yes", "terms": {}}
            )
            values["terms"][row["F"]] = row["G"].strip()
    return dict(sorted(found.items()))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The cells of each row of the sheet of value sets, by their column."""
    with ZipFile(path) as book:
        texts = [
            "".join(part.text or "" for part in item.iter(f"{_MAIN}t"))
            for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        sheets = ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
        wanted = next(sheet.get(_REL) for sheet in sheets if sheet.get("name") == _SHEET)
        relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
        target = next(each.get("Target", "") for each in relations if each.get("Id") == wanted)
        sheet = ElementTree.fromstring(book.read(f"xl/{target.removeprefix('/xl/')}"))
        for row in sheet.iter(f"{_MAIN}row"):
            cells = {}
            for cell in row:
                value = cell.findtext(f"{_MAIN}v")
                if value is not None:
                    column = cell.get("r", "").rstrip("0123456789")
                    cells[column] = texts[int(value)] if cell.get("t") == "s" else value
            yield cells


def main() -> int:
    """Write the digest, or compare it with what is there."""
    parser = argparse.ArgumentParser(description="Make the digest of USDM 4.0.")
    parser.add_argument("folder", type=Path, help="a checkout of DDF-RA")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    asked = parser.parse_args()
    made = json.dumps(digest(asked.folder), indent=1) + "\n"
    return settle(OUT, made, "these files give", check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
