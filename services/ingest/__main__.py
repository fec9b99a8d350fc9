"""`python -m services.ingest`: the report edge."""

import asyncio
import socket
import sys
import time
from typing import Protocol

import uvloop

from services.ingest import metrics
from services.ingest.api import Edge
from services.ingest.app import make_app
from services.ingest.backlog import Backlog
from services.ingest.bulk import BulkIntake
from services.ingest.limits import Limits
from services.ingest.publisher import Bounds, Publisher
from services.ingest.server import http_server
from services.ingest.service import Intake, Reference
from services.ingest.settings import Settings
from services.ingest.subjects.phones import Phones
from shared.clock import utc_now
from shared.collector import tune_collector
from shared.contracts.reference import PlatformRecord, PolicyRecord
from shared.contracts.topics import PLATFORMS, POLICIES
from shared.errors import MizanError
from shared.http_server import serve_until_told
from shared.kafka.reference import ReferenceReader, ReferenceView
from shared.observability.admin import Liveness, admin_server, bound_socket
from shared.observability.logging import configure_logging, logger
from shared.settings import read_settings

log = logger(__name__)

WATCH_SECONDS = 1.0


class Part(Protocol):
    """A loop of the process; `turned_at` is when it last came round, by the monotonic clock."""

    turned_at: float

    def start(self) -> None: ...

    async def stop(self) -> None: ...


class Process:
    """The parts of the edge, started and stopped together."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.platforms = ReferenceView(PLATFORMS, PlatformRecord)
        self.policies = ReferenceView(POLICIES, PolicyRecord)
        self.reader = ReferenceReader(
            settings.kafka, (self.platforms, self.policies), client_id="mizan-ingest-reference"
        )
        bounds = Bounds(
            settings.ingest_ack_seconds,
            settings.ingest_max_in_flight,
            settings.ingest_max_in_flight_bytes,
        )
        self.publisher = Publisher(settings.kafka, bounds)
        self.backlog = Backlog(settings.kafka, utc_now)
        self.liveness = Liveness()
        self.parts: dict[str, Part] = {
            "reference": self.reader,
            "publisher": self.publisher,
            "backlog": self.backlog,
        }

    def edge(self) -> Edge:
        settings = self.settings
        reference = Reference(
            self.platforms,
            self.policies,
            self.reader.age_seconds,
            settings.ingest_reference_age_seconds,
        )
        phones = Phones(settings.subject_key.get_secret_value().encode())
        intake = Intake(reference, self.publisher, self.backlog, phones, utc_now)
        return Edge(
            intake,
            BulkIntake(intake, self.publisher),
            Limits(time.monotonic),
            settings.review_url.rstrip("/"),
        )

    async def reference_current(self) -> str | None:
        """A check for `/readyz`."""
        age = self.reader.age_seconds()
        if age <= self.settings.ingest_reference_age_seconds:
            return None
        return (
            "reference data is not read to its end" if age == float("inf") else f"{age:.0f} s old"
        )

    async def watch(self) -> None:
        """Keeps the metrics and the liveness of the loops current until cancelled."""
        seen: dict[str, float] = {}
        while True:
            metrics.REFERENCE_AGE.set(self.reader.age_seconds())
            metrics.REFERENCE_UNREADABLE.set(self.platforms.unreadable + self.policies.unreadable)
            for name, part in self.parts.items():
                if seen.get(name) != part.turned_at:
                    seen[name] = part.turned_at
                    self.liveness.beat(name)
            await asyncio.sleep(WATCH_SECONDS)

    async def run(self) -> None:
        """Serves until SIGTERM or SIGINT, then answers what has begun and ends."""
        settings = self.settings
        listener = bound_socket(settings.host, settings.ingest_port)
        checks = {"kafka": self.publisher.connected, "reference": self.reference_current}
        async with admin_server(
            host=settings.host,
            port=settings.ingest_admin_port,
            liveness=self.liveness,
            checks=checks,
        ):
            for part in self.parts.values():
                part.start()
            watching = asyncio.create_task(self.watch(), name="watch")
            log.info("edge_started", port=settings.ingest_port)
            try:
                await serve(self.edge(), listener)
            finally:
                watching.cancel()
                await asyncio.gather(*(part.stop() for part in self.parts.values()))
                listener.close()
                log.info("edge_stopped")


async def serve(edge: Edge, listener: socket.socket) -> None:
    """Answers until told to stop; then no more is taken and what has begun is answered."""
    await serve_until_told(http_server(make_app(edge)), listener)


def main() -> int:
    """Exit status: 0 told to stop, 1 cannot go on and says why in one line."""
    settings = read_settings(Settings)
    configure_logging("ingest", settings.log_level)
    tune_collector()
    try:
        uvloop.run(Process(settings).run())
    except MizanError as error:
        sys.stderr.write(f"mizan: ingest: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
