"""The outcome of an appeal: never by the person who decided, and with all its effects at once."""

from collections.abc import Sequence
from datetime import datetime

from services.review.appeals import review_repository as rows_of
from services.review.appeals.replacement import Appealed, replacement
from services.review.appeals.rules import ALREADY_REVERSED
from services.review.audit import service as audit
from services.review.audit.models import Act
from services.review.cases import queue_repository as queue
from services.review.cases.history import Move, advance
from services.review.cases.leases import lease_lost
from services.review.cases.queue_rules import lease_id_of, token_sha256
from services.review.cases.rules import CaseEvent
from services.review.cases.view_repository import AnyRow, load_decision
from services.review.database.session import Session
from services.review.decisions import repository as decisions
from services.review.decisions.events import appeal_draft
from services.review.decisions.outbox import add_drafts
from services.review.decisions.policies import in_force
from services.review.decisions.repository import NewDecision
from services.review.decisions.requests import OutcomeRequest, request_hash
from services.review.decisions.service import saved
from services.review.decisions.views import OutcomeView
from services.review.errors import Conflict, Forbidden, NotFound
from services.review.policies.repository import list_policies
from services.review.reviewers.models import Viewer
from shared.clock import NewId
from shared.contracts.decision import AppealData, AppealOutcome
from shared.contracts.identifiers import (
    AppealId,
    CaseId,
    DecisionId,
    Environment,
    ExternalId,
    PlatformId,
    ReportId,
    SubjectId,
)


async def decide_appeal(
    session: Session, viewer: Viewer, appeal_id: str, request: OutcomeRequest, new_id: NewId
) -> OutcomeView:
    """Gives the appeal its outcome. One that changes the decision replaces it with a new one, and
    the platform is told of both at once: there is no undo. Other appeals against the same
    decision are refused then.

    The same request under the same lease gives the same answer. Raises NotFound; Forbidden
    `own_decision`; Conflict `lease_lost`, `appeal_decided` or `already_reversed`; Unacceptable.
    """
    appeal = (await rows_of.load_appeals(session, [appeal_id])).get(appeal_id)
    if appeal is None:
        raise NotFound("appeal_not_found", "There is no such appeal.")
    if appeal.original_reviewer_id == viewer.reviewer_id:
        raise Forbidden("own_decision", "You made the decision appealed against.")
    await rows_of.lock_decision(session, appeal.decision_id)
    lease_id = lease_id_of(appeal_id, request.lease_token)
    taken = await queue.take_lease(
        session, appeal_id, token_sha256(request.lease_token), owner=viewer.reviewer_id
    )
    appeal = await rows_of.lock_appeal(session, appeal_id)
    if appeal.state != "open":
        return _same_answer(appeal, viewer, lease_id, request)
    if taken is None:
        raise await lease_lost(session, viewer, appeal_id)
    original = await load_decision(session, appeal.decision_id)
    assert original is not None  # the database ties an open appeal to its decision
    facts = Appealed(
        appeal=appeal,
        original=original,
        case=await decisions.load_target(session, appeal.case_id),
        policies=in_force(await list_policies(session)),
        now=await decisions.database_time(session),
    )
    new = replacement(facts, viewer, request, lease_id, new_id)
    if new is not None:
        if not await decisions.mark_reversed(session, original.decision_id):
            raise Conflict("already_reversed", "The decision does not stand any more.")
        await session.write(*await saved(session, [new]))
    await advance(session, [_move(viewer, appeal, new, request)])
    decision_id = new.facts.decision_id if new is not None else None
    outcome = await rows_of.save_outcome(
        session,
        appeal_id,
        outcome=request.outcome,
        by=viewer.reviewer_id,
        reason=request.reason,
        lease_id=lease_id,
        request_hash=request_hash(request),
        new_decision_id=decision_id,
    )
    await _tell(session, [outcome], at=outcome.outcome_at)
    if new is not None:
        await _refuse_others(session, viewer, original.decision_id, at=outcome.outcome_at)
    return _answer(outcome)


async def _refuse_others(
    session: Session, viewer: Viewer, decision_id: str, *, at: datetime
) -> None:
    """Other appeals against a decision that stands no more have nothing left to ask for."""
    refused = await rows_of.refuse_open(session, decision_id, refused=ALREADY_REVERSED)
    await _tell(session, refused, at=at)
    acts = [
        Act(
            action="appeal_refused",
            actor=viewer.actor,
            case_id=CaseId(row.case_id),
            platform=PlatformId(row.platform_id),
            environment=Environment(row.environment),
            after={"appeal": row.appeal_id, "decision": decision_id, "refused": row.refused},
            reason_code=row.refused,
        )
        for row in refused
    ]
    await audit.record(session, acts)


async def _tell(session: Session, appeals: Sequence[AnyRow], *, at: datetime) -> None:
    drafts = [
        appeal_draft(_told(appeal, at=at), release_at=at, traceparent=None) for appeal in appeals
    ]
    await add_drafts(session, drafts)


def _move(viewer: Viewer, appeal: AnyRow, new: NewDecision | None, request: OutcomeRequest) -> Move:
    upheld = request.outcome is AppealOutcome.UPHELD
    return Move(
        CaseId(appeal.case_id),
        CaseEvent.APPEAL_UPHELD if upheld else CaseEvent.DECISION_REVERSED,
        viewer.actor,
        reason=str(request.outcome),
        decision_id=new.facts.decision_id if new is not None else None,
        decided_at=new.facts.decided_at if new is not None else None,
        facts={"appeal": appeal.appeal_id, "appealed": appeal.decision_id},
        private={"reason": request.reason},
    )


def _told(appeal: AnyRow, *, at: datetime) -> AppealData:
    return AppealData(
        appeal_id=AppealId(appeal.appeal_id),
        external_id=ExternalId(appeal.external_id),
        platform=PlatformId(appeal.platform_id),
        environment=Environment(appeal.environment),
        decision_id=DecisionId(appeal.decision_id),
        report_id=ReportId(appeal.report_id) if appeal.report_id else None,
        subject_id=SubjectId(appeal.subject_id) if appeal.subject_id else None,
        refused=appeal.refused,
        outcome=AppealOutcome(appeal.outcome) if appeal.outcome else None,
        reason=appeal.outcome_reason,
        new_decision_id=DecisionId(appeal.new_decision_id) if appeal.new_decision_id else None,
        decided_at=at,
    )


def _same_answer(
    appeal: AnyRow, viewer: Viewer, lease_id: str, request: OutcomeRequest
) -> OutcomeView:
    own = appeal.outcome_by == viewer.reviewer_id and appeal.outcome_lease_id == lease_id
    if own and appeal.request_hash == request_hash(request):
        return _answer(appeal)
    raise Conflict(
        "appeal_decided",
        "The appeal is not open any more.",
        facts={"state": appeal.state, "outcome": appeal.outcome},
    )


def _answer(appeal: AnyRow) -> OutcomeView:
    return OutcomeView(
        appeal_id=appeal.appeal_id,
        state=appeal.state,
        outcome=appeal.outcome,
        decision_id=appeal.new_decision_id,
        decided_at=appeal.outcome_at,
    )
