"""The sections of a page's text: which lines are headings, and what has no place.

A line of a text may read like a heading. What follows it decides: the section that a heading
announces has its labels.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from trialbridge.mappings.text.layout import LAYOUT, RELATED, UNKNOWN
from trialbridge.mappings.text.rows import (
    Arms,
    Block,
    Choice,
    Items,
    Line,
    Pairs,
    Party,
    Path,
    Places,
    Prose,
    Refused,
    Related,
    Tree,
    UnknownCode,
    Value,
    Words,
    get,
    put,
    reads,
    squeeze,
)
from trialbridge.schemas.problem import Problem, Severity


class Source(NamedTuple):
    """A line of the source that is not blank: its number from 1, and whether a gap precedes it."""

    number: int
    text: str
    gap: bool

    @property
    def words(self) -> str:
        return self.text.strip()


class Section(NamedTuple):
    """A heading, or the head of the page, and the lines under it."""

    block: Block
    number: int
    lines: list[Source]


class NotARecord(Exception):
    """Lines in which no record of a trial is recognised; `places` are (line, message)."""

    def __init__(self, places: list[tuple[int, str]]) -> None:
        super().__init__(places[0][1])
        self.places = places


class Reading:
    """The state of one reading: what has been placed, and what could not be."""

    def __init__(self, *, dense: bool) -> None:
        self.tree: Tree = {}
        self.unmapped: dict[str, Any] = {}
        self.problems: list[Problem] = []
        self.dense = dense
        self.explained = False

    def report(self, severity: Severity, number: int, code: str, message: str) -> None:
        self.problems.append(
            Problem(
                severity=severity, layer="read", path=f"line {number}", code=code, message=message
            )
        )

    def value(self, value: Value, text: str, line: Source, label: str, pointer: str) -> Any:
        """Read a value; report one that is refused, keep one whose code is unknown."""
        try:
            return value.read(text)
        except Refused as error:
            self.report("error", line.number, "value", f"{label}: {error}")
        except UnknownCode as error:
            self.report("warning", line.number, "unknown-code", f"{label}: {error}; kept as it is")
            return self.keep(text, pointer, value)
        return None

    def keep(self, text: str, pointer: str, value: Value) -> Any:
        """Put an unknown code aside, and give what is known beside it in a list of codes."""
        self._reach(pointer)
        if "/" not in text:
            if pointer.endswith("/phases"):
                self.unmapped[f"{pointer}/0"] = text
                return []
            self.unmapped[pointer] = text
            return None
        known: list[str] = []
        for index, part in enumerate(re.split(r"\s*/\s*", text)):
            if reads(value, part):
                known.extend(value.read(part))
            else:
                self.unmapped[f"{pointer}/{index}"] = part
        return known

    def _reach(self, pointer: str) -> None:
        """Make the objects on the way to a value that is put back later; items are there anyway."""
        tree = self.tree
        for key in pointer.split("/")[1:-1]:
            if key.isdecimal() or not isinstance(tree, dict):
                return
            if isinstance(tree.get(key), list):
                return
            tree = tree.setdefault(key, {})

    def set(self, where: Path, value: Any, line: Source, label: str) -> None:
        """Place a value; one that contradicts the value placed before is not."""
        if value is None:
            return
        before = get(self.tree, where.keys)
        if before is not None and before != value:
            self.unplaced([line], label, f"{label} is said twice, and not alike")
        else:
            put(self.tree, where.keys, value)

    def text(self, lines: Sequence[Source]) -> str:
        """Join lines to a text: a blank line where the source has one."""
        parts: list[str] = []
        before: Source | None = None
        for line in lines:
            if before is not None:
                parts.append("\n\n" if self._apart(before, line) else "\n")
            parts.append(line.text if before else line.text.lstrip())
            before = line
        return "".join(parts)

    def _apart(self, before: Source, line: Source) -> bool:
        if not self.dense:
            return line.gap
        # Where the source has no blank lines at all, the items of a list stay together, as in the
        # registry's texts: a list inside an item begins after a blank line, and ends without one.
        if not _LISTED.match(line.text):
            return True
        deeper = _indent(line) - _indent(before)
        return deeper > 0 if _LISTED.match(before.text) else deeper >= 0

    def unplaced(self, lines: Sequence[Source], heading: str, why: str = "") -> None:
        """Keep lines that have no place in the layout under their heading, and say so."""
        if not lines:
            return
        first = lines[0]
        title = first.words
        if len(lines) > 1 and len(title) <= 60 and not title.endswith((".", ",", ";")):
            heading, kept = title, lines[1:]
        else:
            kept = lines
        text = self.text(kept)
        pointer = UNKNOWN + heading.replace("~", "~0").replace("/", "~1")
        before = self.unmapped.get(pointer)
        self.unmapped[pointer] = f"{before}\n\n{text}" if before else text
        shown = title if len(title) <= 60 else f"{title[:57]}..."
        self.report(
            "warning",
            first.number,
            "unplaced",
            f"{why or 'no place in the layout for'}: {shown!r}"
            f"{f' and {len(lines) - 1} more lines' if len(lines) > 1 else ''}; "
            f"kept as {heading!r}",
        )


def _indent(line: Source) -> int:
    return len(line.text) - len(line.text.lstrip())


_LISTED = re.compile(r"\s*(?:[*+-]|\d+[.)\\])\s")


# The page explains each of its headings to the reader in a sentence that no record says.
_EXPLANATION = re.compile(
    r"(?:Get|Review|Dive into|See|Understand|Lists?|Learn|Check|Meet|Identify|Explore|Additional|"
    r"Find|Discover|View|Browse|Compare)\b.*"
    r"\b(?:trial|stud(?:y|ies)|research|registry|participation|regulators|narrative)\b.*\.",
    re.IGNORECASE,
)
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
_LONGEST = max(map(len, _HEADINGS)) + 8


class _Candidate(NamedTuple):
    place: int
    order: int
    block: Block
    style: int
    """4 for the page's own words as it writes them, 2 in another case, 1 more between gaps."""


