"""Small sources for `trialbridge validate`, and how a line is run in this process."""

import shlex
from typing import Any

from click.testing import CliRunner, Result

from trialbridge.cli import commands as cli

RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Tea in Mild Fatigue"},
        "statusModule": {"overallStatus": "COMPLETED"},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1"]},
    }
}


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
    return CliRunner().invoke(
        cli.main,
        ["validate", *shlex.split(line)],
        prog_name="trialbridge",
        catch_exceptions=False,
        **options,  # type: ignore[arg-type]
    )
