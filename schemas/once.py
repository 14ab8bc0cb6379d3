"""What is compiled before its first use: made once, under one lock, and then only read.

Threads may ask for the same thing at once, and a process may fork meanwhile: a fork waits until
nothing is being made, so that no child inherits the lock closed or a thing half made.

msgspec adds what it must know of a struct to the class when it first decodes one, and two threads
that do so at once may crash the process. So each module that has structs makes a decoder of them
while it is imported, which Python lets one thread do.
https://github.com/jcrist/msgspec/blob/main/src/msgspec/_core.c (StructInfo_Convert)
"""

import os
from collections.abc import Callable
from functools import cache, wraps
from threading import RLock
from typing import Any, Final, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

# One lock for all: what is made asks for other things to be made. Modules of ours take it while
# they are imported, and imports have locks of their own: who makes a thing imports none of ours.
LOCK: Final = RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release
    )


def once(make: Callable[P, T]) -> Callable[P, T]:
    """Keep what a function gives for its arguments, as `functools.cache` does, and make it once.

    What it raises is not kept.
    """
    made: dict[Any, T] = {}

    @wraps(make)
    def locked(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (args, tuple(kwargs.items()))
        with LOCK:
            if key not in made:
                made[key] = make(*args, **kwargs)
            return made[key]

    return cast("Callable[P, T]", cache(locked))
