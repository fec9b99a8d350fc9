"""What can be told of a record that cannot be read, and what an operator may ask. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from shared.contracts.scored_report import Coordinates
from shared.contracts.topics import DEAD_LETTER_SUFFIX, dead_letter_topics
from shared.kafka.dead_letters import RawRecord, Verdict, find_verdict

UNKNOWN = "unknown"
"""Cause of a letter whose headers do not say whence it comes."""

FirstPlace = tuple[str, int, int]
"""Topic, partition and offset at which a record first lay: its name, however often it is put back
and set aside again.
"""


@dataclass(frozen=True)
class DeadLetter:
    """A row. What names the report is a best guess from broken data, each None where absent.
    Letters with the same first place are of one record, and the newest stands for it.
    """

    topic: str
    partition: int
    offset: int
    origin_topic: str
    origin_partition: int
    origin_offset: int
    cause: str
    error: str
    stack_hash: str
    key: str | None
    platform_id: str | None
    environment: str | None
    report_id: str | None
    external_id: str | None
    body_hash: str | None
    first_topic: str
    first_partition: int
    first_offset: int

    @property
    def first(self) -> FirstPlace:
        return self.first_topic, self.first_partition, self.first_offset


class State(StrEnum):
    """`replayed` has left the open ones: its record has arrived, or a newer letter of the same
    record stands for it.
    """

    OPEN = "open"
    REPLAYED = "replayed"
    ALL = "all"


class Place(NamedTuple):
    """Of a record in a topic; as text it is the id of a dead letter."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True)
class Letter:
    """A dead letter as operators see it. `replays` counts how often its record was asked to be
    replayed, under this letter or the earlier ones of the same record; `closed_at` is when it left
    the open ones.
    """

    place: Place
    origin: Place
    first: Place
    cause: str
    error: str
    stack_hash: str
    key: str | None
    platform: str | None
    environment: str | None
    report_id: str | None
    external_id: str | None
    state: State
    since: datetime
    closed_at: datetime | None
    replays: int
    replay_requested_at: datetime | None
    replay_requested_by: str | None


@dataclass(frozen=True)
class Group:
    """Dead letters that one fault made: the same error at the same place of the code."""

    topic: str
    cause: str
    error: str
    stack_hash: str
    count: int
    oldest: datetime
    newest: datetime
    example: Place


@dataclass(frozen=True)
class Selection:
    """Which dead letters: None lets all pass."""

    topic: str | None = None
    state: State = State.OPEN
    cause: str | None = None
    stack_hash: str | None = None


def find_place(text: str) -> Place | None:
    """From the id of a dead letter; None where it is none."""
    topic, _, rest = text.partition("/")
    partition, _, offset = rest.partition("/")
    numbers = partition.isascii() and partition.isdigit() and offset.isascii() and offset.isdigit()
    if not numbers or len(partition) > 6 or len(offset) > 18 or find_topic(topic) != topic:
        return None
    return Place(topic, int(partition), int(offset))


def find_topic(name: str) -> str | None:
    """The dead-letter topic that is meant by its own name or by that of its origin."""
    known = {topic.name for topic in dead_letter_topics()}
    return next((one for one in (name, f"{name}{DEAD_LETTER_SUFFIX}") if one in known), None)


def dead_letter(record: RawRecord) -> DeadLetter:
    """From the record as it lies on its dead-letter topic."""
    here = record.coordinates
    verdict = find_verdict(record.headers) or Verdict(UNKNOWN, UNKNOWN, UNKNOWN, here, here)
    named = _report_fields(record.value)
    environment = named.get("environment")
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        origin_topic=verdict.origin.topic,
        origin_partition=verdict.origin.partition,
        origin_offset=verdict.origin.offset,
        cause=verdict.cause,
        error=verdict.error,
        stack_hash=verdict.stack,
        key=_printable(record.key),
        platform_id=named.get("platform"),
        environment=environment if environment in ("live", "test") else None,
        report_id=named.get("report_id"),
        external_id=named.get("external_id"),
        body_hash=named.get("body_hash"),
        first_topic=verdict.first.topic,
        first_partition=verdict.first.partition,
        first_offset=verdict.first.offset,
    )


def first_place(first: Coordinates) -> FirstPlace:
    return first.topic, first.partition, first.offset


def newest(letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Of each record its last letter; `letters` are in the order of the log."""
    return list({letter.first: letter for letter in letters}.values())


def _report_fields(value: bytes | None) -> dict[str, str]:
    """Of a report, or of the report inside a scored one; empty when even that cannot be found."""
    try:
        body = json.loads(value or b"")
    except (ValueError, RecursionError):
        return {}
    if isinstance(body, dict) and isinstance(body.get("report"), dict):
        body = body["report"]
    if not isinstance(body, dict):
        return {}
    wanted = ("platform", "environment", "report_id", "external_id", "body_hash")
    return {
        name: body[name]
        for name in wanted
        if isinstance(body.get(name), str) and _is_storable(body[name])
    }


def _is_storable(text: str) -> bool:
    return len(text) <= 200 and text.isprintable()


def _printable(key: bytes | None) -> str | None:
    text = (key or b"").decode("utf-8", "replace")
    return text if text and _is_storable(text) else None
