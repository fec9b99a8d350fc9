"""Role `score` as a process: what it waits for, starts, shows on its admin port and stops."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import faust

from services.scoring import metrics
from services.scoring.emitter import Emitter
from services.scoring.handler import outcome_off_the_loop
from services.scoring.lag import LagWatch
from services.scoring.lifecycle import Stopping, stop_signals, topics_checked, unless_stopped
from services.scoring.poison import set_aside
from services.scoring.reference import ListsInForce
from services.scoring.service import Scorer
from services.scoring.settings import Settings
from services.scoring.worker import GROUP, Handle, abandon, scoring_app
from shared.clock import utc_now
from shared.contracts.topics import FINGERPRINTS, REPORTS, SCORED_REPORTS, WATCH_LISTS
from shared.errors import Transient
from shared.kafka.dead_letters import DeadLetters, RawRecord
from shared.observability.admin import Liveness, admin_server
from shared.observability.logging import logger

log = logger(__name__)

BEAT_SECONDS = 1.0
STOP_SECONDS = 10.0  # within the grace that a supervisor or a cluster gives


class WorkerCrashed(Transient):
    """Faust gave up; a fresh process begins where the last commit was."""


async def run_score(settings: Settings, scorer: Scorer, lists: ListsInForce) -> None:
    """Until SIGTERM or SIGINT. Raises TopicMismatch and PortInUse."""
    stopping = stop_signals()
    liveness = Liveness()
    emitter = Emitter(settings.kafka, client_id="mizan-score")
    lag = LagWatch(
        bootstrap=settings.kafka,
        group=GROUP,
        topic=REPORTS,
        partitions=range(REPORTS.partitions),
        clock=utc_now,
    )
    joined = asyncio.Event()
    checks = {
        "broker": lag.broker_answers,
        WATCH_LISTS.name: lists.read_once,
        "group": lambda: _joined(joined),
    }
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(contextlib.suppress(Stopping))
        executor = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="model"))
        await stack.enter_async_context(
            admin_server(
                host=settings.host,
                port=settings.score_admin_port,
                liveness=liveness,
                checks=checks,
            )
        )
        checked = topics_checked(
            settings.kafka, read=REPORTS, written=(SCORED_REPORTS, FINGERPRINTS)
        )
        await unless_stopped(checked, stopping)
        stack.push_async_callback(lists.stop)
        lists.start()
        await unless_stopped(lists.until_read(), stopping)
        stack.push_async_callback(emitter.close)
        await unless_stopped(emitter.start(), stopping)
        handle = report_handler(executor, scorer, emitter, lists)
        app = scoring_app(settings, handle, joined)
        watching = asyncio.create_task(lag.run(), name="lag")
        stack.callback(watching.cancel)
        await _run_app(app, stopping, liveness, watching)
    log.info("score_stopped")


def report_handler(
    executor: ThreadPoolExecutor, scorer: Scorer, emitter: Emitter, lists: ListsInForce
) -> Handle:
    """What the agent calls with each batch: returns when all of it is acknowledged."""
    dead_letters = DeadLetters(emitter)

    async def handle(records: Sequence[RawRecord]) -> None:
        metrics.BATCH_SIZE.observe(len(records))
        outcome = await outcome_off_the_loop(executor, records, scorer, lists.in_force())
        await set_aside(dead_letters, outcome.poison)
        await emitter.send_all(outcome.outgoing)
        now = time.time()
        for record in records:
            metrics.SECONDS.observe(max(now - record.timestamp_ms / 1000, 0.0))

    return handle


async def _run_app(
    app: faust.App, stopping: asyncio.Event, liveness: Liveness, watching: "asyncio.Task[None]"
) -> None:
    """Stops the app when told to, or when the topic is no longer the registry's."""
    await app.start()
    log.info("score_started")
    while not stopping.is_set() and not watching.done():
        if app.should_stop:  # set by a crash too
            abandon(WorkerCrashed())
        liveness.beat("score")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), BEAT_SECONDS)
    log.info("score_stopping")
    try:
        await asyncio.wait_for(app.stop(), STOP_SECONDS)
    except TimeoutError as error:
        abandon(error)
    if watching.done():
        watching.result()


async def _joined(joined: asyncio.Event) -> str | None:
    return None if joined.is_set() else "not in the consumer group yet"
