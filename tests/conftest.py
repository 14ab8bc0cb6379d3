"""How property tests run: a slow machine is no reason to fail, and each run sees the same cases.

With TRIALBRIDGE_RANDOM=1, which a nightly run sets, they are others each time.
"""

import os

from corpus import ALL
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

RANDOM = os.environ.get("TRIALBRIDGE_RANDOM") == "1"

settings.register_profile(
    "trialbridge",
    deadline=None,
    max_examples=100 if ALL else 50,
    derandomize=not RANDOM,
    # What a random run found is no part of the next.
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("trialbridge")

# Hypothesis also draws constants of the modules that are loaded. Which those are depends on the
# tests that ran before, so a test would see other cases alone, in another order, on another worker.
# No setting turns it off: https://github.com/HypothesisWorks/hypothesis/pull/4356
if not RANDOM and hasattr(providers, "_get_local_constants"):
    providers._get_local_constants = providers.Constants
