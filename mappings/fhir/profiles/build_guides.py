"""Make `guides.json`: what the guides ECLAIRE and MII Studie ask for, out of their sources.

    python mappings/fhir/profiles/build_guides.py ECLAIRE MII

Each is a checkout of the guide's repository, at the commit that `SOURCES` names. The rules of their
profiles and extensions are read, and the codes of ECLAIRE's code systems; their words are not.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).with_name("guides.json")
SOURCES = {
    "eclaire": {
        "title": "ECLAIRE",
        "repository": "https://github.com/ansforge/IG-fhir-essais-cliniques",
        "version": "0.3.1",
        "commit": "784e03d14c49e8481b08ffea365f394d7e52992d",
        "canonical": "https://interop.esante.gouv.fr/ig/fhir/eclaire",
        "folder": "input/fsh",
    },
    "mii": {
        "title": "MII Modul Studie",
        "repository": ("https://github.com/medizininformatik-initiative/kerndatensatzmodul-studie"),
        "version": "2026.0.1",
        "commit": "44e01c078388eb8abe33e139e5da508069ec54e2",
        "canonical": "https://www.medizininformatik-initiative.de/fhir/modul-studie",
        "folder": "input/fsh",
    },
}
# Of the resources that a record is; the others are of subjects, consents and documents.
PROFILES = frozenset(
    {
        "eclaire-researchstudy",
        "eclaire-group",
        "eclaire-location",
        "mii-pr-studie-studie",
        "mii-pr-studie-register",
        "mii-pr-studie-beteiligte-person",
        "mii-pr-studie-ein-auschluss-kriterium",
    }
)
_HEAD = re.compile(
    r"(Profile|Extension|CodeSystem|Instance|ValueSet|Alias|Invariant|RuleSet): *(.*)"
)
_CARD = re.compile(r"(\d+)\.\.(\d+|\*)")
_NAMED = re.compile(r"(\S+)(?: named (\S+))? (\d+)\.\.(\d+|\*)( MS)?")
_CODE = re.compile(r'\* #(\S+) "([^"]*)"')


def main(checkouts: list[str]) -> None:
    """Write the table."""
    found = {
        name: _guide(Path(checkout), source)
        for (name, source), checkout in zip(SOURCES.items(), checkouts, strict=True)
    }
    OUTPUT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _guide(checkout: Path, source: dict[str, str]) -> dict[str, Any]:
    texts = dict(_files(checkout, source))
    blocks = [block for text in texts.values() for block in _blocks(text)]
    aliases = dict(one for text in texts.values() for one in _aliases(text))
    digest = hashlib.sha256("".join(texts[name] for name in sorted(texts)).encode()).hexdigest()
    urls: dict[str, str] = {}
    extensions: dict[str, Any] = {}
    for kind, name, lines in blocks:
        if kind == "Extension":
            url, rules = _extension(lines, source["canonical"], aliases)
            urls[name] = urls[rules.pop("id")] = url
            extensions[url] = rules
    profiles = {}
    codes = {}
    for kind, _, lines in blocks:
        id_ = _said(lines, "Id")
        if kind == "Profile" and id_ in PROFILES:
            profiles[f"{source['canonical']}/StructureDefinition/{id_}"] = {
                "type": _said(lines, "Parent"),
                "elements": _elements(lines, urls, aliases),
            }
        elif kind == "CodeSystem":
            system = f"{source['canonical']}/CodeSystem/{id_}"
            codes[system] = dict(found for line in lines for found in _CODE.findall(line))
    return {**source, "sha256": digest, "profiles": profiles, "extensions": extensions} | (
        {"codes": codes} if codes else {}
    )


def _files(checkout: Path, source: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The sources of the guide as they are at its commit."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", checkout, *words], check=True, capture_output=True)
        return done.stdout.decode()

    listed = git("ls-tree", "-r", "--name-only", source["commit"], source["folder"])
    for name in listed.splitlines():
        if name.endswith(".fsh"):
            yield name, git("show", f"{source['commit']}:{name}")


def _blocks(text: str) -> Iterator[tuple[str, str, list[str]]]:
    kind = name = ""
    lines: list[str] = []
    for line in text.splitlines():
        head = _HEAD.match(line)
        if head:
            if kind:
                yield kind, name, lines
            kind, name, lines = head[1], head[2].strip(), []
        elif line.strip():
            lines.append(line.split(" //")[0].rstrip())
    if kind:
        yield kind, name, lines


def _aliases(text: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"^Alias: (\S+) = (\S+)", text, re.MULTILINE):
        yield found[1], found[2]


def _said(lines: list[str], key: str) -> str:
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith(f"{key}:")), ""
    )


def _rules(lines: list[str]) -> Iterator[str]:
    """The rules, each on one line, without those for people."""
    rules: list[str] = []
    for line in lines:
        if line.startswith("*"):
            rules.append(line[1:].strip())
        elif rules and line.startswith(" "):
            rules[-1] += " " + line.strip()
    for rule in rules:
        if not rule.startswith("insert ") and (" ^" not in f" {rule}" or rule.startswith("^url")):
            yield rule


def _extension(
    lines: list[str], canonical: str, aliases: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    id_ = _said(lines, "Id")
    url = f"{canonical}/StructureDefinition/{id_}"
    rules: dict[str, Any] = {"id": id_}
    for rule in _rules(lines):
        if rule.startswith("^url"):
            stated = rule.partition("=")[2].strip().strip('"')
            url = aliases.get(stated, stated)
        elif rule.startswith("value[x] only "):
            rules["types"] = _types(rule)
        elif rule.startswith("extension contains "):
            for name, _, least, most, marked in _NAMED.findall(rule.partition(" contains ")[2]):
                rules.setdefault("parts", {})[name] = _rule(least, most, marked)
        elif part := re.match(r"extension\[([^]]+)\]\.value\[x\] only ", rule):
            rules["parts"][part[1]]["types"] = _types(rule)
    return url, rules


def _types(rule: str) -> list[str]:
    said = re.sub(r"\(.*?\)", "", rule.partition(" only ")[2])
    return [one.strip() for one in said.split(" or ")]


def _elements(lines: list[str], urls: dict[str, str], aliases: dict[str, str]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for rule in _rules(lines):
        path, _, rest = rule.partition(" ")
        if rest.startswith("contains "):
            for name, as_, least, most, marked in _NAMED.findall(rest.removeprefix("contains ")):
                element = found.setdefault(f"{path}:{as_ or name}", {})
                element |= _rule(least, most, marked)
                if name in urls:
                    element["url"] = urls[name]
            continue
        path = re.sub(r"\[([^]x][^]]*)\]", r":\1", path)
        element = found.setdefault(path, {})
        if rest.startswith("from "):
            element["binding"] = rest.partition("(")[2].rstrip(")").split(")")[0]
        elif rest.startswith("= "):
            said = rest[2:].strip('"#')
            element["fixed"] = aliases.get(said, said)
        elif rest.startswith("only "):
            pass
        card = _CARD.match(rest)
        if card:
            element |= _rule(card[1], card[2], "")
        if rest.endswith("MS"):
            element["must_support"] = True
    return {path: element for path, element in found.items() if element}


def _rule(least: str, most: str, marked: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"min": int(least), "max": most}
    return rule | ({"must_support": True} if marked else {})


if __name__ == "__main__":
    main(sys.argv[1:])
