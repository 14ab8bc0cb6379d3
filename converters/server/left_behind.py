"""What an earlier version of a record left on a server: a shorter list of sites leaves the last.

All that `push` sends has a tag with the record's id, by which it is found. A record that came
there without (the Bundle of `convert`, posted by hand) is found by what its study refers to. Of
both, only what has the record's id before its own is the record's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from trialbridge.io.web import ServerError
from trialbridge.mappings.fhir.rest import RECORD_TAG
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.problem import Problem
from trialbridge.server.client import LINK, Client, in_urls
from trialbridge.server.gathering import REFUSED, STUDY, Gathered, search
from trialbridge.server.loads import Load

WRITTEN: Final = (
    STUDY,
    "ActivityDefinition",
    "Basic",
    "Evidence",
    "EvidenceReport",
    "EvidenceVariable",
    "Group",
    "Location",
    "Organization",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
)
"""The types of resources that a record is written as, in any version."""

_PAGE = "500"


class LeftBehind:
    """Looks for what is on a server of records, and not in what is to be put."""

    def __init__(self, client: Client, version: Version, types: Collection[str]) -> None:
        """`types` are those that the server has."""
        self._client = client
        self._version: Version = version
        self._types = [each for each in WRITTEN if each in types]
        self._by_tag = True
        """Whether the server searches by tag, as far as is known."""

    def of(self, loads: Sequence[Load]) -> dict[str, list[str]]:
        """The `Type/id` of what is left behind, by the record's id; warnings go to the loads.

        Raises ServerError if the server cannot be used.
        """
        there: dict[str, set[str]] = {each.id: set() for each in loads}
        tagged: set[str] = set()
        for part in in_urls([f"{RECORD_TAG}|{each.id}" for each in loads], 20):
            own = {each.rpartition("|")[2] for each in part}
            for type_ in self._types:
                if self._by_tag and not self._find(type_, part, own, there, tagged):
                    self._by_tag = False
                    loads[0].problems.append(_WARNING)
        for each in loads:
            if each.id not in tagged or not self._by_tag:
                there[each.id] |= self._referred(each)
        return {
            each.id: sorted(
                place
                for place in there[each.id].difference(each.put)
                if place.partition("/")[2].startswith(f"{each.id}-")
            )
            for each in loads
        }

    def _find(
        self,
        type_: str,
        tags: list[str],
        own: set[str],
        there: dict[str, set[str]],
        tagged: set[str],
    ) -> bool:
        """Find what is tagged; False if the server does not search by tag."""
        query = [("_tag", ",".join(tags)), ("_elements", "id,meta"), ("_count", _PAGE)]
        try:
            for page in search(self._client, type_, query, []):
                for entry in page:
                    resource = entry["resource"]
                    found = _records(resource) & own
                    if not found:
                        # It is not what was asked for, and may be all that the server has.
                        return False
                    for id_ in found:
                        there[id_].add(f"{resource['resourceType']}/{resource['id']}")
                        if type_ == STUDY:
                            tagged.add(id_)
        except ServerError as error:
            if error.problems[0].code == REFUSED:
                return False
            raise
        return True

    def _referred(self, load: Load) -> set[str]:
        answer = self._client.get(load.put[0])
        if not answer.ok or answer.resource is None:
            return set()
        gathered = Gathered(self._client, self._version)
        url = f"{self._client.url}/{load.put[0]}"
        gathered.take([{"fullUrl": url, "resource": answer.resource}])
        return {"/".join(entry["fullUrl"].rsplit("/", 2)[1:]) for entry in gathered.entries}


def _records(resource: dict[str, object]) -> set[str]:
    """The ids of the records that a resource is tagged with."""
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    return {
        tag["code"]
        for tag in (tags if isinstance(tags, list) else ())
        if isinstance(tag, dict)
        and tag.get("system") == RECORD_TAG
        and isinstance(tag.get("code"), str)
    }


_WARNING = Problem(
    severity="warning",
    layer="server",
    path="_tag",
    code="purge",
    message="the server does not search by tag: what earlier versions left behind is found by what "
    "the study there refers to",
    link=LINK,
)
