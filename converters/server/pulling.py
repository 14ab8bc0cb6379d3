"""Read studies from a FHIR server, each with all that it refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from trialbridge import api
from trialbridge.io.web import Manner, WrongRequest
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax import exact
from trialbridge.server.client import LINK, Client, failed
from trialbridge.server.gathering import STUDY, Gathered, search
from trialbridge.server.loads import target
from trialbridge.server.outcome import words
from trialbridge.server.pushing import capability
from trialbridge.sources.reading import Record

LIMIT = 1_000
"""How many studies of a search are read, unless another limit is set."""

_ID = re.compile(rf"(?:{STUDY}/)?([A-Za-z0-9.-]{{1,64}})")


def pull(
    url: str, what: str, *, limit: int = LIMIT, manner: Manner | None = None
) -> Iterator[Record]:
    """Read studies from the FHIR server at a base url, each with all that it refers to.

    `what` is `ResearchStudy/ID`, or a search such as `?condition=1234` or
    `ResearchStudy?identifier=NCT00000001`, of which at most `limit` studies are read. Each is a
    Record, as `records` gives them: one that cannot be read as a trial says why.

    Nothing is asked of the server before the first record is asked for. Then it raises ServerError
    if the server cannot be used, does not have the study, or refuses the search; WrongRequest (a
    ValueError) for what is no url or no such request; MissingExtra (an ImportError) without the
    extra `server`.
    """
    id_, query = wanted(what)
    with Client(url, manner or Manner()) as client:
        format = target(None, capability(client).get("fhirVersion"))
        version: Version = format.edition  # type: ignore[assignment]
        problems: list[Problem] = []
        for number, entry in enumerate(_studies(client, id_, query, problems)):
            if number == limit:
                yield Record(f"{client.url}/{STUDY}", None, None, [_more(limit)])
                return
            gathered = Gathered(client, version)
            gathered.take([entry])
            told = [*problems, *gathered.problems]
            problems.clear()
            name = f"{client.url}/{STUDY}/{entry['resource']['id']}"
            bundle = {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": gathered.entries,
            }
            try:
                found = api.reading(exact.encode(bundle), format.name)
            except ReadError as error:
                yield Record(name, format.name, None, [*told, *error.problems])
            else:
                yield Record(name, format.name, found.trial, [*told, *found.problems])


def wanted(what: str) -> tuple[str | None, list[tuple[str, str]]]:
    """The id of a study, or the query of a search. Raises WrongRequest if it is neither."""
    path, mark, query = what.partition("?")
    if mark and path in ("", STUDY):
        return None, parse_qsl(query, keep_blank_values=True)
    found = _ID.fullmatch(what)
    if found:
        return found[1], []
    message = f"{what!r} is not a study on a server, expected {STUDY}/ID or ?NAME=VALUE&..."
    raise WrongRequest(message)


def _studies(
    client: Client, id_: str | None, query: list[tuple[str, str]], problems: list[Problem]
) -> Iterator[dict[str, Any]]:
    """The entry of each study that is wanted."""
    if id_ is None:
        for page in search(client, STUDY, query, problems):
            yield from (entry for entry in page if entry["resource"]["resourceType"] == STUDY)
        return
    answer = client.get(f"{STUDY}/{id_}")
    if not answer.ok or answer.resource is None or answer.resource["resourceType"] != STUDY:
        raise failed(answer.request, "absent", f"no {STUDY}: {words(answer)}")
    yield {"fullUrl": f"{client.url}/{STUDY}/{id_}", "resource": answer.resource}


def _more(limit: int) -> Problem:
    return Problem(
        severity="error",
        layer="server",
        path=STUDY,
        code="limit",
        message=f"the search finds more studies than the limit of {limit:,}; the rest is not read",
        link=LINK,
    )
