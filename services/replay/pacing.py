"""How fast to send. Pure: whoever asks brings the time, in seconds of a monotonic clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_LINES = 500

_REMAINING = re.compile(r'"[^"]*";r=(\d+)')
_POLICY = re.compile(r'"[^"]*";q=(\d+);w=(\d+)')


@dataclass(frozen=True)
class Allowance:
    """What the server said it would still take at a time: `remaining` of `most`, and
    `per_second` more as time goes.
    """

    remaining: int
    most: int
    per_second: float


def allowance_of(headers: Mapping[str, str]) -> Allowance | None:
    """From `RateLimit` and `RateLimit-Policy`; None where they are absent or not understood."""
    remaining = _REMAINING.match(headers.get("ratelimit", ""))
    policy = _POLICY.match(headers.get("ratelimit-policy", ""))
    if remaining is None or policy is None or int(policy[2]) == 0:
        return None
    most = int(policy[1])
    return Allowance(int(remaining[1]), most, most / int(policy[2]))


class Pace:
    """Keeps to the caller's own rate, in reports a second, and to what the server allows, so that
    it need not refuse.
    """

    def __init__(self, rate: float | None = None) -> None:
        self._rate = rate
        self._free_at = 0.0
        self._allowance: Allowance | None = None
        self._told_at = 0.0

    @property
    def most_lines(self) -> int:
        """That are sent in one request; about one request a second where the rate is low."""
        bounds = [MOST_LINES]
        if self._rate is not None:
            bounds.append(int(self._rate))
        if self._allowance is not None:
            bounds.append(self._allowance.most)
        return max(min(bounds), 1)

    def seconds_until(self, count: int, now: float) -> float:
        """How long to wait before so many more are sent."""
        waits = [self._free_at - now]
        told = self._allowance
        if told is not None and told.per_second > 0:
            left = told.remaining + (now - self._told_at) * told.per_second
            waits.append((count - left) / told.per_second)
        return max(*waits, 0.0)

    def sent(self, count: int, now: float) -> None:
        if self._rate is not None:
            self._free_at = max(self._free_at, now) + count / self._rate

    def told(self, allowance: Allowance | None, now: float) -> None:
        """What the server answered with; None says nothing new."""
        if allowance is not None:
            self._allowance, self._told_at = allowance, now
