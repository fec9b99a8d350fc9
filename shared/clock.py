"""Time and new identities, passed in so that rules and tests decide what they are."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
NewId = Callable[[str], str]


def utc_now() -> datetime:
    """The wall clock, aware of UTC."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """Identity that sorts by its time of making to the millisecond: prefix, 48 bits of time in
    hexadecimal, 80 random bits.
    """
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
