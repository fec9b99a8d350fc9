"""Appeals from the edge: into the queue, or refused with an event that says why.

The edge has no database, so whether an appeal may be made at all is decided here.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping

from services.review.appeals import intake_repository as repository
from services.review.appeals.rules import ALREADY_REVERSED
from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.cases.order_repository import load_order
from services.review.cases.priority import FORMULA, HARM_ZERO, order_key
from services.review.database.session import Session
from services.review.decisions.events import appeal_draft
from services.review.decisions.outbox import add_drafts
from shared.contracts.appeal import Appeal, AppellantKind
from shared.contracts.codec import decode
from shared.contracts.decision import AppealData
from shared.contracts.identifiers import CaseId, Environment, SubjectId
from shared.kafka.dead_letters import RawRecord
from shared.observability.traces import traceparent_of


async def take_appeals(session: Session, records: Sequence[RawRecord]) -> None:
    """In the order of the log; one that was taken before changes nothing.

    Raises Undecodable for a record that is no appeal.
    """
    appeals = [decode(Appeal, record.value) for record in records]
    for record, appeal in zip(records, appeals, strict=True):
        await _take(session, appeal, record)


async def _take(session: Session, appeal: Appeal, record: RawRecord) -> None:
    accepted_at = record.first.timestamp  # an appeal that was put back was made in time
    decision = await repository.find_decision(session, appeal)
    second = await repository.has_appealed(session, appeal)
    refused = refusal(appeal, decision, accepted_at=accepted_at, second=second)
    new = await repository.insert_appeal(
        session, appeal, decision, accepted_at=accepted_at, refused=refused
    )
    if not new:
        return
    if refused is not None:
        await _tell_refusal(session, appeal, decision, refused, record)
    elif decision is not None and appeal.environment is Environment.LIVE:
        key = order_key(HARM_ZERO, accepted_at)
        order = await load_order(session)
        same = order.inputs is None or order.inputs.formula == FORMULA
        await repository.enqueue_appeal(
            session,
            appeal,
            decision,
            key=key,
            formula=FORMULA,
            order=order.number if same else 0,
        )
    await audit.record(session, [_act(appeal, decision, refused)])


def refusal(
    appeal: Appeal, decision: RowMapping | None, *, accepted_at: datetime, second: bool
) -> str | None:
    """Why the appeal cannot be made, None when it can. A decision of another platform is as
    unknown as one that was never made, or never sent.
    """
    if decision is None:
        return "unknown_decision"
    by_reporter = appeal.appellant.kind is AppellantKind.REPORTER
    if (by_reporter or appeal.report_id is not None) and not decision["has_report"]:
        return "wrong_report"
    if second:
        return "already_appealed"
    if decision["state"] == "reversed":
        return ALREADY_REVERSED
    if decision["appeal_until"] is not None and accepted_at > decision["appeal_until"]:
        return "too_late"
    return None


async def _tell_refusal(
    session: Session,
    appeal: Appeal,
    decision: RowMapping | None,
    refused: str,
    record: RawRecord,
) -> None:
    at = record.first.timestamp
    data = AppealData(
        appeal_id=appeal.appeal_id,
        external_id=appeal.external_id,
        platform=appeal.platform,
        environment=appeal.environment,
        decision_id=appeal.decision_id,
        report_id=appeal.report_id,
        subject_id=SubjectId(decision["subject_id"]) if decision else None,
        refused=refused,
        decided_at=at,
    )
    trace = traceparent_of(record.headers)
    await add_drafts(session, [appeal_draft(data, release_at=at, traceparent=trace)])


def _act(appeal: Appeal, decision: RowMapping | None, refused: str | None) -> Act:
    return Act(
        action="appeal_refused" if refused else "appeal_opened",
        actor=Actor(ActorKind.PLATFORM, appeal.platform),
        case_id=CaseId(decision["case_id"]) if decision else None,
        platform=appeal.platform,
        environment=appeal.environment,
        after={"appeal": appeal.appeal_id, "decision": appeal.decision_id, "refused": refused},
        reason_code=refused,
        private={"text": appeal.text},
    )
