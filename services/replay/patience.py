"""Trying again, for as long as the caller is patient."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.replay.errors import GaveUp

FIRST_SECONDS, LONGEST_SECONDS = 0.25, 5.0


@dataclass(frozen=True)
class Timer:
    """Time in seconds, of a clock that only goes forward."""

    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]


class Patience:
    """`say` is told why there is a wait. GaveUp is raised where nothing moved for `seconds`."""

    def __init__(self, timer: Timer, seconds: float, say: Callable[[str], None]) -> None:
        self._timer = timer
        self._seconds = seconds
        self._say = say
        self._moved_at = timer.now()
        self._delay = FIRST_SECONDS

    def moved(self) -> None:
        """Something went on: patience begins anew."""
        self._moved_at = self._timer.now()
        self._delay = FIRST_SECONDS

    async def wait(self, reason: str, asked_seconds: float = 0.0) -> None:
        """Before the next try: at least as long as was asked for, else longer each time. With
        jitter, so that many who were refused together do not come back together.
        """
        jitter = random.uniform(1.0, 1.25)  # noqa: S311 — no secret
        delay = max(asked_seconds, self._delay) * jitter
        self.check(reason, delay)
        self._say(f"{reason}; trying again for up to {self._seconds:.0f} s")
        self._delay = min(self._delay * 2, LONGEST_SECONDS)
        await self._timer.sleep(delay)

    def check(self, reason: str, ahead_seconds: float = 0.0) -> None:
        """Raises GaveUp where nothing will have moved for too long by then."""
        waited = self._timer.now() - self._moved_at
        if waited + ahead_seconds > self._seconds:
            asked = (
                f", asks for {ahead_seconds:.0f} s" if ahead_seconds > LONGEST_SECONDS * 2 else ""
            )
            raise GaveUp(f"{reason}{asked}; given up after {waited:.0f} s")
