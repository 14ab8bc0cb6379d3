"""What the service counts, as Prometheus reads it.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"

_BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of one service. Labels are of ours alone, so that their number is bounded."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.conversions: Counter[tuple[str, str]] = Counter()
        self.problems: Counter[str] = Counter()
        self.bytes_in = 0
        self.bytes_out = 0
        self._seconds: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self.requests[endpoint, status] += 1
        # Each by the least bound that it keeps; `text` has all that keep a bound.
        buckets = self._seconds.setdefault(endpoint, [0] * (len(_BOUNDS) + 1))
        buckets[bisect_left(_BOUNDS, seconds)] += 1
        self._sums[endpoint] = self._sums.get(endpoint, 0.0) + seconds

    def text(self, gauges: dict[str, tuple[str, float]], replaced: dict[str, int]) -> str:
        """Give all as text; `gauges` are what stands now, each with a sentence."""
        return "\n".join([*self._lines(gauges, replaced), ""])

    def _lines(
        self, gauges: dict[str, tuple[str, float]], replaced: dict[str, int]
    ) -> Iterator[str]:
        yield from _head("requests_total", "counter", "Requests answered, by status.")
        for (endpoint, status), count in sorted(self.requests.items()):
            yield _line("requests_total", count, endpoint=endpoint, status=str(status))
        yield from _head("request_seconds", "histogram", "Time from the request to its answer.")
        for endpoint, each in sorted(self._seconds.items()):
            buckets = list(accumulate(each))
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), buckets, strict=True):
                yield _line("request_seconds_bucket", count, endpoint=endpoint, le=bound)
            yield _line("request_seconds_sum", self._sums[endpoint], endpoint=endpoint)
            yield _line("request_seconds_count", buckets[-1], endpoint=endpoint)
        yield from _head("conversions_total", "counter", "Records converted, by formats.")
        for (source, to), count in sorted(self.conversions.items()):
            yield _line("conversions_total", count, source=source, to=to)
        yield from _head("problems_total", "counter", "Problems told, by severity.")
        for severity, count in sorted(self.problems.items()):
            yield _line("problems_total", count, severity=severity)
        yield from _head("processes_replaced_total", "counter", "Processes replaced, by reason.")
        for reason, count in sorted(replaced.items()):
            yield _line("processes_replaced_total", count, reason=reason)
        for name, what, value in (
            ("received_bytes_total", "Bytes of bodies received.", self.bytes_in),
            ("sent_bytes_total", "Bytes of bodies sent.", self.bytes_out),
        ):
            yield from _head(name, "counter", what)
            yield _line(name, value)
        for name, (what, stands) in gauges.items():
            yield from _head(name, "gauge", what)
            yield _line(name, stands)


def _head(name: str, kind: str, what: str) -> tuple[str, str]:
    return f"# HELP trialbridge_{name} {what}", f"# TYPE trialbridge_{name} {kind}"


def _line(name: str, value: float, **labels: str) -> str:
    # Values of labels are names of ours, in which there is nothing to escape.
    said = ",".join(f'{key}="{label}"' for key, label in labels.items())
    return (
        f"trialbridge_{name}{{{said}}} {_number(value)}"
        if said
        else f"trialbridge_{name} {_number(value)}"
    )


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6f}"
