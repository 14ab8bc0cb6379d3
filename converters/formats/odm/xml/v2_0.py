"""What ODM 2.0 has of its own as XML: what is written of parameters, criteria and descriptions."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from trialbridge.formats.odm.xml.form import Values, form_writers
from trialbridge.formats.odm.xml.tree import Dialect, Writer, constant, content, escaped
from trialbridge.mappings.codec import Node
from trialbridge.mappings.odm.elements import PLAIN, Constant, Criteria, condition, criterion
from trialbridge.mappings.odm.parameters import KIND, VALUE, Kind
from trialbridge.schemas.once import once

_DESCRIBED = f'<Description><TranslatedText Type="{PLAIN}">'


class _Frame(NamedTuple):
    """What is written of the parameters of a kind before and behind their values.

    `before` and `after` are of one that has a value and no Codings of it.
    """

    before: str
    after: str
    attributes: str
    behind: str


def _parameters(write: Writer, write_value: Writer) -> Writer:
    """A function that writes StudyParameters, of which there are more than of any other element.

    All but their OIDs and values is the same for each of a kind.
    """
    frames: dict[str, _Frame] = {}

    def frame(kind: Kind) -> _Frame:
        text = write({"@OID": "", **kind.const})
        end = text.index(">")
        attributes, behind = text[:end].partition('OID=""')[2], text[end + 1 :]
        made = _Frame(f'{attributes}><ParameterValue Value="', f'"/>{behind}', attributes, behind)
        frames[kind.name] = made
        return made

    def write_parameter(node: Node) -> str:
        kind, held = node[KIND], node[VALUE]
        before, after, attributes, behind = frames.get(kind.name) or frame(kind)
        if held.__class__ is Constant:
            value = held.written or constant(write_value, held)
        elif len(held) == 1:
            return f'<StudyParameter OID="{node["@OID"]}"{before}{escaped(held["@Value"])}{after}'
        else:
            value = write_value(held)
        return f'<StudyParameter OID="{node["@OID"]}"{attributes}>{value}{behind}'

    return write_parameter


def _framed(frame: str) -> Callable[[str, str], str]:
    """A function that gives a frame with an ending and words in its places, by one expression."""
    fixed = frame.replace("{", "{{").replace("}", "}}")
    source = repr(fixed).replace(r"\x01", "{ending}").replace(r"\x02", "{words}")
    # All of it is made here, of elements without what a record says.
    made: Callable[[str, str], str] = eval(f"lambda ending, words: f{source}")
    return made


def _criteria(writers: Mapping[str, Writer]) -> tuple[Writer, Writer]:
    """Functions that write the lists of criteria, and their ConditionDefs.

    Their words stand in both, and are escaped once, for both by a frame of their elements.
    """
    describe, define = writers["Description"], writers["ConditionDef"]

    @once
    def frames() -> tuple[Callable[[str, str], str], Callable[[str, str], str]]:
        words = describe("\2")
        return (
            _framed(writers["Criterion"](criterion("\1", "\2")).replace(words, "\2")),
            _framed(define(condition("\1", "\2")).replace(words, "\2")),
        )

    def both(criteria: Criteria) -> tuple[str, str]:
        if criteria.written is None:
            first, second = frames()
            lists: dict[str, list[str]] = {}
            defined: list[str] = []
            for member, ending, given in criteria.listed():
                words = describe(given)
                if member not in lists:
                    lists[member] = []
                lists[member].append(first(ending, words))
                defined.append(second(ending, words))
            inner = "".join(
                [f"<{member}>{''.join(every)}</{member}>" for member, every in lists.items()]
            )
            listed = f"<InclusionExclusionCriteria>{inner}</InclusionExclusionCriteria>"
            criteria.written = listed, "".join(defined)
        return criteria.written

    return lambda criteria: both(criteria)[0], lambda criteria: both(criteria)[1]


def _descriptions(write: Writer) -> Writer:
    """A function that writes Descriptions, most of which are one plain text."""

    def write_description(node: str | Node) -> str:
        if isinstance(node, str):
            return f"{_DESCRIBED}{content(node)}</TranslatedText></Description>"
        return write(node)

    return write_description


def _special(writers: Mapping[str, Writer]) -> Mapping[str, Writer]:
    descriptions = _descriptions(writers["Description"])
    lists, definitions = _criteria({**writers, "Description": descriptions})
    return {
        "StudyParameter": _parameters(writers["StudyParameter"], writers["ParameterValue"]),
        "InclusionExclusionCriteria": lists,
        "ConditionDef": definitions,
        "Description": descriptions,
        **form_writers("2.0", writers, Values("><Value>", "</Value></ItemData>", content)),
    }


V2_0 = Dialect(
    version="2.0",
    text={"@Type": PLAIN},
    unescaped=frozenset(
        {
            "FileType",
            "ODMVersion",
            "OrganizationType",
            "StudyEstimandLevel",
            "StudyObjectiveLevel",
            "TelecomTypeType",
            "UserType",
            "datetime",
            "decimal",
            "oid",
            "oidref",
            "positiveInteger",
            "xs:ID",
            # What has no name of its own has its OID as its name; systems are those of code tables.
            "Criterion Name",
            "ConditionDef Name",
            "Coding System",
        }
    ),
    # Of ParameterValue too: see `_parameters`.
    constant=frozenset({"Coding"}),
    special=_special,
)
