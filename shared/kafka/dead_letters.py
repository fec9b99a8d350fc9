"""Where a record goes that can never be read: to its dead-letter topic, with cause and origin.

Only errors of the data itself come here. An outage is waited for, not dead-lettered. A record that
is put back names the place where it first lay, and so does each dead letter of it: it is one
record, whatever it comes to.
"""

import hashlib
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import PurePath
from typing import Protocol

from aiokafka.errors import MessageSizeTooLargeError

from shared.contracts.scored_report import Coordinates
from shared.contracts.topics import DEAD_LETTER_SUFFIX

Headers = tuple[tuple[str, bytes], ...]

LONGEST_KEY_LEFT = 1024
_PREFIX = "dead-letter-"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Header(StrEnum):
    """Headers that a dead letter has besides those of the record itself."""

    CAUSE = "dead-letter-cause"
    ERROR = "dead-letter-error"
    STACK = "dead-letter-stack"
    TOPIC = "dead-letter-origin-topic"
    PARTITION = "dead-letter-origin-partition"
    OFFSET = "dead-letter-origin-offset"
    TIMESTAMP = "dead-letter-origin-timestamp"
    NO_KEY = "dead-letter-no-key"
    LEFT_OUT = "dead-letter-left-out"
    FIRST = "dead-letter-first-place"
    SETTLED = "dead-letter-settled"


@dataclass(frozen=True)
class RawRecord:
    """A record as it lies in the log. `timestamp_ms` is milliseconds since 1970, set by the
    broker where the topic is a log.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def stamp(self) -> datetime:
        return _stamp(self.timestamp_ms)

    @property
    def coordinates(self) -> Coordinates:
        return _coordinates(self.topic, self.partition, self.offset, self.timestamp_ms)

    @property
    def first(self) -> Coordinates:
        """Where and when it first lay in the log: elsewhere than now, where it was put back."""
        return find_first(self.headers) or self.coordinates


@dataclass(frozen=True)
class Verdict:
    """What the headers of a dead letter say: why it is there, where it comes from, and where its
    record first lay.
    """

    cause: str
    error: str
    stack: str
    origin: Coordinates
    first: Coordinates


class Sender(Protocol):
    """The part of a Kafka producer that is needed here."""

    async def send_and_wait(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        *,
        headers: Sequence[tuple[str, bytes]] | None = None,
    ) -> object:
        """Returns when the broker has acknowledged the record; raises when it did not."""


class DeadLetters:
    """Writer of dead letters for one consumer."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def write(self, record: RawRecord, *, cause: str, error: BaseException) -> None:
        """Sets the record aside under the same key and partition.

        Returns when the broker has acknowledged it: only then may the offset move. An error of
        the write is raised as it is; a consumer that cannot wait for the broker must stop. A
        record that no topic takes is set aside by its origin alone: `is_left_out` tells.
        """
        verdict = _verdict_headers(record, cause, error)
        try:
            await self._send(record, verdict + original_headers(record.headers))
        except MessageSizeTooLargeError:
            key = (record.key or b"")[:LONGEST_KEY_LEFT]
            bare = replace(record, key=key, value=None, headers=())
            await self._send(bare, (*verdict, (Header.LEFT_OUT, str(_size(record)).encode())))

    async def settle(self, record: RawRecord) -> None:
        """Says on the dead-letter topic that a record that was put back is dealt with now: for a
        consumer that cannot close the dead letter in the transaction of its work.
        """
        place = _place(record.first).encode()
        bare = replace(record, key=record.key or b"", value=None)
        await self._send(bare, ((Header.SETTLED, place),))

    async def _send(self, record: RawRecord, headers: Headers) -> None:
        key = record.key
        if key is None and record.value is None:  # Kafka's client refuses a record of neither
            key, headers = b"", ((Header.NO_KEY, b"1"), *headers)
        await self._sender.send_and_wait(
            record.topic + DEAD_LETTER_SUFFIX,
            value=record.value,
            key=key,
            partition=record.partition,
            headers=[(str(name), value) for name, value in headers],  # plain str, no enum member
        )


def is_left_out(headers: Headers) -> bool:
    """Whether the record was too large for its dead letter, which then has no value: it can only
    be had from its origin, while the log keeps it.
    """
    return any(name == Header.LEFT_OUT for name, _ in headers)


def original_headers(headers: Headers) -> Headers:
    """Headers that the record had before it became a dead letter."""
    return tuple(pair for pair in headers if not pair[0].startswith(_PREFIX))


def original_key(record: RawRecord) -> bytes | None:
    """Key that the record had before it became a dead letter."""
    return None if (Header.NO_KEY, b"1") in record.headers else record.key


def first_headers(first: Coordinates) -> Headers:
    """What marks a record that was put back, and what comes of it."""
    return ((Header.FIRST.value, _place(first).encode()),)


def find_first(headers: Headers) -> Coordinates | None:
    """Where a record first lay that was put back since; None for one that never was."""
    return _find_place(headers, Header.FIRST)


def find_settled(headers: Headers) -> Coordinates | None:
    """First place of the record that this one on a dead-letter topic says is dealt with; None
    where it is a dead letter.
    """
    return _find_place(headers, Header.SETTLED)


def find_verdict(headers: Headers) -> Verdict | None:
    """Cause and origin from the headers of a dead letter; None where they do not say."""
    found = {name: value.decode("utf-8", "replace") for name, value in headers}
    try:
        origin = _coordinates(
            found[Header.TOPIC],
            int(found[Header.PARTITION]),
            int(found[Header.OFFSET]),
            int(found[Header.TIMESTAMP]),
        )
        first = find_first(headers) or origin
        return Verdict(found[Header.CAUSE], found[Header.ERROR], found[Header.STACK], origin, first)
    except (KeyError, ValueError, OverflowError):
        return None


def stack_hash(error: BaseException) -> str:
    """Name of the place an error came from: its class and the functions on its way, without line
    numbers, so that one fault keeps one name over releases.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{PurePath(frame.filename).name}:{frame.name}" for frame in frames]
    trail = "\n".join((type(error).__qualname__, *places))
    return hashlib.sha256(trail.encode()).hexdigest()[:16]


def _coordinates(topic: str, partition: int, offset: int, timestamp_ms: int) -> Coordinates:
    stamp = _stamp(timestamp_ms)
    return Coordinates(topic=topic, partition=partition, offset=offset, timestamp=stamp)


def _stamp(timestamp_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=timestamp_ms)


def _place(at: Coordinates) -> str:
    stamp = (at.timestamp - _EPOCH) // timedelta(milliseconds=1)
    return f"{at.topic}/{at.partition}/{at.offset}/{stamp}"


def _find_place(headers: Headers, header: Header) -> Coordinates | None:
    for name, value in headers:
        if name == header:
            try:
                topic, partition, offset, stamp = value.decode().split("/")
                return _coordinates(topic, int(partition), int(offset), int(stamp))
            except (ValueError, OverflowError):
                return None
    return None


def _size(record: RawRecord) -> int:
    headers = sum(len(name) + len(value) for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers


def _verdict_headers(record: RawRecord, cause: str, error: BaseException) -> Headers:
    return (
        (Header.CAUSE, cause.encode()),
        (Header.ERROR, type(error).__qualname__.encode()),
        (Header.STACK, stack_hash(error).encode()),
        (Header.TOPIC, record.topic.encode()),
        (Header.PARTITION, str(record.partition).encode()),
        (Header.OFFSET, str(record.offset).encode()),
        (Header.TIMESTAMP, str(record.timestamp_ms).encode()),
        *(pair for pair in record.headers if pair[0] == Header.FIRST),
    )
