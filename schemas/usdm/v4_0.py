"""CDISC USDM 4.0: the validator of the format."""

from trialbridge.schemas.usdm.validate import check as check
