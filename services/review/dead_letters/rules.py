"""What can be told of a record that cannot be read. Pure."""

import json
from dataclasses import dataclass

from shared.kafka.dead_letters import RawRecord, Verdict, find_verdict

UNKNOWN = "unknown"


@dataclass(frozen=True)
class DeadLetter:
    """A row. What names the report is a best guess from broken data, each None where absent."""

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


def dead_letter(record: RawRecord) -> DeadLetter:
    """From the record as it lies on its dead-letter topic."""
    verdict = find_verdict(record.headers) or Verdict(UNKNOWN, UNKNOWN, UNKNOWN, record.coordinates)
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
    )


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
