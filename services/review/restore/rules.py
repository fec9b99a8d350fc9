"""What a restored database lacks, and what in it has been overtaken. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.review.decisions.log_headers import Origin
from shared.contracts.decision import AppealEvent, DecisionEvent, EventType, QuarantineEvent

# The relay releases within a second; a draft that it passed over for so long was taken back.
PASSED_OVER = timedelta(minutes=1)
MADE = frozenset({EventType.DECISION_MADE})
FOLLOWING = frozenset(
    {EventType.DECISION_REVERSED, EventType.APPEAL_DECIDED, EventType.APPEAL_REFUSED}
)


@dataclass(frozen=True)
class Told:
    """An event as the topic has it; `body` byte for byte, `place` its partition and offset."""

    event: DecisionEvent | AppealEvent | QuarantineEvent
    body: str
    origin: Origin
    traceparent: str | None
    place: tuple[int, int]


def in_feed_order(missing: Sequence[Told], last: int) -> list[tuple[int, Told]]:
    """Each with its position in the feed, the first behind `last`.

    Where all say their positions, and these go on from there without a gap, every cursor that a
    platform holds stays right. Else they are put in the order in which they were told.
    """
    said = sorted(missing, key=lambda told: told.origin.position or 0)
    if [told.origin.position for told in said] == list(range(last + 1, last + 1 + len(said))):
        return list(enumerate(said, last + 1))
    told_at = sorted(missing, key=lambda told: (told.event.timestamp, told.place))
    return list(enumerate(told_at, last + 1))


@dataclass(frozen=True)
class WaitingGroup:
    """Drafts of decisions made together that were not released when the backup was taken."""

    group_id: str
    decision_ids: frozenset[str]
    release_at: datetime


def taken_back(
    waiting: Sequence[WaitingGroup], told: Collection[str], newest: datetime | None
) -> list[str]:
    """Groups that the log passed over: their decisions were undone after the backup.

    `told` are the decisions of which the log tells, `newest` is the time of its last event.
    """
    if newest is None:
        return []
    return [
        group.group_id
        for group in waiting
        if group.release_at < newest - PASSED_OVER and group.decision_ids.isdisjoint(told)
    ]
