"""Where cases wait: their entries in the queue, as reports change them."""

from collections.abc import Collection, Mapping, Sequence

import orjson
from sqlalchemy import TextClause, text

from services.review.cases.folding import CaseFold
from services.review.cases.order_repository import ENTRY_KEYS, counting_priority, entry_keys
from services.review.cases.ordering import Column, Order, Ranks
from services.review.cases.priority import FORMULA, Lane
from services.review.cases.rules import OPEN_STATES
from services.review.database.session import Session


async def put_in_queue(
    session: Session, cases: Sequence[CaseFold], ranks: Mapping[str, Ranks], order: Order
) -> None:
    """Entries of open live cases; one that is there gets the better place of the two. Where
    somebody has it already, it stays in their hands and in its queue.

    While the next order is being made each gets its place in both.
    """
    rows = orjson.dumps([_entry(case, ranks[case.case_id]) for case in cases]).decode()
    lanes = sorted({(case.queue_id, case.language, case.platform) for case in cases})
    await session.execute(
        _ADD_LANES,
        {
            "queues": [queue for queue, _, _ in lanes],
            "languages": [language for _, language, _ in lanes],
            "platforms": [platform for _, _, platform in lanes],
        },
    )
    await session.execute(_ADD_ENTRIES[order.counts], {"rows": rows})


async def place_anew(session: Session, cluster_ids: Collection[str]) -> None:
    """Entries get the best place among the open cases of their cluster, be it worse than theirs.
    That in the next order is left to the duty that makes it.
    """
    await session.execute(_PLACE_ANEW, {"ids": sorted(cluster_ids)})


def _entry(case: CaseFold, ranks: Ranks) -> dict[str, object]:
    standing, coming = ranks.standing or {}, ranks.coming or {}
    return {
        "entry_id": case.cluster_id,
        "platform_id": case.platform,
        "queue_id": case.queue_id,
        "language": case.language,
        "lane": ranks.shown["lane"],
        "key": standing.get("key"),
        "key_order": standing.get("order", 0),
        "next_key": coming.get("key"),
        "next_order": coming.get("order", 0),
        "formula": FORMULA,
        "enqueued_at": case.opened_at,
    }


_ENTRY = (
    "json_to_recordset(cast(:rows as json)) as n (entry_id text, platform_id text,"
    " queue_id text, language text, lane smallint, key float8, key_order bigint, next_key float8,"
    " next_order bigint, formula smallint, enqueued_at timestamptz)"
)
_ADD_LANES = text(
    "insert into queue_lanes (queue_id, language, clearance, platform_id)"
    " select queue_id, language, 1, platform_id from unnest(cast(:queues as text[]),"
    " cast(:languages as text[]), cast(:platforms as text[]))"
    " as n (queue_id, language, platform_id) on conflict do nothing"
)
_UNTOUCHED = (
    "queue_entries.lease_id is null and not queue_entries.parked"
    " and queue_entries.queue_id <> 'escalations'"
)


def _better(key: str) -> str:
    """Of two keys of one order; one of another order is left to the duty that makes it anew."""
    return (
        f"{key} = case when queue_entries.{key}_order = excluded.{key}_order"
        f" then greatest(queue_entries.{key}, excluded.{key}) else queue_entries.{key} end"
    )


def _add_entries(counts: Column) -> TextClause:
    standing, coming = counts.key, counts.other.key
    return text(
        "insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language,"
        f" clearance, lane, {standing}, {standing}_order, {coming}, {coming}_order, formula,"
        " enqueued_at)"
        " select distinct on (entry_id) entry_id, 'case', platform_id, 'live', queue_id, language,"
        " 1, lane, coalesce(key, '-infinity'), key_order,"
        " coalesce(max(next_key) over (partition by entry_id), '-infinity'), next_order, formula,"
        f" enqueued_at from {_ENTRY} order by entry_id, lane, key desc nulls last, next_key desc"
        " on conflict (entry_id) do update set"
        " lane = least(queue_entries.lane, excluded.lane),"
        f" {_better(standing)}, {_better(coming)}, formula = excluded.formula,"
        " enqueued_at = least(queue_entries.enqueued_at, excluded.enqueued_at),"
        f" queue_id = case when {_UNTOUCHED} then excluded.queue_id else queue_entries.queue_id"
        f" end, language = case when {_UNTOUCHED} then excluded.language"
        " else queue_entries.language end"
    )


_ADD_ENTRIES = {column: _add_entries(column) for column in Column}
_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))
_PLACE_ANEW = text(
    "update queue_entries q set lane = cast(best.counting ->> 'lane' as smallint),"
    f" ({ENTRY_KEYS}) = row ({entry_keys('best.counting')}),"
    " formula = cast(best.counting ->> 'formula' as smallint)"
    " from (select distinct on (cluster_id) cluster_id, counting from ("
    f"  select c.cluster_id, {counting_priority('c')} as counting from cases c"
    f"  where c.cluster_id = any(:ids) and c.state in ({_OPEN})) c"
    "  order by cluster_id, cast(counting ->> 'lane' as int),"
    "  cast(counting ->> 'key' as float8) desc) best"
    f" where q.entry_id = best.cluster_id and q.lane <> {int(Lane.ORDERS)}"
)
