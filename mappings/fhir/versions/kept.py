"""What is found out of the definitions once, and kept by what it was asked for."""

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(dict[K, V]):
    """What was made for each key that was asked for.

    Keys may be what a document says, such as members that are none of FHIR's: where there are as
    many as `most`, what was kept is forgotten.
    """

    def __init__(self, make: Callable[[K], V], most: int = 1024) -> None:
        super().__init__()
        self.make = make
        self.most = most

    def __missing__(self, key: K) -> V:
        made = self.make(key)
        if len(self) >= self.most:
            self.clear()
        self[key] = made
        return made
