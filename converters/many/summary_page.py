"""The summary of a run as one page to be sent to a colleague: charts, no script, no network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Final

from trialbridge.many.designs import picture_of, words_of

if TYPE_CHECKING:
    from trialbridge.many.run import Summary

_STYLE: Final = """
:root { color-scheme: light dark; --ok: #1a6b3c; --odd: #8a5a00; --bad: #a4262c; }
@media (prefers-color-scheme: dark) { :root { --ok: #6cc494; --odd: #e0b25a; --bad: #f1898e; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: normal; width: 40%; padding: .2rem 1rem .2rem 0;
  overflow-wrap: anywhere }
td { padding: .2rem 0 } td.number { text-align: right; width: 6rem; padding-left: 1rem;
  font-variant-numeric: tabular-nums }
img { width: 100%; background: #fff } svg { display: block; width: 100%; height: 1.1rem }
.ok { fill: var(--ok) } .odd { fill: var(--odd) } .bad { fill: var(--bad) } .plain { fill: #4a76b8 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem; margin: 0 }
dd { margin: 0; font-variant-numeric: tabular-nums }
"""

_HOMES: Final = {
    "native": ("in the format's own elements", "ok"),
    "official": ("in official extensions", "plain"),
    "ours": ("in extensions of ours", "odd"),
    "none": ("not carried", "bad"),
}
_DRAWN: Final = 6
"""How many kinds of designs are shown."""

_SEVERITIES: Final = {"fatal": "bad", "error": "bad", "warning": "odd", "information": "plain"}


def page(summary: Summary, begun: str) -> bytes:
    """The summary of a run as HTML in UTF-8; `begun` is when it was begun."""
    title = f"{summary.written:,} of {summary.records:,} records as {summary.to}"
    told = "".join(_sections(summary, begun))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n{told}</main>\n</body>\n</html>\n"
    ).encode()


def _sections(summary: Summary, begun: str) -> Iterator[str]:
    yield "<h2>The run</h2>\n"
    facts = (f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in _about(summary, begun))
    yield f"<dl>{''.join(facts)}</dl>\n"
    yield "<h2>Records</h2>\n"
    yield _bars(
        [
            ("written", summary.written, "ok"),
            ("failed: see quarantine/", summary.failed, "bad"),
            ("unchanged since the run before", summary.unchanged, "plain"),
            ("disappeared: see disappeared.tsv", summary.disappeared, "odd"),
            ("files that are no record: see skipped.tsv", summary.skipped, "odd"),
        ]
    )
    if any(summary.homes.values()):
        yield "<h2>Values of the records, by where they are now</h2>\n"
        yield _bars(
            [(label, summary.homes.get(home, 0), look) for home, (label, look) in _HOMES.items()]
        )
    if summary.designs:
        yield "<h2>Designs of the records</h2>\n"
        yield from _designs(summary)
    if summary.problems:
        yield "<h2>Problems, by severity and code</h2>\n"
        yield _bars(_problems(summary.problems))


def _about(summary: Summary, begun: str) -> Iterator[tuple[str, str]]:
    yield "Begun", begun
    yield "Format", summary.to
    yield "Layout", summary.layout
    yield "Sources", f"{summary.sources:,}"
    if summary.resumed:
        yield "Done by an earlier run", f"{summary.resumed:,}"
    yield "Seconds", f"{summary.seconds:,.1f}"
    yield "Sources a second", f"{summary.rate:,.0f}"
    yield "Processes", f"{summary.workers:,}"
    if summary.memory is not None:
        yield "Most memory of a process", f"{summary.memory / 2**20:,.0f} MiB"


def _designs(summary: Summary) -> Iterator[str]:
    """How many records have which kind of design, and a picture of each of the commonest."""
    kinds = sorted(summary.designs.items(), key=lambda one: (-one[1], one[0]))
    shown = kinds[:_DRAWN]
    rest = summary.written - sum(count for _, count in shown)
    yield _bars(
        [
            *((words_of(kind), count, "plain") for kind, count in shown),
            ("others, or not said", rest, "odd"),
        ]
    )
    for kind, count in shown:
        title = f"{count:,} record{'s' if count > 1 else ''}: {words_of(kind)}"
        data = b64encode(picture_of(kind, title)).decode()
        yield f'<p><img src="data:image/svg+xml;base64,{data}" alt="{escape(title)}"></p>\n'


def _problems(counts: Mapping[str, int]) -> Iterator[tuple[str, int, str]]:
    for key, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        yield key, count, _SEVERITIES.get(key.partition(" ")[0], "plain")


def _bars(rows: Iterable[tuple[str, int, str]]) -> str:
    """A table of counts, each with a bar as long as its share of the largest."""
    shown = [row for row in rows if row[1]]
    most = max((count for _, count, _ in shown), default=0)
    lines = []
    for label, count, look in shown:
        share = f"{100 * count / most:.2f}"
        bar = (
            '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect class="{look}" width="{share}" height="10"/></svg>'
        )
        lines.append(
            f'<tr><th scope="row">{escape(label)}</th><td>{bar}</td>'
            f'<td class="number">{count:,}</td></tr>\n'
        )
    return f"<table>\n{''.join(lines)}</table>\n" if lines else "<p>None.</p>\n"