_OWN = 4


_ID_LINE = re.compile(r"\s*(?:NCT ID|NCT Number)\s*:?\s*(NCT\d+)\s*$", re.IGNORECASE)


def find(lines: Sequence[Source], reading: Reading) -> tuple[list[Source], list[Section]]:
    """Find the headings. Raises NotARecord if there is neither an id nor any."""
    ids = [index for index, line in enumerate(lines) if _ID_LINE.match(line.text)]
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
    candidates = [
        candidate
        for candidate in _candidates(lines)
        if not ids or candidate.place not in (0, ids[0])
    ]
    accepted = _accept(candidates, lines)
    if not ids and len(accepted) < 2:
        raise NotARecord([(lines[0].number if lines else 1, _nothing_found(lines, accepted))])
    if not ids:
        reading.report(
            "warning", lines[0].number, "no-nct-id", "no 'NCT ID: NCT........' line in the record"
        )
    ends = [*(candidate.place for candidate in accepted), len(lines)][1:]
    sections = [
        Section(candidate.block, lines[candidate.place].number, list(lines[start:end]))
        for candidate, end in zip(accepted, ends, strict=True)
        for start in (candidate.place + 1,)
    ]
    head = list(lines[: accepted[0].place if accepted else len(lines)])
    reading.explained = any(_is_known_explanation(section.lines) for section in sections) or any(
        isinstance(section.block, Pairs)
        and bool(section.lines)
        and section.block.prose is None
        and _EXPLANATION.fullmatch(section.lines[0].words) is not None
        for section in sections
    )
    if reading.explained:
        sections = [part for section in sections for part in _cut_unknown(section, reading)]
    return head, sections


def _nothing_found(lines: Sequence[Source], accepted: Sequence[_Candidate]) -> str:
    if not lines:
        return "the source is empty, expected the text of a trial's page"
    found = lines[0].words
    found = found if len(found) <= 60 else f"{found[:57]}..."
    headings = "only one known heading" if accepted else "no known heading"
    return (
        f"no 'NCT ID: NCT........' line and {headings} (such as 'Basic Information' or 'Brief "
        f"Summary') in {len(lines)} lines that begin with {found!r}"
    )


def _candidates(lines: Sequence[Source]) -> Iterator[_Candidate]:
    for index, line in enumerate(lines):
        if len(line.text) > _LONGEST:
            continue
        words = line.words
        name = " ".join(words.strip("#*=:_ ").split())
        if (found := _HEADINGS.get(name.lower())) is None:
            continue
        order, block = found
        after = index + 1 == len(lines) or lines[index + 1].gap
        first = block.names[0]
        style = 2 * (words == first) + 2 * (name.lower() == first.lower()) + (line.gap and after)
        yield _Candidate(index, order, block, style)


def _accept(candidates: list[_Candidate], lines: Sequence[Source]) -> list[_Candidate]:
    """Choose the lines that are headings, not lines of text that read like one."""
    while True:
        accepted = _fitting(candidates, lines)
        chosen = _choose(accepted)
        rivals = [candidate for candidate in accepted if chosen[candidate.order] != candidate]
        if not rivals:
            break
        # What lost against a better line of the same heading bounds no section.
        candidates = [candidate for candidate in candidates if candidate not in rivals]
    # A heading in the page's own style, in the page's order, is one, whatever stands under it.
    for candidate in candidates:
        if (
            candidate.order not in chosen
            and candidate.style >= _OWN
            and _in_order(candidate, chosen.values())
        ):
            chosen[candidate.order] = candidate
    return sorted(chosen.values(), key=lambda candidate: candidate.place)


