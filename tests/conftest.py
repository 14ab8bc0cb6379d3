"""How all property tests run: a slow machine is no reason to fail, and CI sees the same cases."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "trialbridge",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("trialbridge")
