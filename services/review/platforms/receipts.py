"""Receipts: what a platform says that it did with a decision, and whom it informed."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.session import Session
from services.review.errors import Conflict, NotFound
from services.review.platforms import receipts_repository as repository
from services.review.platforms.access import Tenant
from shared.contracts.identifiers import CaseId
from shared.times import Moment

Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Text = Annotated[str, StringConstraints(max_length=2000)]


class ReceiptOutcome(StrEnum):
    ENFORCED = "enforced"
    PARTIALLY_ENFORCED = "partially_enforced"
    REVERSAL_ENFORCED = "reversal_enforced"
    DECLINED = "declined"
    FAILED = "failed"
    ALREADY_GONE = "already_gone"


class Informed(BaseModel):
    party: Name
    at: Moment


class Receipt(BaseModel):
    external_id: Name
    outcome: ReceiptOutcome
    at: Moment
    detail: Text | None = None
    informed: list[Informed] | None = Field(default=None, max_length=20)


async def take_receipt(
    session: Session, tenant: Tenant, decision_id: str, receipt: Receipt
) -> datetime | None:
    """Keeps the receipt once, and tells until when the decision can be appealed: the time runs
    from the day of informing and is never made shorter.

    Raises NotFound for a decision that the platform was not told of, and Conflict for another
    receipt under the same `external_id`.
    """
    case_id = await repository.find_case_told(session, decision_id)
    if case_id is None:
        raise NotFound("decision_not_found", "There is no such decision.")
    row = receipt.model_dump(mode="json", exclude={"at"}) | {"informed": _informed(receipt)}
    if not await repository.insert_receipt(session, decision_id, row, at=receipt.at):
        if not await repository.has_receipt(session, decision_id, row, at=receipt.at):
            raise Conflict("receipt_conflict", "Another receipt has this external_id.")
        return await repository.find_appeal_until(session, decision_id)
    last = max((one.at for one in receipt.informed or ()), default=None)
    await repository.start_appeal_period(session, decision_id, last)
    act = Act(
        action="receipt_given",
        actor=Actor(ActorKind.PLATFORM, tenant.platform),
        case_id=CaseId(case_id),
        platform=tenant.platform,
        environment=tenant.environment,
        after={"decision": decision_id, "outcome": str(receipt.outcome)},
        private=receipt.model_dump(mode="json"),
    )
    await audit.record(session, [act])
    return await repository.find_appeal_until(session, decision_id)


def _informed(receipt: Receipt) -> list[dict[str, str]]:
    return [one.model_dump(mode="json") for one in receipt.informed or ()]
