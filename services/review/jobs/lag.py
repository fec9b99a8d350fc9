"""How far behind its topic a consumer is, in records and in seconds. No I/O, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.review.jobs.positions import Position
from shared.kafka.dead_letters import RawRecord


class Lag:
    """Follows a consumer from where it stood. What it reads again after a rewind is no lag."""

    def __init__(self, positions: Mapping[int, Position]) -> None:
        self._next = {number: at.next_offset for number, at in positions.items()}
        self._stamps = {
            number: at.record_at for number, at in positions.items() if at.record_at is not None
        }

    def taken(self, records: Iterable[RawRecord]) -> None:
        """These are in the database."""
        lasts = {record.partition: record for record in records}
        for partition, last in lasts.items():
            if last.offset >= self._next.get(partition, 0):
                self._next[partition] = last.offset + 1
                self._stamps[partition] = last.stamp

    def records(
        self, *, in_hand: Sequence[RawRecord], unread: Mapping[int, tuple[int, int]]
    ) -> int:
        """How many are not taken: those in hand and, of each partition, those up to its end."""
        waiting = sum(record.offset >= self._next.get(record.partition, 0) for record in in_hand)
        return waiting + sum(
            max(end - max(offset, self._next.get(partition, 0)), 0)
            for partition, (offset, end) in unread.items()
        )

    def seconds(
        self,
        now: datetime,
        *,
        in_hand: Sequence[RawRecord],
        unread: Mapping[int, tuple[int, int]],
    ) -> float:
        """Age of the oldest record not taken, 0 when there is none.

        `unread` has the next offset and the end of each partition. A record that was not read yet
        is no older than the last one taken before it, nor than when there was none.
        """
        pending = [r for r in in_hand if r.offset >= self._next.get(r.partition, 0)]
        oldest = [min(pending, key=_timestamp).stamp] if pending else []
        for partition in unread.keys() - {record.partition for record in pending}:
            offset, end = unread[partition]
            if max(offset, self._next.get(partition, 0)) >= end:
                self._stamps[partition] = now
            elif partition in self._stamps:
                oldest.append(self._stamps[partition])
        return max((now - min(oldest)).total_seconds(), 0.0) if oldest else 0.0


def _timestamp(record: RawRecord) -> int:
    return record.timestamp_ms
