"""Trial records as the trees of FHIR Bundles, and back.

https://hl7.org/fhir/R5/bundle.html
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from trialbridge.mappings import whole
from trialbridge.mappings.codec import Mismatch, Node
from trialbridge.mappings.fhir.beyond import PREFIX
from trialbridge.mappings.fhir.cautions import cautions
from trialbridge.mappings.fhir.eligibility import STATED, without_stated
from trialbridge.mappings.fhir.links import Resources
from trialbridge.mappings.fhir.narrative import narrative as as_text
from trialbridge.mappings.fhir.others import as_ours
from trialbridge.mappings.fhir.r5 import STUDY, coverage
from trialbridge.mappings.fhir.rest import rest
from trialbridge.mappings.fhir.terminology.mesh import without_repeated
from trialbridge.mappings.fhir.types import EMPTY_ELEMENT, NOT_STATED, UNMAPPED, is_uri
from trialbridge.mappings.fhir.versions import newer, older
from trialbridge.mappings.names import Names, own_id
from trialbridge.mappings.record import registry
from trialbridge.mappings.tree import extend
from trialbridge.schemas.base import BASE
from trialbridge.schemas.fhir.digests.definitions import Version, definitions
from trialbridge.schemas.problem import EACH, Problem, ReadError
from trialbridge.schemas.syntax.pointer import escape
from trialbridge.schemas.trial import Trial

LINK = "https://hl7.org/fhir/R5/researchstudy.html"

_Entry = tuple[str | None, Node]
"""A resource of a Bundle, behind its fullUrl."""

_STUDY = "ResearchStudy"
_SHOWN = 60
# The forms of BCP 47 that registers have: a language, and a script or country.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")

# Fewer than a string may have. https://hl7.org/fhir/R5/datatypes.html#string
_LONGEST = 1_000_000


def _store(names: Names, study: Node, empty: list[tuple[str, str]], unmapped: str | None) -> None:
    """A marker for each `{}`, `[]` and `""` of the record, which FHIR forbids, and `unmapped`."""
    markers = [
        {
            "url": EMPTY_ELEMENT.url,
            "extension": [
                {"url": "pointer", "valueString": pointer},
                {"url": "kind", "valueCode": kind},
            ],
        }
        for pointer, kind in empty
    ]
    extend(study, "extension", markers)
    if unmapped is not None:
        pieces = (unmapped[at : at + _LONGEST] for at in range(0, len(unmapped), _LONGEST))
        extend(study, "extension", [{"url": UNMAPPED.url, "valueString": one} for one in pieces])


_KEPT = frozenset({EMPTY_ELEMENT.url, UNMAPPED.url})


def _find(names: Names, study: Node) -> tuple[dict[str, str], Any]:
    empty: dict[str, str] = {}
    unmapped = None
    for extension in study.get("extension", ()):
        url = extension.get("url")
        if url not in _KEPT:
            continue
        if url == EMPTY_ELEMENT.url:
            parts = {p.get("url"): p for p in extension.get("extension", ())}
            kind = parts.get("kind", {}).get("valueCode")
            pointer = parts.get("pointer", {}).get("valueString")
            if isinstance(kind, str) and isinstance(pointer, str):
                empty[pointer] = kind
        else:
            unmapped = (unmapped or "") + extension.get("valueString", "")
    return empty, unmapped


KEEP = whole.Keep(
    title="FHIR R5",
    root="ResearchStudy",
    link=LINK,
    coverage=coverage,
    store=_store,
    find=_find,
    marker_place=f"ResearchStudy.extension[url='{EMPTY_ELEMENT.url}']",
    results=True,
    unmapped_place=f"ResearchStudy.extension[url='{UNMAPPED.url}']",
)


def write_tree(
    trial: Trial,
    *,
    kind: str = "collection",
    base: str = "",
    narrative: bool = False,
    picture: bool = False,
    stated: bool = False,
    profile: str = "none",
    version: Version = "r5",
) -> tuple[Node, list[Problem]]:
    """The record as a Bundle of this type, and warnings of what is not in it.

    `base` is the url that the full urls of its resources begin with, ours if it is empty;
    `narrative` says whether the study has one, `picture` whether one with the design as an image,
    `stated` whether what criteria state stands beside their words as coded characteristics,
    `profile` which guide of R4 the Bundle follows.
    """
    tree, problems = _written(trial, narrative=narrative, picture=picture)
    if stated:
        # Its many patterns are compiled for who asks for it.
        from trialbridge.mappings.fhir.stated import add_stated

        add_stated(tree["entry"])
    if version != "r5":
        # Much of what a version has another has too, so it is stated of which one this is.
        edition = f"http://hl7.org/fhir/StructureDefinition/Bundle|{definitions(version).fhir}"
        head = {"resourceType": "Bundle", "meta": {"profile": [edition]}}
        tree = {**head, **older(tree, version)}
        if profile != "none":
            from trialbridge.mappings.fhir import profiles

            tree, missing = profiles.add(tree, trial, profile)
            problems = [*problems, *missing]
    if base:
        for entry in tree["entry"]:
            resource = entry["resource"]
            entry["fullUrl"] = f"{base.rstrip('/')}/{resource['resourceType']}/{resource['id']}"
    if kind != "collection":
        tree["type"] = kind
        for entry in tree["entry"]:
            resource = entry["resource"]
            entry["request"] = {
                "method": "PUT",
                "url": f"{resource['resourceType']}/{resource['id']}",
            }
    return tree, problems


def _written(
    trial: Trial, *, narrative: bool = False, picture: bool = False
) -> tuple[Node, list[Problem]]:
    names = Names(trial)
    study, problems = whole.write(trial, STUDY, names, KEEP)
    url = f"{BASE}/ResearchStudy/{names.root}"
    resource: Node = {"resourceType": "ResearchStudy", "id": names.root}
    if source := _source(trial):
        resource["meta"] = {"source": source}
    languages = trial.registration.languages if trial.registration else None
    if languages and _LANGUAGE.fullmatch(languages[0]):
        # That of these texts is the first. https://hl7.org/fhir/R5/resource.html#language
        resource["language"] = languages[0]
    if narrative or picture:
        resource["text"] = as_text(trial, source, picture=picture)
    resource |= {"url": url, "name": _computer_name(names.root), "status": "active", **study}
    resources = names.once(Resources)
    if resources.contained:
        resource["contained"] = resources.contained
    linked = resources.entries
    entries = [{"fullUrl": url, "resource": resource}, *linked]
    for entry in linked:
        organization = entry["resource"]
        if organization["resourceType"] == "Organization" and not (
            organization.keys() & {"identifier", "name", "_name"}
        ):
            # org-1: it has a name or an identifier, and a record may know its class alone.
            organization["_name"] = NOT_STATED
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}, problems


def _source(trial: Trial) -> str | None:
    """Where the register shows the record. https://hl7.org/fhir/R5/resource.html#Meta"""
    own = own_id(trial) or ""
    if registry.NCT_ID.fullmatch(own):
        return f"{registry.CTGOV}/study/{own}"
    url = trial.registration.url if trial.registration else None
    return url if url and is_uri(url) else None


