"""The sections of a page's text: which lines are headings, and what stands under each.

A line of a text may read like a heading. What follows it decides: the section that a heading
announces has its labels.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trialbridge.mappings.text.blocks.block import Block
from trialbridge.mappings.text.blocks.items import Items, tagged
from trialbridge.mappings.text.blocks.pairs import Pairs
from trialbridge.mappings.text.layout import HEAD, LAYOUT
from trialbridge.mappings.text.reading import (
    Marks,
    NotARecord,
    Reading,
    Source,
    Stretch,
    is_explanation,
    short,
)


class Section(NamedTuple):
    """A heading and the lines under it."""

    block: Block
    lines: list[Source]


EXPECTED = (
    "expected a title, 'NCT ID: NCT........', then headings such as 'Basic Information' and 'Brief "
    "Summary', each above what it announces"
)
"""What a page is read as, for messages."""

# The sentence with which the page explains each of its headings to the reader.
_EXPLANATIONS = frozenset(
    (
        "get a concise snapshot of the trial, including recruitment status, study phase, "
        "enrollment targets, and key timeline milestones.",
        "review the sponsor-provided synopsis that highlights what the study is about and why it "
        "is being conducted.",
        "dive into the extended narrative that explains the scientific background, objectives, "
        "and procedures in greater depth.",
        "see the medical conditions and disease areas that this research is targeting or "
        "investigating.",
        "understand how the trial is structured, including allocation methods, masking "
        "strategies, primary purpose, and other design elements.",
        "review each arm or cohort in the study, along with the interventions and objectives "
        "associated with them.",
        "learn about the drugs, procedures, or behavioral strategies being tested and how they "
        "are applied within this trial.",
        "check the participation requirements, including inclusion and exclusion rules, age "
        "limits, and whether healthy volunteers are accepted.",
        "meet the organizations funding or collaborating on the study and learn about their roles.",
        "identify the individual or organization who holds primary responsibility for the study "
        "information submitted to regulators.",
        "learn about the lead researchers overseeing the trial and their institutional "
        "affiliations.",
        "explore where the study is taking place and check the recruitment status at each "
        "participating site.",
        "review the countries where the study has at least one active or historical site.",
        "explore related publications, articles, or registry entries linked to this study.",
        "review additional registry numbers or institutional identifiers associated with this "
        "trial.",
        "additional clinical trials that may be relevant based on similarity analysis.",
    )
)

_HEADINGS: dict[str, tuple[int, Block]] = {
    name.lower(): (order, block) for order, block in enumerate(LAYOUT) for name in block.names
}
_AROUND = "#*=:_ "
"""What may stand around a heading, as in Markdown."""
_LONGEST = max(map(len, _HEADINGS)) + 8


class _Candidate(NamedTuple):
    place: int
    order: int
    block: Block
    style: int
    """4 for the page's own words as it writes them, 2 in another case, 1 more between gaps."""


_OWN = 4


_ID_LINE = re.compile(r"(?:NCT ID|NCT Number)\s*(?::\s*)?(NCT\d+)", re.IGNORECASE)
_ID_LABEL = re.compile(r"(?:NCT ID|NCT Number)\s*:?", re.IGNORECASE)


def _is_id(line: Source, below: Sequence[Source]) -> bool:
    """Whether a line says the id, or is its label with the id below."""
    if _ID_LINE.fullmatch(line.words):
        return True
    return bool(
        below
        and _ID_LABEL.fullmatch(line.words)
        and re.fullmatch(r"NCT\d+", below[0].words, re.IGNORECASE)
    )


# What a browser copies above the title of a page.
_NAVIGATION = frozenset(
    (
        "skip to main content",
        "skip to content",
        "skip to navigation",
        "skip navigation",
        "toggle navigation",
        "menu",
        "home",
        "search",
        "back",
        "back to search results",
        "print",
        "share",
        "save",
        "log in",
        "sign in",
        "sign up",
    )
)


def without_navigation(lines: Sequence[Source], reading: Reading) -> Sequence[Source]:
    """Take the site's navigation off the top of a page that has a title under it."""
    count = 0
    while count < len(lines) and lines[count].words.lower() in _NAVIGATION:
        count += 1
    if count and (count == len(lines) or HEAD.labels.row(lines[count].words) is not None):
        count -= 1
    for line in lines[:count]:
        reading.report(
            "information",
            line.number,
            "navigation",
            f"taken for the navigation of the page's site, and left out: {line.words!r}",
        )
    return lines[count:]


