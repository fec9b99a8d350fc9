"""What goes wrong with a running stack: in its database, in its log, with its processes."""

import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator

import asyncpg
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from services.review.jobs.duty import TAKE_LEAD, TRY_LOCK
from shared.contracts.topics import REPORTS, Topic
from shared.kafka.admin import Durability, topic_settings
from tests.running_stack import RunningStack
from tests.waiting import eventually

OLD_SECONDS = 4 * 86400  # more than half of what `reports` keeps
_HOLDERS = (
    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
    " and (classid::bigint << 32) | objid::bigint = hashtextextended('mizan duty ' || $1, 0)"
    " and pid <> pg_backend_pid()"
)


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """As the owner of everything."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def without_leader(url: str, *duties: str) -> AsyncIterator[None]:
    """The duties are led by somebody who does not do them. Whoever led before is fenced off, else
    it would go on until it has noticed.
    """
    async with connected(url) as connection:
        for duty in duties:

            async def taken(duty: str = duty) -> object:
                await connection.execute(_HOLDERS, duty)
                return await connection.fetchval(TRY_LOCK, duty)

            await eventually(taken)
            await connection.fetchval(TAKE_LEAD, duty, "nobody")
        yield


@contextlib.asynccontextmanager
async def forged_trail(url: str) -> AsyncIterator[None]:
    """An entry of the audit trail is not what it was."""
    closed = "alter table audit_entries {} trigger only_grows"
    change = "update audit_entries set entry = $1 where sequence = 1"
    async with connected(url) as connection:
        entry = await connection.fetchval("select entry from audit_entries where sequence = 1")
        await connection.execute(closed.format("disable"))
        await connection.execute(change, "{}")
        try:
            yield
        finally:
            await connection.execute(change, entry)
            await connection.execute(closed.format("enable"))


@contextlib.asynccontextmanager
async def changed_topic(bootstrap: str, topic: Topic, **settings: str) -> AsyncIterator[None]:
    """With settings of the broker's that the registry does not know of, a _ for each dot."""
    own = topic_settings(topic, Durability())
    changes = {name.replace("_", "."): value for name, value in settings.items()}
    await _set_topic(bootstrap, topic, own | changes)
    try:
        yield
    finally:
        await _set_topic(bootstrap, topic, own)


async def _set_topic(bootstrap: str, topic: Topic, settings: dict[str, str]) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=settings)
    async with _admin(bootstrap) as admin:
        await admin.alter_configs([resource])


@contextlib.asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def leave_only_an_old_record(bootstrap: str) -> None:
    """In a partition of `reports`: nothing that was read, and one that nobody has read for days."""
    partition = TopicPartition(REPORTS.name, 0)
    async with _admin(bootstrap) as admin:
        await admin.delete_records({partition: RecordsToDelete(before_offset=-1)})
    stamp = int((time.time() - OLD_SECONDS) * 1000)
    async with (
        changed_topic(bootstrap, REPORTS, message_timestamp_type="CreateTime"),
        AIOKafkaProducer(bootstrap_servers=bootstrap) as producer,
    ):
        await producer.send_and_wait(
            partition.topic, b"old", partition=partition.partition, timestamp_ms=stamp
        )


@contextlib.contextmanager
def standing_still(stack: RunningStack, process: str) -> Iterator[None]:
    pid = stack.pid_of(process)
    assert pid is not None, process
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
