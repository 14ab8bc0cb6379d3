"""The family of CDISC."""

from trialbridge.formats.format import Format
from trialbridge.formats.options import Option

_TEMPLATE = Option(
    "template",
    "bool",
    False,
    "The registry form without data, for an EDC system to import: of the record its names alone.",
)

ROWS: tuple[Format, ...] = (
    Format(
        name="odm-2.0",
        aliases=("odm",),
        title="CDISC ODM-XML 2.0",
        syntax="xml",
        marks=("http://www.cdisc.org/ns/odm/v2.0",),
        options=(_TEMPLATE,),
        reader="trialbridge.formats.odm.v2_0",
        writer="trialbridge.formats.odm.v2_0",
        validator="trialbridge.schemas.odm.v2_0",
        coverage="trialbridge.mappings.odm.v2_0",
        beyond="trialbridge.mappings.odm.beyond",
    ),
    Format(
        name="odm-1.3.2",
        aliases=(),
        title="CDISC ODM-XML 1.3.2",
        syntax="xml",
        marks=("http://www.cdisc.org/ns/odm/v1.3",),
        options=(_TEMPLATE,),
        reader="trialbridge.formats.odm.v1_3_2",
        writer="trialbridge.formats.odm.v1_3_2",
        validator="trialbridge.schemas.odm.v1_3_2",
        coverage="trialbridge.mappings.odm.v1_3_2",
        beyond="trialbridge.mappings.odm.beyond",
        ended=True,
    ),
    Format(
        name="sdtm",
        aliases=(),
        title="CDISC SDTM trial design datasets",
        syntax="zip",
        marks=(),
        reader="trialbridge.formats.sdtm.package",
        writer="trialbridge.formats.sdtm.package",
        validator="trialbridge.schemas.sdtm.validate",
        coverage="trialbridge.mappings.sdtm.summary",
        beyond="trialbridge.mappings.sdtm.beyond",
        plans="trialbridge.mappings.sdtm.planned",
        options=(
            Option(
                "form",
                "choice",
                "json",
                "What the datasets are written in: Dataset-JSON 1.1, or SAS transport files (XPT) "
                "of version 5, which hold US-ASCII alone.",
                choices=("json", "xpt"),
            ),
            Option(
                "simplified",
                "bool",
                False,
                "Write FDA's simplified ts.xpt, which has the start of the study, and no more.",
            ),
            Option(
                "ascii",
                "choice",
                "refuse",
                "What to do in transport files with characters that US-ASCII has not: refuse them, "
                "or write what surely stands for them, as >= and e, each told.",
                choices=("refuse", "transliterate"),
            ),
        ),
        forms=(
            ("json", ("datasetJSONVersion",)),
            ("csv", (r"(?=.*\b(?:TSPARMCD|IETESTCD)\b)(?!.*\bUSUBJID\b)(?=.*,)",)),
        ),
        told_in="trialbridge.schemas.sdtm.reading",
    ),
    Format(
        name="usdm",
        aliases=("usdm-4.0",),
        title="CDISC USDM 4.0, JSON",
        syntax="json",
        marks=("usdmVersion",),
        reader="trialbridge.formats.usdm",
        writer="trialbridge.formats.usdm",
        validator="trialbridge.schemas.usdm.v4_0",
        coverage="trialbridge.mappings.usdm.v4_0",
        beyond="trialbridge.mappings.usdm.others.beyond",
        plans="trialbridge.mappings.usdm.others.planned",
    ),
)
