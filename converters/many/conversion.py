"""Turn one source into the documents of its records, whatever happens."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Final, NamedTuple

from trialbridge import api
from trialbridge.faults import fault
from trialbridge.formats import by_name
from trialbridge.homes import counted
from trialbridge.many.designs import kind_of
from trialbridge.many.shapes import Parts, Shape, shaped
from trialbridge.mappings.codec import Home
from trialbridge.running.workers import Budget, in_turn
from trialbridge.schemas.problem import Invalid, Problem, ReadError
from trialbridge.schemas.trial import Trial
from trialbridge.sources import Source
from trialbridge.sources.reading import SKIPPED, Readable, Record, records_of, sources_of

_OTHER: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST: Final = 100


class Conversion(NamedTuple):
    """What became of a record.

    `name` says where it is in its source: `page.json#/studies/3`. `id` is its register's id, None
    where it has none. `format` is the name of the format it was read from, None where that is
    unknown. `data` is the document, None where there is none; `problems` then say why, and are
    warnings otherwise. For a run into a folder, `homes` counts the values of the record by their
    homes in the format, `parts` are what is to be written in place of `data`, which is empty, and
    `design` is the kind of its design (`many.designs`).
    """

    name: str
    id: str | None
    format: str | None
    data: bytes | None
    problems: list[Problem]
    homes: Mapping[Home, int] = {}
    parts: Parts = ()
    design: str = ""

    @property
    def skipped(self) -> bool:
        """Tell if it is no record at all: a file of another kind in a folder or archive."""
        return self.data is None and [problem.code for problem in self.problems] == [SKIPPED]


class Wish(NamedTuple):
    """What is to be made of each record."""

    to: str
    format: str | None = None
    options: Mapping[str, object] = {}
    validate: bool = True
    homes: bool = False
    shape: Shape | None = None


def conversions(
    source: Readable | Iterable[Readable],
    to: str,
    *,
    format: str | None = None,
    options: Mapping[str, object] | None = None,
    validate: bool = True,
    workers: int = 1,
    timeout: float | None = None,
    memory: int | None = None,
) -> Iterator[Conversion]:
    """Convert all records of a source, or of several, one after another.

    The sources are those of `trialbridge.records`, the other arguments those of `convert`. More
    than one of `workers` is so many processes; the order stays. `timeout` is the most seconds, and
    `memory` the most bytes of a process, that a source may take: what takes more is stopped, and
    is its own problem.

    What cannot be converted is a Conversion with its problems; exceptions are those of wrong
    arguments alone (UnknownFormat, UnknownOption, TypeError).
    """
    wish = checked(Wish(to, format, dict(options or {}), validate))
    budget = Budget(workers, timeout, memory)
    told = converted(sources_of(source), wish, budget)
    return chain.from_iterable(done for _, done in told)


def converted(
    sources: Iterable[Source], wish: Wish, budget: Budget
) -> Iterator[tuple[Source, list[Conversion]]]:
    """Give each source with what became of its records, in the order of the sources."""
    for source, done in in_turn(sources, partial(convert_source, wish), _stopped, budget):
        if source.data is None:
            # There is nothing to work on, and its reason is at hand.
            yield source, convert_source(wish, source)
        else:
            yield source, [one._replace(name=one.name or source.name) for one in done]


def checked(wish: Wish) -> Wish:
    """Give the wish with the formats' own names. Raises UnknownFormat and UnknownOption."""
    from trialbridge.formats.options import settled

    to = by_name(wish.to, "written")
    settled(to.name, to.options, wish.options)
    stated = by_name(wish.format, "read").name if wish.format is not None else None
    for option in to.options:
        # A document of the same format has it.
        if option.asked and option.name not in wish.options and stated != to.name:
            raise option.missing()
    return wish._replace(to=to.name, format=stated)


def convert_source(wish: Wish, source: Source) -> list[Conversion]:
    """Convert each record of a source. It never raises an exception."""
    stated = by_name(wish.format, "read") if wish.format is not None else None
    return [_converted(record, wish) for record in records_of(source, stated)]


def _stopped(problems: list[Problem]) -> list[Conversion]:
    """Give the conversion of a source whose process was stopped, with the reason."""
    return [Conversion("", None, None, None, problems)]


def _converted(record: Record, wish: Wish) -> Conversion:
    name, format, trial, problems = record
    if trial is None:
        return Conversion(name, None, format, None, problems)
    own = own_id(trial)
    to = by_name(wish.to, "written")
    parts: Parts = ()
    try:
        if format is not None:
            api.refuse_no_record(problems, by_name(format), to)
        data, told = api.writing(trial, to, options=wish.options, validate=wish.validate)
        if wish.shape is not None:
            data, parts = b"", shaped(data, to, wish.shape)
    except ReadError as error:
        return Conversion(name, own, format, None, error.problems)
    except Invalid as error:
        return Conversion(name, own, format, None, [*problems, *error.problems])
    except Exception as error:
        return Conversion(name, own, format, None, [*problems, fault(error)])
    homes = counted(trial, to) if wish.homes else {}
    design = kind_of(trial) if wish.homes else ""
    return Conversion(name, own, format, data, [*problems, *told], homes, parts, design)


def own_id(trial: Trial) -> str | None:
    """Give the id that a record has in its register."""
    registration = trial.registration
    return trial.nct_id or (registration.id if registration else None)


def stem(own: str | None, place: int) -> str:
    """Make the stem of a file's name of a record's id, or of its place among all."""
    safe = _OTHER.sub("_", own or "").strip("._")[:_LONGEST]
    return safe or f"record-{place}"
