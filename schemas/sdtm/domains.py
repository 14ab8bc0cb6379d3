"""The trial design datasets of SDTM: which columns each has, and what a column is.

SDTMIG 3.4 with SDTM 2.0. https://www.cdisc.org/standards/foundational/sdtmig/sdtmig-v3-4
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal, NamedTuple

from trialbridge.schemas.syntax.dataset import Column, Dataset, Value

IG_VERSION: Final = "3.4"
MODEL_VERSION: Final = "2.0"

LONGEST: Final = 200
"""The most characters of a value: what is longer goes on in TSVAL1, TSVAL2, ..."""

Core = Literal["Req", "Exp", "Perm"]
Role = Literal[
    "Identifier",
    "Topic",
    "Synonym Qualifier",
    "Grouping Qualifier",
    "Result Qualifier",
    "Record Qualifier",
    "Rule",
    "Timing",
]


class Variable(NamedTuple):
    """A column of a domain: its name and label, what it is for, and whether it has to be there.

    `key` is its place among the keys that the rows are told apart by.
    """

    name: str
    label: str
    core: Core
    role: Role
    numeric: bool = False
    key: int = 0


class Domain(NamedTuple):
    """A domain: its name and label, what a row of it is, and its columns in their order."""

    name: str
    label: str
    structure: str
    variables: tuple[Variable, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that have to be there, and to have a value in each row."""
        return tuple(one.name for one in self.variables if one.core == "Req")

    def variable(self, name: str) -> Variable | None:
        """The column of a name, numbered ones that a text goes on in too."""
        return _variable(self, name)


@cache
def _by_name(domain: Domain) -> Mapping[str, Variable]:
    return {one.name: one for one in domain.variables}


def goes_on(domain: str, name: str) -> bool:
    """Whether a column of a domain is TSVAL1, TSVAL2, ..., in which a long TSVAL goes on."""
    return domain == "TS" and name.startswith("TSVAL") and name[5:].isdigit()


def _variable(domain: Domain, name: str) -> Variable | None:
    found = _by_name(domain).get(name)
    if found is None and goes_on(domain.name, name):
        return Variable(name, f"Parameter Value {name[5:]}", "Perm", "Result Qualifier")
    return found


