"""The text of a trial's page, to and from a Trial."""

import re
from typing import Any

import msgspec

from trialbridge.mappings.coverage import pattern
from trialbridge.mappings.text.layout import SHOWN
from trialbridge.mappings.text.losses import TERMS, not_shown, unlike
from trialbridge.mappings.text.reader import read as read_lines
from trialbridge.mappings.text.reading import UNKNOWN, NotARecord, Source
from trialbridge.mappings.text.writer import write as write_tree
from trialbridge.schemas.problem import Problem, ReadError
from trialbridge.schemas.syntax.decode import restore
from trialbridge.schemas.trial import Trial


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read the text of a trial's page (UTF-8) as a trial, with warnings.

    What the layout has no place for is a warning, and kept in `unmapped` under `/page/unknown/`
    and its heading. Raises ReadError with every problem: not UTF-8, no record, several records,
    values that cannot be (`2024-13-01` as a date).
    """
    text, problems = _decode(data)
    try:
        page = read_lines(_lines(text))
    except NotARecord as error:
        raise ReadError(
            [
                _short(_problem("fatal", f"line {number}", "not-a-record", message))
                for number, message in error.places[:_MOST_PLACES]
            ]
        ) from error
    problems += map(_short, page.problems)
    if any(problem.severity == "error" for problem in problems):
        raise ReadError(problems)
    tree = {**page.tree, "unmapped": page.unmapped} if page.unmapped else page.tree
    return msgspec.convert(tree, Trial), problems


def write(trial: Trial) -> tuple[bytes, list[Problem]]:
    """Write a trial as the text of its page (UTF-8), with warnings.

    A fact that the layout has no place for is `not-carried`; one that it shows, but that could
    not be read back from what was written (as a line of text that reads like a heading), is
    `not-read-back`. There is one warning for each leaf of the model, which counts its values.
    """
    tree, unknown, aside = _parts(trial)
    data = write_tree(tree, unknown).encode()
    return data, [*_not_carried(tree, aside), *_not_read_back(tree, unknown, data)]


def write_untold(trial: Trial) -> bytes:
    """Write as `write` does, without the warnings: what was written is not read back."""
    tree, unknown, _ = _parts(trial)
    return write_tree(tree, unknown).encode()


def _parts(trial: Trial) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """The tree to write, the texts under unknown headings, and the leaves that are left aside."""
    tree: dict[str, Any] = msgspec.to_builtins(trial)
    tree.pop("trialbridge", None)
    unmapped: dict[str, Any] = tree.pop("unmapped", None) or {}
    unknown = {key: value for key, value in unmapped.items() if key.startswith(UNKNOWN)}
    # Of what the model does not know, the page has a line for codes alone.
    codes = {
        key: value
        for key, value in unmapped.items()
        if isinstance(value, str) and pattern(key) in SHOWN
    }
    aside = [pattern(key) for key in unmapped if key not in unknown and key not in codes]
    return restore(tree, codes), unknown, aside


def _problem(severity: Any, path: str, code: str, message: str, layer: str = "read") -> Problem:
    return Problem(severity=severity, layer=layer, path=path, code=code, message=message)


def _short(problem: Problem) -> Problem:
    """Cut the message of a problem that quotes a line: some lines have megabytes."""
    if len(problem.message) <= _LONGEST:
        return problem
    left = len(problem.message) - _LONGEST
    message = f"{problem.message[:_LONGEST]}... (and {left:,} characters more)"
    return msgspec.structs.replace(problem, message=message)


# --- bytes and lines

_LONGEST = 600
_MOST_PLACES = 1_000

_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}
# Tab, line feed, form feed and carriage return are the controls that a text may have.
_CONTROLS = bytes({*range(0x20)} - set(b"\t\n\f\r"))

# A character without width does something between letters alone; browsers copy others along.
_WIDTHLESS = "\u200b\u2060\ufeff"
_IDLE = re.compile(rf"[{_WIDTHLESS}](?!\w)|(?<!\w)[{_WIDTHLESS}]")


def _decode(data: bytes) -> tuple[str, list[Problem]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReadError([_problem("fatal", "line 1", "encoding", "UTF-16, expected UTF-8")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise ReadError(
            [
                _problem(
                    "fatal",
                    f"line {number}",
                    "encoding",
                    f"byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8 "
                    f"({error.reason})",
                )
            ]
        ) from error
    if len(data.translate(None, _CONTROLS)) < len(data):
        at = next(at for at, byte in enumerate(data) if byte in _CONTROLS)
        number = data.count(b"\n", 0, at) + 1
        raise ReadError(
            [
                _problem(
                    "fatal",
                    f"line {number}",
                    "control",
                    f"a control character (U+{data[at]:04X}), expected text",
                )
            ]
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    if any(character in text for character in _WIDTHLESS):
        text = _IDLE.sub("", text)
    return _unescape(text)


def _unescape(text: str) -> tuple[str, list[Problem]]:
    """Take HTML's escapes out of a text that as a whole was escaped: no bare `&`, `<` or `>`."""
    if "<" in text or ">" in text:
        return text, []
    found = list(_ENTITY.finditer(text))
    if not found or len(found) != text.count("&"):
        return text, []
    number = text.count("\n", 0, found[0].start()) + 1
    return _ENTITY.sub(_character, text), [
        _problem(
            "warning",
            f"line {number}",
            "html",
            f"the text is escaped as HTML ({len(found)} entities, no bare '&', '<' or '>'), and "
            "was read unescaped",
        )
    ]


