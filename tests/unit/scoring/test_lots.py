"""What Faust is told of a lot: its place among the others, and the positions that it stands for."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from aiokafka.structs import ConsumerRecord
from faust.types.tuples import TP

from services.scoring.lots import InLots, LotConsumer
from services.scoring.settings import Settings
from services.scoring.worker import scoring_app
from shared.contracts.topics import REPORTS
from shared.kafka.dead_letters import RawRecord

ONE, OTHER = TP(REPORTS.name, 1), TP(REPORTS.name, 2)


def fetched(partition: TP, offsets: Sequence[int]) -> list[ConsumerRecord]:
    return [
        ConsumerRecord(
            *(partition.topic, partition.partition, offset, 1_795_000_000_123, 1),
            *(b"key", b"value", None, 3, 5, ()),
        )
        for offset in offsets
    ]


@pytest.fixture
async def consumer() -> AsyncIterator[LotConsumer]:
    async def handle(records: Sequence[RawRecord]) -> None:
        raise AssertionError(records)

    app = scoring_app(Settings(kafka="127.0.0.1:1"), handle, asyncio.Event())
    app.topics.acking_topics.add(REPORTS.name)
    assert isinstance(app.consumer, LotConsumer)
    yield app.consumer
    app.consumer._thread.thread_loop.close()  # of a thread that was never started


def acknowledged(consumer: LotConsumer, offsets: Sequence[int]) -> None:
    lot = consumer._to_message(ONE, fetched(ONE, offsets))
    consumer._read_offset[ONE] = lot.offset
    lot.ack(consumer)


def test_partitions_take_turns_and_a_lot_has_records_of_one_in_their_order() -> None:
    records = {ONE: fetched(ONE, range(5)), OTHER: fetched(OTHER, range(10, 13))}
    lots = [
        (partition.partition, [record.offset for record in lot])
        for partition, lot in InLots(2).iterate(records)
    ]
    assert lots == [(1, [0, 1]), (2, [10, 11]), (1, [2, 3]), (2, [12]), (1, [4])]


async def test_a_lot_stands_for_all_of_its_records_and_nothing_behind_it(
    consumer: LotConsumer,
) -> None:
    acknowledged(consumer, range(3))
    assert consumer._new_offset(ONE) == 3


async def test_what_lies_between_two_lots_and_is_not_acknowledged_holds_the_position(
    consumer: LotConsumer,
) -> None:
    acknowledged(consumer, range(3))
    under_way = consumer._to_message(ONE, fetched(ONE, range(3, 6)))
    consumer._read_offset[ONE] = under_way.offset
    acknowledged(consumer, range(6, 9))
    assert consumer._new_offset(ONE) == 3
    under_way.ack(consumer)
    assert consumer._new_offset(ONE) == 9


async def test_what_the_log_has_lost_in_between_does_not_hold_the_position(
    consumer: LotConsumer,
) -> None:
    consumer._read_offset[ONE] = consumer._committed_offset[ONE] = 4
    acknowledged(consumer, range(100, 103))
    assert consumer._new_offset(ONE) == 103