TS = Domain(
    "TS",
    "Trial Summary",
    "One record per trial summary parameter value",
    (
        Variable("STUDYID", "Study Identifier", "Req", "Identifier", key=1),
        Variable("DOMAIN", "Domain Abbreviation", "Req", "Identifier"),
        Variable("TSSEQ", "Sequence Number", "Req", "Identifier", numeric=True, key=3),
        Variable("TSGRPID", "Group ID", "Perm", "Identifier"),
        Variable("TSPARMCD", "Trial Summary Parameter Short Name", "Req", "Topic", key=2),
        Variable("TSPARM", "Trial Summary Parameter", "Req", "Synonym Qualifier"),
        Variable("TSVAL", "Parameter Value", "Exp", "Result Qualifier"),
        Variable("TSVALNF", "Parameter Value Null Flavor", "Perm", "Result Qualifier"),
        Variable("TSVALCD", "Parameter Value Code", "Exp", "Result Qualifier"),
        Variable("TSVCDREF", "Name of the Reference Terminology", "Exp", "Result Qualifier"),
        Variable("TSVCDVER", "Version of the Reference Terminology", "Exp", "Result Qualifier"),
    ),
)
TI = Domain(
    "TI",
    "Trial Inclusion/Exclusion Criteria",
    "One record per I/E criterion",
    (
        Variable("STUDYID", "Study Identifier", "Req", "Identifier", key=1),
        Variable("DOMAIN", "Domain Abbreviation", "Req", "Identifier"),
        Variable("IETESTCD", "Incl/Excl Criterion Short Name", "Req", "Topic", key=2),
        Variable("IETEST", "Inclusion/Exclusion Criterion", "Req", "Synonym Qualifier"),
        Variable("IECAT", "Inclusion/Exclusion Category", "Req", "Grouping Qualifier"),
        Variable("IESCAT", "Inclusion/Exclusion Subcategory", "Perm", "Grouping Qualifier"),
        Variable("TIRL", "Inclusion/Exclusion Criterion Rule", "Perm", "Rule"),
        Variable("TIVERS", "Protocol Criteria Versions", "Perm", "Record Qualifier"),
    ),
)
TA = Domain(
    "TA",
    "Trial Arms",
    "One record per planned Element per Arm",
    (
        Variable("STUDYID", "Study Identifier", "Req", "Identifier", key=1),
        Variable("DOMAIN", "Domain Abbreviation", "Req", "Identifier"),
        Variable("ARMCD", "Planned Arm Code", "Req", "Topic", key=2),
        Variable("ARM", "Description of Planned Arm", "Req", "Synonym Qualifier"),
        Variable(
            "TAETORD", "Planned Order of Element within Arm", "Req", "Timing", numeric=True, key=3
        ),
        Variable("ETCD", "Element Code", "Req", "Record Qualifier"),
        Variable("ELEMENT", "Description of Element", "Perm", "Synonym Qualifier"),
        Variable("TABRANCH", "Branch", "Exp", "Rule"),
        Variable("TATRANS", "Transition Rule", "Exp", "Rule"),
        Variable("EPOCH", "Epoch", "Req", "Timing"),
    ),
)
TE = Domain(
    "TE",
    "Trial Elements",
    "One record per planned Element",
    (
        Variable("STUDYID", "Study Identifier", "Req", "Identifier", key=1),
        Variable("DOMAIN", "Domain Abbreviation", "Req", "Identifier"),
        Variable("ETCD", "Element Code", "Req", "Topic", key=2),
        Variable("ELEMENT", "Description of Element", "Req", "Synonym Qualifier"),
        Variable("TESTRL", "Rule for Start of Element", "Req", "Rule"),
        Variable("TEENRL", "Rule for End of Element", "Perm", "Rule"),
        Variable("TEDUR", "Planned Duration of Element", "Perm", "Timing"),
    ),
)
TV = Domain(
    "TV",
    "Trial Visits",
    "One record per planned Visit per Arm",
    (
        Variable("STUDYID", "Study Identifier", "Req", "Identifier", key=1),
        Variable("DOMAIN", "Domain Abbreviation", "Req", "Identifier"),
        Variable("VISITNUM", "Visit Number", "Req", "Topic", numeric=True, key=2),
        Variable("VISIT", "Visit Name", "Req", "Synonym Qualifier"),
        Variable("VISITDY", "Planned Study Day of Visit", "Perm", "Timing", numeric=True),
        Variable("ARMCD", "Planned Arm Code", "Exp", "Record Qualifier", key=3),
        Variable("ARM", "Description of Planned Arm", "Perm", "Synonym Qualifier"),
        Variable("TVSTRL", "Visit Start Rule", "Req", "Rule"),
        Variable("TVENRL", "Visit End Rule", "Perm", "Rule"),
    ),
)
DOMAINS: Mapping[str, Domain] = {domain.name: domain for domain in (TA, TE, TI, TS, TV)}
"""The domains that are checked. A record of a registry says something of TS and TI alone."""

DESIGN: Final = tuple(DOMAINS)
"""The datasets that are read: others of SDTM's have the data of subjects."""

SIMPLIFIED: Final = ("STUDYID", "TSPARMCD", "TSVAL", "TSVALNF")
"""The columns of FDA's simplified ts.xpt. https://www.fda.gov/media/136460/download"""


def is_simplified(dataset: Dataset) -> bool:
    """Whether a TS is FDA's simplified one, which has no other columns than it needs."""
    return dataset.name == "TS" and set(dataset.names) == set(SIMPLIFIED)


def columns_of(
    domain: Domain, names: tuple[str, ...], rows: list[list[Value]]
) -> tuple[Column, ...]:
    """The columns of these names, each as long as its longest text, in bytes."""
    columns = []
    for position, name in enumerate(names):
        variable = domain.variable(name)
        assert variable is not None
        length = 0
        if not variable.numeric:
            texts = {row[position] for row in rows}
            length = max((len(str(text).encode()) for text in texts), default=0) or 1
        columns.append(Column(name, variable.label, variable.numeric, length))
    return tuple(columns)
