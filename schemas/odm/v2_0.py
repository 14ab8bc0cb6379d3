"""ODM-XML 2.0: the validator of the format."""

from trialbridge.schemas.odm import validate as odm
from trialbridge.schemas.problem import Problem


def check(data: bytes, *, thorough: bool = False, deep: bool = False) -> list[Problem]:
    """Check the bytes of an ODM 2.0 document: `odm.check`, which is thorough in any case."""
    return odm.check(data, "2.0", deep=deep)
