"""The report edge as production has it: `python -m services.ingest`, knowing nothing but Kafka."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from aiokafka import AIOKafkaProducer

from deploy.local.launch import last_lines
from shared.contracts.codec import encode
from shared.contracts.reference import PlatformRecord, PolicyRecord
from shared.contracts.topics import PLATFORMS, POLICIES
from tests.ports import free_port
from tests.waiting import eventually_true

ROOT = Path(__file__).parents[1]
START_SECONDS = 90.0


@dataclass(frozen=True)
class EdgeProcess:
    """A running edge; `log` is what it writes on its standard error."""

    process: subprocess.Popen[bytes]
    port: int
    admin_port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin_url(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}"

    def ready(self) -> bool:
        assert self.process.poll() is None, last_lines(self.log)
        return self.admin("/readyz")[0] == 200

    def wait_ready(self) -> None:
        eventually_true(self.ready, within_seconds=START_SECONDS, what=f"the edge; {self.log}")

    def admin(self, path: str) -> tuple[int, str]:
        """Status and body of a page of the admin port; 0 while nobody answers."""
        try:
            page = httpx.get(self.admin_url + path, timeout=3, trust_env=False)
        except httpx.TransportError:
            return 0, ""
        return page.status_code, page.text

    def metric(self, name: str, **labels: str) -> float:
        """Sum over all series of that name with these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        _, page = self.admin("/metrics")
        return sum(
            float(line.split()[-1])
            for line in page.splitlines()
            if line.partition(" ")[0].partition("{")[0] == name
            and all(label in line for label in wanted)
        )

    def stop(self) -> int:
        """Exit status after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextlib.contextmanager
def edge_process(
    bootstrap: str, folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[EdgeProcess]:
    """From its start (it need not be ready) to the end of the block; then killed if still there.

    The environment has no database in it, whatever that of the tests has.
    """
    port, admin_port = free_port(), free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("MIZAN_")
    } | {
        "MIZAN_KAFKA": bootstrap,
        "MIZAN_INGEST_PORT": str(port),
        "MIZAN_INGEST_ADMIN_PORT": str(admin_port),
        "MIZAN_SUBJECT_KEY": "a key for the tests alone",
        **(settings or {}),
    }
    log = folder / f"ingest-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.ingest"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield EdgeProcess(process, port, admin_port, log)
    finally:
        if process.poll() is None:
            psutil.Process(process.pid).resume()
            process.kill()
            process.wait(10)


async def publish_reference(
    bootstrap: str,
    *,
    platforms: Iterable[PlatformRecord] = (),
    policies: Iterable[PolicyRecord] = (),
) -> None:
    """Writes the records as the review service would."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for platform in platforms:
            key = platform.platform_id.encode()
            await producer.send_and_wait(PLATFORMS.name, encode(platform), key=key)
        for policy in policies:
            key = policy.policy_id.encode()
            await producer.send_and_wait(POLICIES.name, encode(policy), key=key)
