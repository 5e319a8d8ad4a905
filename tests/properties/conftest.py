"""How hard properties are tried: the same examples on every change, many more and new ones with
`HYPOTHESIS_PROFILE=nightly make nightly` or on one file."""

import os

from hypothesis import HealthCheck, settings

# No deadline: the machine is shared, and nothing here asserts timings.
settings.register_profile(
    "change", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile(
    "nightly", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "change"))
