"""Rows of decisions, and of the cases that they decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import text

from services.review.cases.history import Standing, standing
from services.review.cases.order_repository import ENTRY_KEYS, counting_priority, entry_keys
from services.review.cases.queue_repository import MINE
from services.review.cases.view_repository import OPEN, AnyRow
from services.review.database.session import Session, Write
from services.review.decisions.event_facts import actions_json, policies_json
from services.review.decisions.events import DecisionFacts
from services.review.decisions.rules import Target
from shared.contracts.identifiers import CaseId, SubjectId
from shared.contracts.report import Identity, SubjectKind


@dataclass(frozen=True)
class Member:
    """An open case of a cluster, locked."""

    target: Target
    content_digest: str
    policy_id: str
    standing: Standing


@dataclass(frozen=True)
class Locked:
    """The open cases of a cluster, all locked at `now`, in a transaction that `began_at`."""

    members: Mapping[CaseId, Member]
    now: datetime
    began_at: datetime


@dataclass(frozen=True)
class NewDecision:
    """A row of `decisions`."""

    case_id: CaseId
    reviewer_id: str
    lease_id: str
    request_hash: str
    internal_note: str | None
    facts: DecisionFacts
    appeal_id: str | None = None


async def database_time(session: Session) -> datetime:
    now: datetime = (await session.execute(text("select clock_timestamp()"))).scalar_one()
    return now


async def take_cluster(
    session: Session, case_id: str, sha256: str, *, owner: str
) -> tuple[str, int | None] | None:
    """The cluster of the case and its version. Where token, owner and time hold, its entry is out
    of the queue, and entry and cluster are locked until the end of the transaction, so that no case
    joins meanwhile; else nothing is done and there is no version. None for a case that is not
    there.
    """
    row = (
        await session.execute(_TAKE_CLUSTER, {"case": case_id, "sha": sha256, "me": owner})
    ).first()
    return (row.cluster_id, row.version) if row is not None else None


async def lock_members(session: Session, cluster_id: str) -> Locked | None:
    """Open cases of a cluster whose entry this transaction has locked; None without any."""
    rows = (await session.execute(_MEMBERS, {"cluster": cluster_id})).all()
    if not rows:
        return None
    return Locked(
        members={CaseId(row.case_id): _member(row) for row in rows},
        now=max(row.locked_at for row in rows),
        began_at=rows[0].began_at,
    )


async def load_target(session: Session, case_id: str) -> Member:
    """A case that is decided already, locked."""
    return _member((await session.execute(_TARGET, {"id": case_id})).one())


def inserted(decisions: Sequence[NewDecision]) -> Write:
    rows = orjson.dumps([_row(decision) for decision in decisions]).decode()
    return Write(_INSERT, {"rows": rows})


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
        standing=standing(row),
    )


def _row(decision: NewDecision) -> dict[str, object]:
    facts = decision.facts
    return {
        "decision_id": facts.decision_id,
        "group_id": facts.group_id,
        "case_id": decision.case_id,
        "reviewer_id": decision.reviewer_id,
        "lease_id": decision.lease_id,
        "request_hash": decision.request_hash,
        "finding": facts.finding,
        "actions": actions_json(facts.actions),
        "policies": policies_json(facts.policies),
        "ground": facts.ground,
        "legal_basis": facts.legal_basis,
        "reason": facts.reason,
        "internal_note": decision.internal_note,
        "decided_at": facts.decided_at,
        "undo_until": facts.undo_until,
        "appeal_until": facts.appeal_until,
        "reverses": facts.reverses,
        "appeal_id": decision.appeal_id,
    }


_COLUMNS = (
    "case_id, subject_id, kind, identity, author_account, content_digest, policy_id, platform_id,"
    " environment, state, version"
)
_MEMBERS = text(
    "select m.*, clock_timestamp() as locked_at, now() as began_at from"
    f" (select {_COLUMNS} from cases where cluster_id = :cluster and state in ({OPEN})"
    "  order by case_id for update) m"
)
_TARGET = text(f"select {_COLUMNS} from cases where case_id = :id for update")
_TAKE_CLUSTER = text(
    "with place as (select cluster_id from cases where case_id = :case),"
    " taken as (delete from queue_entries"
    f"  where entry_id = (select cluster_id from place) and {MINE} returning entry_id),"
    " cluster as (select version from clusters"
    "  where cluster_id in (select entry_id from taken) for update)"
    " select cluster_id, (select version from cluster) as version from place"
)
_INSERT = text(
    "insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,"
    " subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies, ground,"
    " legal_basis, reason, internal_note, content_digest, decided_at, undo_until, appeal_until,"
    " reverses, appeal_id)"
    " select n.decision_id, n.group_id, c.platform_id, c.environment, c.case_id, c.cluster_id,"
    " c.subject_id, n.reviewer_id, n.lease_id, n.request_hash, 'final', n.finding, n.actions,"
    " n.policies, n.ground, n.legal_basis, n.reason, n.internal_note, c.content_digest,"
    " n.decided_at, n.undo_until, n.appeal_until, n.reverses, n.appeal_id"
    " from jsonb_to_recordset(cast(:rows as jsonb)) as n (decision_id text, group_id text,"
    " case_id text, reviewer_id text, lease_id text, request_hash text, finding text,"
    " actions jsonb, policies jsonb, ground text, legal_basis text, reason text,"
    " internal_note text, decided_at timestamptz, undo_until timestamptz,"
    " appeal_until timestamptz, reverses text, appeal_id text) join cases c using (case_id)"
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
