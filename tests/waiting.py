"""Waiting for something to become true, instead of sleeping for a guessed time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.05
# Whoever waits has nothing to say about time: the machine may be slow and do much else.
PATIENT_SECONDS = 90.0


async def eventually(
    probe: Callable[[], Awaitable[T]],
    *,
    within_seconds: float = PATIENT_SECONDS,
    pause_seconds: float = PAUSE_SECONDS,
    what: str = "",
) -> T:
    """First truthy answer of the probe. An AssertionError inside it means "not yet". A longer pause
    is for a probe that costs much.

    Raises AssertionError with the last answer when the deadline passes.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        last: object
        try:
            answer = await probe()
        except AssertionError as error:
            last = error
        else:
            if answer:
                return answer
            last = answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds} s: {what or probe}; last: {last!r}")
        await asyncio.sleep(pause_seconds)


async def nothing_left(
    left: Callable[[], Awaitable[int]], *, still_seconds: float = PATIENT_SECONDS, what: str
) -> None:
    """Returns when `left` says 0, however long that takes while it goes on.

    Raises AssertionError when it has said the same for `still_seconds`.
    """
    seen, since = -1, time.monotonic()
    while now := await left():
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > still_seconds:
            raise AssertionError(f"{what}: {now} left, as {still_seconds:.0f} s ago")
        await asyncio.sleep(PAUSE_SECONDS)


def eventually_true(
    probe: Callable[[], T],
    *,
    within_seconds: float = PATIENT_SECONDS,
    pause_seconds: float = PAUSE_SECONDS,
    what: str = "",
) -> T:
    """As `eventually`, for tests without an event loop. Blocks the thread."""
    deadline = time.monotonic() + within_seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(
                f"not within {within_seconds} s: {what or probe}; last: {answer!r}"
            )
        time.sleep(pause_seconds)
