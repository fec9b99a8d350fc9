"""Which records the compacted topics do not hold yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import text

from services.review.database.session import Session


@dataclass(frozen=True)
class ReferenceRow:
    """A record as the database has it."""

    topic: str
    record_id: str
    revision: int
    payload: bytes


async def list_unpublished_records(session: Session) -> list[ReferenceRow]:
    """In the order of topic and id."""
    return [
        ReferenceRow(row.topic, row.record_id, row.revision, orjson.dumps(row.payload))
        for row in await session.execute(_UNPUBLISHED)
    ]


async def mark_records_published(session: Session, rows: Sequence[ReferenceRow]) -> None:
    """A record that was changed meanwhile stays unpublished."""
    await session.execute(
        _PUBLISHED,
        {
            "topics": [row.topic for row in rows],
            "ids": [row.record_id for row in rows],
            "revisions": [row.revision for row in rows],
        },
    )


async def mark_differing(session: Session, found: Mapping[tuple[str, str], int]) -> int:
    """Has every record published again that the topics do not hold at its revision; how many.

    `found` is the last revision on the topic, by topic and record id.
    """
    rows = await session.execute(
        _DIFFERING,
        {
            "topics": [topic for topic, _ in found],
            "ids": [record_id for _, record_id in found],
            "revisions": list(found.values()),
        },
    )
    return len(rows.all())


_UNPUBLISHED = text(
    "select topic, record_id, revision, payload from reference_records"
    " where published_revision < revision order by topic, record_id"
)
_PUBLISHED = text(
    "update reference_records r set published_revision = sent.revision"
    " from unnest(cast(:topics as text[]), cast(:ids as text[]), cast(:revisions as bigint[]))"
    " as sent (topic, record_id, revision)"
    " where r.topic = sent.topic and r.record_id = sent.record_id"
    " and r.published_revision < sent.revision"
)
_DIFFERING = text(
    "update reference_records r set published_revision = 0"
    " where r.published_revision > 0 and not exists ("
    "  select from unnest(cast(:topics as text[]), cast(:ids as text[]),"
    "  cast(:revisions as bigint[])) as found (topic, record_id, revision)"
    "  where r.topic = found.topic and r.record_id = found.record_id"
    "  and r.published_revision = found.revision)"
    " returning r.record_id"
)
