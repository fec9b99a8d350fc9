"""Where cases wait: their entries in the queue, as reports change them."""

from collections.abc import Sequence

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.review.cases.folding import CaseFold
from services.review.cases.priority import FORMULA


async def put_in_queue(session: AsyncSession, cases: Sequence[CaseFold]) -> None:
    """Entries of open live cases; one that is there gets the better place of the two. Where
    somebody has it already, it stays in their hands and in its queue.
    """
    rows = orjson.dumps(
        [
            {
                "entry_id": case.cluster_id,
                "platform_id": case.platform,
                "queue_id": case.queue_id,
                "language": case.language,
                "lane": int(case.priority.lane),
                "key": case.priority.key,
                "formula": FORMULA,
                "enqueued_at": case.opened_at,
            }
            for case in sorted(cases, key=lambda case: case.cluster_id)
            if case.priority is not None
        ]
    ).decode()
    await session.execute(_ADD_LANES, {"rows": rows})
    await session.execute(_ADD_ENTRIES, {"rows": rows})


_ENTRY = (
    "jsonb_to_recordset(cast(:rows as jsonb)) as n (entry_id text, platform_id text,"
    " queue_id text, language text, lane smallint, key float8, formula smallint,"
    " enqueued_at timestamptz)"
)
_ADD_LANES = text(
    "insert into queue_lanes (queue_id, language, clearance, platform_id)"
    f" select distinct queue_id, language, 1, platform_id from {_ENTRY} order by 1, 2, 4"
    " on conflict do nothing"
)
_UNTOUCHED = (
    "queue_entries.lease_id is null and not queue_entries.parked"
    " and queue_entries.queue_id <> 'escalations'"
)
_ADD_ENTRIES = text(
    "insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language,"
    " clearance, lane, key, formula, enqueued_at)"
    " select distinct on (entry_id) entry_id, 'case', platform_id, 'live', queue_id, language, 1,"
    f" lane, key, formula, enqueued_at from {_ENTRY} order by entry_id, lane, key desc"
    " on conflict (entry_id) do update set"
    " lane = least(queue_entries.lane, excluded.lane),"
    " key = greatest(queue_entries.key, excluded.key), formula = excluded.formula,"
    " enqueued_at = least(queue_entries.enqueued_at, excluded.enqueued_at),"
    f" queue_id = case when {_UNTOUCHED} then excluded.queue_id else queue_entries.queue_id end,"
    f" language = case when {_UNTOUCHED} then excluded.language else queue_entries.language end"
)
