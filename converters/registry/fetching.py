"""Fetch records of the registry into a file: each once, whole pages, to go on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from trialbridge.io.files import replaced
from trialbridge.io.web import Manner
from trialbridge.registry.asking import (
    PAGE,
    RATE,
    URL,
    Fetched,
    Place,
    Registry,
    Wanted,
    study_id,
    wanted,
)


class Summary(msgspec.Struct):
    """What was fetched: `repeated` are records that came again and were left out."""

    records: int = 0
    repeated: int = 0
    pages: int = 0
    resumed: int = 0
    total: int | None = None
    missing: list[str] = []
    """The ids that were asked for and are not there."""


class Changed(ValueError):
    """A file that another request was writing, or that is no longer as it was."""


class _State(msgspec.Struct):
    """How far a file is: its whole pages end at `size` bytes, the next page is at `place`."""

    url: str
    asked: Wanted
    page: int
    number: int
    size: int
    place: Place | None
    total: int | None


def fetch(
    out: str | os.PathLike[str],
    *,
    ids: Iterable[str] = (),
    query: Mapping[str, str] | None = None,
    url: str = URL,
    manner: Manner | None = None,
    rate: float = RATE,
    page: int = PAGE,
    cache: str | os.PathLike[str] | None = None,
    resume: bool = False,
    told: Callable[[Summary], None] | None = None,
) -> Summary:
    """Fetch records of ClinicalTrials.gov into a file of NDJSON: by id, by query, or all.

    `query` has the parameters of the API's search: `{"query.cond": "psoriasis"}`. A record is a
    line, the registry's own JSON, in the registry's order, and each comes once. Beside the file is
    `.NAME.fetch` until all is there: with `resume` a fetch that was stopped goes on after its last
    whole page. `rate` is the most requests a second, `page` the records of a page, `cache` a
    folder of answers that are used again while the registry's data are of the same time.

    Raises WrongRequest and Changed (ValueErrors), MissingExtra, ServerError if the registry
    cannot be used, and OSError.
    """
    path = os.fspath(out)
    asked = wanted(ids, query)
    state_path = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.fetch")
    summary = Summary()
    seen: set[bytes] = set()
    state = _State(url.rstrip("/"), asked, page, 1, 0, Place(), None)
    if resume and os.path.exists(state_path):
        state = _resumed(state_path, path, state, seen, summary)
    elif os.path.exists(path):
        raise Changed(f"{path} is there already: give another name, or resume what was stopped")
    if state.place is not None:
        with (
            Registry(url=url, manner=manner, rate=rate, page=page, cache=cache) as registry,
            open(path, "ab") as file,
        ):
            if not state.size:
                _write_state(state_path, state)
            for found in registry.pages(asked, state.place, state.number):
                _put(found, file, seen, summary)
                state.number, state.place = found.number + 1, found.following
                state.total = state.total if found.total is None else found.total
                file.flush()
                state.size = file.tell()
                _write_state(state_path, state)
                if told:
                    summary.total = state.total
                    told(summary)
    summary.total = state.total
    summary.missing = [each for each in asked.ids if _key(each) not in seen]
    os.unlink(state_path)
    return summary


def _put(found: Fetched, file: Any, seen: set[bytes], summary: Summary) -> None:
    summary.pages += 1
    for own, data in found.records:
        key = _key(own or data.decode(errors="replace"))
        if key in seen:
            summary.repeated += 1
            continue
        seen.add(key)
        # The registry puts a study on a line; whoever lays it out is made to.
        line = msgspec.json.format(data, indent=-1) if b"\n" in data else data
        file.write(line + b"\n")
        summary.records += 1


def _key(own: str) -> bytes:
    return hashlib.blake2b(own.encode(), digest_size=8).digest()


def _resumed(
    state_path: str, path: str, mine: _State, seen: set[bytes], summary: Summary
) -> _State:
    """Take up what was fetched: cut off what came after the last whole page."""
    with open(state_path, "rb") as file:
        try:
            state = msgspec.json.decode(file.read(), type=_State)
        except msgspec.DecodeError as error:
            raise Changed(f"{state_path} says nothing of a fetch: {error}") from error
    if (state.url, state.asked, state.page) != (mine.url, mine.asked, mine.page):
        raise Changed(f"the fetch into {path} was begun with another request: {_said(state)}")
    with open(path, "ab") as file:
        if file.tell() < state.size:
            raise Changed(f"{path} is shorter than it was: fetch it anew")
        file.truncate(state.size)
    with open(path, "rb") as file:
        for line in file:
            seen.add(
                _key(study_id(msgspec.Raw(line)) or line.rstrip(b"\n").decode(errors="replace"))
            )
            summary.resumed += 1
    summary.records = summary.resumed
    return state


def _said(state: _State) -> str:
    return json.dumps(
        {"url": state.url, "ids": len(state.asked.ids), "page": state.page}
        | dict(state.asked.query)
    )


def _write_state(path: str, state: _State) -> None:
    replaced(path, msgspec.json.encode(state))
