"""The structs of a trial record: `trialbridge.model.ArmGroup`, to build one and to take it apart.

They are those of `trialbridge.schemas.trial`, under a name that stays.
"""

from trialbridge.schemas.trial import *  # noqa: F403
