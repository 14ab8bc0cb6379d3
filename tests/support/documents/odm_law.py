"""What the laws of ODM share."""

import re


def of_xml(text: str) -> bool:
    """Whether XML has a form for each character of a text."""
    return re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", text) is None
