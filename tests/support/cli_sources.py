"""Small sources for `trialbridge validate`, and how a line is run in this process."""

import cli_record
from click.testing import Result

WRONG = """\
{"protocolSection": {"identificationModule": {"nctId": "NCT00000009", "briefTitle": "Tea"},
  "statusModule": {"startDateStruct": {"date": "2024-13"}}}}
"""


WRONG_PATH = "/protocolSection/statusModule/startDateStruct/date"
WRONG_MESSAGE = "'2024-13' is not a date (YYYY, YYYY-MM or YYYY-MM-DD)"
MODEL = "https://clinicaltrials.gov/data-api/about-api/study-data-structure"
ODD = {"hasResults": False, "newSection": 1}


def run(line: str, **options: object) -> Result:
    """Run `trialbridge validate` with arguments in this process."""
    return cli_record.run(f"trialbridge validate {line}", **options)
