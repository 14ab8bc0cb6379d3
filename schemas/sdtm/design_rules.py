"""CDISC's rules for TA, TE and TV, as its open rules state them.

https://github.com/cdisc-org/cdisc-open-rules
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from trialbridge.schemas.sdtm.rules import Place, Rule, one_to_one, repeated, rows_of, where
from trialbridge.schemas.syntax.dataset import Dataset

_NO_ARMS: Final = frozenset(
    {"screen failure", "not assigned", "not exposed to product", "unplanned product exposure"}
)
_ARM_CODE, _ELEMENT_CODE = 20, 8


def _one_to_one(first: str, second: str) -> Callable[[Dataset], Iterator[Place]]:
    """Where a value goes with two of the other column, if both columns are there."""
    rule = one_to_one(first, second)
    return lambda dataset: rule(dataset) if {first, second} <= {*dataset.names} else iter(())


DESIGN_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "CORE-000010",
        "CG0153",
        "TA",
        "ARMCD is longer than 20 characters",
        where("ARMCD", lambda row: len(row["ARMCD"]) > _ARM_CODE),
    ),
    Rule(
        "CORE-000144",
        "CG0247",
        "TA",
        "TAETORD stands twice in its arm",
        repeated("ARM", "TAETORD", at="TAETORD"),
    ),
    Rule(
        "CORE-000534",
        "CG0248",
        "TA",
        "TAETORD is no whole number",
        where("TAETORD", lambda row: not row["TAETORD"].removeprefix("-").isdecimal()),
    ),
    *(
        Rule(
            "CORE-000143",
            "CG0246",
            domain,
            "ETCD is longer than 8 characters",
            where("ETCD", lambda row: len(row["ETCD"]) > _ELEMENT_CODE),
        )
        for domain in ("TA", "TE")
    ),
    *(
        Rule(
            "CORE-000132",
            "CG0154",
            domain,
            "ETCD and ELEMENT are not one to one",
            _one_to_one("ETCD", "ELEMENT"),
        )
        for domain in ("TA", "TE")
    ),
    *(
        Rule(
            "CORE-000318",
            "FB0902",
            domain,
            "ARM and ARMCD are not one to one",
            _one_to_one("ARM", "ARMCD"),
        )
        for domain in ("TA", "TV")
    ),
    *(
        Rule(
            "CORE-000721",
            "",
            domain,
            "ARM is what is said of a subject without an arm",
            where("ARM", lambda row: row["ARM"].casefold() in _NO_ARMS),
        )
        for domain in ("TA", "TV")
    ),
    Rule(
        "CORE-000027",
        "CG0328",
        "TE",
        "TEENRL and TEDUR are both empty",
        where("TEENRL", lambda row: not row["TEENRL"] and not row["TEDUR"]),
    ),
    Rule(
        "CORE-000580",
        "CG0325",
        "TE",
        "another row has the same ELEMENT, TESTRL, TEENRL and TEDUR",
        repeated("ELEMENT", "TESTRL", "TEENRL", "TEDUR", at="ETCD"),
    ),
    Rule(
        "CORE-000157",
        "CG0297",
        "TV",
        "ARMCD is longer than 20 characters",
        where("ARMCD", lambda row: len(row["ARMCD"]) > _ARM_CODE),
    ),
)
"""The rules of CDISC for one dataset."""


class Known(NamedTuple):
    """A rule that the values of a column are those of the column of another dataset."""

    id: str
    cited: str
    domain: str
    column: str
    other: str

    def find(self, held: Mapping[str, Dataset]) -> Iterator[int]:
        """The rows whose value the other dataset has not; none where one of both is not there."""
        if self.domain not in held or self.other not in held:
            return
        known = {row[self.column] for row in rows_of(held[self.other])}
        for number, row in enumerate(rows_of(held[self.domain])):
            value = row[self.column]
            if value and value not in known and (self.column, value) != ("ETCD", "UNPLAN"):
                yield number

    def rule(self, held: Mapping[str, Dataset]) -> Rule:
        """The rule for the dataset that it is of, among these."""
        return Rule(
            self.id,
            self.cited,
            self.domain,
            f"no row of {self.other} has this {self.column}",
            lambda dataset: ((number, self.column) for number in self.find(held)),
        )


ACROSS: Final[tuple[Known, ...]] = (
    Known("CORE-000173", "CG0414", "TA", "ETCD", "TE"),
    Known("CORE-000155", "CG0293", "TV", "ARMCD", "TA"),
    Known("CORE-000156", "CG0294", "TV", "ARM", "TA"),
)
"""The rules of CDISC across datasets."""
