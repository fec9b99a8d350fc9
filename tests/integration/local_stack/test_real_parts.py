"""The parts that every other integration test stands on."""

import time

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.contracts.topics import REPORTS, Kind, all_topics

LOGS = [topic for topic in all_topics() if topic.kind is Kind.LOG]


DAY_MILLISECONDS = 86_400_000


@pytest.mark.parametrize("days", [-8, 1])
async def test_a_record_is_as_old_as_the_broker_says_whatever_clock_its_sender_has(
    broker: str, days: int
) -> None:
    """A slow clock made the broker delete what it had just taken; a fast one was refused."""
    now = time.time() * 1000
    async with AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True) as producer:
        for topic in LOGS:
            sent = await producer.send_and_wait(
                topic.name, b"body", key=b"k", timestamp_ms=int(now + days * DAY_MILLISECONDS)
            )
            assert abs(sent.timestamp - now) < DAY_MILLISECONDS / 24, topic.name


async def test_every_topic_is_flushed_before_the_acknowledgement(broker: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        topics = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in all_topics()]
        answers = await admin.describe_configs(topics)
    finally:
        await admin.close()
    flushes = {
        resource[3]: entry[1]
        for answer in answers
        for resource in answer.resources
        for entry in resource[4]
        if entry[0] == "flush.messages"
    }
    assert flushes == {topic.name: "1" for topic in all_topics()}


async def test_fresh_topics_are_empty(fresh_topics: str) -> None:
    partitions = [TopicPartition(REPORTS.name, number) for number in range(REPORTS.partitions)]
    async with AIOKafkaConsumer(bootstrap_servers=fresh_topics) as consumer:
        ends = await consumer.end_offsets(partitions)
    assert set(ends.values()) == {0}


@pytest.mark.parametrize("table", ["cases", "reports"])
async def test_a_database_of_a_test_has_the_schema_and_no_rows(
    database_url: str, table: str
) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval(f"select count(*) from {table}") == 0
        version = await connection.fetchval("show server_version_num")
    finally:
        await connection.close()
    assert int(version) >= 180000
