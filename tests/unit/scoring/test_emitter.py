"""What the broker does not acknowledge is known record by record, and sent again."""

import asyncio

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder

from services.scoring.emitter import unacknowledged
from shared.kafka.batches import Record
from shared.kafka.partitions import partition_of

PARTITIONS = 4
RECORDS = [Record("scored-reports", b"key-%d" % number, b"value") for number in range(40)]


class Broker:
    """As a producer sees it: one partition answers with an error, in its acknowledgement or when
    a batch is handed over.
    """

    def __init__(self, lost: int | None, error: Exception, *, at_once: bool = False) -> None:
        self._lost = lost
        self._error = error
        self._at_once = at_once

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(PARTITIONS))

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(1024 * 1024, 0)

    async def send_batch(
        self, batch: BatchBuilder, topic: str, *, partition: int
    ) -> "asyncio.Future[object]":
        sent: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        if partition != self._lost:
            sent.set_result(None)
        elif self._at_once:
            raise self._error
        else:
            sent.set_exception(self._error)
        return sent


def of_partition(number: int) -> list[Record]:
    return [record for record in RECORDS if partition_of(record.key, PARTITIONS) == number]


async def test_only_what_was_not_acknowledged_is_left_and_in_its_order() -> None:
    assert await unacknowledged(Broker(None, OSError()), "scored-reports", RECORDS) == []
    left = await unacknowledged(Broker(2, KafkaTimeoutError()), "scored-reports", RECORDS)
    assert left == of_partition(2) != []


async def test_what_was_never_handed_over_is_left_too() -> None:
    broker = Broker(2, OSError("no broker"), at_once=True)
    left = await unacknowledged(broker, "scored-reports", RECORDS)
    assert {record.key for record in of_partition(2)} <= {record.key for record in left}
    assert len(left) < len(RECORDS)


async def test_an_error_that_is_not_the_brokers_is_raised() -> None:
    with pytest.raises(ValueError, match="ours"):
        await unacknowledged(Broker(2, ValueError("ours")), "scored-reports", RECORDS)


async def test_a_refusal_by_the_broker_is_left_like_a_loss() -> None:
    left = await unacknowledged(Broker(1, MessageSizeTooLargeError()), "scored-reports", RECORDS)
    assert left == of_partition(1)
