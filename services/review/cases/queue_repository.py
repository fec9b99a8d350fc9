"""Claims and leases in the table of queue entries.

Leases go by the database's clock. Every write under a lease proves token, owner and time in its
own UPDATE: what was read before may be over by now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text

from services.review.cases.ordering import Column
from services.review.cases.priority import Lane
from services.review.cases.queue_rules import QueueLane
from services.review.cases.share_rules import EVERYTHING, AtWork, Candidate, Share, Span
from services.review.database.session import Session


@dataclass(frozen=True)
class Entry:
    """A queue entry; `leased_by` is None when the lease is over by the database's clock."""

    entry_id: str
    kind: str
    platform: str
    queue_id: str
    clearance: int
    parked: bool
    assigned_to: str | None
    lease_id: str | None
    leased_by: str | None
    lease_expires_at: datetime | None


@dataclass(frozen=True)
class Shape:
    """What a claim knows of its queue. `at_work` are the live leases on the reviewer's platforms,
    from the index of what is leased.
    """

    lanes: Sequence[QueueLane]
    at_work: AtWork
    column: Column


async def find_shape(session: Session, queue_id: str, *, share: Share) -> Shape | None:
    """None for a queue that is not there."""
    row = (await session.execute(_SHAPE, {"queue": queue_id})).one()
    if not row.is_there:
        return None
    return Shape(
        lanes=[QueueLane(*lane) for lane in row.lanes],
        at_work=AtWork(imminent=row.imminent, others=row.others, share=share),
        column=Column(row.counts),
    )


async def list_candidates(
    session: Session,
    queue_id: str,
    lanes: Sequence[QueueLane],
    *,
    reviewer: str,
    clearance: int,
    width: int,
    spans: Sequence[Span] = EVERYTHING,
    column: Column = Column.FIRST,
) -> list[Candidate]:
    """The next entries for the reviewer, best first: assigned to them, then the merged heads of the
    lanes by the keys of `column`, at most `width` from each span of each, those with an expired
    lease among them. Locks nothing.
    """
    parameters = candidates_parameters(
        queue_id, lanes, reviewer=reviewer, clearance=clearance, width=width, spans=spans
    )
    rows = await session.execute(_CANDIDATES[column], parameters)
    return [Candidate(row.entry_id, row.rank == 0, Lane(row.lane)) for row in rows]


def candidates_parameters(
    queue_id: str,
    lanes: Sequence[QueueLane],
    *,
    reviewer: str,
    clearance: int,
    width: int,
    spans: Sequence[Span] = EVERYTHING,
) -> dict[str, object]:
    """Of `candidates`."""
    return {
        "queue": queue_id,
        "languages": [lane.language for lane in lanes],
        "clearances": [lane.clearance for lane in lanes],
        "platforms": [lane.platform for lane in lanes],
        "firsts": [int(span.first) for span in spans],
        "lasts": [int(span.last) for span in spans],
        "me": reviewer,
        "clearance": clearance,
        "width": width,
    }


async def lease_free(
    session: Session,
    queue_id: str,
    entry_ids: Sequence[str],
    *,
    hashes: Sequence[str],
    owner: str,
    seconds: float,
) -> list[tuple[str, datetime]]:
    """Leases the first of them that are still free, one for each hash of a token and in their
    order, passing over those locked by others. Which ones, and when the leases end.
    """
    rows = await session.execute(
        _LEASE_FREE,
        {
            "ids": list(entry_ids),
            "queue": queue_id,
            "hashes": list(hashes),
            "me": owner,
            "seconds": seconds,
        },
    )
    return [(row.entry_id, row.lease_expires_at) for row in sorted(rows, key=lambda row: row.n)]


async def lock_entry(session: Session, entry_id: str) -> Entry | None:
    """Waits for whoever holds it."""
    row = (await session.execute(_LOCK_ENTRY, {"id": entry_id})).first()
    return _entry(row) if row is not None else None


async def find_entry(session: Session, entry_id: str) -> Entry | None:
    row = (await session.execute(_FIND_ENTRY, {"id": entry_id})).first()
    return _entry(row) if row is not None else None


