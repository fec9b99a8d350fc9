"""Faust with lots for messages: what a fetch brought of a partition travels through it as one.

Faust makes four tasks and a dozen calls for each message, and gives a batch no more than what came
through meanwhile. A lot is acknowledged as one when all of it is dealt with; what Faust commits are
still positions of records.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import faust
from aiokafka.structs import ConsumerRecord
from faust.transport.drivers import aiokafka
from faust.types import EventT, Message
from faust.types.transports import SchedulingStrategyT
from faust.types.tuples import TP, ConsumerMessage

from shared.kafka.consumer import raw_record
from shared.kafka.dead_letters import RawRecord


class Lot(ConsumerMessage):
    """Its offset is that of its last record. `begin` is where the lot before it ended: what the
    log has lost in between is acknowledged with it.
    """

    records: Sequence[ConsumerRecord]
    begin: int


def lot_of(message: Message) -> Lot:
    assert isinstance(message, Lot)
    return message


def records_of(events: Iterable[EventT[bytes]]) -> list[RawRecord]:
    """All records of these lots, as Kafka gave them."""
    return [raw_record(record) for event in events for record in lot_of(event.message).records]


class InLots(SchedulingStrategyT):
    """Gives each partition its turn, a lot at a time."""

    def __init__(self, most: int) -> None:
        self._most = most

    def iterate(
        self, records: Mapping[TP, Sequence[ConsumerRecord]]
    ) -> Iterator[tuple[TP, Sequence[ConsumerRecord]]]:
        longest = max(map(len, records.values()), default=0)
        for begin in range(0, longest, self._most):
            for partition, fetched in records.items():
                if lot := fetched[begin : begin + self._most]:
                    yield partition, lot


class LotConsumer(aiokafka.Consumer):
    def _to_message(self, tp: TP, records: Sequence[ConsumerRecord]) -> Lot:
        first, last = records[0], records[-1]
        lot = Lot(
            topic=last.topic,
            partition=last.partition,
            offset=last.offset,
            timestamp=last.timestamp / 1000,
            timestamp_type=last.timestamp_type,
            headers=None,
            key=None,
            value=None,
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )
        read = self._read_offset[tp]
        lot.records = records
        lot.begin = first.offset if read is None else min(first.offset, read + 1)
        return lot

    def ack(self, message: Message) -> bool:
        is_new = super().ack(message)
        if is_new:
            lot = lot_of(message)
            known = self._acked_index[lot.tp]
            earlier = [offset for offset in range(lot.begin, lot.offset) if offset not in known]
            known.update(earlier)
            self._acked[lot.tp] += earlier
        return is_new

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """There is none: a lot begins where the one before it ended."""

    def on_buffer_full(self, tp: TP) -> None:
        """The queue that is full makes the fetching wait. Faust would have it pause, and look
        again after a second.
        """


class LotTransport(aiokafka.Transport):
    Consumer = LotConsumer


def carry_lots(app: faust.App, most: int) -> None:
    """Has the app's topics bring lots of at most so many records. Call it before anything else."""
    app.transport = LotTransport(app.conf.broker_consumer, app)
    app.consumer.scheduler = InLots(most)
