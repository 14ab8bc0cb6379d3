"""What the page shows of a record: the record itself, its document in a format, and their links."""

from __future__ import annotations

from typing import Any

import msgspec

from trialbridge import api
from trialbridge.formats import Format, by_name
from trialbridge.formats.options import UnknownOption, stand_ins
from trialbridge.homes import model_tree
from trialbridge.mappings.coverage import pattern
from trialbridge.mappings.pictures.design import draw
from trialbridge.schemas.problem import Invalid, Problem, ReadError
from trialbridge.schemas.trial import Trial
from trialbridge.service.negotiation import JSON, SVG
from trialbridge.service.processes.jobs import Answer, Job, codes_of, placed, source_of
from trialbridge.service.processes.locating import located, shown
from trialbridge.service.refused import Refused


def view(job: Job, data: bytes) -> Answer:
    """Give a record as a tree, its document in a format, and problems.

    Where its values stand is another question (`fidelity`), which takes longer. What would not be
    valid is given all the same, with what is wrong with it.
    """
    to = by_name(job.to or "", "written")
    first = api.reading(data, source_of(job, data), unique=True, target=to)
    valid = True
    options, stood_in = _options(job, first.trial, to)
    try:
        written, warnings = api.writing(first.trial, to, options=options)
    except Invalid as error:
        valid, warnings = False, error.problems
        written = to.write(first.trial, options)[0]
    warnings = [*stood_in, *warnings]
    try:
        document: str | None = shown(written, to)
    except UnicodeDecodeError:
        # A packed format: there is nothing to be read by people.
        document = None
    problems = [each | {"side": "source"} for each in placed(first.problems, data)]
    problems += _of_the_document(warnings, document, valid)
    body = {
        "from": first.format.name,
        "to": to.name,
        "valid": valid,
        "standIns": [problem.path for problem in stood_in],
        "record": model_tree(first.trial),
        "document": document,
        "problems": problems,
    }
    codes = codes_of([*first.problems, *warnings])
    return Answer(200, JSON, msgspec.json.encode(body), source=first.format.name, codes=codes)


def locate(job: Job, data: bytes) -> Answer:
    """Give the lines of the document of a format that carry one value of the record."""
    to = by_name(job.to or "", "written")
    first = api.reading(data, source_of(job, data), target=to)
    place = next((row.place for row in to.rows() if row.leaf == pattern(job.pointer)), "")
    options, _ = _options(job, first.trial, to)
    try:
        found = located(first.trial, to, job.pointer, place, options)
    except UnicodeDecodeError:
        # A packed format has no lines.
        found = None
    body: dict[str, Any] = {"place": place, "main": None, "lines": []}
    if found is not None:
        body |= found._asdict()
    return Answer(200, JSON, msgspec.json.encode(body), source=first.format.name)


def picture(job: Job, data: bytes) -> Answer:
    """Give the design of a trial as a picture."""
    first = api.reading(data, source_of(job, data), unique=True)
    try:
        drawn = draw(first.trial)
    except ValueError as error:
        if isinstance(error, ReadError):
            raise
        raise Refused(422, "picture", str(error)) from error
    return Answer(200, SVG, drawn, source=first.format.name)


def _options(job: Job, trial: Trial, to: Format) -> tuple[dict[str, str], list[Problem]]:
    """Give the options to write with. What must be given and is not is stood in for, and told."""
    stated = dict(job.options)
    missing = [option for option in to.options if option.asked and option.name not in stated]
    if not missing:
        return stated, []
    try:
        to.write(trial, stated, told=False)
    except UnknownOption:
        told = [
            Problem(
                severity="warning",
                layer="write",
                path=option.name,
                code="stand-in",
                message=f"{option.missing()}; {option.stand_in} stands for it here",
            )
            for option in missing
        ]
        return {**stand_ins(to.options), **stated}, told
    return stated, []


def _of_the_document(
    problems: list[Problem], document: str | None, valid: bool
) -> list[dict[str, Any]]:
    """Give the problems of what is written. Their places are lines of it if it is not valid."""
    text = (document or "").encode() if not valid else b""
    return [each | {"side": "document"} for each in placed(problems, text)]
