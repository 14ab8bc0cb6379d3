"""What other registers than ClinicalTrials.gov give out of their records: read and not written."""

from trialbridge.formats.format import Format

ROWS: tuple[Format, ...] = (
    Format(
        name="ctis",
        aliases=(),
        title="EU CTIS public API JSON",
        syntax="json",
        marks=("ctNumber", "authorizedApplication", "authorizedPartI"),
        reader="trialbridge.formats.registries.ctis",
        coverage="trialbridge.mappings.registries.ctis",
        advice="trialbridge.schemas.registers",
    ),
    Format(
        name="drks",
        aliases=(),
        title="DRKS (German register) JSON",
        syntax="json",
        marks=("drksId",),
        reader="trialbridge.formats.registries.drks",
        coverage="trialbridge.mappings.registries.drks",
        advice="trialbridge.schemas.registers",
    ),
    Format(
        name="isrctn",
        aliases=(),
        title="ISRCTN registry XML",
        syntax="xml",
        marks=("http://www.67bricks.com/isrctn",),
        reader="trialbridge.formats.registries.isrctn",
        coverage="trialbridge.mappings.registries.isrctn",
        advice="trialbridge.schemas.registers",
    ),
    Format(
        name="euctr",
        aliases=(),
        title="EU Clinical Trials Register text",
        syntax="text",
        marks=(r"Summary[ \t\r]*\n(?:[ \t\r]*\n)?EudraCT Number:.*",),
        reader="trialbridge.formats.registries.euctr",
        coverage="trialbridge.mappings.registries.euctr",
        advice="trialbridge.schemas.registers",
    ),
)
