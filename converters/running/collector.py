"""Python's collector of cycles, which has nothing to do while one record is worked on.

What a conversion makes is freed as it is let go; the collector looks at all of it again and again
meanwhile, for a fifth of the time where most is made, as to FHIR R4.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Have the collector wait, if it runs, until one record is done: it goes on between records."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seldom() -> None:
    """Have the collector look after many more objects than by default, which are 700 to 2,000.

    For a process whose work may leave circles after all, as FHIRPath does: of a large document they
    would fill its memory while the collector waits.
    """
    gc.set_threshold(100_000, 10, 10)


def frozen() -> None:
    """Take out of the collector's sight what is there: code and tables that a process keeps."""
    gc.collect()
    gc.freeze()
