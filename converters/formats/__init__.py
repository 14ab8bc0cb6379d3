"""The formats. A new format is its module, its row in `trialbridge.formats.rows`, and its tests.

What is recognised and has no row yet is in `trialbridge.formats.unread`.
"""

from __future__ import annotations

from collections.abc import Callable

from trialbridge.formats.format import ENDINGS, Format, UnknownFormat, Use
from trialbridge.formats.rows import cdisc, fhir, ours, registers, registries

__all__ = [
    "ENDINGS",
    "FORMATS",
    "Format",
    "UnknownFormat",
    "Use",
    "by_name",
    "checked_formats",
    "names",
    "read_formats",
    "written_formats",
]

FORMATS: tuple[Format, ...] = (
    *ours.ROWS,
    *registries.ROWS,
    *registers.ROWS,
    *fhir.ROWS,
    *cdisc.ROWS,
)


# What a format has that is read, written or checked: by its definitions, or by reading it.
_SERVES: dict[Use, Callable[[Format], object]] = {
    "read": lambda known: known.reader,
    "written": lambda known: known.writer,
    "checked": lambda known: known.validator or known.reader,
}


def read_formats() -> tuple[Format, ...]:
    """The formats that records are read from."""
    return _that_are("read")


def written_formats() -> tuple[Format, ...]:
    """The formats that records are written in."""
    return _that_are("written")


def checked_formats() -> tuple[Format, ...]:
    """The formats that documents are checked in: by their definitions, or by reading them."""
    return _that_are("checked")


def _that_are(use: Use) -> tuple[Format, ...]:
    return tuple(known for known in FORMATS if _SERVES[use](known))


def by_name(name: str, use: Use | None = None) -> Format:
    """Find a format by name or alias, in upper or lower case; `use` is what it is wanted for.

    Raises UnknownFormat, which lists the names that would do.
    """
    wanted = name.lower()
    for known in FORMATS:
        if wanted == known.name or wanted in known.aliases:
            if use and not _SERVES[use](known):
                raise known.refused(use)
            return known
    from difflib import get_close_matches

    fit = _that_are(use) if use else FORMATS
    spelt = [spelling for known in fit for spelling in (known.name, *known.aliases)]
    near = get_close_matches(wanted, spelt, 1, cutoff=0.7)
    meant = f", did you mean {near[0]}?" if near else ";"
    raise UnknownFormat(f"unknown format {name!r}{meant} known are {names(fit)}")


def names(formats: tuple[Format, ...]) -> str:
    """List the names of formats for a message, aliases in brackets."""
    return ", ".join(
        f"{known.name} ({', '.join(known.aliases)})" if known.aliases else known.name
        for known in formats
    )
