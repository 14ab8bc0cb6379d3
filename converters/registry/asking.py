"""Records of ClinicalTrials.gov by its API: by id, by query, or all, a page at a time.

https://clinicaltrials.gov/data-api/api
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from trialbridge import api
from trialbridge.io.web import (
    BUSY,
    Connection,
    Later,
    Manner,
    WrongRequest,
    beginning,
    patiently,
    retry_after,
    server_error,
)

URL: Final = "https://clinicaltrials.gov/api/v2"
LINK: Final = "https://clinicaltrials.gov/data-api/api"

RATE: Final = 0.8
"""How many requests a second are made at most, unless it is said: some fifty a minute."""

PAGE: Final = 200
"""How many records a page has, unless it is said; the API gives 1,000 at most."""

PARAMETERS: Final = frozenset(
    {f"query.{name}" for name in ("cond", "term", "locn", "titles", "intr", "outc", "spons")}
    | {"query.lead", "query.id", "query.patient", "aggFilters", "geoDecay", "sort"}
    | {
        f"{kind}.{name}"
        for kind in ("filter", "postFilter")
        for name in ("overallStatus", "geo", "ids", "advanced", "synonyms")
    }
)
"""What a query may say; how its answer looks is ours to say."""

_NCT_ID: Final = re.compile(r"NCT\d{8}")
_IDS: Final = 100
"""How many ids are asked for in one request: a url has its limits."""

failed = server_error(LINK)


class _Id(msgspec.Struct):
    nctId: str


class _Identified(msgspec.Struct):
    identificationModule: _Id


class _Study(msgspec.Struct):
    protocolSection: _Identified


class _Page(msgspec.Struct):
    studies: list[msgspec.Raw]
    nextPageToken: str | None = None
    totalCount: int | None = None


class _Version(msgspec.Struct):
    apiVersion: str
    dataTimestamp: str = ""


class Fetched(NamedTuple):
    """A page: the id and the JSON of each record, as the registry gives it.

    `number` counts the pages from 1, `total` is how many records the registry says there are, where
    it does; `following` asks for the next page, and is None at the last.
    """

    number: int
    records: list[tuple[str, bytes]]
    total: int | None
    following: Place | None


class Place(NamedTuple):
    """Where a page is: in which group of ids (0 where none are asked for), by which token."""

    group: int = 0
    token: str | None = None


class Wanted(NamedTuple):
    """What is asked for: ids, or parameters of a query; neither is all that there is."""

    ids: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()


def wanted(ids: Iterable[str] = (), query: Mapping[str, str] | None = None) -> Wanted:
    """Check what is asked for. Raises WrongRequest."""
    asked = tuple(dict.fromkeys(each.strip().upper() for each in ids))
    wrong = [each for each in asked if not _NCT_ID.fullmatch(each)]
    if wrong:
        raise WrongRequest(f"{wrong[0]!r} is no NCT id, expected NCT and eight digits")
    parameters = dict(query or {})
    unknown = sorted(parameters.keys() - PARAMETERS)
    if unknown:
        known = ", ".join(sorted(PARAMETERS))
        raise WrongRequest(f"{unknown[0]!r} is no parameter of a query, expected one of {known}")
    if asked and "filter.ids" in parameters:
        raise WrongRequest("ids are given, and filter.ids: give the ids once")
    return Wanted(asked, tuple(sorted(parameters.items())))


class Registry(Connection):
    """The registry's API at its base url, asked politely. Used by one thread, closed by `with`.

    `rate` is the most requests a second. `cache` is a folder for answers: one is used again as
    long as the registry says that its data are of the same time.
    """

    def __init__(
        self,
        *,
        url: str = URL,
        manner: Manner | None = None,
        rate: float = RATE,
        page: int = PAGE,
        cache: str | os.PathLike[str] | None = None,
    ) -> None:
        """Raises MissingExtra without the extra `server`, WrongRequest for what is no url."""
        self.url = url.rstrip("/")
        if not re.match(r"https?://[^/?#]+", self.url):
            raise WrongRequest(f"{url!r} is no url, expected http://... or https://...")
        self._every = 1 / rate if rate > 0 else 0.0
        self._next = 0.0
        self._size = page
        self._cache = os.fspath(cache) if cache is not None else None
        self._limit = max(api.size_limit(), 16 * api.SIZE_LIMIT)
        super().__init__(manner or Manner(), {"Accept": "application/json"})

    def version(self) -> str:
        """Say of which time the registry's data are: `2026-11-26T09:00:05`."""
        answer = self._asked("/version", {}, msgspec.json.Decoder(_Version))
        found: _Version = answer[0]
        return found.dataTimestamp or found.apiVersion

    def pages(
        self, asked: Wanted, place: Place | None = None, number: int = 1
    ) -> Iterator[Fetched]:
        """Give the pages of what is asked for, from a place on. Raises ServerError."""
        groups = [asked.ids[i : i + _IDS] for i in range(0, len(asked.ids), _IDS)] or [()]
        stamp = self.version() if self._cache is not None else ""
        at: Place | None = place or Place()
        while at is not None:
            parameters = dict(asked.query)
            if groups[at.group]:
                parameters["filter.ids"] = ",".join(groups[at.group])
            parameters["pageSize"] = str(self._size)
            parameters["format"] = "json"
            if number == 1:
                parameters["countTotal"] = "true"
            if at.token is not None:
                parameters["pageToken"] = at.token
            page = self._page(parameters, stamp)
            following: Place | None = None
            if page.nextPageToken:
                following = Place(at.group, page.nextPageToken)
            elif at.group + 1 < len(groups):
                following = Place(at.group + 1)
            records = [(study_id(study), bytes(study)) for study in page.studies]
            total = len(asked.ids) or page.totalCount
            yield Fetched(number, records, total, following)
            at = following
            number += 1

    def _page(self, parameters: dict[str, str], stamp: str) -> _Page:
        decoder = msgspec.json.Decoder(_Page)
        if self._cache is None:
            page: _Page = self._asked("/studies", parameters, decoder)[0]
            return page
        key = f"{self.url} {stamp} {urlencode(sorted(parameters.items()))}"
        name = hashlib.sha256(key.encode()).hexdigest()
        path = os.path.join(self._cache, f"{name}.json.gz")
        import gzip

        try:
            with gzip.open(path, "rb") as file:
                return decoder.decode(file.read())
        except (OSError, EOFError, msgspec.DecodeError):
            # It is not there, or was not written whole.
            pass
        from trialbridge.io.files import packed, replaced

        page, data = self._asked("/studies", parameters, decoder)
        replaced(path, packed(data, "gzip"))
        return page

    def _asked(
        self, path: str, parameters: dict[str, str], decoder: msgspec.json.Decoder[Any]
    ) -> tuple[Any, bytes]:
        """Ask until there is an answer that can be decoded; give it, and its bytes."""
        place = self.url + path
        shown = f"GET {place}" + (f"?{urlencode(parameters)}" if parameters else "")

        def later(answer: _Answer) -> Later | None:
            if answer.status in BUSY:
                return Later(_words(answer), "busy", retry_after(answer.retry_after))
            # A gateway's page in place of the answer: the next may be right.
            if answer.status == 200 and answer.found is None:
                return Later(f"the answer is no such JSON: {_start(answer.data)}", "not-json")
            return None

        answer = patiently(
            shown,
            self.manner,
            lambda: self._sent(shown, place, parameters, decoder),
            later,
            failed,
        )
        if answer.status != 200:
            code = "not-found" if answer.status == 404 else "refused"
            raise failed(shown, code, _words(answer))
        return answer.found, answer.data

    def _sent(
        self,
        shown: str,
        place: str,
        parameters: dict[str, str],
        decoder: msgspec.json.Decoder[Any],
    ) -> _Answer:
        now = time.monotonic()
        if now < self._next:
            self.manner.sleep(self._next - now)
        self._next = max(now, self._next) + self._every
        answer = self.once(
            "GET",
            place,
            limit=self._limit,
            too_large=lambda said: failed(shown, "size", f"{said}: ask for smaller pages"),
            params=parameters,
        )
        found = None
        if answer.status == 200:
            try:
                found = decoder.decode(answer.data)
            except msgspec.DecodeError:
                found = None
        return _Answer(answer.status, answer.data, found, answer.headers.get("Retry-After", ""))


class _Answer(NamedTuple):
    status: int
    data: bytes
    found: Any
    retry_after: str


def _words(answer: _Answer) -> str:
    return f"{answer.status}: {_start(answer.data)}"


def _start(data: bytes) -> str:
    return beginning(data) if data.strip() else "it is empty"


def study_id(study: msgspec.Raw) -> str:
    """Give the NCT id of a study in JSON; empty where it has none."""
    try:
        return msgspec.json.decode(study, type=_Study).protocolSection.identificationModule.nctId
    except msgspec.DecodeError:
        return ""
