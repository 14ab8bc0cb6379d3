"""Pages of trials, what is read of them, and leniencies of the reader, one at a time."""

import html
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialbridge.formats import text
from trialbridge.mappings.text.layout import LAYOUT
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.trial import Trial

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("NCT999*.txt"))
VELO, STONE = (path.read_text(encoding="utf-8") for path in EXAMPLES[:2])
HEADINGS = [block.names[0] for block in LAYOUT]


def read(source: str) -> tuple[Trial, list[Problem]]:
    return text.read(source.encode())


def trial_of(source: str) -> Trial:
    return read(source)[0]


def refused(source: str | bytes) -> list[str]:
    with pytest.raises(ReadError) as caught:
        text.read(source if isinstance(source, bytes) else source.encode())
    return [str(problem) for problem in caught.value.problems]


def said(problems: list[Problem]) -> list[str]:
    return [str(problem) for problem in problems]


def tree_of(trial: Trial) -> dict[str, Any]:
    tree: dict[str, Any] = msgspec.to_builtins(trial)
    return tree


Hurt = Callable[[str], str]


def parts_of(source: str) -> list[list[str]]:
    """The head of a page and its sections, each as its blocks."""
    found: list[list[str]] = [[]]
    for block in source.rstrip("\n").split("\n\n"):
        if block in HEADINGS:
            found.append([])
        found[-1].append(block)
    return found


def joined(parts: list[list[str]]) -> str:
    return "\n\n".join("\n\n".join(part) for part in parts) + "\n"


def headings(change: Callable[[str], str]) -> Hurt:
    def hurt(source: str) -> str:
        head, *sections = parts_of(source)
        return joined([head, *([change(name), *rest] for name, *rest in sections)])

    return hurt


def shuffled(source: str) -> str:
    head, *sections = parts_of(source)
    random.Random(7).shuffle(sections)
    return joined([head, *sections])


def explained(source: str) -> str:
    head, *sections = parts_of(source)
    first = (
        "Get a concise snapshot of the trial, including recruitment status, study phase, "
        "enrollment targets, and key timeline milestones."
    )
    return joined(
        [
            head,
            *(
                [
                    name,
                    first if name == "Basic Information" else f"Learn about the {name} of a trial.",
                    *rest,
                ]
                if name != "Study Results"
                else [
                    name,
                    *rest,
                    "The study team has not published outcome measurements for this trial yet. "
                    "Check back later for updates.",
                ]
                for name, *rest in sections
            ),
        ]
    )


def synonym(name: str) -> str:
    names = next(block.names for block in LAYOUT if block.names[0] == name)
    return names[-1]


def tight_headings(source: str) -> str:
    for name in HEADINGS:
        source = source.replace(f"\n\n{name}\n\n", f"\n{name}\n")
    return source


HURTS: dict[str, Hurt] = {
    "CRLF": lambda source: source.replace("\n", "\r\n"),
    "CR": lambda source: source.replace("\n", "\r"),
    "byte order mark": lambda source: "\ufeff" + source,
    "non-breaking spaces": lambda source: source.replace(" ", "\xa0"),
    "characters without width": lambda source: source.replace("\n\n", "\u200b\n\n\ufeff").replace(
        "NCT ID: ", "NCT ID:\u2060"
    ),
    "the id below its label": lambda source: source.replace("NCT ID: ", "NCT ID\n\n"),
    "tabs after labels": lambda source: source.replace("Group Type ", "Group Type\t").replace(
        "NCT ID: ", "NCT ID:\t"
    ),
    "a browser's navigation": lambda source: f"Skip to main content\n\nMenu\n\n{source}",
    "form feeds": lambda source: source.replace("\n\n", "\n\n\f"),
    "form feed in an empty line": lambda source: source.replace("\n\n", "\n\f\n\n"),
    "HTML entities": lambda source: html.escape(source),
    "HTML entities, quotes bare": lambda source: html.escape(source, quote=False),
    "headings in capitals": headings(str.upper),
    "headings in small letters": headings(str.lower),
    "headings with a colon": headings(lambda name: f"{name}:"),
    "headings as Markdown": headings(lambda name: f"## {name}"),
    "headings by synonyms": headings(synonym),
    "sections reversed": lambda source: joined(
        [parts_of(source)[0], *reversed(parts_of(source)[1:])]
    ),
    "sections shuffled": shuffled,
    "explanations": explained,
    "two blank lines": lambda source: source.replace("\n\n", "\n\n\n"),
    "blanks at the ends of lines": lambda source: source.replace("\n", "  \n"),
    "a margin": lambda source: "\n".join(f"    {line}" for line in source.split("\n")),
    "no blank lines": lambda source: source.replace("\n\n", "\n"),
    "no blank lines around headings": tight_headings,
    "labels in small letters": lambda source: source.replace("Group Type", "group type"),
    "labels with a colon": lambda source: source.replace(
        "Intervention Type ", "Intervention Type: "
    ),
    "values beside their labels": lambda source: source.replace(
        "Eligible Sex\n\nALL", "Eligible Sex: ALL"
    ).replace("Study Classification\n\n", "Study Classification: "),
    "codes in words": lambda source: source.replace("\n\nRECRUITING", "\n\nRecruiting").replace(
        "Study Classification\n\nOBS", "Study Classification\n\nObs"
    ),
    "no final line end": lambda source: source.rstrip("\n"),
    "ids before the title": lambda source: "\n\n".join(
        [*source.split("\n\n")[1:3], source.split("\n\n")[0], *source.split("\n\n")[3:]]
    ),
}
