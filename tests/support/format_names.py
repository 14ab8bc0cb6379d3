"""The names of the formats as messages list them, each list for what it is wanted for."""

from trialbridge.formats import (
    FORMATS,
    Format,
    by_name,
    checked_formats,
    names,
    read_formats,
    written_formats,
)
from trialbridge.formats.options import stand_ins
from trialbridge.formats.sniff import xml_roots

ALL = names(FORMATS)
READ = names(read_formats())
WRITTEN = names(written_formats())
CHECKED = names(checked_formats())
JSON_KEYS = ", ".join(
    dict.fromkeys(known.marks[0] for known in read_formats() if known.syntax == "json")
)
"""The keys that tell the formats of JSON."""
XML_ROOTS = ", ".join(xml_roots())
"""The roots, or their namespaces, that tell the formats of XML."""


def asked(to: str | Format) -> dict[str, str]:
    """What a format must be given to be written."""
    return stand_ins((by_name(to) if isinstance(to, str) else to).options)