def find(lines: Sequence[Source], reading: Reading) -> tuple[list[Source], list[Section]]:
    """Find the headings. Raises NotARecord if there is neither an id above them nor two."""
    ids = [
        index
        for index, line in enumerate(lines)
        if line.words[0] in "nN" and _is_id(line, lines[index + 1 : index + 2])
    ]
    if len(ids) > 1:
        starts = [max(index - 1, 0) for index in ids]
        raise NotARecord(
            [
                (
                    lines[start].number,
                    f"a record begins here ({lines[index].words}): {len(ids)} records in one "
                    "file, expected one",
                )
                for start, index in zip(starts, ids, strict=True)
            ]
        )
    candidates = list(_candidates(lines))
    if ids and (len(candidates) < 2 or not candidates[0].place < candidates[1].place < ids[0]):
        # The title may read like a heading, as long as no heading stands above the id.
        candidates = [one for one in candidates if one.place not in (0, ids[0])]
    accepted = _accept(candidates, lines)
    head = list(lines[: accepted[0].place if accepted else len(lines)])
    ends = [*(candidate.place for candidate in accepted), len(lines)][1:]
    sections = [
        Section(candidate.block, list(lines[candidate.place + 1 : end]))
        for candidate, end in zip(accepted, ends, strict=True)
    ]
    _check_id(lines, ids, accepted, reading)
    reading.explained = any(_is_known_explanation(section.lines) for section in sections) or any(
        isinstance(section.block, Pairs)
        and bool(section.lines)
        and section.block.prose is None
        and is_explanation(section.lines[0].words)
        for section in sections
    )
    if reading.explained:
        sections = [_cut_unknown(section, reading) for section in sections]
    return head, sections


def _check_id(
    lines: Sequence[Source], ids: list[int], accepted: list[_Candidate], reading: Reading
) -> None:
    """Say where the line with the id is not above the headings; it tells no record there."""
    above = [candidate for candidate in accepted if ids and candidate.place < ids[0]]
    if ids and not above:
        return
    if above:
        line, heading = lines[ids[0]], lines[above[-1].place].words
        where = f"{short(line.words)!r} stands under the heading {short(heading)!r}"
        if len(accepted) < 2:
            message = f"{where}, and no other heading is known: {EXPECTED}"
            raise NotARecord([(line.number, message)])
        message = f"{where}, expected above the first heading: not read as the record's id"
        reading.report("warning", line.number, "no-nct-id", message)
    elif len(accepted) < 2:
        raise NotARecord([(lines[0].number if lines else 1, _nothing_found(lines, accepted))])
    else:
        reading.report(
            "warning", lines[0].number, "no-nct-id", "no 'NCT ID: NCT........' line in the record"
        )


def _nothing_found(lines: Sequence[Source], accepted: Sequence[_Candidate]) -> str:
    if not lines:
        return "the source is empty, expected the text of a trial's page"
    headings = "only one known heading" if accepted else "no known heading"
    return (
        f"no 'NCT ID: NCT........' line and {headings} (such as 'Basic Information' or 'Brief "
        f"Summary') in {len(lines)} lines that begin with {short(lines[0].words)!r}"
    )


def _candidates(lines: Sequence[Source]) -> Iterator[_Candidate]:
    for index, line in enumerate(lines):
        words = line.words
        if len(words) > _LONGEST:
            continue
        name = words.lower()
        found = _HEADINGS.get(name)
        if found is None:
            plain = words[0] not in _AROUND and words[-1] not in _AROUND
            if plain and "  " not in name and "\t" not in name:
                continue
            name = " ".join(name.strip(_AROUND).split())
            if (found := _HEADINGS.get(name)) is None:
                continue
        order, block = found
        after = index + 1 == len(lines) or lines[index + 1].gap
        first = block.names[0]
        style = 2 * (words == first) + 2 * (name == first.lower()) + (line.gap and after)
        yield _Candidate(index, order, block, style)


