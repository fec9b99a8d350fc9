"""Starting and stopping a process of the scoring worker."""

import asyncio
import contextlib
import random
import signal
from collections.abc import Awaitable
from typing import TypeVar

from aiokafka.errors import KafkaError

from shared.contracts.topics import Topic, dead_letter_topics
from shared.kafka.admin import check_partitions
from shared.observability.logging import logger

T = TypeVar("T")

log = logger(__name__)

BACKOFF_SECONDS = (0.2, 5.0)


class Stopping(Exception):
    """The process was told to stop while it waited."""


def stop_signals() -> asyncio.Event:
    """Set by SIGTERM and SIGINT from now on."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


async def unless_stopped(work: Awaitable[T], stopping: asyncio.Event) -> T:
    """Result of the work. Raises Stopping, and cancels the work, when told to stop first."""
    task = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Stopping
        return task.result()
    finally:
        for future in (task, waiting):
            if not future.done():
                future.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await future


async def topics_checked(bootstrap: str, *, read: Topic, written: tuple[Topic, ...]) -> None:
    """Waits for the broker, then checks that these topics and the dead letters of the one that is
    read are as the registry has them. Raises TopicMismatch.
    """
    dead_letters = tuple(topic for topic in dead_letter_topics() if topic.name == read.dead_letter)
    wanted = (read, *written, *dead_letters)
    delay = BACKOFF_SECONDS[0]
    while True:
        try:
            return await check_partitions(bootstrap, wanted)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("broker_away", cause=type(error).__name__)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 — jitter
            delay = min(delay * 2, BACKOFF_SECONDS[1])
