"""Reads what a case view is made of: one statement for all cases wanted.

Row security leaves out what is not on a platform granted to the viewer, other sides of matches too.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Row, text

from services.review.cases.order_repository import counting_priority
from services.review.cases.rules import OPEN_STATES
from services.review.database.session import Session

AnyRow = Row[tuple[object, ...]]

MOST_REPORTS = 100
MOST_MATCHES = 50


async def load_cases(session: Session, case_ids: Sequence[str]) -> dict[str, AnyRow]:
    """Each with its entry, the policy in force and the names of those who have to do with it; and
    as lists of objects `reports` (the newest hundred, newest first), `decisions` (all on its
    subject, oldest first), `appeals`, `matches` (nearest first, with the other side's latest
    case), `notes` and `history`. `members` are the open cases of its cluster, first ones first.
    """
    rows = await session.execute(
        _CASES,
        {"ids": list(case_ids), "most_reports": MOST_REPORTS, "most_matches": MOST_MATCHES},
    )
    return {row.case_id: row for row in rows}


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
DECISION_COLUMNS = "d.*, by_whom.name as reviewer_name"
_DECISION = text(
    f"select {DECISION_COLUMNS} from decisions d"
    " left join reviewers by_whom on by_whom.reviewer_id = d.reviewer_id"
    " where d.decision_id = :id"
)
_IN_ORDER = "cast(counting ->> 'lane' as int), cast(counting ->> 'key' as float8) desc, case_id"
_MEMBERS = text(
    "select cluster_id, case_id"
    f" from (select c.*, {counting_priority('c')} as counting from cases c) c"
    f" where cluster_id = any(:ids) and state in ({OPEN}) order by cluster_id, {_IN_ORDER}"
)
# Lists that belong to the case `c`.
_PARTS = {
    "reports": (
        "select * from reports where case_id = c.case_id"
        " order by accepted_at desc, report_id limit :most_reports"
    ),
    "decisions": (
        f"select {DECISION_COLUMNS} from decisions d"
        " left join reviewers by_whom on by_whom.reviewer_id = d.reviewer_id"
        " where d.environment = c.environment and d.subject_id = c.subject_id"
        " order by d.decided_at, d.decision_id"
    ),
    "appeals": (
        "select appeal_id, decision_id, appellant_kind, state, outcome, refused, submitted_at"
        " from appeals where case_id = c.case_id order by submitted_at, appeal_id"
    ),
    "matches": (
        "select m.*, o.case_id, o.decision_id, o.finding from ("
        " (select method, similarity, elder as other, elder_platform as other_platform, proposal"
        "  from matches where environment = c.environment and younger = c.subject_id"
        "  order by similarity desc limit :most_matches)"
        " union all"
        " (select method, similarity, younger, younger_platform, proposal from matches"
        "  where environment = c.environment and elder = c.subject_id"
        "  order by similarity desc limit :most_matches)) m"
        " left join lateral (select oc.case_id, oc.decision_id, od.finding from cases oc"
        "  left join decisions od on od.decision_id = oc.decision_id"
        "  where oc.environment = c.environment and oc.subject_id = m.other"
        "  order by oc.opened_at desc limit 1) o on true"
        " where m.other_platform ="
        " any(string_to_array(current_setting('mizan.platforms', true), ','))"
        " order by m.similarity desc, m.other"
    ),
    "notes": (
        "select n.note_id, n.author, r.name, n.text, n.at from case_notes n"
        " join reviewers r on r.reviewer_id = n.author where n.case_id = c.case_id"
        " order by n.at, n.note_id"
    ),
    "history": (
        "select version, event, from_state, to_state, actor, reason, decision_id, at"
        " from case_events where case_id = c.case_id and event <> 'report_joined'"
        " order by version"
    ),
}
_LISTS = ", ".join(
    f"array(select to_jsonb(part) from ({part}) part) as {name}" for name, part in _PARTS.items()
)
_CASES = text(
    f"select c.*, {counting_priority('c')} as counting_priority, now() as began_at,"
    " clock_timestamp() as seen_at, k.version as cluster_version, s.url as subject_url,"
    " p.revision as rule_revision, p.title, p.text as policy_text, p.actions as policy_actions,"
    f" {ENTRY_COLUMNS}, {_LISTS},"
    f" array(select case_id from (select m.*, {counting_priority('m')} as counting from cases m"
    f"  where m.cluster_id = c.cluster_id and m.state in ({OPEN})) m order by {_IN_ORDER})"
    " as members"
    " from cases c join clusters k using (cluster_id)"
    " left join subjects s on s.environment = c.environment and s.subject_id = c.subject_id"
    f"{ENTRY_JOINS}"
    " left join lateral (select * from policies where policies.policy_id = c.policy_id"
    "  order by revision desc limit 1) p on true"
    " where c.case_id = any(:ids)"
)
