"""Series that are worked out once for dashboards and alerts: how fast the promised shares use up
what they may miss.

A burn of 1 uses up in thirty days just what the promise allows in thirty days.
"""

from deploy.monitoring.promql import Share, missed, seen
from deploy.monitoring.rules import Group, Recording
from shared.promises import PROMISES, Promise, ShareGood, ShareWithin

SECONDS = {"1h": 3600, "6h": 21600, "3d": 259200}
SHARES = tuple(
    (promise, promise.measure)
    for promise in PROMISES
    if isinstance(promise.measure, ShareGood | ShareWithin)
)


def burn(window: str) -> str:
    return f"mizan:slo_burn:{window}"


def events(window: str) -> str:
    """How many events the burn is of."""
    return f"mizan:slo_events:{window}"


def _burns(*windows: str) -> tuple[Recording, ...]:
    return tuple(_burn(*promised, window) for window in windows for promised in SHARES)


def _counts(*windows: str) -> tuple[Recording, ...]:
    return tuple(_events(*promised, window) for window in windows for promised in SHARES)


def _burn(promise: Promise, share: Share, window: str) -> Recording:
    allowed = round(1 - promise.limit, 6)
    expression = f"{missed(share, window)} / {seen(share, window)} / {allowed:g}"
    return Recording(burn(window), expression, (("slo", promise.name),))


def _events(promise: Promise, share: Share, window: str) -> Recording:
    expression = f"{seen(share, window)} * {SECONDS[window]}"
    return Recording(events(window), expression, (("slo", promise.name),))


RECORDINGS = (
    Group("mizan-burn", "30s", (*_burns("5m", "30m", "1h", "6h"), *_counts("1h", "6h"))),
    # reading so far back costs more, and changes slowly
    Group("mizan-burn-long", "5m", (*_burns("3d", "30d"), *_counts("3d"))),
)
