"""Work on a record leaves nothing that holds itself: it is given back at once, not when looked for.

Where it did, a process that works on one record after the other held them until Python's collector
came by, which took a quarter of the time.
"""

import gc
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
