"""Reads what a case view is made of, a statement for all cases wanted.

Row security leaves out what is not on a platform granted to the viewer, other sides of matches too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Row, TextClause, text

from services.review.cases.order_repository import counting_priority
from services.review.cases.rules import OPEN_STATES
from services.review.database.session import Session

AnyRow = Row[tuple[object, ...]]
Grouped = dict[str, list[AnyRow]]

MOST_REPORTS = 100
MOST_MATCHES = 50


async def load_cases(session: Session, case_ids: Sequence[str]) -> dict[str, AnyRow]:
    """Each with its entry, the policy in force and the names of those who have to do with it."""
    rows = await session.execute(_CASES, {"ids": list(case_ids)})
    return {row.case_id: row for row in rows}


async def load_reports(session: Session, case_ids: Sequence[str]) -> Grouped:
    """The newest hundred of each case, newest first."""
    return await _grouped(session, _REPORTS, {"ids": list(case_ids), "most": MOST_REPORTS})


async def load_decisions(session: Session, case_ids: Sequence[str]) -> Grouped:
    """By case: all decisions on its subject, under this case or an earlier one, oldest first."""
    return await _grouped(session, _DECISIONS, {"ids": list(case_ids)})


async def load_appeals(session: Session, case_ids: Sequence[str]) -> Grouped:
    return await _grouped(session, _APPEALS, {"ids": list(case_ids)})


async def load_matches(session: Session, case_ids: Sequence[str]) -> Grouped:
    """Nearest first; the other side's latest case."""
    return await _grouped(session, _MATCHES, {"ids": list(case_ids), "most": MOST_MATCHES})


async def load_notes(session: Session, case_ids: Sequence[str]) -> Grouped:
    return await _grouped(session, _NOTES, {"ids": list(case_ids)})


async def load_history(session: Session, case_ids: Sequence[str]) -> Grouped:
    return await _grouped(session, _HISTORY, {"ids": list(case_ids)})


async def load_members(session: Session, cluster_ids: Sequence[str]) -> dict[str, list[str]]:
    """Open cases of each cluster, the one that goes first in front."""
    rows = await session.execute(_MEMBERS, {"ids": list(cluster_ids)})
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.cluster_id].append(row.case_id)
    return found


async def load_decision(session: Session, decision_id: str) -> AnyRow | None:
    rows = await session.execute(_DECISION, {"id": decision_id})
    return rows.first()


async def _grouped(
    session: Session, statement: TextClause, parameters: Mapping[str, object]
) -> Grouped:
    found: Grouped = defaultdict(list)
    for row in await session.execute(statement, parameters):
        found[row.for_case].append(row)
    return found


OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))
ENTRY_COLUMNS = (
    "e.lane, e.deadline, e.assigned_to, assignee.name as assignee_name, e.lease_id, e.lease_owner,"
    " owner.name as lease_owner_name, e.lease_expires_at,"
    " e.lease_expires_at > clock_timestamp() as leased, holder.name as holder_name"
)
ENTRY_JOINS = (
    " left join queue_entries e on e.entry_id = c.cluster_id"
    f" and c.state in ({OPEN})"
    " left join reviewers owner on owner.reviewer_id = e.lease_owner"
    " left join reviewers assignee on assignee.reviewer_id = e.assigned_to"
    " left join reviewers holder on holder.reviewer_id = c.held_by"
)
_CASES = text(
    f"select c.*, {counting_priority('c')} as counting_priority,"
    " clock_timestamp() as seen_at, k.version as cluster_version, s.url as subject_url,"
    f" p.revision as rule_revision, p.title, p.text as policy_text, p.actions as policy_actions,"
    f" {ENTRY_COLUMNS}"
    " from cases c join clusters k using (cluster_id)"
    " left join subjects s on s.environment = c.environment and s.subject_id = c.subject_id"
    f"{ENTRY_JOINS}"
    " left join lateral (select * from policies where policies.policy_id = c.policy_id"
    "  order by revision desc limit 1) p on true"
    " where c.case_id = any(:ids)"
)
_REPORTS = text(
    "select r.*, r.case_id as for_case from unnest(cast(:ids as text[])) as wanted (case_id)"
    " cross join lateral (select * from reports where reports.case_id = wanted.case_id"
    "  order by accepted_at desc, report_id limit :most) r"
    " order by r.case_id, r.accepted_at desc, r.report_id"
)
DECISION_COLUMNS = "d.*, by_whom.name as reviewer_name"
_DECISIONS = text(
    f"select c.case_id as for_case, {DECISION_COLUMNS} from cases c"
    " join decisions d using (environment, subject_id)"
    " left join reviewers by_whom on by_whom.reviewer_id = d.reviewer_id"
    " where c.case_id = any(:ids) order by c.case_id, d.decided_at, d.decision_id"
)
_DECISION = text(
    f"select {DECISION_COLUMNS} from decisions d"
    " left join reviewers by_whom on by_whom.reviewer_id = d.reviewer_id"
    " where d.decision_id = :id"
)
_APPEALS = text(
    "select case_id as for_case, appeal_id, decision_id, appellant_kind, state, outcome, refused,"
    " submitted_at from appeals where case_id = any(:ids) order by submitted_at, appeal_id"
)
_MATCHES = text(
    "select c.case_id as for_case, m.method, m.similarity, m.other, m.other_platform, m.proposal,"
    " o.case_id, o.decision_id, o.finding"
    " from cases c cross join lateral ("
    "  (select method, similarity, elder as other, elder_platform as other_platform, proposal"
    "   from matches where environment = c.environment and younger = c.subject_id"
    "   order by similarity desc limit :most)"
    "  union all"
    "  (select method, similarity, younger, younger_platform, proposal from matches"
    "   where environment = c.environment and elder = c.subject_id"
    "   order by similarity desc limit :most)) m"
    " left join lateral (select oc.case_id, oc.decision_id, od.finding from cases oc"
    "  left join decisions od on od.decision_id = oc.decision_id"
    "  where oc.environment = c.environment and oc.subject_id = m.other"
    "  order by oc.opened_at desc limit 1) o on true"
    " where c.case_id = any(:ids)"
    " and m.other_platform = any(string_to_array(current_setting('mizan.platforms', true), ','))"
    " order by c.case_id, m.similarity desc, m.other"
)
_NOTES = text(
    "select n.case_id as for_case, n.*, r.name from case_notes n"
    " join reviewers r on r.reviewer_id = n.author where case_id = any(:ids) order by at, note_id"
)
_HISTORY = text(
    "select case_id as for_case, version, event, from_state, to_state, actor, reason, decision_id,"
    " at from case_events where case_id = any(:ids) and event <> 'report_joined'"
    " order by case_id, version"
)
_MEMBERS = text(
    "select cluster_id, case_id"
    f" from (select c.*, {counting_priority('c')} as counting from cases c) c"
    f" where cluster_id = any(:ids) and state in ({OPEN})"
    " order by cluster_id, cast(counting ->> 'lane' as int),"
    " cast(counting ->> 'key' as float8) desc, case_id"
)
