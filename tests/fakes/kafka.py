"""Kafka producers that keep what they are given."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka.errors import KafkaConnectionError


@dataclass(frozen=True)
class Sent:
    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass
class FakeSender:
    """A `Sender`. Fails the first `failures` times as a broker that is away."""

    failures: int = 0
    sent: list[Sent] = field(default_factory=list)

    async def send_and_wait(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        *,
        headers: Sequence[tuple[str, bytes]] | None = None,
    ) -> object:
        if self.failures:
            self.failures -= 1
            raise KafkaConnectionError("away")
        self.sent.append(Sent(topic, key, value, partition, tuple(headers or ())))
        return None
