"""Rows of dead letters, as the duties write them.

A row is open until what it stands for has arrived, or until a newer letter stands for the same
record. So of one record one row at most is open, and none is closed with nothing in its place.
"""

from collections.abc import Sequence
from dataclasses import asdict

import orjson
from sqlalchemy import text

from services.review.database.session import Session
from services.review.dead_letters.rules import DeadLetter, FirstPlace, newest


async def add_dead_letters(session: Session, letters: Sequence[DeadLetter]) -> set[int]:
    """Idempotent. A letter of a report that has come right already is `replayed` at once.

    The newest letter of a record closes the earlier ones, and takes over how often it was sent
    again. Gives the places in `letters` of those that are new and open.
    """
    rows = [{**asdict(letter), "place": place} for place, letter in enumerate(letters)]
    inserted = await session.execute(_ADD, {"rows": orjson.dumps(rows).decode()})
    open_letters = {
        (row.topic, row.partition, row.offset) for row in inserted if row.state == "open"
    }
    new = {
        place: letter
        for place, letter in enumerate(letters)
        if (letter.topic, letter.partition, letter.offset) in open_letters
    }
    if new:
        standing = [asdict(letter) for letter in newest(list(new.values()))]
        await session.execute(_REPLACE, {"rows": orjson.dumps(standing).decode()})
    return set(new)


async def mark_arrived(session: Session, report_ids: Sequence[str]) -> None:
    """The reports have arrived after all, as reports or as conflicts."""
    await session.execute(_ARRIVED, {"ids": list(report_ids)})


async def settle(session: Session, firsts: Sequence[FirstPlace]) -> None:
    """The records that first lay at these places are dealt with, in this very transaction."""
    if firsts:
        rows = [dict(zip(("topic", "partition", "offset"), first, strict=True)) for first in firsts]
        await session.execute(_SETTLE, {"rows": orjson.dumps(rows).decode()})


async def settle_before(
    session: Session, first: FirstPlace, *, topic: str, partition: int, offset: int
) -> None:
    """As `settle`, but only the letters before this place on their dead-letter topic: what says so
    may be read again when a later letter stands for the record.
    """
    there = dict(zip(("first_topic", "first_partition", "first_offset"), first, strict=True))
    place = {"topic": topic, "partition": partition, "offset": offset}
    await session.execute(_SETTLE_BEFORE, {**there, **place})


async def known_platforms(session: Session) -> set[str]:
    """Ids of all platforms."""
    return set((await session.execute(_PLATFORMS)).scalars())


async def count_open(session: Session) -> dict[str, int]:
    """By dead-letter topic, of those that have any."""
    return {row.topic: row.open for row in await session.execute(_COUNT)}


_COLUMNS = (
    'topic, partition, "offset", origin_topic, origin_partition, origin_offset, cause, error,'
    " stack_hash, key, platform_id, environment, report_id, external_id, body_hash,"
    " first_topic, first_partition, first_offset"
)
# As the index has it; rows from before records were put back have no first place of their own.
FIRST = (
    "(coalesce(d.first_topic, d.origin_topic), coalesce(d.first_partition, d.origin_partition),"
    " coalesce(d.first_offset, d.origin_offset))"
)
_ADD = text(
    f"insert into dead_letters ({_COLUMNS}, state, replayed_at)"
    f" select {_COLUMNS}, case when arrived then 'replayed' else 'open' end,"
    " case when arrived then now() end"
    " from (select n.*, exists (select 1 from reports r where r.report_id = n.report_id"
    " and r.body_hash = n.body_hash) or exists (select 1 from report_conflicts c"
    " where c.report_id = n.report_id and c.body_hash = n.body_hash) as arrived"
    " from jsonb_populate_recordset(null::dead_letters, cast(:rows as jsonb)) n) as letters"
    ' on conflict do nothing returning topic, partition, "offset", state'
)
_REPLACE = text(
    "with newest as (select * from jsonb_populate_recordset(null::dead_letters,"
    " cast(:rows as jsonb))), closed as (update dead_letters d set state = 'replayed',"
    f" replayed_at = now() from newest n where {FIRST} = (n.first_topic, n.first_partition,"
    " n.first_offset) and d.state = 'open' and (d.topic, d.partition, d.\"offset\")"
    ' <> (n.topic, n.partition, n."offset")'
    ' returning n.topic, n.partition, n."offset", d.replays)'
    " update dead_letters d set replays = c.replays from (select topic, partition,"
    ' "offset", max(replays) as replays from closed group by 1, 2, 3) c'
    ' where (d.topic, d.partition, d."offset") = (c.topic, c.partition, c."offset")'
)
_ARRIVED = text(
    "update dead_letters d set state = 'replayed', replayed_at = now()"
    " where d.report_id = any(:ids) and d.state = 'open' and (exists (select 1 from reports r"
    " where r.report_id = d.report_id and r.body_hash = d.body_hash)"
    " or exists (select 1 from report_conflicts c"
    " where c.report_id = d.report_id and c.body_hash = d.body_hash))"
)
_SETTLE = text(
    "update dead_letters d set state = 'replayed', replayed_at = now()"
    " from jsonb_to_recordset(cast(:rows as jsonb))"
    ' as n (topic text, partition int, "offset" bigint)'
    f" where {FIRST} = (n.topic, n.partition, n.\"offset\") and d.state = 'open'"
)
_SETTLE_BEFORE = text(
    "update dead_letters d set state = 'replayed', replayed_at = now()"
    f" where {FIRST} = (cast(:first_topic as text), cast(:first_partition as int),"
    " cast(:first_offset as bigint)) and d.state = 'open' and d.topic = :topic"
    ' and d.partition = :partition and d."offset" < :offset'
)
_PLATFORMS = text("select platform_id from platforms")
_COUNT = text(
    "select topic, count(*) as open from dead_letters where state = 'open' group by topic"
)
