"""The family of CDISC."""

from trialbridge.formats.format import Format

ROWS: tuple[Format, ...] = (
    Format(
        name="odm-2.0",
        aliases=("odm",),
        title="CDISC ODM-XML 2.0",
        syntax="xml",
        marks=("http://www.cdisc.org/ns/odm/v2.0",),
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
        validator="trialbridge.schemas.odm.v1_3_2",
        instead="records are read from ODM 2.0, so export that version",
    ),
)
