"""The rows of a restored database. Nobody else is at work on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import text

from services.review.cases.view_repository import AnyRow
from services.review.database.session import Session
from services.review.decisions.event_facts import actions_json, policies_json
from services.review.restore.rules import Told, WaitingGroup
from shared.clock import new_id
from shared.contracts.decision import AppealData, DecisionData, DecisionEvent
from shared.contracts.identifiers import CaseId

# Stand in for reviewers that the log does not name: one for decisions, one for outcomes of appeals,
# which nobody may give on their own decision. Neither can log in.
UNKNOWN_DECIDER = "rev_restored"
UNKNOWN_JUDGE = "rev_restored_appeals"


@dataclass(frozen=True)
class Place:
    """The case that a decision of the log is about, as it is now."""

    case_id: CaseId
    cluster_id: str
    subject_id: str
    state: str


async def others_at_work(session: Session) -> list[str]:
    """Processes of ours that are connected to this database, but for this one."""
    return list((await session.execute(_OTHERS)).scalars())


async def void_leases(session: Session) -> int:
    """How many there were. Reviewers log in and claim anew."""
    found = await session.execute(_VOID_LEASES)
    await session.execute(_END_SESSIONS)
    return len(found.all())


async def known_events(session: Session, ids: Sequence[str]) -> set[str]:
    return set((await session.execute(_KNOWN_EVENTS, {"ids": list(ids)})).scalars())


async def list_waiting(session: Session) -> list[WaitingGroup]:
    """Groups of which nothing was released when the backup was taken, oldest first."""
    rows = await session.execute(_WAITING)
    return [WaitingGroup(row.group_id, frozenset(row.decision_ids), row.release_at) for row in rows]


async def cases_of(session: Session, group_id: str) -> list[CaseId]:
    rows = await session.execute(_CASES_OF, {"group": group_id})
    return [CaseId(case_id) for case_id in rows.scalars()]


async def mark_undone(session: Session, group_id: str) -> list[AnyRow]:
    """The decisions of the group, whatever their window."""
    return list(await session.execute(_UNDO, {"group": group_id}))


async def add_subject(session: Session, event: DecisionEvent) -> None:
    """As the platform called it; one that is there stays as it is."""
    data = event.data
    await session.execute(
        _ADD_SUBJECT,
        {
            "environment": str(data.environment),
            "subject": data.subject_id,
            "platform": data.platform,
            "kind": data.subject_ref.kind,
            "url": data.subject_ref.url,
            "ref": data.subject_ref.platform_id,
            "at": event.timestamp,
        },
    )


async def has_decision(session: Session, decision_id: str) -> bool:
    found = await session.execute(_HAS_DECISION, {"id": decision_id})
    return found.first() is not None


async def find_place(session: Session, data: DecisionData) -> Place | None:
    """By the reports that the event names: cases made anew from the log have other ids."""
    row = (
        await session.execute(
            _PLACE,
            {
                "reports": [report.report_id for report in data.reports],
                "case": data.case_id,
                "platform": data.platform,
            },
        )
    ).first()
    if row is None:
        return None
    return Place(CaseId(row.case_id), row.cluster_id, row.subject_id, row.state)


async def find_unsent_group(session: Session, case_id: CaseId) -> str | None:
    """Of the decision that stands on the case, where no platform was told of it yet."""
    group: str | None = (await session.execute(_UNSENT, {"case": case_id})).scalar()
    return group


async def add_following_case(
    session: Session, place: Place, data: DecisionData, cluster_id: str
) -> CaseId:
    """A case behind a decided one, with the reports that the event names. Its history is the
    caller's.
    """
    case_id = data.case_id if data.case_id != place.case_id else CaseId(new_id("case"))
    await session.execute(
        _ADD_CLUSTER,
        {
            "cluster": cluster_id,
            "platform": data.platform,
            "environment": str(data.environment),
        },
    )
    values = {
        "case": case_id,
        "cluster": cluster_id,
        "previous": place.case_id,
        "reports": [report.report_id for report in data.reports],
    }
    await session.execute(_ADD_CASE, values)
    await session.execute(_MOVE_REPORTS, values)
    return case_id


async def add_decision(
    session: Session, case_id: CaseId, told: Told, data: DecisionData, appeal_id: str | None
) -> None:
    """Names it in its case too."""
    await session.execute(_UNKNOWN_REVIEWERS)
    values = {
        "id": data.decision_id,
        "case": case_id,
        "reviewer": told.origin.decided_by,
        "finding": str(data.finding),
        "actions": orjson.dumps(actions_json(data.actions)).decode(),
        "policies": orjson.dumps(policies_json(data.policies)).decode(),
        "ground": data.ground and str(data.ground),
        "basis": data.legal_basis,
        "reason": data.reason,
        "decided_at": data.decided_at,
        "told_at": told.event.timestamp,
        "appeal_until": data.appeal_until,
        "reverses": data.reverses,
        "appeal": appeal_id,
    }
    await session.execute(_ADD_DECISION, values)
    await session.execute(_NAME_DECISION, values)


async def find_open_appeal(session: Session, appeal_id: str) -> AnyRow | None:
    return (await session.execute(_OPEN_APPEAL, {"id": appeal_id})).first()


async def settle_appeal(
    session: Session, data: AppealData, decided_by: str | None, at: datetime
) -> None:
    """Outcome or refusal as it was told; the appeal leaves the queue."""
    await session.execute(_UNKNOWN_REVIEWERS)
    values = {
        "id": data.appeal_id,
        "outcome": data.outcome and str(data.outcome),
        "refused": data.refused,
        "by": decided_by,
        "reason": data.reason,
        "new": data.new_decision_id,
        "at": at,
    }
    await session.execute(_REFUSE_APPEAL if data.refused else _DECIDE_APPEAL, values)
    await session.execute(_LEAVE_QUEUE, values)


_OTHERS = text(
    "select distinct application_name from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid() and application_name like 'mizan %'"
    " and application_name <> current_setting('application_name') order by 1"
)
_VOID_LEASES = text(
    "update queue_entries set lease_id = null, lease_token_sha256 = null, lease_owner = null,"
    " lease_expires_at = null where lease_id is not null returning entry_id"
)
_END_SESSIONS = text("delete from sessions")
_KNOWN_EVENTS = text("select event_id from events where event_id = any(:ids)")
_WAITING = text(
    "select o.group_id, array_agg(distinct d.decision_id) as decision_ids,"
    " max(o.release_at) as release_at from outbox o join decisions d using (group_id)"
    " where d.state = 'final' and not exists (select from events e join decisions s"
    "  on s.decision_id = e.decision_id where s.group_id = o.group_id)"
    " group by 1 order by 3, 1"
)
_CASES_OF = text("select case_id from decisions where group_id = :group order by 1")
_UNDO = text(
    "update decisions set state = 'undone', weighed = false, undone_at = clock_timestamp(),"
    " undo_reason = 'restored' where group_id = :group and state = 'final'"
    " returning decision_id, case_id, cluster_id"
)
_ADD_SUBJECT = text(
    "insert into subjects (environment, subject_id, platform_id, kind, identity, url,"
    " platform_ref, first_seen_at) values (:environment, :subject, :platform, :kind, 'stable',"
    " :url, :ref, :at) on conflict do nothing"
)
_HAS_DECISION = text("select 1 from decisions where decision_id = :id")
_PLACE = text(
    "select c.case_id, c.cluster_id, c.subject_id, c.state from cases c left join ("
    "  select case_id, min(accepted_at) as first from reports"
    "  where report_id = any(:reports) group by 1) r using (case_id)"
    " where c.platform_id = :platform and (c.case_id = :case or r.first is not null)"
    " order by c.case_id <> :case, r.first limit 1"
)
_UNSENT = text(
    "select d.group_id from decisions d where d.case_id = :case and d.state = 'final'"
    " and not exists (select from events e join decisions s on s.decision_id = e.decision_id"
    "  where s.group_id = d.group_id)"
)
_ADD_CLUSTER = text(
    "insert into clusters (cluster_id, platform_id, environment)"
    " values (:cluster, :platform, :environment)"
)
_ADD_CASE = text(
    "insert into cases select (jsonb_populate_record(c, jsonb_build_object("
    " 'case_id', cast(:case as text), 'cluster_id', cast(:cluster as text), 'state', 'queued',"
    " 'version', 1, 'previous_case_id', c.case_id, 'decision_id', null, 'decided_at', null,"
    " 'reporters_at_decision', null, 'report_count', (select count(*) from reports r"
    "  where r.case_id = c.case_id and r.report_id = any(:reports))))).*"
    " from cases c where c.case_id = :previous"
)
_MOVE_REPORTS = text(
    "with moved as (update reports set case_id = :case"
    "  where case_id = :previous and report_id = any(:reports) returning 1)"
    " update cases set report_count = report_count - (select count(*) from moved)"
    " where case_id = :previous"
)
_UNKNOWN_REVIEWERS = text(
    "insert into reviewers (reviewer_id, email, name, password_hash, roles, active) values"
    f" ('{UNKNOWN_DECIDER}', 'restored@mizan.invalid', 'Not known', '', '{{reviewer}}', false),"
    f" ('{UNKNOWN_JUDGE}', 'restored-appeals@mizan.invalid', 'Not known', '', '{{senior}}', false)"
    " on conflict do nothing"
)
_REVIEWER = (
    "coalesce((select reviewer_id from reviewers where reviewer_id = :{given}), '{unknown}')"
)
_ADD_DECISION = text(
    "insert into decisions (decision_id, group_id, platform_id, environment, case_id, cluster_id,"
    " subject_id, reviewer_id, lease_id, request_hash, state, finding, actions, policies, ground,"
    " legal_basis, reason, content_digest, decided_at, undo_until, appeal_until, reverses,"
    " appeal_id)"
    " select :id, 'restored ' || :id, platform_id, environment, case_id, cluster_id, subject_id,"
    f" {_REVIEWER.format(given='reviewer', unknown=UNKNOWN_DECIDER)}, 'restored ' || :id, '',"
    " 'final', :finding, cast(:actions as jsonb), cast(:policies as jsonb), :ground, :basis,"
    " :reason, content_digest, :decided_at, :told_at, :appeal_until,"
    " (select decision_id from decisions where decision_id = :reverses), :appeal"
    " from cases where case_id = :case"
)
_NAME_DECISION = text(
    "update cases set decision_id = :id, decided_at = :decided_at,"
    " reporters_at_decision = reporter_count, held_by = null, held_until = null"
    " where case_id = :case"
)
_OPEN_APPEAL = text("select * from appeals where appeal_id = :id and state = 'open' for update")
_DECIDE_APPEAL = text(
    "update appeals set state = 'decided', outcome = :outcome, outcome_by ="
    f" {_REVIEWER.format(given='by', unknown=UNKNOWN_JUDGE)}, outcome_at = :at,"
    " outcome_reason = :reason, outcome_lease_id = 'restored ' || :id,"
    " new_decision_id = (select decision_id from decisions where decision_id = :new)"
    " where appeal_id = :id"
)
_REFUSE_APPEAL = text(
    "update appeals set state = 'refused', refused = :refused where appeal_id = :id"
)
_LEAVE_QUEUE = text("delete from queue_entries where entry_id = :id")
