"""Role `match` as a process: what it waits for, starts, shows on its admin port and stops."""

import asyncio
import contextlib

from services.scoring.duplicates.match_worker import GROUP, MatchWorker, partitions_of_shard
from services.scoring.emitter import Emitter
from services.scoring.lag import LagWatch
from services.scoring.lifecycle import Stopping, stop_signals, topics_checked, unless_stopped
from services.scoring.settings import Settings
from shared.clock import utc_now
from shared.contracts.topics import FINGERPRINTS, MATCHES
from shared.kafka.consumer import start_assigned_consumer
from shared.kafka.stopping import stop_consumer
from shared.observability.admin import Liveness, admin_server
from shared.observability.logging import logger

log = logger(__name__)


async def run_match(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises TopicMismatch, PositionOutsideLog and PortInUse."""
    stopping = stop_signals()
    liveness = Liveness()
    partitions = partitions_of_shard(settings.match_shard, settings.match_shards)
    lag = LagWatch(
        bootstrap=settings.kafka,
        group=GROUP,
        topic=FINGERPRINTS,
        partitions=[partition.partition for partition in partitions],
        clock=utc_now,
    )
    replay = _Replay()
    checks = {"broker": lag.broker_answers, "replay": replay.caught_up}
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(contextlib.suppress(Stopping))
        await stack.enter_async_context(
            admin_server(
                host=settings.host,
                port=settings.match_admin_port,
                liveness=liveness,
                checks=checks,
            )
        )
        checked = topics_checked(settings.kafka, read=FINGERPRINTS, written=(MATCHES,))
        await unless_stopped(checked, stopping)
        emitter = Emitter(settings.kafka, client_id=f"mizan-match-{settings.match_shard}")
        stack.push_async_callback(emitter.close)
        await unless_stopped(emitter.start(), stopping)
        consumer = await start_assigned_consumer(
            settings.kafka,
            partitions,
            client_id=f"mizan-match-{settings.match_shard}",
            group=GROUP,
        )
        stack.push_async_callback(stop_consumer, consumer)
        worker = MatchWorker(
            consumer=consumer, emitter=emitter, partitions=partitions, batch=settings.match_batch
        )
        await unless_stopped(worker.begin(), stopping)
        replay.worker = worker
        watching = asyncio.create_task(lag.run(), name="lag")
        stack.callback(watching.cancel)
        await _run_worker(worker, stopping, liveness, watching)
    log.info("match_stopped")


class _Replay:
    """Stands in for the worker's check until there is a worker."""

    worker: MatchWorker | None = None

    async def caught_up(self) -> str | None:
        return "not begun yet" if self.worker is None else await self.worker.caught_up()


async def _run_worker(
    worker: MatchWorker,
    stopping: asyncio.Event,
    liveness: Liveness,
    watching: "asyncio.Task[None]",
) -> None:
    """Ends when told to stop, or when the topic is no longer the registry's."""
    watching.add_done_callback(lambda _: stopping.set())
    await worker.run(stopping, liveness)
    if watching.done():
        watching.result()