async def set_leases(
    session: Session,
    leases: Mapping[str, tuple[str, str]],
    *,
    owner: str,
    seconds: float,
) -> datetime:
    """Leases locked entries, each given as id -> (lease id, hash of the token). When they end."""
    rows = await session.execute(
        _SET_LEASES,
        {
            "ids": list(leases),
            "lease_ids": [lease_id for lease_id, _ in leases.values()],
            "hashes": [sha256 for _, sha256 in leases.values()],
            "owner": owner,
            "seconds": seconds,
        },
    )
    ends: datetime = rows.scalars().all()[0]
    return ends


async def extend_lease(
    session: Session, lease_id: str, sha256: str, *, owner: str, seconds: float
) -> datetime | None:
    """The new end, or None when the lease is not the owner's any more."""
    found = await session.execute(
        _EXTEND, {"lease": lease_id, "sha": sha256, "me": owner, "seconds": seconds}
    )
    ends: datetime | None = found.scalar_one_or_none()
    return ends


async def take_lease(session: Session, entry_id: str, sha256: str, *, owner: str) -> Entry | None:
    """Ends the lease and keeps the entry locked: the one door to every write under a lease.

    None, and nothing done, when token, owner or time do not hold.
    """
    row = (await session.execute(_TAKE, {"id": entry_id, "sha": sha256, "me": owner})).first()
    return _entry(row) if row is not None else None


async def has_any(session: Session, queue_id: str) -> bool:
    """Whether the queue has any entry that is not parked."""
    found = await session.execute(_ANY, {"queue": queue_id})
    return bool(found.scalar_one())


async def has_leased(
    session: Session, queue_id: str, lanes: Sequence[QueueLane], *, reviewer: str
) -> bool:
    """Whether somebody works on an entry that the reviewer could have had."""
    found = await session.execute(
        _LEASED,
        {
            "queue": queue_id,
            "languages": [lane.language for lane in lanes],
            "clearances": [lane.clearance for lane in lanes],
            "platforms": [lane.platform for lane in lanes],
            "me": reviewer,
        },
    )
    return bool(found.scalar_one())


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(
        entry_id=row.entry_id,
        kind=row.kind,
        platform=row.platform_id,
        queue_id=row.queue_id,
        clearance=row.clearance,
        parked=row.parked,
        assigned_to=row.assigned_to,
        lease_id=row.lease_id,
        leased_by=row.leased_by,
        lease_expires_at=row.lease_expires_at,
    )


_FREE = (
    "e.lease_id is null and not e.parked and e.assigned_to is null"
    " and not (:me = any(e.excluded_reviewers))"
)
_IN_LANE = (
    "e.queue_id = :queue and e.language = lane.language and e.clearance = lane.clearance"
    " and e.platform_id = lane.platform_id"
)
_LANE_ROWS = (
    "unnest(cast(:languages as text[]), cast(:clearances as smallint[]),"
    " cast(:platforms as text[])) as lane (language, clearance, platform_id)"
)
AT_WORK = (
    "select count(*) filter (where lane = 1) as imminent,"
    " count(*) filter (where lane = 2) as others from queue_entries"
    " where queue_id = :queue and lease_expires_at > now()"
)
_SPAN_ROWS = "unnest(cast(:firsts as smallint[]), cast(:lasts as smallint[])) as span (first, last)"


# One index scan a lane and span, and nothing filtered but exclusions: an index over the whole queue
# read millions of rows where a reviewer's language was rare. `now()` and not the clock of the
# moment, because an index can use it.


