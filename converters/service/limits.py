"""What the service takes, and what one request may cost."""

from typing import Final, NamedTuple

MIB: Final = 1 << 20


class Limits(NamedTuple):
    """The bounds of a service.

    `workers` is how many requests are worked on at a time, each in a process; `waiting` how many
    more may wait for one of them. `size` is the most bytes of a body, packed or not; `seconds` the
    time that a body may take to come, that a request may wait, and that its work may take;
    `memory` the most bytes of memory of a process, of which the program itself has some 300 MiB.
    """

    workers: int = 2
    waiting: int = 64
    size: int = 32 * MIB
    seconds: float = 30.0
    memory: int | None = None

    @property
    def held(self) -> int:
        """The most bytes of bodies that are held at a time, by all requests together."""
        return self.size * (self.workers + 6)
