"""Rows of decisions, and of the cases that they decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from pydantic import JsonValue
from sqlalchemy import text

from services.review.cases.order_repository import ENTRY_KEYS, counting_priority, entry_keys
from services.review.cases.view_repository import OPEN, AnyRow
from services.review.database.session import Session
from services.review.decisions.event_facts import actions_json, policies_json
from services.review.decisions.rules import Target
from shared.contracts.decision import Action, AppliedPolicy, Finding, Ground
from shared.contracts.identifiers import CaseId, DecisionId, SubjectId
from shared.contracts.report import Identity, SubjectKind


@dataclass(frozen=True)
class Member:
    """An open case of a cluster, locked."""

    target: Target
    content_digest: str
    policy_id: str


@dataclass(frozen=True)
class NewDecision:
    """A row of `decisions`. The database gives the times, from `undo` and `appeal_days`."""

    decision_id: DecisionId
    group_id: str
    case_id: CaseId
    reviewer_id: str
    lease_id: str
    request_hash: str
    finding: Finding
    actions: tuple[Action, ...]
    policies: tuple[AppliedPolicy, ...]
    ground: Ground | None
    legal_basis: str | None
    reason: str | None
    internal_note: str | None
    undo: timedelta
    appeal_days: int
    reverses: DecisionId | None = None
    appeal_id: str | None = None


async def database_time(session: Session) -> datetime:
    now: datetime = (await session.execute(text("select clock_timestamp()"))).scalar_one()
    return now


async def lock_members(session: Session, cluster_id: str) -> dict[CaseId, Member]:
    """Open cases of a cluster whose entry this transaction has locked, by id."""
    rows = await session.execute(_MEMBERS, {"cluster": cluster_id})
    return {CaseId(row.case_id): _member(row) for row in rows}


async def load_target(session: Session, case_id: str) -> Member:
    """A case that is decided already, locked."""
    return _member((await session.execute(_TARGET, {"id": case_id})).one())


async def cluster_version(session: Session, cluster_id: str) -> int:
    """Locked until the end of the transaction, so that no case joins meanwhile."""
    found = await session.execute(_CLUSTER, {"id": cluster_id})
    return int(found.scalar_one())


async def insert_decisions(session: Session, decisions: Sequence[NewDecision]) -> list[AnyRow]:
    """The rows as they are now, in the order given."""
    rows = await session.execute(
        _INSERT, {"rows": orjson.dumps([_row(decision) for decision in decisions]).decode()}
    )
    found = {row.decision_id: row for row in rows}
    return [found[decision.decision_id] for decision in decisions]


async def set_decision(session: Session, decisions: Sequence[NewDecision]) -> None:
    """Names the standing decision of each case."""
    parameters = {
        "cases": [decision.case_id for decision in decisions],
        "decisions": [decision.decision_id for decision in decisions],
    }
    await session.execute(_SET, parameters)


async def unset_decision(session: Session, case_ids: Sequence[CaseId]) -> None:
    await session.execute(_UNSET, {"ids": list(case_ids)})


async def renew_entry(session: Session, cluster_id: str) -> None:
    """The entry as the cases that are still open want it; without any it is gone."""
    await session.execute(_DROP_ENTRY, {"id": cluster_id})
    await put_back(session, cluster_id)


async def put_back(session: Session, cluster_id: str) -> None:
    """Makes the entry of a cluster from its open cases; one that is there stays as it is."""
    await session.execute(_ADD_LANE, {"id": cluster_id})
    await session.execute(_ADD_ENTRY, {"id": cluster_id})


async def grow_cluster(session: Session, cluster_id: str) -> None:
    """Other cases belong to it than before: whoever looks at it now must look again."""
    await session.execute(_GROW, {"id": cluster_id})


async def find_group_under(session: Session, case_id: str, lease_id: str) -> list[AnyRow]:
    """All decisions made together with the one on this case under this lease; else none."""
    rows = await session.execute(_UNDER_LEASE, {"case": case_id, "lease": lease_id})
    return list(rows)


async def find_group_of(session: Session, decision_id: str) -> list[AnyRow]:
    """All decisions made together with this one, itself first. Empty when there is none."""
    rows = await session.execute(_GROUP, {"id": decision_id})
    return list(rows)


async def mark_undone(session: Session, group_id: str, *, reason: str | None) -> list[AnyRow]:
    """The decisions of the group that were final and inside their window until now."""
    rows = await session.execute(_UNDO, {"group": group_id, "reason": reason})
    return list(rows)


async def mark_reversed(session: Session, decision_id: str) -> bool:
    """False when it did not stand any more."""
    found = await session.execute(_REVERSE, {"id": decision_id})
    return found.first() is not None


async def has_newer_case(session: Session, case_ids: Sequence[CaseId]) -> bool:
    """Whether another case on one of the subjects is open."""
    found = await session.execute(_NEWER, {"ids": list(case_ids)})
    return bool(found.scalar_one())


def _member(row: AnyRow) -> Member:
    return Member(
        target=Target(
            case_id=CaseId(row.case_id),
            subject_id=SubjectId(row.subject_id),
            kind=SubjectKind(row.kind),
            identity=Identity(row.identity),
            author_account=SubjectId(row.author_account) if row.author_account else None,
        ),
        content_digest=row.content_digest,
        policy_id=row.policy_id,
    )


def _row(decision: NewDecision) -> dict[str, JsonValue]:
    return {
        "decision_id": decision.decision_id,
        "group_id": decision.group_id,
        "case_id": decision.case_id,
        "reviewer_id": decision.reviewer_id,
        "lease_id": decision.lease_id,
        "request_hash": decision.request_hash,
        "finding": str(decision.finding),
        "actions": actions_json(decision.actions),
        "policies": policies_json(decision.policies),
        "ground": decision.ground and str(decision.ground),
        "legal_basis": decision.legal_basis,
        "reason": decision.reason,
        "internal_note": decision.internal_note,
        "undo_seconds": decision.undo.total_seconds(),
        "appeal_days": decision.appeal_days,
        "reverses": decision.reverses,
        "appeal_id": decision.appeal_id,
    }


_COLUMNS = "case_id, subject_id, kind, identity, author_account, content_digest, policy_id"
_MEMBERS = text(
    f"select {_COLUMNS} from cases where cluster_id = :cluster and state in ({OPEN})"
    " order by case_id for update"
)
_TARGET = text(f"select {_COLUMNS} from cases where case_id = :id for update")
_CLUSTER = text("select version from clusters where cluster_id = :id for update")
# One instant for all that is decided together.
_INSERT = text(
    "with at as materialized (select clock_timestamp() as now)"
    " insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,"
    " subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies, ground,"
    " legal_basis, reason, internal_note, content_digest, decided_at, undo_until, appeal_until,"
    " reverses, appeal_id)"
    " select n.decision_id, n.group_id, c.platform_id, c.environment, c.case_id, c.cluster_id,"
    " c.subject_id, n.reviewer_id, n.lease_id, n.request_hash, 'final', n.finding, n.actions,"
    " n.policies, n.ground, n.legal_basis, n.reason, n.internal_note, c.content_digest, at.now,"
    " at.now + make_interval(secs => n.undo_seconds),"
    " at.now + make_interval(days => n.appeal_days), n.reverses, n.appeal_id"
    " from jsonb_to_recordset(cast(:rows as jsonb)) as n (decision_id text, group_id text,"
    " case_id text, reviewer_id text, lease_id text, request_hash text, finding text,"
    " actions jsonb, policies jsonb, ground text, legal_basis text, reason text,"
    " internal_note text, undo_seconds float8, appeal_days int, reverses text, appeal_id text)"
    " join cases c using (case_id) cross join at"
    " returning *, cast(null as jsonb) as withdrawn"
)
_SET = text(
    "update cases set decision_id = new.decision_id, decided_at = d.decided_at,"
    " reporters_at_decision = cases.reporter_count, held_by = null, held_until = null"
    " from unnest(cast(:cases as text[]), cast(:decisions as text[])) as new (case_id, decision_id)"
    " join decisions d on d.decision_id = new.decision_id where cases.case_id = new.case_id"
)
_UNSET = text(
    "update cases set decision_id = null, decided_at = null, reporters_at_decision = null"
    " where case_id = any(:ids)"
)
_DROP_ENTRY = text("delete from queue_entries where entry_id = :id")
_BEST = (
    f" from (select c.*, {counting_priority('c')} as counting from cases c) c"
    f" where cluster_id = :id and state in ({OPEN})"
    " order by cast(counting ->> 'lane' as int), cast(counting ->> 'key' as float8) desc limit 1"
)
_ADD_LANE = text(
    "insert into queue_lanes (queue_id, language, clearance, platform_id)"
    f" select queue_id, language, clearance, platform_id{_BEST} on conflict do nothing"
)
_ADD_ENTRY = text(
    "insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language,"
    f" clearance, lane, {ENTRY_KEYS}, formula, enqueued_at)"
    " select cluster_id, 'case', platform_id, environment, queue_id, language, clearance,"
    f" cast(counting ->> 'lane' as smallint), {entry_keys('counting')},"
    f" cast(counting ->> 'formula' as smallint), opened_at{_BEST}"
    " on conflict (entry_id) do nothing"
)
_GROW = text("update clusters set version = version + 1 where cluster_id = :id")
_UNDER_LEASE = text(
    "select d.* from decisions first join decisions d on d.group_id = first.group_id"
    " where first.case_id = :case and first.lease_id = :lease"
    " order by d.case_id <> first.case_id, d.case_id"
)
_GROUP = text(
    "select d.* from decisions first join decisions d on d.group_id = first.group_id"
    " where first.decision_id = :id order by d.case_id <> first.case_id, d.case_id"
)
_UNDO = text(
    "update decisions set state = 'undone', weighed = false,"
    " undone_at = clock_timestamp(), undo_reason = :reason"
    " where group_id = :group and state = 'final' and undo_until > clock_timestamp()"
    " returning decision_id, case_id"
)
_REVERSE = text(
    "update decisions set state = 'reversed', weighed = false"
    " where decision_id = :id and state = 'final'"
    " returning decision_id"
)
_NEWER = text(
    "select exists (select from cases c join cases o on o.environment = c.environment"
    f" and o.subject_id = c.subject_id and o.case_id <> c.case_id and o.state in ({OPEN})"
    " where c.case_id = any(:ids))"
)
