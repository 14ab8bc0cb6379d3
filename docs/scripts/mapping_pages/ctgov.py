"""The pages of the registry's legacy XML and of its CSV."""

from collections.abc import Iterator
from typing import Any

from mapping_pages.pages import FOLDER, Page
from trialbridge.mappings.registries.clinicaltrials_gov import ctgov_csv
from trialbridge.mappings.registries.clinicaltrials_gov.ctgov_xml import document as ctgov_xml
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
  and so has a number, dash or hash that begins a paragraph and no list. The registry trims what a
  block begins with: a marker in its first column is an item's (436 of 436 dashes there begin a
  block, and their lines go on five columns deeper). 105 of 105 texts
  with the same words are the same text in API v2.
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
- **Age**: the registry's measures `Age, Continuous` and `Age, Categorical` are both `Age` here, and
  are told apart by their parts: the three groups of the registry's, or no numbers of people (260 of
  261 measures of the API that are called `Age` or `Age, Continuous` are the registry's).
- **Absent**: standard ages, geographic points, types and domains of secondary ids, ancestors and
  branches of MeSH, history of submissions, violations.
"""


XML = Page(
    path=FOLDER / "registries" / "ctgov-xml.md",
    title="A trial record in ClinicalTrials.gov's legacy XML",
    lead="""\
A place is a path of elements from `clinical_study`, `@` an attribute, `#` the text of an element
with attributes. The form of the site's downloads until June 2024, which archives hold.

# How much of it the API says alike

`python bench/fidelity/legacy_xml.py SOURCE...` compares records of the same trial that were last
changed on the same day. Of 39 such trials, six with results (`*`), 18 have a record of today's API
(`--today`, the last three columns) and 21 one of the classic API, which says less. Shares in %:

| kind | facts | equal | by the form | and the day | today's API | equal | by the form |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| titles | 78 | 100 | 100 | 100 | 36 | 100 | 100 |
| ids | 146 | 99.3 | 99.3 | 100 | 66 | 98.5 | 98.5 |
| sponsors | 251 | 92.4 | 99.2 | 100 | 75 | 94.7 | 98.7 |
| oversight | 85 | 100 | 100 | 100 | 31 | 100 | 100 |
| dates and status | 635 | 95.6 | 95.6 | 100 | 273 | 99.3 | 99.3 |
| conditions | 67 | 100 | 100 | 100 | 38 | 100 | 100 |
| keywords | 111 | 100 | 100 | 100 | 59 | 100 | 100 |
| descriptions | 70 | 87.1 | 100 | 100 | 32 | 100 | 100 |
| arms | 233 | 99.6 | 100 | 100 | 89 | 98.9 | 100 |
| interventions | 283 | 99.3 | 100 | 100 | 120 | 98.3 | 100 |
| links and references | 207 | 76.3 | 76.3 | 100 | 144 | 77.1 | 77.1 |
| outcomes | 746 | 99.7 | 100 | 100 | 303 | 99.7 | 100 |
| officials and contacts | 197 | 99.5 | 99.5 | 100 | 64 | 100 | 100 |
| sites | 2,524 | 99.9 | 99.9 | 100 | 2,128 | 99.9 | 99.9 |
| design | 294 | 99.3 | 100 | 100 | 134 | 98.5 | 100 |
| eligibility | 194 | 89.2 | 99.5 | 99.5 | 83 | 100 | 100 |
| sharing of data | 49 | 100 | 100 | 100 | 11 | 100 | 100 |
| results: flow | 449 | 100 | 100 | 100 | 85 | 100 | 100 |
| results: baseline | 1,987 | 87.3 | 96.8 | 100 | 271 | 100 | 100 |
| results: measures | 7,000 | 99.9 | 100 | 100 | 3,431 | 100 | 100 |
| results: events | 5,133 | 100 | 100 | 100 | 1,906 | 100 | 100 |
| results: the rest | 41 | 90.2 | 100 | 100 | 16 | 100 | 100 |

Each difference but one falls under a rule. *By the form* are those where XML or the classic API has
no other way to say it:

