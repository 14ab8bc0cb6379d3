"""The text of a page, and the model itself."""

from trialbridge.formats.format import Format

ROWS: tuple[Format, ...] = (
    Format(
        name="text",
        aliases=(),
        title="text of a trial's page",
        syntax="text",
        marks=(r"NCT (?:ID|Number)\s*:\s*(?:NCT\d*)?", r"Basic Info(?:rmation)?"),
        reader="trialbridge.formats.text",
        writer="trialbridge.formats.text",
        coverage="trialbridge.mappings.text.layout",
    ),
    Format(
        name="trial",
        aliases=(),
        title="trialbridge model JSON",
        syntax="json",
        marks=("trialbridge",),
        reader="trialbridge.formats.trial",
        writer="trialbridge.formats.trial",
        advice="trialbridge.schemas.ctgov",
    ),
)
