"""Topics as the registry has them: made where they are absent, checked where they exist."""

from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.contracts.topics import Kind, Topic
from shared.errors import Permanent, Transient


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
    """Makes the topics that are absent and waits until the broker names them all.

    Raises TopicMismatch for one that exists with another number of partitions.
    """
    wanted = {topic.name: topic for topic in topics}
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        absent = [wanted[name] for name in wanted.keys() - set(await client.list_topics())]
        if absent:
            response = await client.create_topics(
                [
                    NewTopic(
                        topic.name,
                        topic.partitions,
                        durability.replicas,
                        topic_configs=topic_settings(topic, durability),
                    )
                    for topic in absent
                ]
            )
            for name, code, reason in response.topic_errors:
                if code and for_code(code) is not TopicAlreadyExistsError:
                    raise Transient(f"topic {name} could not be made: {reason}")
    finally:
        await client.close()
    await check_partitions(bootstrap, wanted.values())


async def check_partitions(bootstrap: str, topics: Iterable[Topic]) -> None:
    """Raises TopicMismatch naming the first topic that is not as the registry has it."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        wanted = {topic.name: topic.partitions for topic in topics}
        found = {
            entry["topic"]: len(entry["partitions"])
            for entry in await client.describe_topics(list(wanted))
            if not entry["error_code"]
        }
    finally:
        await client.close()
    for name, partitions in wanted.items():
        if found.get(name) != partitions:
            raise TopicMismatch(
                f"topic {name} has {found.get(name, 0)} partitions, the registry says {partitions}"
            )
