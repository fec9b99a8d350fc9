"""Rows of dead letters."""

from collections.abc import Sequence
from dataclasses import asdict

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.review.dead_letters.rules import DeadLetter


async def add_dead_letters(session: AsyncSession, letters: Sequence[DeadLetter]) -> set[int]:
    """Idempotent. A letter of a report that has come right already is `replayed` at once.

    Gives the places in `letters` of those that are new and open.
    """
    rows = [{**asdict(letter), "place": place} for place, letter in enumerate(letters)]
    inserted = await session.execute(_ADD, {"rows": orjson.dumps(rows).decode()})
    open_letters = {
        (row.topic, row.partition, row.offset) for row in inserted if row.state == "open"
    }
    return {
        place
        for place, letter in enumerate(letters)
        if (letter.topic, letter.partition, letter.offset) in open_letters
    }


async def mark_replayed(session: AsyncSession, report_ids: Sequence[str]) -> None:
    """The reports have arrived after all."""
    await session.execute(_REPLAYED, {"ids": list(report_ids)})


async def known_platforms(session: AsyncSession) -> set[str]:
    """Ids of all platforms."""
    return set((await session.execute(_PLATFORMS)).scalars())


async def count_open(session: AsyncSession) -> dict[str, int]:
    """By dead-letter topic."""
    return {row.topic: row.open for row in await session.execute(_COUNT)}


_COLUMNS = (
    'topic, partition, "offset", origin_topic, origin_partition, origin_offset, cause, error,'
    " stack_hash, key, platform_id, environment, report_id, external_id, body_hash"
)
_ADD = text(
    f"insert into dead_letters ({_COLUMNS}, state, replayed_at)"
    f" select {_COLUMNS}, case when arrived then 'replayed' else 'open' end,"
    " case when arrived then now() end"
    " from (select n.*, exists (select 1 from reports r where r.report_id = n.report_id"
    " and r.body_hash = n.body_hash) as arrived"
    " from jsonb_populate_recordset(null::dead_letters, cast(:rows as jsonb)) n) as letters"
    ' on conflict do nothing returning topic, partition, "offset", state'
)
_REPLAYED = text(
    "update dead_letters d set state = 'replayed', replayed_at = now() from reports r"
    " where d.report_id = any(:ids) and r.report_id = d.report_id"
    " and r.body_hash = d.body_hash and d.state = 'open'"
)
_PLATFORMS = text("select platform_id from platforms")
_COUNT = text(
    "select topic, count(*) filter (where state = 'open') as open from dead_letters group by topic"
)
