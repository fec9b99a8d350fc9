"""Deciding, and taking a decision back before anybody is told.

One transaction holds the state of the cases, the decisions, the audit trail and the events that
wait for their release: all of it is there or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.review.cases import queue_repository as queue
from services.review.cases.claims import grant
from services.review.cases.history import Move, advance, moved, recorded, steps_of
from services.review.cases.leases import lease_lost
from services.review.cases.queue_rules import lease_id_of, token_sha256
from services.review.cases.rules import CaseEvent
from services.review.cases.view_repository import AnyRow
from services.review.cases.views import GrantedLease
from services.review.database.session import Session, Write
from services.review.decisions import repository as rows_of
from services.review.decisions.event_facts import load_case_facts
from services.review.decisions.events import DecisionFacts, draft_rows
from services.review.decisions.outbox import added, withdraw_group
from services.review.decisions.policies import appeal_until, applied, in_force
from services.review.decisions.repository import Member, NewDecision
from services.review.decisions.requests import DecisionRequest, UndoRequest, request_hash
from services.review.decisions.rules import Said, decided_actions
from services.review.decisions.shown import decided_members
from services.review.decisions.views import DecidedCase, DecidedView, UndoneView
from services.review.errors import Conflict, Forbidden, NotFound
from services.review.policies.repository import list_policies
from services.review.reviewers.models import Viewer
from services.review.reviewers.rules import Right
from shared.clock import NewId
from shared.contracts.identifiers import CaseId, DecisionId


@dataclass(frozen=True)
class Terms:
    """What settings and the process give to a decision."""

    undo: timedelta
    new_id: NewId


async def decide(
    session: Session, viewer: Viewer, case_id: str, request: DecisionRequest, terms: Terms
) -> DecidedView:
    """Decides the case, and with it the open cases of its cluster that the request covers.

    The same request under the same lease gives the same answer. Raises NotFound; Conflict
    `lease_lost` (saying who has or decided it), `already_decided`, `decision_undone`,
    `content_changed` or `cluster_changed`; Unacceptable naming what is wrong in the request.
    """
    found = await rows_of.take_cluster(
        session, case_id, token_sha256(request.lease_token), owner=viewer.reviewer_id
    )
    if found is None:
        raise NotFound("case_not_found", "There is no such case.")
    cluster_id, version = found
    lease_id = lease_id_of(cluster_id, request.lease_token)
    if version is None:
        group = await rows_of.find_group_under(session, case_id, lease_id)
        if group and group[0].reviewer_id == viewer.reviewer_id:
            return _same_answer(group, request)
        raise await lease_lost(session, viewer, cluster_id, case_id=case_id)
    locked = await rows_of.lock_members(session, cluster_id)
    if locked is None:
        raise Conflict("not_claimable", "The case is not open any more.")
    covered = decided_members(CaseId(case_id), locked.members, version, request)
    decisions = await _decisions(session, viewer, covered, request, lease_id, terms, now=locked.now)
    await session.write(
        *await _written(session, viewer, covered, decisions, began_at=locked.began_at)
    )
    if len(covered) < len(locked.members):
        await rows_of.put_back(session, cluster_id)
    return _answer(
        decisions[0].facts.undo_until,
        [DecidedCase(case_id=one.case_id, decision_id=one.facts.decision_id) for one in decisions],
    )


async def undo(
    session: Session,
    viewer: Viewer,
    decision_id: str,
    request: UndoRequest,
    *,
    lease_seconds: float,
) -> UndoneView:
    """Takes back the decision and all made with it, and leases their cluster to the viewer anew.

    Raises NotFound, Forbidden (another's decision), Conflict `undo_window_over`,
    `decision_undone` or `superseded`. Once an event of it is released it cannot be undone,
    whatever the time; a release that is under way is waited for.
    """
    group = await rows_of.find_group_of(session, decision_id)
    if not group:
        raise NotFound("decision_not_found", "There is no such decision.")
    first = group[0]
    if first.reviewer_id != viewer.reviewer_id and not viewer.may(Right.OVERRULE_HOLDS):
        raise Forbidden("no_right", "Only who decided, or a senior, may undo it.")
    _refuse_unless_final(first)
    entry = await queue.lock_entry(session, first.cluster_id)
    case_ids = [CaseId(row.case_id) for row in group]
    undone = await rows_of.mark_undone(session, first.group_id, reason=request.reason)
    if len(undone) != len(group):
        raise _too_late()
    if await rows_of.has_newer_case(session, case_ids):
        raise Conflict("superseded", "Since then a new case on the same subject was opened.")
    await advance(
        session,
        [
            Move(
                CaseId(row.case_id),
                CaseEvent.DECISION_UNDONE,
                viewer.actor,
                decision_id=row.decision_id,
                private={"reason": request.reason},
            )
            for row in group
        ],
    )
    if not await withdraw_group(session, first.group_id):
        raise _too_late()
    await rows_of.unset_decision(session, case_ids)
    await rows_of.put_back(session, first.cluster_id)
    await rows_of.grow_cluster(session, first.cluster_id)
    lease: GrantedLease | None = None
    if entry is None or entry.leased_by in (None, viewer.reviewer_id):
        granted = await grant(session, viewer, [first.cluster_id], seconds=lease_seconds)
        lease = granted[first.cluster_id]
    return UndoneView(
        decision_id=decision_id,
        state="undone",
        case_id=first.case_id,
        case_ids=list(case_ids),
        lease=lease,
    )


async def saved(session: Session, decisions: Sequence[NewDecision]) -> list[Write]:
    """Writes the decisions and drafts their events. The caller moves the cases."""
    cases = await load_case_facts(session, [decision.case_id for decision in decisions])
    drafts = [
        draft
        for decision in decisions
        for draft in draft_rows(cases[decision.case_id], decision.facts)
    ]
    return [rows_of.inserted(decisions), added(drafts)]


async def _decisions(
    session: Session,
    viewer: Viewer,
    covered: Sequence[Member],
    request: DecisionRequest,
    lease_id: str,
    terms: Terms,
    *,
    now: datetime,
) -> list[NewDecision]:
    case, *others = covered
    said = Said(
        finding=request.finding,
        actions=request.actions or (),
        policy_ids=request.policy_ids or (case.policy_id,),
        ground=request.ground,
        legal_basis=request.legal_basis,
    )
    policies = in_force(await list_policies(session, said.policy_ids))
    actions = decided_actions(
        said,
        case.target,
        [member.target for member in others],
        {policy_id: policy.actions for policy_id, policy in policies.items()},
        now=now,
    )
    chosen = [policies[policy_id] for policy_id in dict.fromkeys(said.policy_ids)]
    first = DecisionFacts(
        decision_id=DecisionId(terms.new_id("dec")),
        group_id=terms.new_id("grp"),
        finding=request.finding,
        actions=actions[case.target.case_id],
        policies=applied(chosen),
        ground=request.ground,
        legal_basis=request.legal_basis,
        reason=request.reason,
        decided_at=now,
        undo_until=now + terms.undo,
        appeal_until=appeal_until(chosen, now),
    )
    each = [
        first,
        *(
            replace(
                first,
                decision_id=DecisionId(terms.new_id("dec")),
                actions=actions[member.target.case_id],
            )
            for member in others
        ),
    ]
    return [
        NewDecision(
            case_id=member.target.case_id,
            reviewer_id=viewer.reviewer_id,
            lease_id=lease_id,
            request_hash=request_hash(request),
            internal_note=request.internal_note,
            facts=facts,
        )
        for member, facts in zip(covered, each, strict=True)
    ]


async def _written(
    session: Session,
    viewer: Viewer,
    covered: Sequence[Member],
    decisions: Sequence[NewDecision],
    *,
    began_at: datetime,
) -> list[Write]:
    moves = [
        Move(
            decision.case_id,
            CaseEvent.DECIDED,
            viewer.actor,
            reason=str(decision.facts.finding),
            decision_id=decision.facts.decision_id,
            decided_at=decision.facts.decided_at,
            facts={"actions": [str(action.action) for action in decision.facts.actions]},
            private={"reason": decision.facts.reason, "internal_note": decision.internal_note},
        )
        for decision in decisions
    ]
    steps = steps_of(moves, {member.target.case_id: member.standing for member in covered})
    return [*moved(steps), *recorded(steps, began_at), *await saved(session, decisions)]


def _same_answer(group: Sequence[AnyRow], request: DecisionRequest) -> DecidedView:
    first = group[0]
    facts = {"decision_id": first.decision_id, "finding": first.finding}
    if first.request_hash != request_hash(request):
        raise Conflict(
            "already_decided", "You decided otherwise under this lease; that stands.", facts=facts
        )
    if first.state == "undone":
        raise Conflict("decision_undone", "The decision under this lease was undone.", facts=facts)
    return _answer(
        first.undo_until,
        [DecidedCase(case_id=row.case_id, decision_id=row.decision_id) for row in group],
    )


def _answer(undo_until: datetime, decided: list[DecidedCase]) -> DecidedView:
    return DecidedView(
        decision_id=decided[0].decision_id,
        state="final",
        undo_until=undo_until,
        decisions=decided,
    )


def _refuse_unless_final(decision: AnyRow) -> None:
    if decision.appeal_id is not None:
        raise _too_late()
    if decision.state == "undone":
        raise Conflict("decision_undone", "The decision was undone already.")
    if decision.state == "reversed":
        raise Conflict("superseded", "The decision was reversed on appeal.")


def _too_late() -> Conflict:
    return Conflict("undo_window_over", "The platform has been told, or is being told now.")
