"""Records as what a server is asked to put, and several of them as one transaction.

Every resource has the id that the record and its place in it give, so that to send a record again
changes what is there and adds nothing, and a tag that names the record, by which a later version
finds what an earlier one left behind. A transaction is done as a whole or not at all, and no record
is divided between two. https://hl7.org/fhir/R5/http.html#transaction
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from trialbridge import api
from trialbridge.formats import FORMATS, Format, UnknownFormat, by_name
from trialbridge.mappings.fhir.rest import RECORD_TAG
from trialbridge.mappings.names import root
from trialbridge.schemas.fhir.versions import edition_of
from trialbridge.schemas.problem import Invalid, Problem
from trialbridge.schemas.syntax import exact
from trialbridge.schemas.trial import Trial

BYTES = 4_000_000
"""How large a transaction of several records gets."""

_HEAD = b'{"resourceType":"Bundle","type":"transaction","entry":['


class Load(NamedTuple):
    """A record as the entries that a server is asked to put.

    `name` is that of the source, `id` the record's own, `put` the `Type/id` of each resource, the
    study's first, `digest` that of all entries.
    """

    name: str
    id: str
    put: tuple[str, ...]
    entries: tuple[bytes, ...]
    digest: str
    problems: list[Problem]

    @property
    def size(self) -> int:
        """Its bytes in a transaction."""
        return sum(map(len, self.entries)) + len(self.entries)


def target(to: str | None, stated: str | None) -> Format:
    """The version of FHIR to write: the one that is said, or that the server states.

    Raises UnknownFormat if it is none that is written.
    """
    versions = [each for each in FORMATS if each.edition and each.writer and each.syntax == "json"]
    known = ", ".join(each.name for each in versions)
    if to is not None:
        chosen = by_name(to, "written")
        if chosen not in versions:
            raise UnknownFormat(f"{chosen.name} is not what a FHIR server takes; expected {known}")
        return chosen
    edition = edition_of(stated or "")
    for each in versions:
        if each.edition == edition:
            return each
    said = f"FHIR {stated}" if stated else "no version of FHIR"
    raise UnknownFormat(f"the server states {said}; written are {known}")


def load(name: str, trial: Trial, to: Format) -> Load:
    """A record as what a server is asked to put. Raises Invalid if it is not to be sent."""
    own = root(trial)
    if own == root(Trial()):
        message = "the record has no id of its own, by which a server would know it again"
        raise Invalid(
            [Problem(severity="error", layer="server", path="", code="no-id", message=message)]
        )
    data, problems = api.writing(trial, to, options={"bundle": "transaction"})
    tag = {"system": RECORD_TAG, "code": own}
    entries, put = [], []
    for entry in exact.decode(data)["entry"]:
        meta = entry["resource"].setdefault("meta", {})
        meta["tag"] = [*meta.get("tag", ()), tag]
        entries.append(exact.encode(entry))
        put.append(entry["request"]["url"])
    digest = hashlib.sha256(b"\n".join(entries)).hexdigest()
    return Load(name, own, tuple(put), tuple(entries), digest, problems)


def deletion(place: str) -> bytes:
    """The entry that asks a server to delete `Type/id`."""
    return msgspec.json.encode({"request": {"method": "DELETE", "url": place}})


def transaction(entries: Iterable[bytes]) -> bytes:
    """Entries as a Bundle that a server does as a whole, or not at all."""
    return _HEAD + b",".join(entries) + b"]}"


def grouped(loads: Iterable[Load], most: int) -> Iterator[list[Load]]:
    """Loads in groups of at most `most` resources; a larger record is a group of its own.

    No resource is twice in a group, which no server takes.
    """
    group: list[Load] = []
    taken: set[str] = set()
    entries = size = 0
    for each in loads:
        if group and (
            entries + len(each.put) > most
            or size + each.size > BYTES
            or not taken.isdisjoint(each.put)
        ):
            yield group
            group, taken, entries, size = [], set(), 0, 0
        group.append(each)
        taken.update(each.put)
        entries += len(each.put)
        size += each.size
    if group:
        yield group


def responses(resource: dict[str, Any], expected: int) -> list[dict[str, Any]] | None:
    """The response of each entry of a transaction; None if the answer is not that of one."""
    if resource.get("resourceType") != "Bundle":
        return None
    entries: Any = resource.get("entry", [])
    if not isinstance(entries, list) or len(entries) != expected:
        return None
    found = [entry.get("response") if isinstance(entry, dict) else None for entry in entries]
    if not all(isinstance(each, dict) and isinstance(each.get("status"), str) for each in found):
        return None
    return found  # type: ignore[return-value]


def status(response: dict[str, Any]) -> int:
    """The number of a response's status: `201 Created`."""
    number = response["status"].strip()[:3]
    return int(number) if number.isdecimal() else 0


def of_all(loads: Sequence[Load]) -> list[bytes]:
    """The entries of several loads."""
    return [entry for each in loads for entry in each.entries]