def _computer_name(root: str) -> str:
    """A name that programs can use. https://hl7.org/fhir/R5/researchstudy.html#ResearchStudy.name

    It begins with a capital letter, and has letters, digits and `_` (invariant cnl-0).
    """
    name = re.sub(r"[^A-Za-z0-9]", "_", root)
    return name if re.match("[A-Z].", name) else f"Trial_{name}"


def read_tree(
    tree: Node, *, version: Version = "r5", alone: bool = False
) -> tuple[Trial, list[Problem]]:
    """The record of the tree of a Bundle, or of a ResearchStudy alone, and warnings.

    Forms in which others write are read as ours (`others`). What no row reads is kept in
    `unmapped`, below `/fhir`, with a warning; where the record is wanted `alone`, neither is
    looked for. Of an older version, the places of problems are those of R5, where its elements have
    other names. Raises ReadError with all that does not have its form.
    """
    guide: str | None = None
    told: list[tuple[str, object]] | None = None
    if version == "r4":
        from trialbridge.mappings.fhir import profiles

        guide = profiles.guide_of(tree)
        if guide is not None:
            tree, told = profiles.plain(tree, guide)
    if version != "r5":
        tree = _newest(tree, version)
    entries = _entries(tree)
    kinds = [one.get("resourceType") for _, one in entries]
    studies = [at for at, kind in enumerate(kinds) if kind == _STUDY]
    if len(studies) != 1:
        found = ", ".join(f"Bundle.entry[{at}]" for at in studies) or "none"
        each = f"; {EACH}" if studies else ""
        message = f"expected one ResearchStudy, found {found}{each}"
        raise whole.fatal("Bundle.entry", "one-study", message, LINK)

    def with_guide(trial: Trial, problems: list[Problem]) -> tuple[Trial, list[Problem]]:
        if guide is not None and told is not None:
            from trialbridge.mappings.fhir import profiles

            written = write_tree(trial, profile=guide, version=version)[0]
            problems += profiles.told(told, written, guide)
        return trial, problems

    url, given = entries[studies[0]]
    if not alone and (found_own := _read_own(entries, given)) is not None:
        trial, problems = found_own
        return with_guide(trial, [*problems, *cautions(tree, [])])
    entries = [
        (entry[0], without_stated(entry[1])) if kind in STATED else entry
        for entry, kind in zip(entries, kinds, strict=True)
    ]
    names, known = _indexed(entries)
    try:
        study, notes = as_ours(given, names)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, Mismatch) as error:
        if problems := _malformed(tree, "r5"):
            raise ReadError(problems) from error
        raise
    known.study = study

    def keep_rest(trial: Trial) -> tuple[Trial, list[Problem]]:
        return with_guide(*keep_unread(trial))

    def keep_unread(trial: Trial) -> tuple[Trial, list[Problem]]:
        again = [entry["resource"] for entry in _written(trial)[0]["entry"]]
        resources = [_without_text(resource) for _, resource in entries]
        if again == resources:
            # What is written has no modifiers.
            return trial, cautions(tree, [])
        left, paths = rest(
            _pointed(known, given, study),
            [
                _own(part, again[0].get("focus"))
                for node in again
                for part in (node, *node.get("contained", ()))
            ],
            known.get,
            # The full url is a server's, where one was asked for.
            edited=any(str(one).startswith(BASE) for one in (url, given.get("url"))),
        )
        kept = dict(trial.unmapped or {})
        for pointer, value in left.items():
            kept[_free(pointer, value, kept)] = value
        trial = msgspec.structs.replace(trial, unmapped=kept or None)
        return trial, [
            *cautions(tree, resources),
            *whole.unread(Counter(paths), LINK, ": kept as unmapped"),
        ]

    trial, problems = whole.read(
        study, STUDY, names, KEEP, None if alone else keep_rest, lambda: _malformed(tree, "r5")
    )
    return trial, [*notes, *problems]


