"""When a document was made, for formats that demand it: the same at every run.

https://reproducible-builds.org/specs/source-date-epoch/
"""

import os
from datetime import UTC, datetime

from trialbridge.schemas.trial import Trial

NO_TIME = "1970-01-01T00:00:00"
"""The time of a document of a record that has none."""


def created(trial: Trial) -> str:
    """When the document was made: as the caller says, else when the record was last updated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdecimal():
        return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    date = as_of(trial)
    return f"{date}T00:00:00" if date else NO_TIME


def as_of(trial: Trial) -> str | None:
    """The day when the record was last updated."""
    status = trial.protocol.status if trial.protocol else None
    if status is None:
        return None
    posted = status.last_update_post_date
    return (posted.date if posted else None) or status.last_update_submit_date
