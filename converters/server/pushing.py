"""Put records on a FHIR server: whole, again without doubles, and what is refused is told."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

from trialbridge.formats import Format
from trialbridge.io.web import Manner, ServerError
from trialbridge.schemas.fhir.digests.definitions import Version
from trialbridge.schemas.problem import Problem, ProblemError
from trialbridge.server.client import LINK, Client, failed
from trialbridge.server.journal import Journal
from trialbridge.server.left_behind import WRITTEN, LeftBehind
from trialbridge.server.loads import (
    Load,
    deletion,
    grouped,
    load,
    of_all,
    responses,
    status,
    target,
    transaction,
)
from trialbridge.server.outcome import Answer, told, words
from trialbridge.sources.reading import SKIPPED, Readable, records

ENTRIES = 200
"""How many resources a transaction of several records gets."""

# A server that fails at each record fails at the next.
_FAILURES = 5

Fate = Literal["created", "updated", "unchanged", "refused", "unread", "skipped", "planned"]
"""What became of a record.

`unchanged`: the journal says that the server has it. `refused`: by the server, or not to be sent.
`unread`: of what could not be read, or not be written. `skipped`: a file that is no record.
`planned`: of a dry run.
"""


class Delivery(NamedTuple):
    """What became of one record.

    `name` is that of its source, `place` the study's on the server (`ResearchStudy/NCT00000001`),
    empty where it has none. `resources` counts what was put, `deleted` lists what an earlier
    version had left behind. `problems` say why, or are warnings.
    """

    name: str
    place: str
    fate: Fate
    resources: int
    deleted: list[str]
    problems: list[Problem]


class Pushed(NamedTuple):
    """What became of all records: how many of each fate, and the deliveries that failed."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    unread: int = 0
    skipped: int = 0
    planned: int = 0
    resources: int = 0
    deleted: int = 0
    transactions: int = 0
    failed: tuple[Delivery, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all records are on the server."""
        return not self.failed


class PushStopped(ServerError):
    """The server cannot be used any more; `pushed` is what was done until then."""

    def __init__(self, problems: list[Problem], pushed: Pushed) -> None:
        super().__init__(problems)
        self.pushed = pushed

    def __reduce__(self) -> tuple[type[PushStopped], tuple[list[Problem], Pushed]]:  # type: ignore[override]
        return type(self), (self.problems, self.pushed)


class Wish(NamedTuple):
    """How records are put on a server."""

    purge: bool = False
    dry_run: bool = False
    entries: int = ENTRIES
    journal: str | os.PathLike[str] | None = None


def push(
    url: str,
    source: Readable | Iterable[Readable],
    *,
    to: str | None = None,
    format: str | None = None,
    purge: bool = False,
    dry_run: bool = False,
    entries: int = ENTRIES,
    resume: str | os.PathLike[str] | None = None,
    manner: Manner | None = None,
    told: Callable[[Delivery], None] | None = None,
) -> Pushed:
    """Put the records of sources, which `records` takes, on the FHIR server at a base url.

    Each resource is put at an id of its record, so that to push again changes and adds nothing
    twice. A record is in one transaction, which the server does as a whole or not at all; small
    records share one, up to `entries` resources. `to` is a version of FHIR, by default the one that
    the server states. `purge` deletes, in the same transaction, what an earlier version of a record
    has left behind. `resume` is a file that notes what the server has taken, which is not sent
    again. `dry_run` sends nothing. `told` gets what became of each record as soon as it is known.

    Raises PushStopped (a ServerError) if the server cannot be used, or not any more; UnknownFormat
    (a ValueError) for a version that is not written; WrongRequest (a ValueError) for what is no
    url; OSError for the file of `resume`; MissingExtra (an ImportError) without the extra `server`.
    """
    wish = Wish(purge=purge, dry_run=dry_run, entries=entries, journal=resume)
    with Client(url, manner or Manner()) as client:
        return _Push(client, wish, told).run(source, to, format)


class _Push:
    """One call: the server, what is wished, and what became of the records until now."""

    def __init__(self, client: Client, wish: Wish, tell: Callable[[Delivery], None] | None) -> None:
        self._client = client
        self._wish = wish
        self._tell = tell
        self._counts: Counter[str] = Counter()
        self._failed: list[Delivery] = []
        self._journal: Journal | None = None
        self._left: LeftBehind | None = None
        self._seen: dict[str, str] = {}
        self._failures = 0

    def run(
        self, source: Readable | Iterable[Readable], to: str | None, format: str | None
    ) -> Pushed:
        with ExitStack() as stack:
            try:
                chosen = self._ready(to)
                if self._wish.journal is not None:
                    journal = Journal(self._wish.journal, self._client.url)
                    self._journal = stack.enter_context(journal)
                for group in grouped(self._loads(source, chosen, format), self._wish.entries):
                    self._put(group)
            except ServerError as error:
                raise PushStopped(error.problems, self._pushed()) from error
        return self._pushed()

    def _pushed(self) -> Pushed:
        return Pushed(**self._counts, failed=tuple(self._failed))

    def _ready(self, to: str | None) -> Format:
        """Find what the server speaks, and whether it does what is needed."""
        if to is not None and not self._wish.purge:
            return target(to, None)
        statement = capability(self._client)
        chosen = target(to, statement.get("fhirVersion"))
        if not does_transactions(statement):
            message = (
                "the server states that it does no transactions, without which half a record may "
                "arrive"
            )
            raise failed(f"POST {self._client.url}", "not-supported", message)
        if self._wish.purge:
            version: Version = chosen.edition  # type: ignore[assignment]
            self._left = LeftBehind(self._client, version, types(statement) or set(WRITTEN))
        return chosen

    def _loads(
        self, source: Readable | Iterable[Readable], to: Format, format: str | None
    ) -> Iterator[Load]:
        """What is to be sent; what became of the other records is told."""
        for record in records(source, format=format):
            if record.trial is None:
                skipped = all(each.code == SKIPPED for each in record.problems)
                self._ended(record.name, "skipped" if skipped else "unread", record.problems)
                continue
            try:
                made = load(record.name, record.trial, to)
            except ProblemError as error:
                self._ended(record.name, "refused", [*record.problems, *error.problems])
                continue
            made.problems[:0] = record.problems
            if made.id in self._seen:
                made.problems.append(_again(made, self._seen[made.id]))
            self._seen[made.id] = record.name
            if self._journal and self._journal.has(made, purged=self._wish.purge):
                self._ended(record.name, "unchanged", made.problems, made)
                continue
            yield made

    def _put(self, loads: list[Load]) -> None:
        """Send loads as one transaction; if that is refused, each by itself."""
        left = self._left.of(loads) if self._left else {}
        if self._wish.dry_run:
            self._counts["transactions"] += 1
            for each in loads:
                self._ended(each.name, "planned", each.problems, each, left.get(each.id, []))
            return
        orphans = [place for each in loads for place in left.get(each.id, ())]
        body = transaction([*map(deletion, orphans), *of_all(loads)])
        answer = self._client.post(body)
        refused = self._refusal(answer, len(orphans) + sum(len(each.put) for each in loads))
        if refused is None:
            self._took(loads, left, answer.resource or {}, len(orphans))
        elif len(loads) > 1:
            # One of them may be what is wrong, or all together too large.
            for each in loads:
                self._put([each])
        elif orphans:
            (only,) = loads
            only.problems.append(_kept(only, orphans, refused))
            self._send_alone(only)
        else:
            self._refused(loads[0], answer, refused)

    def _send_alone(self, only: Load) -> None:
        """Send a load without deleting anything."""
        answer = self._client.post(transaction(only.entries))
        refused = self._refusal(answer, len(only.put))
        if refused is None:
            self._took([only], {}, answer.resource or {}, 0, purged=False)
        else:
            self._refused(only, answer, refused)

    def _refusal(self, answer: Answer, expected: int) -> str | None:
        """Why a transaction was not done; None if it was. Raises ServerError for no answer of FHIR.

        A status that is not of the request but of the url has no OperationOutcome.
        """
        if answer.status == HTTPStatus.NOT_FOUND and not told(answer.resource):
            raise failed(answer.request, "not-fhir", f"no FHIR server: {words(answer)}")
        if not answer.ok or answer.resource is None:
            return words(answer)
        found = responses(answer.resource, expected)
        if found is None:
            message = f"the answer is not that of a transaction with {expected} entries"
            raise failed(answer.request, "not-fhir", f"{message}: {words(answer)}")
        for each in found:
            if status(each) >= 400:
                said = told(each.get("outcome"))
                return f"{each['status']}: {said}" if said else str(each["status"])
        return None

    def _took(
        self,
        loads: list[Load],
        left: dict[str, list[str]],
        answer: dict[str, Any],
        skip: int,
        *,
        purged: bool = True,
    ) -> None:
        self._failures = 0
        self._counts["transactions"] += 1
        found = responses(answer, skip + sum(len(each.put) for each in loads)) or []
        at = skip
        for each in loads:
            fate: Fate = "created" if status(found[at]) == HTTPStatus.CREATED else "updated"
            at += len(each.put)
            if self._journal:
                self._journal.took(each, purged=purged and self._wish.purge)
            self._ended(each.name, fate, each.problems, each, left.get(each.id, []))

    def _refused(self, only: Load, answer: Answer, why: str) -> None:
        problem = Problem(
            severity="error",
            layer="server",
            path=only.put[0],
            code="refused",
            message=f"the server refuses it: {why}",
            link=LINK,
        )
        self._ended(only.name, "refused", [*only.problems, problem], only)
        self._failures = self._failures + 1 if answer.status >= 500 else 0
        if self._failures == _FAILURES:
            message = f"it failed at {_FAILURES} records one after another"
            raise failed(answer.request, "failing", message)

    def _ended(
        self,
        name: str,
        fate: Fate,
        problems: list[Problem],
        made: Load | None = None,
        deleted: list[str] | None = None,
    ) -> None:
        sent = fate in ("created", "updated", "planned")
        delivery = Delivery(
            name=name,
            place=made.put[0] if made else "",
            fate=fate,
            resources=len(made.put) if made and sent else 0,
            deleted=deleted or [],
            problems=problems,
        )
        self._counts[fate] += 1
        self._counts["resources"] += delivery.resources
        self._counts["deleted"] += len(delivery.deleted)
        if fate in ("refused", "unread"):
            self._failed.append(delivery)
        if self._tell is not None:
            self._tell(delivery)


def capability(client: Client) -> dict[str, Any]:
    """The server's CapabilityStatement. Raises ServerError if it has none.

    https://hl7.org/fhir/R5/capabilitystatement.html
    """
    answer = client.get("metadata")
    resource = answer.resource
    if not answer.ok or resource is None or resource["resourceType"] != "CapabilityStatement":
        message = f"no CapabilityStatement of a FHIR server: {words(answer)}"
        raise failed(answer.request, "not-fhir", message)
    return resource


def does_transactions(statement: dict[str, Any]) -> bool:
    """Whether a server does transactions, or states nothing of it."""
    stated = [
        each.get("code") for rest in _rest(statement) for each in _dicts(rest.get("interaction"))
    ]
    return not stated or "transaction" in stated


def types(statement: dict[str, Any]) -> set[str]:
    """The types of resources that a server has, as far as it states them."""
    return {
        each["type"]
        for rest in _rest(statement)
        for each in _dicts(rest.get("resource"))
        if isinstance(each.get("type"), str)
    }


def _rest(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return _dicts(statement.get("rest"))


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))


def _again(made: Load, first: str) -> Problem:
    return Problem(
        severity="warning",
        layer="server",
        path=made.put[0],
        code="again",
        message=f"{first} is of the same record; this takes its place",
    )


def _kept(only: Load, orphans: list[str], why: str) -> Problem:
    shown = ", ".join(orphans[:3]) + (f" and {len(orphans) - 3} more" if orphans[3:] else "")
    return Problem(
        severity="warning",
        layer="server",
        path=only.put[0],
        code="purge",
        message=f"{shown} of an earlier version cannot be deleted: {why}",
        link=LINK,
    )
