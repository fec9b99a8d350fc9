"""Records that can never be read, on their way to the dead letters."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from aiokafka.errors import KafkaError

from services.scoring import metrics
from services.scoring.errors import Cause
from shared.errors import Permanent
from shared.kafka.dead_letters import DeadLetters, RawRecord
from shared.observability.logging import logger

log = logger(__name__)

BACKOFF_SECONDS = (0.2, 5.0)


@dataclass(frozen=True)
class Poison:
    """A record, and the named error of its data."""

    record: RawRecord
    cause: Cause
    error: Permanent


async def set_aside(dead_letters: DeadLetters, poison: Sequence[Poison]) -> None:
    """Returns when each is acknowledged as a dead letter; only then may the offset move.

    A broker that is away is waited for. Any other error is raised and must end the process.
    """
    for bad in poison:
        await _acknowledged(
            partial(dead_letters.write, bad.record, cause=bad.cause, error=bad.error)
        )
        metrics.DEAD_LETTERS.labels(bad.record.topic, bad.cause).inc()
        log.error(
            "dead_letter_written",
            topic=bad.record.topic,
            partition=bad.record.partition,
            offset=bad.record.offset,
            cause=bad.cause,
        )


async def settle(dead_letters: DeadLetters, records: Sequence[RawRecord]) -> None:
    """Returns when it is acknowledged that these, which were put back, are dealt with."""
    for record in records:
        await _acknowledged(partial(dead_letters.settle, record))


async def _acknowledged(send: Callable[[], Awaitable[None]]) -> None:
    delay = BACKOFF_SECONDS[0]
    while True:
        try:
            await send()
        except (KafkaError, OSError, TimeoutError) as error:
            if isinstance(error, KafkaError) and not error.retriable:
                raise
            log.warning("dead_letter_retried", cause=type(error).__name__)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 — jitter
            delay = min(delay * 2, BACKOFF_SECONDS[1])
        else:
            return
