"""Libraries that come with an extra, which a plain install does not have."""

from importlib import import_module
from typing import Any


class MissingExtra(ImportError):
    """What is needed comes with an extra that is not installed."""


def loaded(module: str, does: str, extra: str) -> Any:
    """Import a module of a library. Raises MissingExtra, which says how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        message = f"{library}, which {does}, is not installed: pip install 'trialbridge[{extra}]'"
        raise MissingExtra(message) from error
