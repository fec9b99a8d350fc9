"""The review worker: all duties in one process, each led by whichever process holds its lock."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Sequence

from services.review.database.engine import Database
from services.review.database.readiness import database_check
from services.review.database.showing import show_connections
from services.review.jobs import (
    appeals,
    audit_sequencer,
    audit_verifier,
    dead_letters,
    lateness,
    lease_expiry,
    matches,
    outbox_relay,
    precedents,
    reference_relay,
    rekeying,
    sink,
    webhook_sender,
)
from services.review.jobs.duty import Duty, Leadership
from services.review.settings import Settings
from shared.observability.admin import Liveness, admin_server

SINGLE_DUTIES: tuple[Callable[[Settings, Database], Duty], ...] = (
    sink.duty,
    appeals.duty,
    matches.duty,
    precedents.duty,
    lease_expiry.duty,
    rekeying.duty,
    outbox_relay.duty,
    reference_relay.duty,
    webhook_sender.duty,
    audit_sequencer.duty,
    audit_verifier.duty,
    lateness.duty,
)


def all_duties(settings: Settings, database: Database) -> list[Duty]:
    """Every duty of the service; any worker may lead any of them."""
    single = [make(settings, database) for make in SINGLE_DUTIES]
    return [*single, *dead_letters.duties(settings, database)]


async def run_worker(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT; then every duty ends its turn and the locks are given back."""
    database = Database(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool,
        application="mizan review worker",
    )
    show_connections(database, settings.database_pool)
    liveness = Liveness()
    holder = f"{socket.gethostname()}:{os.getpid()}"
    leaderships = [
        Leadership(duty, settings.database_url.get_secret_value(), liveness, holder)
        for duty in all_duties(settings, database)
    ]
    async with admin_server(
        host=settings.host,
        port=settings.review_worker_admin_port,
        liveness=liveness,
        checks={"database": database_check(database)},
    ):
        await _until_stopped(leaderships)
    await database.close()


async def _until_stopped(leaderships: Sequence[Leadership]) -> None:
    def stop() -> None:
        for leadership in leaderships:
            leadership.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    async with asyncio.TaskGroup() as group:
        for leadership in leaderships:
            group.create_task(leadership.run())
