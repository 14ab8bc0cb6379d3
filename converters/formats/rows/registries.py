"""What registries give out of their records."""

from trialbridge.formats.format import Format
from trialbridge.formats.options import Option

ROWS: tuple[Format, ...] = (
    Format(
        name="ctgov",
        aliases=("ctgov-v2",),
        title="ClinicalTrials.gov API v2 JSON",
        syntax="json",
        marks=(
            "protocolSection",
            "resultsSection",
            "annotationSection",
            "documentSection",
            "derivedSection",
            "hasResults",
        ),
        reader="trialbridge.formats.registries.ctgov",
        writer="trialbridge.formats.registries.ctgov",
        homeless=("/page/", "/registration/"),
        advice="trialbridge.schemas.ctgov",
    ),
    Format(
        name="ctgov-v1",
        aliases=(),
        title="ClinicalTrials.gov classic API JSON",
        syntax="json",
        marks=("FullStudiesResponse", "Study", "ProtocolSection"),
        reader="trialbridge.formats.registries.ctgov_v1",
    ),
    Format(
        name="ctgov-xml",
        aliases=(),
        title="ClinicalTrials.gov legacy XML",
        syntax="xml",
        marks=("clinical_study", "clinical_studies"),
        reader="trialbridge.formats.registries.ctgov_xml",
        writer="trialbridge.formats.registries.ctgov_xml",
        coverage="trialbridge.mappings.registries.ctgov_xml.document",
        ended=True,
    ),
    Format(
        name="ctgov-csv",
        aliases=(),
        title="ClinicalTrials.gov CSV download",
        syntax="csv",
        marks=(r"\ufeff?\"?(?:Rank\"?,\"?)?NCT Number\"?(?:,|\r?$)",),
        reader="trialbridge.formats.registries.ctgov_csv",
        writer="trialbridge.formats.registries.ctgov_csv",
        coverage="trialbridge.mappings.registries.ctgov_csv",
        options=(
            Option(
                "columns",
                "text",
                "",
                "Columns to write, with | between their names, and no others; all by default.",
                asks="trialbridge.formats.registries.ctgov_csv:columns_of",
            ),
        ),
    ),
    Format(
        name="prs",
        aliases=(),
        title="ClinicalTrials.gov PRS upload XML",
        syntax="xml",
        marks=("http://clinicaltrials.gov/prs",),
        reader="trialbridge.formats.registries.prs",
        writer="trialbridge.formats.registries.prs",
        validator="trialbridge.schemas.prs.validate",
        coverage="trialbridge.mappings.registries.prs.document",
        beyond="trialbridge.mappings.registries.prs.beyond",
        options=(
            Option(
                "org_name",
                "text",
                "",
                "Name of the account that uploads the record: it must be given, unless the source "
                "is such an upload.",
                asked="it is the name of the account that uploads the record, by which the "
                "registry knows whose it is, and no record has it",
                stand_in="TRIALBRIDGE",
            ),
        ),
    ),
    Format(
        name="ictrp",
        aliases=("ictrp-xml",),
        title="WHO ICTRP's export, XML",
        syntax="xml",
        marks=("Trials_downloaded_from_ICTRP",),
        reader="trialbridge.formats.registries.ictrp",
        coverage="trialbridge.mappings.registries.ictrp.fields",
    ),
    Format(
        name="ictrp-csv",
        aliases=(),
        title="WHO ICTRP's export, CSV",
        syntax="csv",
        marks=(r"\ufeff?\"?TrialID\"?,\"?Last[ _]Refreshed[ _]on\"?(?:,|\r?$)",),
        reader="trialbridge.formats.registries.ictrp_csv",
        coverage="trialbridge.mappings.registries.ictrp.fields",
    ),
    Format(
        name="who",
        aliases=(),
        title="a register's XML for WHO",
        syntax="xml",
        marks=("trials", "root/trials"),
        reader="trialbridge.formats.registries.who",
        coverage="trialbridge.mappings.registries.ictrp.who",
    ),
)
