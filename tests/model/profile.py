"""How many examples hypothesis tries.

The same ones in every run, so that a change is blamed for what it breaks and chance for nothing. With the variable
MODEL_EXAMPLES it is that many random ones per property instead; a failure prints what repeats it.
"""

import os

from hypothesis import HealthCheck, Phase, settings

_MANY = os.environ.get("MODEL_EXAMPLES", "")


def examples(count: int) -> settings:
    """Return the settings of a property that is tried with so many examples."""
    return settings(
        max_examples=int(_MANY or count),
        derandomize=not _MANY,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),  # to explain a failure takes long, and its example says enough
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
