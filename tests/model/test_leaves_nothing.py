"""Work on a record leaves nothing that holds itself: it is given back at once, not when looked for.
So Python's collector waits meanwhile, and is as it was after.

Where it did, a process that works on one record after the other held them until Python's collector
came by, which took a quarter of the time.
"""

import gc
import io
from collections.abc import Callable

import pytest
from format_names import asked
from mutations import documents

import trialbridge
from trialbridge.formats import by_name

# One of each family whose tables are of its own kind.
FORMATS = ("fhir-r5", "fhir-r4", "odm-2.0", "usdm", "prs")


def left_by(work: Callable[[], object]) -> int:
    """How many objects are left that hold each other, once what is made once is made."""
    work()
    gc.collect()
    gc.disable()
    try:
        work()
        return gc.collect()
    finally:
        gc.enable()


@pytest.mark.parametrize("name", FORMATS)
def test_to_convert_and_to_read_leave_nothing(name: str) -> None:
    to = by_name(name)
    record = max(documents("ctgov"), key=len)
    options = asked(to)
    assert left_by(lambda: trialbridge.convert(record, to.name, options=options, warnings=[])) == 0
    written = trialbridge.convert(record, to.name, options=options)
    if to.reader:
        assert left_by(lambda: trialbridge.read(written, format=to.name, warnings=[])) == 0


class Asked(io.BytesIO):
    """A source that notes whether the collector runs when it is read."""

    enabled: bool | None = None

    def read(self, size: int | None = -1) -> bytes:
        self.enabled = gc.isenabled()
        return super().read(size)


@pytest.mark.parametrize(
    "work",
    [
        trialbridge.read,
        lambda source: trialbridge.convert(source, "fhir-r5"),
        trialbridge.validate,
        lambda source: trialbridge.roundtrip(source, "fhir-r5"),
        lambda source: trialbridge.fidelity(source, "fhir-r5"),
    ],
)
def test_the_collector_waits_while_a_record_is_worked_on(work: Callable[[Asked], object]) -> None:
    source = Asked(documents("ctgov")[0])
    work(source)
    assert source.enabled is False
    assert gc.isenabled()


def test_it_goes_on_after_what_cannot_be_read() -> None:
    with pytest.raises(trialbridge.ReadError):
        trialbridge.read(b"{")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        trialbridge.write(trialbridge.read(documents("ctgov")[0]), "fhir-r5")
        assert not gc.isenabled()
    finally:
        gc.enable()
