"""The one way to stop a client of Kafka, whatever state its broker is in.

aiokafka's own `stop` waits without end for a broker that is frozen. After a broker was lost it also
lets the CancelledError of its own tasks out, which a caller takes for being cancelled itself: the
loop that wanted to start again is over, in silence.
"""

import asyncio
from collections.abc import Coroutine

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

STOP_SECONDS = 5.0


async def stop_consumer(consumer: AIOKafkaConsumer, within_seconds: float = STOP_SECONDS) -> None:
    """Nothing but our own cancellation is raised, and its connections are closed in any case."""
    if not await _ends(consumer.stop(), within_seconds):
        await _ends(consumer._client.close(), within_seconds)  # noqa: SLF001 — stop left it open


async def stop_producer(producer: AIOKafkaProducer, within_seconds: float = STOP_SECONDS) -> None:
    """Gives what is under way so long to arrive; otherwise as `stop_consumer`."""
    if not await _ends(producer.stop(), within_seconds):
        await _ends(producer.client.close(), within_seconds)


async def _ends(work: Coroutine[object, object, None], seconds: float) -> bool:
    """Whether it came to its end in time and without an error."""
    task = asyncio.ensure_future(work)
    await asyncio.wait([task], timeout=seconds)
    if not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=seconds)
        return False
    return not task.cancelled() and task.exception() is None
