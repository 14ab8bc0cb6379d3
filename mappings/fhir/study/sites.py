"""Where a study takes place, and how recruitment stands there, in FHIR R5.

The status of a site is that of a contained ResearchStudy, the part of the study at that place. The
study's own `site` is the Location while the study goes on there, so that the searches by place find
it; where it does not, it is that part, so that nobody takes the place for one of its sites.
https://hl7.org/fhir/R5/researchstudy-definitions.html#ResearchStudy.site
"""

from operator import attrgetter

from trialbridge.mappings.codec import (
    Aside,
    Codec,
    Node,
    also,
    among,
    below,
    derived,
    field,
    number,
    record,
)
from trialbridge.mappings.fhir.links import Resources, to
from trialbridge.mappings.fhir.study.common import PUBLISHED
from trialbridge.mappings.fhir.study.parties import CONTACT_ROWS
from trialbridge.mappings.fhir.study.status import OVERALL
from trialbridge.mappings.fhir.terminology import codes
from trialbridge.mappings.fhir.types import coding, concept, country_code, each, ours, values
from trialbridge.mappings.names import Names
from trialbridge.schemas.trial import Contact, Location

_LOCATION = to("Location")
_STUDY = "ResearchStudy"
_WHOLE = "#"
"""What contains a resource, as that refers to it. https://hl7.org/fhir/R5/references.html#contained"""

# The study does not go on at the site, or never began there.
_OVER = frozenset({"completed", "terminated", "withdrawn"})


def _find_place(names: Names, node: Node) -> Node | None:
    """The Location of a site, which may be a part of the study that has it as its own site."""
    name = node.get("reference")
    parts: _Parts = names.made[_Parts]
    part = parts.called(name) if name.__class__ is str else None
    if part is None:
        return _LOCATION.find(names, node)
    kind = part.get("resourceType")
    if kind == "Location":
        return part  # As nearly all are.
    if kind != _STUDY:
        return _LOCATION.find(names, node)
    sites = _sites(part)
    return _LOCATION.find(names, sites[0]) if sites else None


def _sites(study: Node) -> list[Node]:
    sites = study.get("site")
    return [one for one in sites if one.__class__ is dict] if sites.__class__ is list else []


PLACE = _LOCATION._replace(find=_find_place)


class _Parts:
    """The parts of the study that is read, each by the one place that it is at."""

    def __init__(self, names: Names) -> None:
        resources = names.once(Resources)
        self.called = resources.lookup()
        """The resource of a name."""
        self.at: dict[int, Node] = {}
        self.named: dict[str, Node] = {}
        """The same by the name that each refers to its place by."""
        for part in resources.of_type(_STUDY):
            sites = _sites(part)
            if part is resources.study or len(sites) != 1 or not _is_part(part):
                continue
            name = sites[0].get("reference")
            place = resources.get(name)
            if place is not None:
                first = self.at.setdefault(id(place), part)
                if isinstance(name, str) and place.get("resourceType") != _STUDY:
                    self.named[name] = first


def _is_part(study: Node) -> bool:
    whole = study.get("partOf")
    return whole.__class__ is list and any(
        one.get("reference") == _WHOLE for one in whole if one.__class__ is dict
    )


def _find_part(names: Names, node: Node) -> Node | None:
    name = node.get("reference")
    parts: _Parts = names.made[_Parts]
    if name.__class__ is not str:
        return None
    # Mostly it is called here as it is there.
    if name in parts.named:
        return parts.named[name]
    target = parts.called(name)
    if target is None or target.get("resourceType") == _STUDY:
        return target
    return parts.at.get(id(target))


def _store_part(names: Names, node: Node, inner: Node) -> None:
    part: Node = {
        "resourceType": _STUDY,
        "id": names.item.removeprefix(f"{names.root}-"),
        "title": f"{names.called} at {node.get('display', 'a site')}",
        **PUBLISHED,
        "partOf": [{"reference": _WHOLE}],
        **inner,
    }
    if "reference" in node:
        part["site"] = [dict(node)]
    names.once(Resources).contained.append(part)
    states = inner["progressStatus"][0]["state"]["coding"]
    if "reference" not in node or states[0]["code"] in _OVER:
        node["reference"] = f"#{part['id']}"


PART = Aside(
    "ResearchStudy/part",
    "native",
    _store_part,
    _find_part,
    place=_STUDY,
    way="resolve()",
)

_said_of_place = attrgetter("facility", "city", "state", "zip", "country", "geo_point", "contacts")
_FUNCTIONS = {
    status: [{**node, "text": f"Site of a study: {node['coding'][0]['display'].lower()}"}]
    for status in values(codes.EXACT_STATUS)
    for node in (concept(codes.EXACT_STATUS).write(status, Names()),)
}


def _write_function(value: Location, names: Names) -> list[Node] | None:
    """What the place does for the study; a status alone makes no place."""
    return _FUNCTIONS.get(value.status) if any(_said_of_place(value)) else None


_function: Codec[Location] = Codec(lambda node, names: None, _write_function)
"""The status of recruitment as the function of the place, which searches by `type` find.

An update replaces it, as it would not replace a tag.
https://hl7.org/fhir/R5/location-definitions.html#Location.type
"""

SITE = record(
    Location,
    *below(
        (PLACE,),
        (
            field("facility", "name"),
            field("city", "address", "city"),
            field("state", "address", "state"),
            field("zip", "address", "postalCode"),
            field("country", "address", "country"),
            derived(field("country", "address", "_country", codec=country_code)),
            field("geo_point.lat", "position", "latitude", codec=number),
            field("geo_point.lon", "position", "longitude", codec=number),
            among("contacts", "contact", codec=each(record(Contact, *CONTACT_ROWS))),
            derived(field("", "type", codec=_function)),
        ),
    ),
    # So it was written before.
    also(field("status", ours("site-status", "Coding"), codec=coding(codes.EXACT_STATUS))),
    field(
        "status",
        PART,
        "progressStatus",
        OVERALL,
        "state",
        codec=concept(codes.STATUS),
        note="of a contained ResearchStudy, `partOf` the study, whose site is the Location",
    ),
)

SITE_ROWS = (among("protocol.contacts_locations.locations", "site", codec=each(SITE, name="site")),)