def _fitting(candidates: list[_Candidate], lines: Sequence[Source]) -> list[_Candidate]:
    """The candidates after which stands what they announce, from the end backwards."""
    accepted: list[_Candidate] = []
    for candidate in reversed(candidates):
        end = next(
            (later.place for later in reversed(accepted) if later.block is not candidate.block),
            len(lines),
        )
        if _fits(candidate.block, lines[candidate.place + 1 : end]):
            accepted.append(candidate)
    accepted.reverse()
    # On a page in the page's own style, what is not in it is a heading only in the page's order.
    styled = [candidate for candidate in accepted if candidate.style >= _OWN]
    if 2 * len(styled) > len(accepted):
        accepted = [
            candidate
            for candidate in accepted
            if candidate.style >= _OWN or _in_order(candidate, styled)
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
        if better > 0 or (better == 0 and not isinstance(candidate.block, Prose | Pairs)):
            chosen[candidate.order] = candidate
    return chosen


def _in_order(candidate: _Candidate, others: Iterable[_Candidate]) -> bool:
    """Whether a heading stands in the page's order between its neighbours."""
    placed = [(other.place, other.order) for other in others]
    before = max((place for place in placed if place[0] < candidate.place), default=(0, -1))
    after = min((place for place in placed if place[0] > candidate.place), default=(0, len(LAYOUT)))
    return before[1] < candidate.order < after[1]


def _fits(block: Block, lines: Sequence[Source]) -> bool:
    match block:
        case Prose():
            return True
        case Pairs():
            return any(block.labels.alone.match(line.text) for line in lines) or (
                block.prose is not None
                and any(_CRITERIA.match(line.text) for line in lines)
                and bool(lines)
            )
        case Line():
            shown = [line for line in lines if not _EXPLANATION.fullmatch(line.words)]
            return len(shown) == 1
        case Choice():
            return bool(lines) and squeeze(lines[0].text) in map(squeeze, block.sentences)
        case Words():
            return bool(lines) and all(len(line.text) <= 60 for line in lines[1:])
        case Items():
            tags = [part for part in block.parts if part.labels]
            if not any(part.beside(line.words) is not None for line in lines for part in tags):
                return False
            foreign = tuple(label.lower() for label in block.foreign)
            return not foreign or not any(line.words.lower().startswith(foreign) for line in lines)
        case Places():
            return any(
                block.status.beside(line.words) is not None or line.text.count(", ") >= 2
                for line in lines
            )
        case Arms():
            return any(
                part.beside(line.words) is not None
                for line in lines
                for part in (block.group, block.intervention)
            )
        case Party():
            return any(block.role.beside(line.words) is not None for line in lines)
        case Related():
            return any(RELATED.match(line.words) for line in lines)


_CRITERIA = re.compile(r"\s*(?:key |main )?(?:inclusion|exclusion)(?: criteria)?\s*:?\s*$", re.I)


def _is_known_explanation(lines: Sequence[Source]) -> bool:
    return bool(lines) and " ".join(lines[0].text.lower().split()) in _EXPLANATIONS


def explained(section: Section, reading: Reading) -> list[Source]:
    """Take the page's explanation off the lines of a section."""
    lines = section.lines
    if _is_known_explanation(lines):
        return lines[1:]
    if reading.explained and len(lines) > 1 and _EXPLANATION.fullmatch(lines[0].words):
        reading.report(
            "information",
            lines[0].number,
            "explanation",
            f"taken for the page's explanation of {section.block.names[0]!r}, and left out: "
            f"{lines[0].words!r}",
        )
        return lines[1:]
    return lines


def _cut_unknown(section: Section, reading: Reading) -> Iterator[Section]:
    """Where the page explains its headings, an explained line is a heading, known or not."""
    lines = section.lines
    start = 1
    while start + 1 < len(lines):
        line, after = lines[start], lines[start + 1]
        words = line.words
        if (
            after.gap
            and line.gap
            and len(words) <= 60
            and not words.endswith((".", ":", ",", ";"))
            and _EXPLANATION.fullmatch(after.words)
            and _tagged(section.block, words) is None
        ):
            reading.unplaced([line, *lines[start + 2 :]], words, "a heading that is not known")
            yield section._replace(lines=lines[:start])
            return
        start += 1
    yield section


def _tagged(block: Block, words: str) -> object:
    parts = [part for part in block.parts if part.labels] if isinstance(block, Items) else []
    return next((True for part in parts if part.beside(words) is not None), None)
