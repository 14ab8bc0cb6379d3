"""The registry's schemas of PRS upload XML, which are not ours to give, and uploads for tests."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from trialbridge.formats.registries.clinicaltrials_gov import prs
from trialbridge.schemas.trial import Trial

VARIABLE = "TRIALBRIDGE_PRS_SCHEMAS"
NAMES = ("ProtocolRecordSchema.xsd", "RRSUploadSchema.xsd")
ACCOUNT = {"org_name": "NorrlandU"}
_ROOT = Path(__file__).resolve().parents[3]


def folder() -> Path:
    """Give the folder of the schemas: TRIALBRIDGE_PRS_SCHEMAS, else that beside the repository."""
    return Path(os.environ.get(VARIABLE) or _ROOT.parent / "shared" / "reference" / "ctgov")


def files() -> list[str]:
    """Give the schemas; skip the test if they are absent."""
    paths = [folder() / name for name in NAMES]
    for path in paths:
        if not path.is_file():
            pytest.skip(
                f"no schema: {path} is absent (set {VARIABLE} to the folder of the schemas)"
            )
    return [str(path) for path in paths]


@cache
def _schema(path: str) -> Any:
    return etree.XMLSchema(etree.parse(path))


def faults(upload: bytes) -> list[str]:
    """Say what the registry's own schemas find; skip the test if they are absent."""
    schema = _schema(files()[0])
    schema.validate(etree.fromstring(upload))
    return [str(one) for one in schema.error_log]


def study_of(trial: Trial) -> Any:
    """Give the study of the upload that a record becomes."""
    return etree.fromstring(prs.write(trial, **ACCOUNT)[0]).find("clinical_study")
