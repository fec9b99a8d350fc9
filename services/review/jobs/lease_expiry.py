"""Tidies what ran out, and shows how the queues stand.

Nobody waits for this duty: a claim takes an entry whose lease has run out as it is. Holds do wait
for it: their cases come back to the queue here.
"""

from dataclasses import dataclass

from sqlalchemy import text

from services.review.audit.models import Actor, ActorKind
from services.review.cases.history import Move, advance
from services.review.cases.order_repository import ENTRY_KEYS, counting_priority, entry_keys
from services.review.cases.priority import Lane
from services.review.cases.rules import CaseEvent
from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.jobs.duty import Duty, Term
from services.review.jobs.together import run_together
from services.review.metrics import (
    LANE_OLDEST,
    LEASES,
    LEASES_EXPIRED,
    QUEUE_DEPTH,
    QUEUE_OLDEST,
)
from services.review.settings import Settings
from shared.contracts.identifiers import CaseId

NAME = "lease-expiry"
ACTOR = Actor(ActorKind.SYSTEM, NAME)
MOST = 200
TIDY_SECONDS = 2.0
MEASURE_SECONDS = 10.0


@dataclass(frozen=True)
class LeaseExpiry:
    """Two loops: counting a long queue holds nothing up."""

    database: Database
    name: str = NAME

    async def serve(self, term: Term) -> None:
        await run_together(self._tidy(term), self._measure(term))

    async def _tidy(self, term: Term) -> None:
        while not term.stopping:
            async with term.transaction(self.database) as session:
                leases = await tidy_leases(session)
            async with term.transaction(self.database) as session:
                holds = await resume_holds(session)
            LEASES_EXPIRED.inc(leases)
            await term.pause(0 if MOST in (leases, holds) else TIDY_SECONDS)

    async def _measure(self, term: Term) -> None:
        while not term.stopping:
            async with term.transaction(self.database) as session:
                await show_queues(session)
            await term.pause(MEASURE_SECONDS)


async def tidy_leases(session: Session) -> int:
    """Clears up to MOST leases that have run out by the database's clock; returns how many.

    An entry that somebody is working on at this moment is left for the next turn.
    """
    return len((await session.execute(_TIDY, {"most": MOST})).all())


async def resume_holds(session: Session) -> int:
    """Brings back up to MOST cases whose hold has run out; returns how many."""
    due = (await session.execute(_DUE_HOLDS, {"most": MOST})).all()
    if not due:
        return 0
    clusters = sorted({row.cluster_id for row in due})
    await session.execute(_LOCK_ENTRIES, {"clusters": clusters})
    cases = {"cases": sorted(row.case_id for row in due)}
    # again under the lock: somebody may have decided it or held it for longer
    held = (await session.execute(_LOCK_HELD, cases)).all()
    if held:
        moves = [
            Move(CaseId(row.case_id), CaseEvent.RESUMED, ACTOR, reason="hold_over") for row in held
        ]
        await advance(session, moves)
        ids = {"cases": [row.case_id for row in held]}
        await session.execute(_END_HOLD, ids)
        await session.execute(_ADD_LANES, ids)
        await session.execute(_UNPARK, ids)
    return len(due)


async def show_queues(session: Session) -> None:
    """Sets the gauges of all queues and lanes, empty ones too."""
    rows = (await session.execute(_STANDING)).mappings().all()
    for row in rows:
        queue = row["queue_id"]
        QUEUE_DEPTH.labels(queue).set(row["depth"])
        QUEUE_OLDEST.labels(queue).set(row["oldest"])
        LEASES.labels(queue).set(row["leases"])
    for lane in (lane.name.lower() for lane in Lane):
        LANE_OLDEST.labels(lane).set(max((row[lane] for row in rows), default=0.0))


def duty(settings: Settings, database: Database) -> Duty:
    """As the worker runs it."""
    _ = settings
    return LeaseExpiry(database)


_TIDY = text(
    "update queue_entries set lease_id = null, lease_token_sha256 = null, lease_owner = null,"
    " lease_expires_at = null where entry_id in (select entry_id from queue_entries"
    " where lease_expires_at <= clock_timestamp()"
    " order by lease_expires_at limit :most for update skip locked) returning entry_id"
)
_DUE_HOLDS = text(
    "select case_id, cluster_id from cases where state = 'held'"
    " and held_until <= clock_timestamp() order by held_until limit :most"
)
_LOCK_ENTRIES = text(
    "select 1 from queue_entries where entry_id = any(:clusters) order by entry_id for update"
)
_LOCK_HELD = text(
    "select case_id from cases where case_id = any(:cases) and state = 'held'"
    " and held_until <= clock_timestamp() order by case_id for update"
)
_END_HOLD = text("update cases set held_by = null, held_until = null where case_id = any(:cases)")
_ADD_LANES = text(
    "insert into queue_lanes (queue_id, language, clearance, platform_id)"
    " select distinct queue_id, language, clearance, platform_id from cases"
    " where case_id = any(:cases) and environment = 'live' order by 1, 2, 3, 4"
    " on conflict do nothing"
)
# An entry that is there keeps its place; one that is not is made anew, so that no case is lost.
_UNPARK = text(
    "insert into queue_entries (entry_id, kind,"  # noqa: S608 — put together from constants
    " platform_id, environment, queue_id, language,"
    f" clearance, lane, {ENTRY_KEYS}, formula, enqueued_at)"
    " select distinct on (cluster_id) cluster_id, 'case', platform_id, environment, queue_id,"
    f" language, clearance, cast(counting ->> 'lane' as smallint), {entry_keys('counting')},"
    " cast(counting ->> 'formula' as smallint), opened_at"
    f" from (select c.*, {counting_priority('c')} as counting from cases c) c"
    " where case_id = any(:cases) and environment = 'live'"
    " order by cluster_id, cast(counting ->> 'lane' as int),"
    " cast(counting ->> 'key' as float8) desc"
    " on conflict (entry_id) do update set parked = false"
)
_STANDING = text(
    "select q.queue_id,"
    " count(e.entry_id) filter (where e.lease_id is null"
    " or e.lease_expires_at <= clock_timestamp()) as depth,"
    " count(e.entry_id) filter (where e.lease_expires_at > clock_timestamp()) as leases,"
    " coalesce(extract(epoch from clock_timestamp() - min(e.enqueued_at)), 0) as oldest,"
    " coalesce(extract(epoch from clock_timestamp()"
    " - min(e.enqueued_at) filter (where e.lane = 0)), 0) as orders,"
    " coalesce(extract(epoch from clock_timestamp()"
    " - min(e.enqueued_at) filter (where e.lane = 1)), 0) as imminent_harm,"
    " coalesce(extract(epoch from clock_timestamp()"
    " - min(e.enqueued_at) filter (where e.lane = 2)), 0) as normal"
    " from queues q left join queue_entries e on e.queue_id = q.queue_id and not e.parked"
    " group by q.queue_id"
)
