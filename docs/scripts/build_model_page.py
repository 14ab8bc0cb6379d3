"""Make `model.md` and `model.svg`, the model as a table and a picture; and the home page's picture.

python docs/scripts/build_model_page.py            # rewrites the files
python docs/scripts/build_model_page.py --check    # writes nothing, exits 1 if one is not current
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from trialbridge.mappings.codec import bare, fields_of, is_struct, item_type
from trialbridge.mappings.coverage import leaves
from trialbridge.mappings.pictures.svg import PADDING, Picture, Text
from trialbridge.schemas.made import settle
from trialbridge.schemas.trial import Trial

FOLDER = Path(__file__).resolve().parents[1]
HEAD = """\
# The model

One typed record stands between all formats. It has the sections and modules of ClinicalTrials.gov's
[data dictionary](https://clinicaltrials.gov/data-api/about-api/study-data-structure), what its
pages have beside them (`page`), whose record it is (`registration`), and what no attribute has a
place for (`unmapped`). `trialbridge schema` prints it as JSON Schema; in Python it is
`trialbridge.Trial`.

![The sections and modules of a record](model.svg)
"""
_WIDTH, _GAP, _COLUMNS = 960, 16.0, 3


def main(arguments: Sequence[str] = ()) -> int:
    """Write the files or, with `--check`, compare them; give the exit status."""
    check = "--check" in arguments
    example = (FOLDER.parent / "examples" / "NCT99900001.svg").read_text(encoding="utf-8")
    made = {
        "reference/model.md": "".join(_page()),
        "reference/model.svg": _picture(),
        "example.svg": example,
    }
    settled = [
        settle(FOLDER / name, text, "the model gives", check=check) for name, text in made.items()
    ]
    return max(settled)


def _sections() -> Iterator[tuple[str, str, Any]]:
    """The parts of a record: the attribute, its key, and its struct or None for a leaf."""
    for name, field in fields_of(Trial).items():
        inner = bare(field.type)
        yield name, field.encode_name, inner if is_struct(inner) else None


def _parts(struct: Any) -> Iterator[tuple[str, str, int, bool]]:
    """What a struct has: attribute, key, the number of leaves, and whether it is a list."""
    for name, field in fields_of(struct).items():
        inner, item = bare(field.type), item_type(field.type)
        below = next((one for one in (inner, item) if is_struct(one)), None)
        count = len(leaves(below)) if below else 1
        yield name, field.encode_name, count, item is not None


def _page() -> Iterator[str]:
    yield HEAD
    for name, key, struct in _sections():
        count = len(leaves(struct)) if struct else 1
        yield f"\n## {name}\n\n`/{key}`: {count} {'leaf' if count == 1 else 'leaves'}.\n"
        if struct is None:
            continue
        yield "\n| attribute | in JSON | leaves |\n|---|---|--:|\n"
        for part, part_key, part_count, many in _parts(struct):
            yield f"| {part} | `{part_key}`{', a list' if many else ''} | {part_count} |\n"


def _picture() -> str:
    sections = [one for one in _sections() if one[2] is not None]
    picture = Picture(_WIDTH, "The model", "A record, its sections, and the modules of each.")
    across = _WIDTH - 2 * PADDING
    middle = _WIDTH / 2
    each = (across + _GAP) / _COLUMNS - _GAP
    title = [Text(f"Trial: {len(leaves(Trial))} leaves", 16, bold=True)]
    y = picture.box(middle - 120, PADDING, 240, title, round_=True)
    # The tall ones come first, so that columns end at about the same height.
    ends = [y + 2 * _GAP] * _COLUMNS
    picture.line((middle, y), (middle, y + _GAP))
    lefts = [PADDING + at * (each + _GAP) for at in range(_COLUMNS)]
    picture.line((lefts[0] + each / 2, y + _GAP), (lefts[-1] + each / 2, y + _GAP))
    for left in lefts:
        picture.line((left + each / 2, y + _GAP), (left + each / 2, y + 2 * _GAP), arrow=True)
    for name, _, struct in sorted(sections, key=lambda one: -len(fields_of(one[2]))):
        at = min(range(_COLUMNS), key=lambda column: ends[column])
        texts = [Text(f"{name}: {len(leaves(struct))}", bold=True)]
        texts += [Text(f"{part}: {count}", 13) for part, _, count, _ in _parts(struct)]
        ends[at] = picture.box(lefts[at], ends[at], each, texts) + _GAP
    return picture.bytes().decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
