"""Where a consumer stands in its topic, kept in the database in the transaction of its work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.review.database.session import Session
from shared.errors import Permanent


class PositionRefused(Permanent):
    """The log is not the one that was read so far. Somebody must look before anything is read."""


@dataclass(frozen=True)
class Position:
    """`next_offset` is the first record not taken; `record_at` the broker's time of the last."""

    partition: int
    topic_id: str
    next_offset: int
    record_at: datetime | None


async def load_positions(session: Session, consumer: str, topic: str) -> dict[int, Position]:
    """By partition; empty before the first batch."""
    rows = await session.execute(_LOAD, {"consumer": consumer, "topic": topic})
    return {
        row.partition: Position(row.partition, row.topic_id, row.next_offset, row.record_at)
        for row in rows
    }


async def save_positions(
    session: Session, consumer: str, topic: str, positions: Sequence[Position]
) -> None:
    """Never moves a position back: a replay takes nothing away."""
    await session.execute(
        _SAVE,
        {
            "consumer": consumer,
            "topic": topic,
            "partitions": [position.partition for position in positions],
            "topic_ids": [position.topic_id for position in positions],
            "offsets": [position.next_offset for position in positions],
            "stamps": [position.record_at for position in positions],
        },
    )


def check_positions(
    positions: Mapping[int, Position],
    *,
    topic: str,
    topic_id: str,
    begins: Mapping[int, int],
    ends: Mapping[int, int],
) -> None:
    """Raises PositionRefused unless every position lies in this very log."""
    for partition, position in positions.items():
        where = f"{topic}/{partition}"
        if position.topic_id != topic_id:
            raise PositionRefused(f"{where} is another topic than the one that was read")
        if position.next_offset > ends[partition]:
            raise PositionRefused(
                f"{where} ends at {ends[partition]}, but was read to {position.next_offset}:"
                " the log has lost records"
            )
        if position.next_offset < begins[partition]:
            raise PositionRefused(
                f"{where} begins at {begins[partition]}, but was read to {position.next_offset}:"
                " records have aged out unread"
            )


_LOAD = text(
    "select partition, topic_id, next_offset, record_at from consumer_positions"
    " where consumer = :consumer and topic = :topic"
)
_SAVE = text(
    "insert into consumer_positions (consumer, topic, partition, topic_id, next_offset, record_at)"
    " select :consumer, :topic, * from unnest(cast(:partitions as int[]),"
    " cast(:topic_ids as text[]), cast(:offsets as bigint[]), cast(:stamps as timestamptz[]))"
    " on conflict (consumer, topic, partition) do update set"
    " next_offset = greatest(consumer_positions.next_offset, excluded.next_offset),"
    " record_at = greatest(consumer_positions.record_at, excluded.record_at),"
    " topic_id = excluded.topic_id, updated_at = now()"
)