def candidates(key: str) -> str:
    """The statement, by the keys of one of the two columns."""
    return f"""
select entry_id, rank, lane from (
  select found.*, row_number() over (
    partition by rank, lane = 2 order by lane, key desc) as place from (
  (select e.entry_id, 0 as rank, e.lane, e.{key} as key from queue_entries e
   where e.assigned_to = :me and e.queue_id = :queue and not e.parked
     and e.clearance <= :clearance and (e.lease_id is null or e.lease_expires_at <= now())
   order by e.lane, e.{key} desc limit :width)
  union all
  (select head.entry_id, 1, head.lane, head.key from {_LANE_ROWS} cross join {_SPAN_ROWS}
   cross join lateral (
    select e.entry_id, e.lane, e.{key} as key from queue_entries e
    where {_IN_LANE} and {_FREE} and e.lane between span.first and span.last
    order by e.lane, e.{key} desc limit :width) head)
  union all
  (select late.entry_id, 1, late.lane, late.key from {_LANE_ROWS} cross join lateral (
    select e.entry_id, e.lane, e.{key} as key from queue_entries e
    where {_IN_LANE} and e.lease_expires_at <= now()
      and not e.parked and e.assigned_to is null and not (:me = any(e.excluded_reviewers))
    order by e.lease_expires_at limit :width) late)
) found) ranked where place <= :width order by rank, lane, key desc
"""


_SHAPE = text(
    "select exists (select from queues where queue_id = :queue) as is_there, at_work.*,"
    " (select counts from queue_order) as counts,"
    " array(select jsonb_build_array(language, clearance, platform_id) from queue_lanes"
    f"  where queue_id = :queue) as lanes from ({AT_WORK}) at_work"
)
_CANDIDATES = {column: text(candidates(column.key)) for column in Column}
_LEASE_FREE = text(
    "with free as materialized (select entry_id, array_position(cast(:ids as text[]), entry_id)"
    "  as place from queue_entries where entry_id = any(:ids) and queue_id = :queue"
    "  and not parked and not (:me = any(excluded_reviewers))"
    "  and (assigned_to is null or assigned_to = :me)"
    "  and (lease_id is null or lease_expires_at <= now())"
    "  order by place limit cardinality(cast(:hashes as text[])) for update skip locked)"
    " update queue_entries e set lease_id = e.entry_id || '.' || left(new.sha256, 24),"
    " lease_token_sha256 = new.sha256, lease_owner = :me,"
    " lease_expires_at = clock_timestamp() + make_interval(secs => :seconds)"
    " from (select entry_id, row_number() over (order by place) as n from free) taken"
    " join unnest(cast(:hashes as text[])) with ordinality as new (sha256, n) using (n)"
    " where e.entry_id = taken.entry_id returning e.entry_id, e.lease_expires_at, n"
)
_COLUMNS = (
    "entry_id, kind, platform_id, queue_id, clearance, parked, assigned_to, lease_id,"
    " case when lease_expires_at > clock_timestamp() then lease_owner end as leased_by,"
    " lease_expires_at"
)
_FIND_ENTRY = text(f"select {_COLUMNS} from queue_entries where entry_id = :id")
_LOCK_ENTRY = text(f"select {_COLUMNS} from queue_entries where entry_id = :id for update")
_SET_LEASES = text(
    "update queue_entries set lease_id = new.lease_id, lease_token_sha256 = new.sha256,"
    " lease_owner = :owner,"
    " lease_expires_at = clock_timestamp() + make_interval(secs => :seconds)"
    " from unnest(cast(:ids as text[]), cast(:lease_ids as text[]), cast(:hashes as text[]))"
    " as new (entry_id, lease_id, sha256) where queue_entries.entry_id = new.entry_id"
    " returning lease_expires_at"
)
MINE = "lease_token_sha256 = :sha and lease_owner = :me and lease_expires_at > clock_timestamp()"
NO_LEASE = "lease_id = null, lease_token_sha256 = null, lease_owner = null, lease_expires_at = null"
_EXTEND = text(
    "update queue_entries set"
    " lease_expires_at = clock_timestamp() + make_interval(secs => :seconds)"
    f" where lease_id = :lease and {MINE} returning lease_expires_at"
)
_TAKE = text(
    f"update queue_entries set {NO_LEASE} where entry_id = :id and {MINE} returning {_COLUMNS}"
)
_ANY = text("select exists (select from queue_entries where queue_id = :queue and not parked)")
_LEASED = text(
    f"select exists (select from {_LANE_ROWS} join queue_entries e on {_IN_LANE}"
    " where e.lease_expires_at is not null and not e.parked"
    " and not (:me = any(e.excluded_reviewers))"
    " and (e.assigned_to is null or e.assigned_to = :me))"
)
