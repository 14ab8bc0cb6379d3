"""What every kind of section does."""

from collections.abc import Iterator
from typing import Protocol

from trialbridge.mappings.text.reading import Reading, Source, Stretch
from trialbridge.mappings.text.rows import Tree


class Block(Protocol):
    """A section of the page: `read` and `write` are inverse."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its heading, then other words for it."""

    @property
    def turn(self) -> int:
        """When it is read: after the sections of lower numbers, whose facts it asks."""

    @property
    def early(self) -> bool:
        """Whether, of two lines that read like its heading, it stands under the first."""

    def fits(self, under: Stretch) -> bool:
        """Whether what stands under a line may be such a section."""

    def read(self, lines: list[Source], reading: Reading) -> None:
        """Read its lines, without the heading."""

    def write(self, tree: Tree) -> Iterator[str]:
        """Its lines, without the heading; none where the trial has no fact for it."""

    def leaves(self) -> Iterator[tuple[str, str]]:
        """Each leaf of the model that it shows, as a pointer with `*`, and where."""
