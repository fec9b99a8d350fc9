"""The parts that every other integration test stands on."""

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.contracts.topics import POLICIES, REPORTS


async def test_the_broker_takes_a_record_and_gives_it_back_with_its_own_time(broker: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True) as producer:
        sent = await producer.send_and_wait(REPORTS.name, b"body", key=b"k", timestamp_ms=1)
    assert sent.timestamp > 1


async def test_every_topic_is_flushed_before_the_acknowledgement(broker: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        resources = [
            ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in (REPORTS, POLICIES)
        ]
        answers = await admin.describe_configs(resources)
    finally:
        await admin.close()
    flushes = [
        entry[1]
        for answer in answers
        for resource in answer.resources
        for entry in resource[4]
        if entry[0] == "flush.messages"
    ]
    assert flushes == ["1", "1"]


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
