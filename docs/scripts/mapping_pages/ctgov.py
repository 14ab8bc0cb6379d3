"""The pages of the registry's legacy XML and of its CSV."""

from collections.abc import Iterator
from typing import Any

from mapping_pages.pages import FOLDER, Page
from trialbridge.mappings.registries import ctgov_csv
from trialbridge.mappings.registries.ctgov_xml import document as ctgov_xml
from trialbridge.schemas.made import line
from trialbridge.shown.report import HOMES


def xml_codes(written: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the label that a code stands as."""
    return ((written,) if isinstance(written, str) else ()), ()


def xml_tail() -> Iterator[str]:
    """Give the rules that no table shows."""
    yield XML_RULES


XML_RULES = """\
# Rules

Counted on 460 documents of 2021 to 2023, 60 with results, and on their records in API v2, where one
of the same data is at hand.

- **Read and written.** All 460 come back equal, white space aside. What the model has no place for,
  and words that today's registry has others for (`Open Label`), are in `unmapped` at
  `/clinical_study`, by their places there; null stands for an element that would be written and is
  not in the document. They are written again where the record still says the same, and left out,
  with a warning, where it was edited.
- **Long texts** (`textblock`) are wrapped at 100 columns. Empty lines part paragraphs, ` -  ` and
  right-aligned numbers begin items, five columns deeper for each list. In the model they are
  CommonMark as the registry writes it: tight lists, `* ` and `1. `, what is in a list indented by
  the width of its marker, with an empty line before it; `\\ < > [ ] * _ ^ ~ &` have a backslash,
  and so has a number, dash or hash that begins a paragraph and no list. 48 of 48 texts with the
  same words are the same text in API v2.
- **Other texts** that are CommonMark in the model (descriptions of arms, interventions, outcomes
  and groups, comments) have a line for each paragraph. The registry left the markers of lists away
  there, so lists of API v2 are paragraphs here.
- **Names of people** are one text, or `first_name middle_name last_name, degrees` in old documents.
- **Agencies** are NIH, U.S. Fed, Industry or Other: what API v2 has finer (OTHER_GOV, NETWORK,
  INDIV, UNKNOWN) is OTHER. The organization that keeps the record has no class.
- **References** that the registry derived are not told from the background.
- **MeSH terms** have no ids, and the registry assigns them anew: API v2 of another day has others.
- **Status**: API v2 makes UNKNOWN of a study that was not verified for two years; the document has
  the status of its own day.
- **Follows, and is not stood for by an element**: interventions of arms (from the arms that each
  intervention names), whether there are results (whether `clinical_results` stands), whether an
  outcome is posted (whether participants were analysed), the kind of a document (from its file's
  name). Written and not read: number of arms or groups, countries, links of the header,
  `last_update_submitted_qc`; where a document has other words for them, these are kept.
- **Results**: groups are numbered from 1 by module (`P1` is FG000, `B1`, `O1`, `E1` likewise). The
  category `Total` of adverse events has what a group says of itself. What most events say of their
  vocabulary and assessment stands once. Comments are the texts of the numbers.
- **Absent**: standard ages, geographic points, types and domains of secondary ids, ancestors and
  branches of MeSH, history of submissions, violations.
"""


XML = Page(
    path=FOLDER / "registries" / "ctgov-xml.md",
    title="A trial record in ClinicalTrials.gov's legacy XML",
    lead="""\
A place is a path of elements from `clinical_study`, `@` an attribute, `#` the text of an element
with attributes. The form of the site's downloads until June 2024, which archives hold.

Of five trials whose XML and API record are of the same day, `python bench/legacy_xml.py CORPUS`
finds equal, of the facts that the XML has a place for: all of titles, conditions, keywords,
descriptions, outcomes, officials, contacts, sites, design and eligibility, 97.5 % of dates and
status, 95.7 % of arms, 94.4 % of ids, 93.5 % of interventions and of references, 92.9 % of
sponsors.
Each of the ten that differ is the registry's own change since: numbered lists that the XML had as
paragraphs (3), a status that became unknown with time (2), an organisation renamed (2), a reference
that PubMed gave later (3 values of one), a class of a collaborator.""",
    table=ctgov_xml.STUDY,
    coverage=ctgov_xml.coverage,
    homes=HOMES,
    place=lambda place: place.removeprefix("clinical_study."),
    codes=xml_codes,
    code_lead="""\
The registry's code of today and the label that is written. A label that stands for several codes is
read as the first; labels that the registry had before are read too.""",
    tail=xml_tail,
)


def csv_page() -> Iterator[str]:
    """Give the lines of the page on the CSV download."""
    yield "# A trial record in ClinicalTrials.gov's CSV download"
    yield ""
    yield "Made by `docs/scripts/build_mapping_page.py` from the list of columns."
    yield CSV_RULES
    yield "| column | before 2024 | leaves | taken apart |"
    yield "| --- | --- | --- | --- |"
    for column in ctgov_csv.COLUMNS:
        leaves = ", ".join(f"`{leaf}`" for leaf in column.leaves) or "follows from the number"
        apart = "kept whole" if column.name in ctgov_csv.WHOLE else "yes"
        yield line(f"`{column.name}`", f"`{column.before}`" if column.before else "", leaves, apart)


CSV_RULES = """\
One table has many records: `trialbridge.records` gives each row, and any choice of columns that has
the number is read. `convert --to ctgov-csv` writes a row below the names of today's 30 columns;
`-O columns="NCT Number|Study Title"` chooses, with the number first. Rows of several records, each
without its first line, make one table.

- Written from the records of API v2 of the same day, 298 of 298 rows of a download are the site's,
  byte for byte, quotes too. Of observational studies the site writes
  `Observational Model: |Time Perspective: p`, whatever the study is; so do we, and
  read nothing of it.
- What a pipe joins is taken apart (298 of 298 rows agree with API v2). A pipe in the name of an
  intervention does not part it, as each begins with its type.
- Outcomes and places are joined by commas, which their own texts have too: they are kept whole in
  `unmapped`, at `/csv`, by the name of the column, and written again where the record has none.
- Dates and enrollment do not say whether they are actual; ids do not say their kind.
- The site before 2024 had labels and dates in words, which are read, and columns that today's has
  not (`Outcome Measures`, `Sponsor/Collaborators`, `Funded Bys`, `Rank`, ages in words), which are
  kept whole. All 1,725 rows of seven downloads are read.
- A row whose quotes or number of columns are wrong is told with its line, and reading goes on where
  a line begins as a row does.
"""