def _character(entity: re.Match[str]) -> str:
    name = entity[0][1:-1]
    if name in _NAMED:
        return _NAMED[name]
    point = int(name[2:], 16) if name[1] == "x" else int(name[1:])
    if point == 0xA0:
        return " "
    return chr(point) if 0x20 <= point < 0x110000 and not 0xD800 <= point < 0xE000 else entity[0]


def _lines(text: str) -> list[Source]:
    """The lines that are not blank, without the margin that all of them have."""
    lines: list[Source] = []
    gap = True
    margin = 1000
    paged = "\f" in text
    for number, raw in enumerate(text.split("\n"), 1):
        line = (raw.replace("\f", "") if paged else raw).rstrip()
        if not line:
            # A page break in the middle of a paragraph is no blank line.
            gap = gap or "\f" not in raw
            continue
        words = line.lstrip()
        if margin:
            margin = min(margin, len(line) - len(words))
        lines.append(Source(number, line, gap, words))
        gap = False
    if margin:
        for source in lines:
            source.text = source.text[margin:]
    return lines


# --- what is lost


def _not_carried(tree: dict[str, Any], aside: list[str]) -> list[Problem]:
    counts = not_shown(tree)
    counts.update(aside)
    return [
        _problem(
            "warning",
            leaf,
            "not-carried",
            f"the text layout has no place for this: {count} value{'s' * (count > 1)} not written",
            "write",
        )
        for leaf, count in counts.items()
    ]


def _not_read_back(tree: dict[str, Any], unknown: dict[str, Any], data: bytes) -> list[Problem]:
    """Read what was written, and list the leaves shown that differ from the trial's."""
    try:
        page = read_lines(_lines(_decode(data)[0]))
    except (NotARecord, ReadError) as error:
        return [_problem("warning", "", "not-read-back", f"what was written: {error}", "write")]
    back = restore(
        page.tree,
        {key: value for key, value in page.unmapped.items() if not key.startswith(UNKNOWN)},
    )
    problems = [
        _problem("warning", leaf, "not-read-back", _back(leaf, count, total), "write")
        for leaf, (count, total) in unlike(tree, back).items()
    ]
    problems += [
        _problem("warning", one.path, "not-read-back", f"refused on reading: {one}", "write")
        for one in page.problems
        if one.severity == "error"
    ]
    kept = {key: value for key, value in page.unmapped.items() if key.startswith(UNKNOWN)}
    if kept != unknown:
        problems.append(
            _problem(
                "warning",
                next(iter(kept.keys() ^ unknown.keys()), UNKNOWN),
                "not-read-back",
                "what is kept of unknown headings is not read back alike",
                "write",
            )
        )
    return problems


def _back(leaf: str, count: int, total: int) -> str:
    why = ""
    if leaf.startswith(TERMS):
        why = ": the page has them on one line without separators"
    return f"{count} of {total} value{'s' * (total > 1)} written cannot be read back alike{why}"
