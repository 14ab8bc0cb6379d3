"""Tables of our code systems."""

from collections.abc import Iterator, Mapping

from trialbridge.schemas.base import BASE
from trialbridge.schemas.made import line


def short(system: str) -> str:
    """Give the last part of a system's url."""
    return system.rpartition("/")[2]


def systems_table(found: list[tuple[str, str, Mapping[str, str]]]) -> Iterator[str]:
    """Give a table of code systems."""
    yield "# Our code systems"
    yield ""
    yield f"`{BASE}/CodeSystem/...`"
    yield ""
    yield "| system | title | codes |"
    yield "| --- | --- | --- |"
    for url, title, listed in found:
        codes = ", ".join(f"`{code}`" for code in listed)
        yield line(f"`{short(url)}`", title, codes)
