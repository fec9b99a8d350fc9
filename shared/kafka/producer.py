"""The one way to make a producer: idempotent, acknowledged by all replicas."""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.errors import Transient
from shared.kafka.partitions import choose_partition
from shared.kafka.stopping import stop_producer

LARGEST_RECORD = 1024 * 1024  # what every topic takes
LARGEST_DEAD_LETTER = 4 * LARGEST_RECORD  # a record that was stored compressed, and its cause


class BrokerAway(Transient):
    """Kafka did not answer in time."""


def make_producer(
    bootstrap: str,
    *,
    client_id: str,
    transactional_id: str | None = None,
    linger_ms: int = 2,
    largest_record: int = LARGEST_RECORD,
) -> AIOKafkaProducer:
    """Producer that is not started yet. A sent batch is never given up by it: whoever stops
    waiting for an acknowledgement does not know whether the record was stored. A record of more
    than `largest_record` bytes, before compression, is refused at once.
    """
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        partitioner=choose_partition,
        transactional_id=transactional_id,
        compression_type="zstd",
        linger_ms=linger_ms,
        max_batch_size=256 * 1024,
        max_request_size=largest_record,
    )


async def start_within(producer: AIOKafkaProducer, seconds: float) -> None:
    """Starts the producer. Raises BrokerAway when the broker does not answer in time."""
    try:
        await asyncio.wait_for(producer.start(), seconds)
    except (TimeoutError, KafkaError) as error:
        await stop_producer(producer)
        raise BrokerAway("Kafka does not answer") from error
