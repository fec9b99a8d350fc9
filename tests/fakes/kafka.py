"""Kafka producers that keep what they are given."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError


@dataclass(frozen=True)
class Sent:
    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass
class FakeSender:
    """A `Sender`. Fails the first `failures` times as a broker that is away, and refuses what is
    larger than `largest` bytes.
    """

    failures: int = 0
    largest: int | None = None
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
        extra = sum(len(name) + len(content) for name, content in headers or ())
        if self.largest is not None and len(key or b"") + len(value or b"") + extra > self.largest:
            raise MessageSizeTooLargeError
        self.sent.append(Sent(topic, key, value, partition, tuple(headers or ())))
        return None