def _indexed(entries: list[_Entry]) -> tuple[Names, Resources]:
    """What is known of a record that is read, and its resources."""
    names = Names()
    known = names.once(Resources)
    known.add_each(entries)
    return names, known


def _read_own(entries: list[_Entry], study: Node) -> tuple[Trial, list[Problem]] | None:
    """The record of a Bundle as we write it, and warnings; None for any other.

    Of a Bundle that is written again as it is, forms of others need not be looked for.
    """
    if not str(study.get("url")).startswith(BASE):
        return None
    names, known = _indexed(entries)
    known.study = study
    try:
        trial, problems = whole.read(study, STUDY, names, KEEP, None)
        again = [entry["resource"] for entry in _written(trial)[0]["entry"]]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, Mismatch, ReadError):
        # What is wrong is told where everything is looked for.
        return None
    if again != [_without_text(resource) for _, resource in entries]:
        return None
    return trial, problems


def _without_text(resource: Node) -> Node:
    """A resource without what is said again for people."""
    if "text" not in resource:
        return resource
    return {key: value for key, value in resource.items() if key != "text"}


def _newest(tree: Node, version: Version) -> Node:
    try:
        return newer(tree, version)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        if problems := _malformed(tree, version):
            raise ReadError(problems) from None
        raise


def _malformed(tree: Node, version: Version) -> list[Problem]:
    """Why a tree cannot be walked: what the check of its structure says.

    The readers ask of each value that it is what they read, and not of all that is on the way.
    """
    from trialbridge.schemas.fhir.validate import validate

    return [p for p in validate(tree, version) if p.layer == "structure"]


def _pointed(known: Resources, given: Node, study: Node) -> Iterator[tuple[str | None, Node]]:
    """Each resource that was read, with the pointer of what `unmapped` has of it."""
    taken: Counter[str] = Counter()
    for resource in known.read:
        if resource is given:
            yield f"{PREFIX}study", study
            continue
        if str(resource.get("id")).startswith("#"):
            yield None, resource
            continue
        name = f"{PREFIX}{resource.get('resourceType')}/{escape(str(resource.get('id', '')))}"
        taken[name] += 1
        at = name if taken[name] == 1 else f"{name}+{taken[name]}"
        yield at, _own(resource, study.get("focus"))


def _own(resource: Node, focus: Any) -> Node:
    """A resource without what only says a fact of another one again."""
    if resource.get("resourceType") == "ActivityDefinition":
        return without_repeated(resource, focus)
    return resource


def _free(pointer: str, value: Any, kept: dict[str, Any]) -> str:
    """A pointer that is not of something else, kept from an earlier reading."""
    while pointer in kept and kept[pointer] != value:
        pointer += "/more"
    return pointer


def _entries(tree: Node) -> list[_Entry]:
    """Each resource with its fullUrl, in the order of the Bundle."""
    kind = tree.get("resourceType")
    if kind == _STUDY:
        return [(None, tree)]
    if kind != "Bundle":
        shown = str(kind)[:_SHOWN]
        message = f"expected a Bundle with a ResearchStudy, found a {shown}"
        raise whole.fatal(shown, "not-a-bundle", message, LINK)
    entries = tree.get("entry", [])
    if not isinstance(entries, list):
        raise whole.fatal("Bundle.entry", "wrong-type", "expected a list of entries", LINK)
    found: list[_Entry] = []
    for entry in entries:
        resource = entry.get("resource") if entry.__class__ is dict else None
        if resource.__class__ is not dict:
            message = "expected an entry with a resource"
            raise whole.fatal(f"Bundle.entry[{len(found)}]", "wrong-type", message, LINK)
        found.append((entry.get("fullUrl"), resource))
    return found
