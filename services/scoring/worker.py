"""Role `score`: the Faust app that feeds batches of `reports` to the handler.

Faust acknowledges a batch whose handling was cancelled or raised, so a batch is handled in a task
of its own that a cancellation waits for, and what cannot be finished ends the process at once,
before anything can be committed.
"""

import asyncio
import os
import traceback
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import PurePath
from typing import NoReturn, cast

import faust
from faust.app.base import BootStrategy

from services.scoring import metrics
from services.scoring.lots import carry_lots, records_of
from services.scoring.settings import Settings
from shared.contracts.topics import REPORTS
from shared.kafka.dead_letters import RawRecord
from shared.observability.logging import logger

log = logger(__name__)

GROUP = "scoring"
UNFINISHED_EXIT = 70
# In a batch. With few of them, large ones, a batch would leave behind what came in small ones.
MOST_LOTS = 50

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
    lots_in_batch = min(MOST_LOTS, settings.score_batch)
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
        # of lots: what has to wait longer does so in the log, and comes in fuller ones
        stream_buffer_maxsize=lots_in_batch,
        broker_commit_interval=1.0,
        # a killed process keeps its partitions for this long
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_check_crcs=True,
        loghandlers=[],
    )
    app.boot_strategy = _WithoutProducer(app)
    carry_lots(app, settings.score_batch // lots_in_batch)
    reports = app.topic(REPORTS.name, value_serializer="raw", key_serializer="raw")

    @app.agent(reports, name="scoring.reports", concurrency=1)
    async def score_reports(stream: faust.types.StreamT[bytes]) -> None:
        batches = cast("faust.Stream[bytes]", stream)
        async for lots in batches.take_events(lots_in_batch, within=settings.score_wait_seconds):
            await finish(handle(records_of(lots)))

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
