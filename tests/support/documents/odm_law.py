"""What the laws of ODM share."""

import re

from corpus import ALL
from hypothesis import HealthCheck, settings


def examples(count: int) -> settings:
    """So many examples where every record is run, else a third: whole records take time."""
    return settings(
        max_examples=count if ALL else count // 3,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def of_xml(text: str) -> bool:
    """Whether XML has a form for each character of a text."""
    return re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", text) is None
