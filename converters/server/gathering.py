"""A study on a server and all that it refers to.

https://hl7.org/fhir/R5/search.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from trialbridge.schemas.fhir.digests.definitions import Version, definitions
from trialbridge.schemas.problem import Problem
from trialbridge.server.client import LINK, Client, failed, in_urls
from trialbridge.server.outcome import Answer, told, words

MOST = 20_000
"""The most resources of one study."""

STUDY = "ResearchStudy"
REFUSED = "refused"
"""The code of a search that the server does not do."""

_PLACE = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]+)?")
_CANONICALS = frozenset({"definitionCanonical", "resource"})
_PAGES = 10_000

Place = tuple[str, str]
"""The type and the id of a resource."""


class Gathered:
    """The resources of one study, the study first, as entries of a Bundle, and warnings."""

    def __init__(self, client: Client, version: Version) -> None:
        self.entries: list[dict[str, Any]] = []
        self.problems: list[Problem] = []
        self._client = client
        self._types = definitions(version).resources
        self._known: set[Place] = set()
        self._full: set[str] = set()
        self._urls: set[str] = set()

    def take(self, entries: Sequence[dict[str, Any]]) -> None:
        """Take these resources and all that they refer to, but no other study.

        Raises ServerError if the server cannot be used, or these are more than MOST.
        """
        new = [entry for entry in entries if self._add(entry)]
        while new:
            places: list[Place] = []
            canonicals: list[str] = []
            for entry in new:
                base = entry["fullUrl"].rsplit("/", 2)[0]
                for key, value in _links(entry["resource"]):
                    if key == "reference":
                        place = self._place(value.removeprefix(f"{base}/"))
                        if place and place not in self._known and place[0] != STUDY:
                            self._known.add(place)
                            places.append(place)
                    elif (url := value.partition("|")[0]) not in self._urls:
                        self._urls.add(url)
                        canonicals.append(url)
            new = [*self._referred(places), *self._published(canonicals)]

    def _add(self, entry: dict[str, Any]) -> bool:
        resource = entry["resource"]
        type_, id_, url = resource.get("resourceType"), resource.get("id"), resource.get("url")
        if entry["fullUrl"] in self._full:
            return False
        if len(self.entries) == MOST:
            message = f"the study refers to more than {MOST:,} resources"
            raise failed(f"GET {entry['fullUrl']}", "size", message)
        self._full.add(entry["fullUrl"])
        self._known.add((type_, id_))
        if isinstance(url, str):
            self._urls.add(url)
        self.entries.append(entry)
        return True

    def _place(self, reference: str) -> Place | None:
        found = _PLACE.fullmatch(reference)
        return (found[1], found[2]) if found and found[1] in self._types else None

    def _referred(self, places: Sequence[Place]) -> list[dict[str, Any]]:
        by_type: dict[str, list[str]] = defaultdict(list)
        for type_, id_ in places:
            by_type[type_].append(id_)
        found: list[dict[str, Any]] = []
        for type_, ids in by_type.items():
            for part in in_urls(ids):
                found += self._by_id(type_, part)
        return [entry for entry in found if self._add(entry)]

    def _by_id(self, type_: str, ids: list[str]) -> Iterator[dict[str, Any]]:
        """Those with one of these ids: by a search, and what that does not find one by one."""
        missing = dict.fromkeys(ids)
        if len(ids) > 1:
            query = [("_id", ",".join(ids)), ("_count", str(len(ids)))]
            answer = self._client.get(type_, query)
            for entry in found_in(answer, self._client.url) if answer.ok else ():
                resource = entry["resource"]
                if resource["resourceType"] == type_ and resource.get("id") in missing:
                    del missing[resource["id"]]
                    yield entry
        for id_ in missing:
            answer = self._client.get(f"{type_}/{id_}")
            if answer.ok and answer.resource and answer.resource["resourceType"] == type_:
                url = f"{self._client.url}/{type_}/{id_}"
                yield {"fullUrl": url, "resource": answer.resource}
            else:
                self._warn(f"{type_}/{id_}", words(answer))

    def _published(self, urls: Sequence[str]) -> list[dict[str, Any]]:
        """Those that canonical urls name, whose types are in them."""
        found: list[dict[str, Any]] = []
        by_type: dict[str, list[str]] = defaultdict(list)
        for url in urls:
            type_ = url.rpartition("/")[0].rpartition("/")[2]
            if type_ in self._types and type_ != STUDY:
                by_type[type_].append(url)
        for type_, named in by_type.items():
            missing = set(named)
            for part in in_urls(named):
                query = [("url", ",".join(part)), ("_count", str(len(part)))]
                answer = self._client.get(type_, query)
                for entry in found_in(answer, self._client.url) if answer.ok else ():
                    if entry["resource"].get("url") in missing:
                        missing.discard(entry["resource"]["url"])
                        found.append(entry)
            for url in sorted(missing):
                # Where a server does not search by url: ours have the id that the url ends with.
                place = self._place("/".join(url.rsplit("/", 2)[1:]))
                if place is None or place in self._known:
                    continue
                answer = self._client.get("/".join(place))
                if answer.resource and answer.resource.get("url") == url:
                    full = f"{self._client.url}/{'/'.join(place)}"
                    found.append({"fullUrl": full, "resource": answer.resource})
        return [entry for entry in found if self._add(entry)]

    def _warn(self, place: str, said: str) -> None:
        self.problems.append(
            Problem(
                severity="warning",
                layer="server",
                path=place,
                code="unresolved",
                message=f"is referred to, and not on the server: {said}",
                link=LINK,
            )
        )


def search(
    client: Client, type_: str, query: Sequence[tuple[str, str]], problems: list[Problem]
) -> Iterator[list[dict[str, Any]]]:
    """The entries of each page of a search; what the server says of the search is a warning.

    Raises ServerError if the server refuses it.
    """
    answer = client.get(type_, query)
    seen: set[str] = set()
    while True:
        resource = answer.resource
        if not answer.ok or resource is None or resource.get("resourceType") != "Bundle":
            raise failed(answer.request, REFUSED, words(answer))
        said = filter(None, (told(entry.get("resource")) for entry in _entries(resource)))
        problems += (_remark(answer.request, each) for each in said)
        yield list(found_in(answer, client.url))
        url = _next(resource)
        if url is None:
            return
        if url in seen or len(seen) == _PAGES:
            raise failed(answer.request, "paging", "the pages of the search do not end")
        seen.add(url)
        # The server may go by another name than it was asked by: nobody else is asked for a page.
        parts = urlsplit(url)
        below = type_ if parts.path.rstrip("/").endswith(f"/{type_}") else ""
        answer = client.get(below, parse_qsl(parts.query, keep_blank_values=True))


def _remark(request: str, said: str) -> Problem:
    return Problem(
        severity="warning",
        layer="server",
        path=request,
        code="search",
        message=f"the server says of the search: {said}",
        link=LINK,
    )


def found_in(answer: Answer, url: str) -> Iterator[dict[str, Any]]:
    """The resources that a search found, as entries, without what came along with them."""
    for entry in _entries(answer.resource or {}):
        resource = entry.get("resource")
        mode = entry.get("search")
        if isinstance(mode, dict) and mode.get("mode", "match") != "match":
            continue
        if not isinstance(resource, dict):
            continue
        type_, id_ = resource.get("resourceType"), resource.get("id")
        if isinstance(type_, str) and isinstance(id_, str) and type_ != "OperationOutcome":
            full = entry.get("fullUrl")
            place = f"{type_}/{id_}"
            if not (isinstance(full, str) and full.endswith(f"/{place}")):
                full = f"{url}/{place}"
            yield {"fullUrl": full, "resource": resource}


def _entries(bundle: dict[str, Any]) -> Iterator[dict[str, Any]]:
    entries = bundle.get("entry")
    return (e for e in (entries if isinstance(entries, list) else ()) if isinstance(e, dict))


def _next(bundle: dict[str, Any]) -> str | None:
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            url = link.get("url")
            return url if isinstance(url, str) else None
    return None


def _links(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _links(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from _links(value, key)
    elif isinstance(node, str) and (key == "reference" or key in _CANONICALS):
        yield key, node
