"""A small record for the commands, and how a line is run in this process."""

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

PAGE = """\
Tea in Mild Fatigue

NCT ID: NCT00000001

Basic Information

Recruitment Status

COMPLETED

More Related Trials

Coffee in Mild Fatigue

NCT00000002 COMPLETED PHASE2
"""


def run(line: str, **options: object) -> Result:
    """Run a command line in this process."""
    name, *arguments = shlex.split(line)
    command = {"trialbridge": cli.main, "convert": cli.convert}[name]
    return CliRunner().invoke(
        command,
        arguments,
        prog_name=name,
        catch_exceptions=False,
        **options,  # type: ignore[arg-type]
    )