def _accept(candidates: list[_Candidate], lines: Sequence[Source]) -> list[_Candidate]:
    """Choose the lines that are headings, not lines of text that read like one."""
    marks = Marks(lines)
    chosen: dict[int, _Candidate] = {}
    # Each round settles a heading at least on a page that anybody wrote; on any other, as many
    # rounds as there are headings leave the best line of each.
    for _ in LAYOUT:
        accepted = _fitting(candidates, marks)
        chosen = _choose(accepted)
        rivals = {one.place for one in accepted if chosen[one.order] is not one}
        if not rivals:
            break
        # What lost against a better line of the same heading bounds no section.
        candidates = [one for one in candidates if one.place not in rivals]
    # A heading in the page's own style, in the page's order, is one, whatever stands under it.
    for candidate in candidates:
        if candidate.order not in chosen and candidate.style >= _OWN:
            others = sorted(chosen.values(), key=lambda one: one.place)
            if _in_order(candidate, others, [one.place for one in others]):
                chosen[candidate.order] = candidate
    return sorted(chosen.values(), key=lambda candidate: candidate.place)


def _fitting(candidates: list[_Candidate], marks: Marks) -> list[_Candidate]:
    """The candidates after which stands what they announce, from the end backwards."""
    accepted: list[_Candidate] = []
    # Where the next section of another kind begins.
    end = other_end = len(marks.lines)
    block: Block | None = None
    for candidate in reversed(candidates):
        stop = end if candidate.block is not block else other_end
        if candidate.block.fits(Stretch(marks, candidate.place + 1, stop)):
            if candidate.block is not block:
                block, other_end = candidate.block, end
            end = candidate.place
            accepted.append(candidate)
    accepted.reverse()
    # On a page in the page's own style, what is not in it is a heading only in the page's order.
    styled = [candidate for candidate in accepted if candidate.style >= _OWN]
    if 2 * len(styled) > len(accepted):
        places = [candidate.place for candidate in styled]
        accepted = [
            candidate
            for candidate in accepted
            if candidate.style >= _OWN or _in_order(candidate, styled, places)
        ]
    return accepted


def _choose(accepted: list[_Candidate]) -> dict[int, _Candidate]:
    """One line for each heading: the best in style.

    Of two alike, text begins after the first, and items stand right under the last.
    """
    chosen: dict[int, _Candidate] = {}
    for candidate in accepted:
        rival = chosen.get(candidate.order)
        better = 1 if rival is None else candidate.style - rival.style
        if better > 0 or (better == 0 and not candidate.block.early):
            chosen[candidate.order] = candidate
    return chosen


def _in_order(candidate: _Candidate, others: Sequence[_Candidate], places: list[int]) -> bool:
    """Whether a heading stands in the page's order between its neighbours, told by `places`."""
    at = bisect_left(places, candidate.place)
    before = others[at - 1].order if at else -1
    after = others[at].order if at < len(others) else len(LAYOUT)
    return before < candidate.order < after


def _is_known_explanation(lines: Sequence[Source]) -> bool:
    return bool(lines) and " ".join(lines[0].words.lower().split()) in _EXPLANATIONS


def explained(section: Section, reading: Reading) -> list[Source]:
    """Take the page's explanation off the lines of a section."""
    lines = section.lines
    if _is_known_explanation(lines):
        return lines[1:]
    if reading.explained and len(lines) > 1 and is_explanation(lines[0].words):
        reading.report(
            "information",
            lines[0].number,
            "explanation",
            f"taken for the page's explanation of {section.block.names[0]!r}, and left out: "
            f"{lines[0].words!r}",
        )
        return lines[1:]
    return lines


def _cut_unknown(section: Section, reading: Reading) -> Section:
    """Where the page explains its headings, an explained line is a heading, known or not."""
    block, lines = section
    parts = [part for part in block.parts if part.labels] if isinstance(block, Items) else []
    for start in range(1, len(lines) - 1):
        line, after = lines[start], lines[start + 1]
        words = line.words
        if (
            after.gap
            and line.gap
            and len(words) <= 60
            and not words.endswith((".", ":", ",", ";"))
            and is_explanation(after.words)
            and tagged(parts, words) is None
        ):
            reading.unplaced([line, *lines[start + 2 :]], words, "a heading that is not known")
            return Section(block, lines[:start])
    return section
