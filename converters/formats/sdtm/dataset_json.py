"""Dataset-JSON 1.1: a dataset as JSON, its columns beside its rows.

https://www.cdisc.org/standards/data-exchange/dataset-json
"""

from typing import Any

import msgspec

from trialbridge.mappings.sdtm.document import Written
from trialbridge.schemas.sdtm.domains import DOMAINS
from trialbridge.schemas.syntax.dataset import Column, Dataset


def write(dataset: Dataset, written: Written) -> bytes:
    """A dataset with its metadata, which the Define-XML beside it has too."""
    name = dataset.name
    tree = {
        "datasetJSONCreationDateTime": written.created,
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"{written.name}.{name}",
        "originator": "trialbridge",
        "studyOID": f"ST.{written.name}",
        "metaDataVersionOID": f"MDV.{written.name}",
        "metaDataRef": "define.xml",
        "itemGroupOID": f"IG.{name}",
        "records": len(dataset.rows),
        "name": name,
        "label": dataset.label or DOMAINS[name].label,
        "columns": [_column(column, name) for column in dataset.columns],
        "rows": dataset.rows,
    }
    return msgspec.json.encode(tree)


def _column(column: Column, domain: str) -> dict[str, Any]:
    variable = DOMAINS[domain].variable(column.name)
    found: dict[str, Any] = {
        "itemOID": f"IT.{domain}.{column.name}",
        "name": column.name,
        "label": column.label or (variable.label if variable else column.name),
        "dataType": "string",
    }
    if column.numeric:
        found["dataType"] = "integer"
    else:
        found["length"] = max(column.length, 1)
    if variable is not None and variable.key:
        found["keySequence"] = variable.key
    return found
