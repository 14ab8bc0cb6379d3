"""The export of WHO's trial search (ICTRP) as a table: the fields of the XML, blanks in names.

https://trialsearch.who.int/
"""

import re
from collections.abc import Iterator

from trialbridge.formats.registries import table
from trialbridge.formats.registries.part import Part, decoded
from trialbridge.io.encoding import utf_8
from trialbridge.mappings.registries.ictrp.fields import LINK, read_record
from trialbridge.mappings.whole import fatal
from trialbridge.schemas.problem import EACH, Problem, ReadError
from trialbridge.schemas.trial import Trial

# As a row begins: an id, and the day that the portal took the record.
_BEGINS = re.compile(
    r'^"?[A-Za-z0-9/_-]{4,40}"?,"?[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}"?,', re.MULTILINE
)


def read(data: bytes) -> tuple[Trial, list[Problem]]:
    """Read the one record of a table. What the model has no place for is in `unmapped`.

    Raises ReadError if the table has several records, none, or a row that is broken.
    """
    data = utf_8(data)
    try:
        text = decoded(data, LINK)
    except ReadError as error:
        if data.count(b"\n") < 2:
            raise
        said = f"other rows may be read: {EACH}"
        more = fatal(error.problems[0].path, "one-study", said, LINK)
        raise ReadError([*error.problems, *more.problems]) from None
    names, row = table.only(
        list(table.rows(text, _BEGINS)) if text.strip() else [], "TrialID", LINK
    )
    at = f"line {row.line}"
    texts = dict(zip(names, row.fields, strict=True))
    if not texts["TrialID"].strip():
        raise fatal(at, "no-id", "the row has no TrialID, expected one", LINK)
    columns = {name.replace(" ", "_"): name for name in names}
    return read_record(
        texts, lambda name: f"{at}, column {columns[name]!r}" if name in columns else at
    )


def parts(data: bytes) -> Iterator[Part]:
    """Give each row as a table of its own, and those that are broken likewise."""
    # Each byte that is no text stands for itself, so that the reader of its row tells it.
    text = utf_8(data).decode(errors="surrogateescape")
    head: table.Row | None = None
    for row in table.rows(text, _BEGINS):
        if head is None:
            head = row
            continue
        above = table.ends_of_lines(head.source)
        own = (head.source + row.source).encode(errors="surrogateescape")
        yield Part(f"line {row.line}", own, row.line - 1 - above, above)
