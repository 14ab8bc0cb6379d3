"""The names of the formats as messages list them, each list for what it is wanted for."""

from trialbridge.formats import FORMATS, checked_formats, names, read_formats, written_formats

ALL = names(FORMATS)
READ = names(read_formats())
WRITTEN = names(written_formats())
CHECKED = names(checked_formats())
JSON_KEYS = ", ".join(
    dict.fromkeys(known.marks[0] for known in read_formats() if known.syntax == "json")
)
"""The keys that tell the formats of JSON."""
