"""Topics as the registry has them: made where they are absent, checked where they exist."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.contracts.topics import Kind, Topic
from shared.errors import Permanent, Transient
from shared.kafka.producer import LARGEST_DEAD_LETTER

NAMED_WITHIN_SECONDS = 15.0
LOOK_SECONDS = 0.1
ROOM_FOR_FRAMES = 64 * 1024


class TopicMismatch(Permanent):
    """A topic is absent or has another number of partitions than the registry."""


@dataclass(frozen=True)
class Durability:
    """`flush_every_message` is for a single broker, where no replica outlives a power cut."""

    replicas: int = 1
    minimum_in_sync: int = 1
    flush_every_message: bool = True


def topic_settings(topic: Topic, durability: Durability) -> dict[str, str]:
    """The broker's settings of a topic, by Kafka's own names."""
    settings = {"min.insync.replicas": str(durability.minimum_in_sync)}
    if durability.flush_every_message:
        settings["flush.messages"] = "1"
    if topic.is_dead_letter:
        settings["max.message.bytes"] = str(LARGEST_DEAD_LETTER + ROOM_FOR_FRAMES)
    if topic.kind is Kind.LOG:
        settings["message.timestamp.type"] = "LogAppendTime"
    else:
        settings |= {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}
    if topic.retention is not None:
        settings["retention.ms"] = str(int(topic.retention.total_seconds() * 1000))
    return settings


async def ensure_topics(
    bootstrap: str, topics: Iterable[Topic], durability: Durability = Durability()
) -> None:
    """Makes the topics that are absent; returns when the broker names each with its partitions.

    Raises TopicMismatch for one that exists with another number of partitions, Transient where the
    broker refuses for now or does not name what it has just made.
    """
    wanted = {topic.name: topic for topic in topics}
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        absent = [wanted[name] for name in wanted.keys() - set(await client.list_topics())]
        if absent:
            await _make(client, absent, durability)
        await _until_named(client, list(wanted.values()))
    finally:
        await client.close()


async def check_partitions(bootstrap: str, topics: Iterable[Topic]) -> None:
    """Raises TopicMismatch naming the first topic that is not as the registry has it."""
    wanted = list(topics)
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        found = await _partitions(client, wanted)
    finally:
        await client.close()
    check_counts(wanted, found)


async def _make(
    client: AIOKafkaAdminClient, topics: Iterable[Topic], durability: Durability
) -> None:
    response = await client.create_topics(
        [
            NewTopic(
                topic.name,
                topic.partitions,
                durability.replicas,
                topic_configs=topic_settings(topic, durability),
            )
            for topic in topics
        ]
    )
    for name, code, reason in response.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise Transient(f"topic {name} could not be made: {reason}")


async def _until_named(client: AIOKafkaAdminClient, topics: list[Topic]) -> None:
    """A topic is made by the controller and named by the brokers a moment later."""
    deadline = asyncio.get_running_loop().time() + NAMED_WITHIN_SECONDS
    while True:
        found = await _partitions(client, topics)
        check_counts([topic for topic in topics if topic.name in found], found)
        unnamed = [topic.name for topic in topics if topic.name not in found]
        if not unnamed:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise Transient(f"topic {unnamed[0]} was made and the broker does not name it")
        await asyncio.sleep(LOOK_SECONDS)


async def _partitions(client: AIOKafkaAdminClient, topics: Iterable[Topic]) -> dict[str, int]:
    """How many each topic has, of those that the broker names with any."""
    return {
        entry["topic"]: len(entry["partitions"])
        for entry in await client.describe_topics([topic.name for topic in topics])
        if entry["partitions"] and not entry["error_code"]
    }


def check_counts(wanted: Iterable[Topic], found: Mapping[str, int]) -> None:
    """Raises TopicMismatch naming the first topic that has not as many as in the registry."""
    for topic in wanted:
        partitions = found.get(topic.name, 0)
        if partitions != topic.partitions:
            raise TopicMismatch(
                f"topic {topic.name} has {partitions} partitions, "
                f"the registry says {topic.partitions}"
            )
