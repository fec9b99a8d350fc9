"""What the database holds, all of it as of one moment."""

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import TextClause, text

from services.review.database.session import Session
from services.review.invariants.rules import Body, Place, Subject, SubjectKey
from shared.contracts.codec import decode
from shared.contracts.decision import DecisionEvent, EffectiveAction

_EFFECTIVE = TypeAdapter(tuple[EffectiveAction, ...])


async def sink_positions(session: Session, consumer: str) -> dict[int, int]:
    rows = await session.execute(_POSITIONS, {"consumer": consumer})
    return {row.partition: row.next_offset for row in rows}


async def reports(session: Session) -> dict[Place, Body]:
    """By the place on `reports` that each row names."""
    rows = await session.execute(_REPORTS)
    return {
        Place(row.source_partition, row.source_offset): Body(row.report_id, row.body_hash)
        for row in rows
    }


async def conflicts(session: Session) -> set[Body]:
    rows = await session.execute(_CONFLICTS)
    return {Body(row.report_id, row.body_hash) for row in rows}


async def replayed(session: Session, topic: str) -> set[Place]:
    """Dead letters of the dead-letter topic that stand for nothing any more."""
    rows = await session.execute(_REPLAYED, {"topic": topic})
    return {Place(row.partition, row.offset) for row in rows}


async def subject_events(session: Session) -> list[DecisionEvent]:
    """By subject and version."""
    rows = await session.execute(_SUBJECT_EVENTS)
    return [decode(DecisionEvent, row.body.encode()) for row in rows]


async def subjects(session: Session) -> dict[SubjectKey, Subject]:
    """Those that an event was ever about or that have a state."""
    rows = await session.execute(_SUBJECTS)
    return {
        (row.environment, row.subject_id): Subject(
            row.version, _EFFECTIVE.validate_python(row.effective)
        )
        for row in rows
    }


async def feed(session: Session) -> tuple[int, int, int]:
    """Count, first and last position."""
    row = (await session.execute(_FEED)).one()
    return row.events, row.first, row.last


async def checkpoint(session: Session) -> tuple[int, str]:
    row = (await session.execute(_CHECKPOINT)).one()
    return row.size, row.last_hash


async def count(session: Session, query: TextClause) -> int:
    found: int = (await session.execute(query)).scalar_one()
    return found


async def sentences(session: Session, query: TextClause) -> Sequence[str]:
    return list((await session.execute(query)).scalars())


_POSITIONS = text(
    "select partition, next_offset from consumer_positions"
    " where consumer = :consumer and topic = 'scored-reports'"
)
_REPORTS = text("select report_id, body_hash, source_partition, source_offset from reports")
_CONFLICTS = text("select report_id, body_hash from report_conflicts")
_REPLAYED = text(
    "select partition, \"offset\" from dead_letters where topic = :topic and state = 'replayed'"
)
_SUBJECT_EVENTS = text(
    "select body from events where subject_version is not null"
    " order by environment, subject_id, subject_version"
)
_SUBJECTS = text(
    "select environment, subject_id, version, effective from subjects"
    " where version > 0 or effective <> '[]'"
)
_FEED = text(
    "select count(*) as events, coalesce(min(feed_position), 0) as first,"
    " coalesce(max(feed_position), 0) as last from events"
)
_CHECKPOINT = text("select size, last_hash from audit_checkpoint")

COUNT_HISTORY = text("select count(*) from case_events")
COUNT_CASES = text("select count(*) from cases")
COUNT_DECISIONS = text("select count(*) from decisions")
COUNT_PRIVATE = text("select count(*) from audit_private")
COUNT_LEASES = text("select count(*) from queue_entries where lease_id is not null")

UNAUDITED = text(
    "with acts as (select case_id, cast(entry as jsonb) as act from audit_entries"
    " union all select case_id, cast(entry as jsonb) from audit_outbox),"
    " told as (select case_id, cast(act ->> 'case_version' as bigint) as version,"
    " act ->> 'action' as event, act -> 'before' ->> 'state' as from_state,"
    " act -> 'after' ->> 'state' as to_state, count(*) as times from acts"
    " where act ->> 'case_version' is not null group by 1, 2, 3, 4, 5)"
    " select 'case ' || coalesce(e.case_id, t.case_id) || ' version '"
    " || coalesce(e.version, t.version) || ': ' || case"
    " when e.case_id is null then 'an audit entry tells of a change that did not happen'"
    " when t.case_id is null then 'the change has no audit entry'"
    " else 'the change has ' || t.times || ' audit entries' end"
    " from case_events e full join told t on e.case_id = t.case_id and e.version = t.version"
    " and e.event = t.event and e.to_state = t.to_state"
    " and e.from_state is not distinct from t.from_state"
    " where e.case_id is null or t.case_id is null or t.times <> 1 order by 1"
)
BROKEN_HISTORY = text(
    "with steps as (select case_id, version, from_state, to_state,"
    " lag(to_state) over one_case as previous, row_number() over one_case as number,"
    " lead(version) over one_case is null as last from case_events"
    " window one_case as (partition by case_id order by version))"
    " select 'case ' || s.case_id || ' version ' || s.version || ': '"
    " || 'its history has a gap or does not fit together' from steps s"
    " where s.number <> s.version or s.from_state is distinct from s.previous"
    " union all select 'case ' || c.case_id || ' is ' || c.state || ' at version ' || c.version"
    " || ', its history says ' || coalesce(s.to_state || ' at ' || s.version, 'nothing')"
    " from cases c left join steps s on s.case_id = c.case_id and s.last"
    " where (c.state, c.version) is distinct from (s.to_state, s.version) order by 1"
)
DECIDED_TWICE = text(
    "select 'case ' || case_id || ' was decided ' || count(*) || ' times under lease ' || lease_id"
    " from decisions group by case_id, lease_id having count(*) > 1"
    " union all select 'case ' || case_id || ' has ' || count(*) || ' standing decisions'"
    " from decisions where state = 'final' group by case_id having count(*) > 1 order by 1"
)
LEASES_WITHOUT_OWNER = text(
    "select 'lease ' || coalesce(e.lease_id, '?') || ' on ' || e.entry_id || ' has no owner'"
    " from queue_entries e left join reviewers r on r.reviewer_id = e.lease_owner"
    " where num_nulls(lease_id, lease_token_sha256, lease_owner, lease_expires_at) between 1 and 3"
    " or (e.lease_id is not null and r.reviewer_id is null) order by 1"
)
# What was erased opens nothing and is no finding.
BROKEN_COMMITMENTS = text(
    "select 'the private part of audit act ' || p.audit_id || ' is not what was committed to'"
    " from audit_private p join (select audit_id, entry from audit_entries"
    "  union all select audit_id, entry from audit_outbox) e using (audit_id)"
    " where encode(sha256(cast('\\x6d71' as bytea) || p.salt || convert_to(p.private, 'UTF8')),"
    " 'hex') <> cast(e.entry as jsonb) ->> 'c' order by 1"
)
OUT_OF_THE_QUEUE = text(
    "select 'case ' || c.case_id || ' is ' || c.state || ', but no reviewer can be given it'"
    " from cases c left join queue_entries e on e.entry_id = c.cluster_id"
    " where c.environment = 'live' and c.state in ('queued', 'held', 'escalated')"
    " and e.entry_id is null order by 1"
)
