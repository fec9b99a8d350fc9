"""Processes of the scoring worker on a real broker, and what is on its topics."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from shared.contracts.topics import Topic
from shared.kafka.consumer import partitions_of
from tests.ports import free_port
from tests.waiting import eventually_true

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Worker:
    """A running process and its admin port."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=3) as page:
                return bool(page.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def wait_ready(self) -> None:
        eventually_true(self.ready, within_seconds=90, what=f"ready; {self.log}")

    def metric(self, name: str) -> float:
        """Sum over all its labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=3) as page:
            lines = page.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    def terminate(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit status after the signal."""
        self.process.send_signal(number)
        return self.process.wait(40)


@contextlib.contextmanager
def worker(
    bootstrap: str,
    folder: Path,
    *command: str,
    settings: dict[str, str] | None = None,
) -> Iterator[Worker]:
    """The process while the block runs; killed at its end where it is still there."""
    port = free_port()
    environment = {
        **os.environ,
        "MIZAN_KAFKA": bootstrap,
        "MIZAN_SCORE_ADMIN_PORT": str(port),
        "MIZAN_MATCH_ADMIN_PORT": str(port),
        **(settings or {}),
    }
    log = folder / f"{command[-1]}-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Worker(process, port, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


@contextlib.asynccontextmanager
async def producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    client = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


async def send(bootstrap: str, topic: Topic, records: Sequence[tuple[bytes, bytes]]) -> None:
    """Keys and values, in order."""
    async with producer(bootstrap) as client:
        sent = [await client.send(topic.name, value, key=key) for key, value in records]
        for acknowledged in sent:
            await acknowledged


async def read(bootstrap: str, topic: str, partitions: int) -> list[ConsumerRecord]:
    """All that the topic holds now, partition by partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        wanted = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(wanted)
        ends = await consumer.end_offsets(wanted)
        found: list[ConsumerRecord] = []
        while [tp for tp in wanted if await consumer.position(tp) < ends[tp]]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        await consumer.stop()


async def length(bootstrap: str, topic: Topic) -> int:
    """How many records the topic has, none of them read."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        return sum((await consumer.end_offsets(list(partitions_of(topic)))).values())
    finally:
        await consumer.stop()


async def committed(bootstrap: str, group: str, topic: Topic) -> dict[int, int]:
    """Committed position of each partition, 0 where there is none."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        return {tp.partition: await consumer.committed(tp) or 0 for tp in partitions_of(topic)}
    finally:
        await consumer.stop()


Json = dict[str, object]


def decoded(records: Sequence[ConsumerRecord], pick: Callable[[Json], object]) -> list[object]:
    return [pick(json.loads(record.value)) for record in records]
