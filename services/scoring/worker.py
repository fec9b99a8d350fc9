"""Role `score`: the Faust app that feeds batches of `reports` to the handler.

Faust acknowledges a batch whose handling was cancelled or raised, so a batch is handled in a task
of its own that a cancellation waits for, and what cannot be finished ends the process at once,
before anything can be committed.
"""

import asyncio
import os
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import PurePath
from typing import NoReturn, cast

import faust
from faust.app.base import BootStrategy

from services.scoring import metrics
from services.scoring.settings import Settings
from shared.contracts.topics import REPORTS
from shared.kafka.dead_letters import Headers, RawRecord
from shared.observability.logging import logger

log = logger(__name__)

GROUP = "scoring"
UNFINISHED_EXIT = 70

Handle = Callable[[Sequence[RawRecord]], Awaitable[None]]


class _WithoutProducer(BootStrategy):
    """What is sent goes through the idempotent producer of the emitter, not through Faust's."""

    enable_kafka_producer = False
    enable_web = False


class _Stateless(faust.App):
    async def on_first_start(self) -> None:
        """Faust would make folders for tables here. There are none, and nowhere to write."""


def scoring_app(settings: Settings, handle: Handle, joined: asyncio.Event) -> faust.App:
    """App with one stateless agent. Make it inside the running loop; topics must exist.

    `joined` is set when the group has given this process its partitions.
    """
    app = _Stateless(
        id=GROUP,
        broker=f"kafka://{settings.kafka.replace(',', ';')}",
        store="memory://",
        value_serializer="raw",
        key_serializer="raw",
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
        broker_commit_interval=1.0,
        # a killed process keeps its partitions for this long
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_check_crcs=True,
        loghandlers=[],
    )
    app.boot_strategy = _WithoutProducer(app)
    reports = app.topic(REPORTS.name, value_serializer="raw", key_serializer="raw")

    @app.agent(reports, name="scoring.reports", concurrency=1)
    async def score_reports(stream: faust.types.StreamT[bytes]) -> None:
        batches = cast("faust.Stream[bytes]", stream)
        async for events in batches.take_events(
            settings.score_batch, within=settings.score_wait_seconds
        ):
            await finish(handle([raw_record(event.message) for event in events]))

    @app.on_partitions_assigned.connect
    async def has_joined(*given: object, **__: object) -> None:
        assigned = given[-1]
        assert isinstance(assigned, Collection)
        metrics.REBALANCES.inc()
        metrics.PARTITIONS.set(len(assigned))
        joined.set()

    @app.on_partitions_revoked.connect
    async def has_lost(*_: object, **__: object) -> None:
        metrics.PARTITIONS.set(0)

    return app


async def finish(work: Awaitable[None]) -> None:
    """Waits for the work to its end even when cancelled meanwhile, and only then lets go.

    Work that raises ends the process: its records must not be committed.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
            log.info("batch_outlasts_stop")
    if task.cancelled() or task.exception() is not None:
        abandon(task.exception() if not task.cancelled() else None)
    if cancelled is not None:
        raise cancelled


def abandon(error: BaseException | None) -> NoReturn:
    """Ends the process without a chance for anybody to commit."""
    frames = traceback.extract_tb(error.__traceback__) if error else []
    log.critical(
        "batch_unfinished",
        cause=type(error).__name__,
        trail=[f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames],
    )
    os._exit(UNFINISHED_EXIT)


def raw_record(message: faust.types.Message) -> RawRecord:
    """The record as Kafka gave it."""
    return RawRecord(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        timestamp_ms=round(message.timestamp * 1000),
        key=message.key,
        value=message.value,
        headers=_headers(message.headers),
    )


def _headers(headers: faust.types.core.HeadersArg | None) -> Headers:
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    return tuple((name, bytes(value)) for name, value in pairs)