- *finer classes* (17): OTHER_GOV, NETWORK or UNKNOWN, where the XML has `Other`.
- *marks of lists outside text blocks* (8): the same words, of which the XML leaves the numbers and
  bullets out (of 911 such texts of the same words, in 41 trials of any two days, 905 are the same
  text).
- *marks of lists in the classic API* (29): it has no marks of text blocks either. Of today's API
  all 105 text blocks of the same words, in 41 trials of any two days, are the same text.
- *limits that are NA* (191): XML of before 2019 leaves out a limit that is not available (1,491
  measurements of 2016 to 2018 lack one, none says NA); that of 2023 says NA (82 measurements of 440
  documents, none lacks one), and so does the API.
- *no agreement of employees* (2): where all investigators are employees the XML always has a
  sentence, mostly that nothing is agreed (24 of 24 documents); the API mostly has none (18 of 23).
- *limitations in the classic API* (2): it has none (0 of 7 records with results).
- *registries of patients* (2): `Observational` is no registry of patients; of old studies the API
  says nothing (6 of 156 observational studies).
- *a level of 0* (1): of a confidence interval, where the XML has none.

*The day*: the registry said otherwise after the document was downloaded.

- *references of PubMed* (49): the registry finds articles anew each day and takes their citations
  from PubMed; they are of the day of the download and of no version.
- *unknown after two years* (26): the API says UNKNOWN of a study that was not verified since.
- *estimated until it is posted* (2): the day on which the version was posted.
- *names of today* (6): organisations and places that the registry calls otherwise since.
- *sex before 2017* (63 values of one measure): `Gender` counted in two classes, which the registry
  made `Sex: Female, Male` in two categories.

Without a rule is one age, of NCT04386109: `N/A` in the XML, `1 Day` in the API.
Adverse events are compared by their terms and the arms of an intervention by their labels, since
the two orders differ.
The trials: NCT00000410, NCT00001245, NCT00001908, NCT00001909, NCT00002297, NCT00002708,
NCT00023673*, NCT00460538, NCT00490425, NCT00492635, NCT00498680, NCT01294579*, NCT02028676*,
NCT04280705*, NCT04332380, NCT04339322, NCT04355897, NCT04361422, NCT04367805, NCT04370288,
NCT04372004, NCT04379310, NCT04386109, NCT04390074, NCT04403672, NCT04416061, NCT04453748,
NCT04460274, NCT04474496*, NCT04476940, NCT04516954, NCT04674644*, NCT05043896, NCT05045274,
NCT05071482, NCT05074732, NCT05105490, NCT05144126, NCT05157152. XML and records stand in public
repositories of CTTI, of users and of their tests.""",
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

- Written from the records of API v2 of the same day, 635 of 635 rows of a download are the site's,
  byte for byte, quotes too, and all say what is read of them as the records do
  (`python bench/fidelity/ctgov_csv.py ctg-studies.csv ctg-studies.json.zip` in the public
  repository Marc-Morcos/ClinicalTrials-Urology-Database-Word-Counter; 298 of its rows are in the
  tests' corpus). Of observational studies the site writes
  `Observational Model: |Time Perspective: p`, whatever the study is; so do we, and
  read nothing of it.
- What a pipe joins is taken apart (635 of 635 rows agree with API v2). A pipe in the name of an
  intervention does not part it, as each begins with its type.
- Outcomes and places are joined by commas, which their own texts have too: they are kept whole in
  `unmapped`, at `/csv`, by the name of the column, and written again where the record has none.
- Dates and enrollment do not say whether they are actual; ids do not say their kind.
- The site before 2024 had labels and dates in words, which are read, and columns that today's has
  not (`Outcome Measures`, `Sponsor/Collaborators`, `Funded Bys`, `Rank`, ages in words), which are
  kept whole. All 1,725 rows of seven downloads are read.
- The site before 2024 gave a table with tabs too, which is read as its CSV is and not written. It
  quoted nothing: a quotation mark is of the text. All 3,584 rows of one are read, of 27 columns
  (`clinicalTrials-20201012.tsv` in the public repository kaustcovid19/data).
- A row whose quotes or number of columns are wrong is told with its line, and reading goes on where
  a line begins as a row does.
"""
