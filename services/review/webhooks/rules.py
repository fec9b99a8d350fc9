"""When a delivery is tried again, and what an answer means. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

# Of one event, counted from its first try.
GIVE_UP_AFTER = timedelta(hours=75)
SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 12 * 3600)
)
# The share of a delay that chance decides.
JITTER = 0.25


class Outcome(StrEnum):
    DELIVERED = "delivered"
    RETRY = "retry"
    GONE = "gone"


@dataclass(frozen=True)
class Answer:
    """What an endpoint said. `status` is None when there was no answer, `error` says why."""

    status: int | None
    milliseconds: int
    error: str | None = None
    retry_after: str | None = None
    text: str | None = None


def outcome_of(answer: Answer) -> Outcome:
    """2xx is a delivery and 410 an end; a redirect is not followed and counts as a failure."""
    if answer.status == 410:
        return Outcome.GONE
    if answer.status is not None and 200 <= answer.status < 300:
        return Outcome.DELIVERED
    return Outcome.RETRY


def next_attempt_at(
    answer: Answer, *, attempts: int, since: datetime, now: datetime, chance: float
) -> datetime | None:
    """When to try again after `attempts` failures, None when the 75 hours are over.

    `chance` is 0 to 1. `Retry-After` of a 429 or 503 is obeyed where it asks for more; the last
    try is at the end of the window, not after it.
    """
    end = since + GIVE_UP_AFTER
    if now >= end:
        return None
    delay = SCHEDULE[min(attempts, len(SCHEDULE)) - 1]
    at = now + delay * (1 - JITTER + 2 * JITTER * chance)
    if answer.status in (429, 503):
        at = max(at, asked_for(answer.retry_after, now) or at)
    return min(at, end)


def asked_for(retry_after: str | None, now: datetime) -> datetime | None:
    """The time that the header names in seconds or as a date; None for anything else."""
    if not retry_after or len(retry_after) > 64:
        return None
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 8:
        return now + timedelta(seconds=int(retry_after))
    try:
        at = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at if at > now else None
