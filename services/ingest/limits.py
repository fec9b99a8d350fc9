"""Rate limits: a token bucket for each key and kind of call, in this process."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

SMALLEST_CAPACITY = 5000  # one full bulk request
NEVER_SECONDS = 3600  # told where a bucket is never filled


class Bucket(StrEnum):
    REPORTS = "reports"
    APPEALS = "appeals"


@dataclass
class _Level:
    tokens: float
    at: float


class Allowance(NamedTuple):
    """What is left, for the headers `RateLimit` and `RateLimit-Policy`. Times are seconds;
    `retry_after` is 0 for a call that may go on.
    """

    bucket: Bucket
    capacity: int
    remaining: int
    full_after: int
    window: int
    retry_after: int

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return (
            (b"ratelimit", f'"{self.bucket}";r={self.remaining};t={self.full_after}'.encode()),
            (b"ratelimit-policy", f'"{self.bucket}";q={self.capacity};w={self.window}'.encode()),
        )


class Limits:
    """`monotonic` gives seconds. Levels of keys that were long quiet are forgotten."""

    def __init__(self, monotonic: Callable[[], float], most_levels: int = 10_000) -> None:
        self._monotonic = monotonic
        self._most_levels = most_levels
        self._levels: dict[tuple[str, Bucket], _Level] = {}

    def take(self, key_id: str, bucket: Bucket, per_second: float, *, count: int = 1) -> Allowance:
        """Take `count` tokens, or none where there are not so many."""
        now = self._monotonic()
        capacity = max(SMALLEST_CAPACITY, math.ceil(per_second * 10))
        level = self._levels.get((key_id, bucket))
        if level is None:
            if len(self._levels) >= self._most_levels:
                self._levels.clear()  # all full again: never stricter than promised
            level = self._levels[key_id, bucket] = _Level(capacity, now)
        tokens = min(float(capacity), level.tokens + (now - level.at) * per_second)
        enough = tokens >= count
        level.at = now
        level.tokens = tokens - count if enough else tokens
        return Allowance(
            bucket=bucket,
            capacity=capacity,
            remaining=int(level.tokens),
            full_after=_seconds_for(capacity - level.tokens, per_second),
            window=_seconds_for(capacity, per_second),
            retry_after=0 if enough else max(_seconds_for(count - tokens, per_second), 1),
        )


def _seconds_for(tokens: float, per_second: float) -> int:
    return math.ceil(tokens / per_second) if per_second > 0 else NEVER_SECONDS
