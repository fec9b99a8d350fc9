"""The supervisor with a real broker and a real database under it."""

import asyncio
import errno
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local import parts, stack
from deploy.local.errors import StackError
from deploy.local.kafka import Broker
from deploy.local.launch import Identity, Launch, last_lines
from deploy.local.postgres import Server
from deploy.local.supervisor import Part, Supervisor
from deploy.local.warm_start import ensure_kafka
from shared.contracts.topics import REPORTS
from tests.ports import free_port
from tests.waiting import eventually


class Living:
    """What the supervisor said last."""

    def __init__(self) -> None:
        self.pids: dict[str, int] = {}

    def changed(self, processes: Sequence[Identity]) -> None:
        self.pids = {process.name: process.pid for process in processes}


@pytest.fixture
async def living() -> Living:
    return Living()


@pytest.fixture
async def supervisor(living: Living) -> AsyncIterator[Supervisor]:
    made = Supervisor(living.changed)
    yield made
    await made.stop()


async def kill_and_await_another(living: Living, name: str) -> None:
    old = living.pids[name]
    os.kill(old, signal.SIGKILL)

    async def another() -> bool:
        return living.pids.get(name, old) != old

    await eventually(another, what=f"{name} has another pid")


async def test_a_killed_database_is_started_again_with_what_was_committed(
    tmp_path: Path, supervisor: Supervisor, living: Living
) -> None:
    server = Server(tmp_path / "pg", free_port(), secrets.token_hex(4), tmp_path / "pg.log")
    part = parts.database_part(server)
    await supervisor.start(part)
    await parts.ensure_database(server)
    connection = await asyncpg.connect(server.url(parts.DATABASE))
    await connection.execute("create table kept (n int); insert into kept values (7)")

    await kill_and_await_another(living, "postgres")
    await eventually(part.ready)

    connection.terminate()
    connection = await asyncpg.connect(server.url(parts.DATABASE))
    assert await connection.fetchval("select n from kept") == 7
    await connection.close()


async def test_the_postmaster_is_our_own_child_and_ends_with_us(
    tmp_path: Path, supervisor: Supervisor, living: Living
) -> None:
    """Started by the package's own means it had another parent, and outlived the stack."""
    server = Server(tmp_path / "pg", free_port(), secrets.token_hex(4), tmp_path / "pg.log")
    await supervisor.start(parts.database_part(server))
    postmaster = int((tmp_path / "pg" / "data" / "postmaster.pid").read_text().split()[0])
    assert postmaster == living.pids["postgres"]
    assert psutil.Process(postmaster).ppid() == os.getpid()

    await supervisor.stop()

    assert not psutil.pid_exists(postmaster)


async def test_a_killed_broker_is_started_again_with_what_was_acknowledged(
    tmp_path: Path, supervisor: Supervisor, living: Living
) -> None:
    broker = Broker(
        folder=tmp_path / "kafka",
        jars=ensure_kafka(),
        port=free_port(),
        controller_port=free_port(),
        log=tmp_path / "kafka.log",
    )
    part = parts.broker_part(broker)
    await supervisor.start(part)
    await stack.make_topics(broker.bootstrap)
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        await producer.send_and_wait(REPORTS.name, b"kept", partition=0)

    await kill_and_await_another(living, "kafka")
    await eventually(part.ready)

    async with AIOKafkaConsumer(bootstrap_servers=broker.bootstrap) as consumer:
        partition = TopicPartition(REPORTS.name, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        record = await asyncio.wait_for(consumer.getone(), 20)
    assert record.value == b"kept"


async def alive() -> bool:
    return True


def script(tmp_path: Path, name: str, source: str, *, stage: int = 1) -> Part:
    launch = Launch((sys.executable, "-c", source), tmp_path / f"{name}.log", grace_seconds=0.5)
    return Part(name=name, launch=launch, ready=alive, stage=stage)


async def test_stopping_leaves_nothing_not_even_what_ignores_the_signal(
    tmp_path: Path, supervisor: Supervisor, living: Living
) -> None:
    stubborn = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('up', flush=True); time.sleep(600)\n"
    )
    part = script(tmp_path, "stubborn", stubborn)
    await supervisor.start(part)

    async def up() -> bool:
        return last_lines(part.launch.log) == "up"

    await eventually(up)
    family = psutil.Process(living.pids["stubborn"])
    everybody = [family, *family.children(recursive=True)]
    assert len(everybody) == 2

    await supervisor.stop()

    assert [process for process in everybody if process.is_running()] == []
    assert living.pids == {}


async def test_a_part_that_ends_again_and_again_is_reported_with_the_end_of_its_log(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    async def never() -> bool:
        return False

    ends = script(tmp_path, "hopeless", "raise SystemExit('no such thing')")
    part = Part(name="hopeless", launch=ends.launch, ready=never, stage=1)
    with pytest.raises(StackError, match="hopeless does not come up: no such thing") as caught:
        await supervisor.start(part)
    assert caught.value.log == ends.launch.log


async def test_a_full_disk_is_named_as_such(tmp_path: Path, supervisor: Supervisor) -> None:
    async def never() -> bool:
        return False

    full = script(tmp_path, "writer", "raise OSError(28, 'No space left on device')")
    part = Part(name="writer", launch=full.launch, ready=never, stage=1)
    with pytest.raises(StackError, match="writer does not come up: the disk is full"):
        await supervisor.start(part)


async def test_higher_stages_are_stopped_before_lower_ones(
    tmp_path: Path, supervisor: Supervisor
) -> None:
    """The lower one notes at its end whether the higher one had ended."""
    trace = tmp_path / "trace"
    source = (
        "import signal, sys, time, pathlib\n"
        "def end(*_):\n"
        "    with open(sys.argv[1], 'a') as file: file.write(sys.argv[2])\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(0.05)\n"
    )
    for name, stage in (("a", 0), ("b", 1)):
        log = tmp_path / f"{name}.log"
        command = (sys.executable, "-c", source, str(trace), name)

        async def up(log: Path = log) -> bool:
            return last_lines(log) == "up"

        await supervisor.start(Part(name, Launch(command, log), up, stage))
    await supervisor.stop()
    assert trace.read_text() == "ba"


async def test_a_disk_that_fills_up_while_running_is_told_instead_of_a_silent_end(
    tmp_path: Path,
) -> None:
    full = False

    def changed(processes: Sequence[Identity]) -> None:
        if full and processes:
            raise OSError(errno.ENOSPC, "No space left on device")

    supervisor = Supervisor(changed)
    part = script(tmp_path, "short", "import time; time.sleep(0.3)")
    await supervisor.start(part)
    full = True

    async def told() -> bool:
        failure = supervisor.failure()
        return failure is not None and "the disk is full" in str(failure)

    await eventually(told)
    await supervisor.stop()
