"""The real broker and the real database for the tiers that need them, one of each a run.

`broker` gives the bootstrap address; every topic of the registry is there. Tests that do not mind
each other's records use ids and consumer groups of their own; a test that must see an empty log
asks for `fresh_topics`. `database_url` is a new database for each test, cloned from a migrated
template.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from deploy.local.kafka import Broker
from deploy.local.launch import Launch, last_lines, listening, start, stop
from deploy.local.postgres import USER, Server, program_folder
from deploy.local.warm_start import ensure_kafka
from services.review.database.migrate import upgrade
from shared.contracts.topics import Topic, all_topics
from shared.errors import Transient
from shared.kafka.admin import ensure_topics
from tests.ports import free_port
from tests.waiting import eventually_true

ROOT = Path(__file__).parents[1]
TEMPLATE = "mizan_template"
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 1024**3


def tool(*names: str) -> str:
    """Path of a program of Debian's, installed or unpacked by `deploy/local/test-tools.sh`: of the
    first of the names that is there.
    """
    path = f"{os.environ['PATH']}:{ROOT / '.tools' / 'debian' / 'usr' / 'bin'}"
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    assert found, f"{names[0]} is missing; run: sh deploy/local/test-tools.sh"
    return found


def run_apart(work: Coroutine[object, object, None]) -> None:
    """Runs it on a loop in another thread: pytest-asyncio keeps the loop of this one."""
    errors: list[BaseException] = []

    def target() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001 — raised again below, in the test's thread
            errors.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def running(launch: Launch, port: int) -> Iterator[None]:
    """The process from the moment it listens until the generator is closed."""
    process = start(launch)
    try:
        eventually_true(
            lambda: listening(port) or process.poll() is not None,
            what=f"{launch.command[0]} listens on {port}",
        )
        assert process.poll() is None, last_lines(launch.log)
        yield
    finally:
        if process.poll() is None:
            stop(psutil.Process(process.pid), launch.stop_signal, launch.grace_seconds)
        process.wait(5)


@pytest.fixture(scope="session")
def parts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="session")
def broker(parts_folder: Path) -> Iterator[str]:
    """Bootstrap address of a broker with all topics."""
    part = Broker(
        folder=parts_folder / "kafka",
        jars=ensure_kafka(),
        port=free_port(),
        controller_port=free_port(),
        log=parts_folder / "kafka.log",
    )
    part.prepare()
    for _ in running(part.launch(), part.port):
        run_apart(make_topics(part.bootstrap))
        yield part.bootstrap


async def make_topics(bootstrap: str) -> None:
    """A broker that has just begun to listen may need a moment until it takes topics."""
    for remaining in range(40, -1, -1):
        try:
            await ensure_topics(bootstrap, all_topics())
        except Transient:
            if not remaining:
                raise
            await asyncio.sleep(0.25)
        else:
            return


@pytest.fixture
def fresh_topics(broker: str) -> str:
    """Bootstrap address; every topic is empty. Only for a test that cannot live with records of
    other tests: it takes half a second.
    """
    run_apart(remake_topics(broker))
    return broker


async def remake_topics(bootstrap: str) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        names = {topic.name for topic in all_topics()}
        await client.delete_topics(sorted(names))
        # a deletion is answered before it is seen: without the wait the old topics seem to be there
        while names & set(await client.list_topics()):  # noqa: ASYNC110 — the broker tells nobody
            await asyncio.sleep(0.05)
    finally:
        await client.close()
    await make_topics(bootstrap)


@contextlib.asynccontextmanager
async def grown(bootstrap: str, *topics: Topic) -> AsyncIterator[None]:
    """Each of the topics has a partition more while the block runs; then all are made anew."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        more = {topic.name: NewPartitions(topic.partitions + 1) for topic in topics}
        await client.create_partitions(more)
        # as with a deletion, the answer comes before the broker names them
        while not all(  # noqa: ASYNC110 — the broker tells nobody
            len(entry["partitions"]) == more[entry["topic"]].total_count
            for entry in await client.describe_topics(list(more))
        ):
            await asyncio.sleep(0.05)
    finally:
        await client.close()
    try:
        yield
    finally:
        await remake_topics(bootstrap)


@pytest.fixture(scope="session")
def database_folder(parts_folder: Path) -> Iterator[Path]:
    """In memory where there is room. A database for each test is hundreds of files to be made and
    removed, which is most of what many tests cost; on a disk it takes five times as long.
    """
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        with tempfile.TemporaryDirectory(prefix="mizan-tests-", dir=MEMORY) as folder:
            yield Path(folder) / "postgres"
    else:
        yield parts_folder / "postgres"


@pytest.fixture(scope="session")
def database_server(database_folder: Path, parts_folder: Path) -> Iterator[Server]:
    server = Server(
        folder=database_folder,
        port=free_port(),
        password=secrets.token_hex(8),
        log=parts_folder / "postgres.log",
        durable=False,
    )
    server.prepare()
    for _ in running(server.launch(), server.port):
        eventually_true(lambda: database_command(server, "pg_isready", "-q"))
        yield server


def database_command(server: Server, program: str, *arguments: str) -> bool:
    """Runs one of PostgreSQL's own programs against the server. True when it succeeded."""
    where = ("-h", "127.0.0.1", "-p", str(server.port), "-U", USER)
    done = subprocess.run(
        [str(program_folder() / program), *where, *arguments],
        env={**os.environ, "PGPASSWORD": server.password},
        check=False,
    )
    return done.returncode == 0


def administer(server: Server, *statements: str) -> None:
    """As the owner of everything, each statement outside of a transaction."""

    async def run() -> None:
        connection = await asyncpg.connect(server.url("postgres"))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    run_apart(run())


@contextlib.contextmanager
def cloned(server: Server, template: str) -> Iterator[str]:
    """Name of a copy of the database for the block. Nobody may be connected to the template."""
    name = f"test_{secrets.token_hex(6)}"
    # copying files takes half of the time of logging each page, which is the default
    administer(server, f"create database {name} template {template} strategy file_copy")
    try:
        yield name
    finally:
        administer(server, f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def database_template(database_server: Server) -> str:
    """Name of a database with the schema of this code and no rows."""
    administer(database_server, f"create database {TEMPLATE}")
    upgrade(database_server.url(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(database_server: Server, database_template: str) -> Iterator[str]:
    """A migrated database that nobody else uses."""
    with cloned(database_server, database_template) as name:
        yield database_server.url(name)
