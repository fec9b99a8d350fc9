"""Rate limits: a token bucket for each key and kind of call, in this process."""

import math
from collections.abc import Callable
from dataclasses import dataclass

NEVER_SECONDS = 3600  # told where a bucket is never filled


@dataclass(frozen=True)
class Rate:
    """A bucket by its name: what it holds when it is full, and how fast it fills."""

    name: str
    per_second: float
    capacity: int


@dataclass
class _Level:
    tokens: float
    at: float


@dataclass(frozen=True)
class Allowance:
    """What is left, for the headers `RateLimit` and `RateLimit-Policy`. Times are seconds;
    `retry_after` is 0 for a call that may go on.
    """

    rate: Rate
    remaining: int
    full_after: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        window = _seconds_for(self.rate.capacity, self.rate.per_second)
        return {
            "RateLimit": f'"{self.rate.name}";r={self.remaining};t={self.full_after}',
            "RateLimit-Policy": f'"{self.rate.name}";q={self.rate.capacity};w={window}',
        }


class Limits:
    """`monotonic` gives seconds. With more keys than `most_levels`, all buckets are full again:
    never stricter than promised.
    """

    def __init__(self, monotonic: Callable[[], float], most_levels: int = 10_000) -> None:
        self._monotonic = monotonic
        self._most_levels = most_levels
        self._levels: dict[tuple[str, str], _Level] = {}

    def take(self, key_id: str, rate: Rate, *, count: int = 1) -> Allowance:
        """Takes `count` tokens, or none where there are not so many."""
        now = self._monotonic()
        level = self._levels.get((key_id, rate.name))
        if level is None:
            if len(self._levels) >= self._most_levels:
                self._levels.clear()
            level = self._levels[key_id, rate.name] = _Level(rate.capacity, now)
        tokens = min(float(rate.capacity), level.tokens + (now - level.at) * rate.per_second)
        enough = tokens >= count
        level.at = now
        level.tokens = tokens - count if enough else tokens
        return Allowance(
            rate=rate,
            remaining=int(level.tokens),
            full_after=_seconds_for(rate.capacity - level.tokens, rate.per_second),
            retry_after=0 if enough else max(_seconds_for(count - tokens, rate.per_second), 1),
        )


def _seconds_for(tokens: float, per_second: float) -> int:
    return math.ceil(tokens / per_second) if per_second > 0 else NEVER_SECONDS
