"""The SQL of receipts. All of it runs under the row security of the tenant."""

from collections.abc import Mapping
from datetime import datetime

import orjson
from sqlalchemy import text

from services.review.database.session import Session


async def find_case_told(session: Session, decision_id: str) -> str | None:
    """The case of a decision that the platform has been sent."""
    found = await session.execute(_CASE_TOLD, {"decision": decision_id})
    case_id: str | None = found.scalar_one_or_none()
    return case_id


async def insert_receipt(
    session: Session, decision_id: str, receipt: Mapping[str, object], *, at: datetime
) -> bool:
    """False when there is one under its `external_id`."""
    made = await session.execute(_INSERT, _parameters(decision_id, receipt, at))
    return made.first() is not None


async def has_receipt(
    session: Session, decision_id: str, receipt: Mapping[str, object], *, at: datetime
) -> bool:
    """Whether just this one is kept, word for word."""
    found = await session.execute(_SAME, _parameters(decision_id, receipt, at))
    return found.first() is not None


async def start_appeal_period(
    session: Session, decision_id: str, informed_at: datetime | None
) -> None:
    """From the day of informing, where it says one; a day to come counts as today."""
    await session.execute(_APPEAL_PERIOD, {"decision": decision_id, "informed": informed_at})


async def find_appeal_until(session: Session, decision_id: str) -> datetime | None:
    found = await session.execute(_APPEAL_UNTIL, {"decision": decision_id})
    until: datetime | None = found.scalar_one()
    return until


def _parameters(decision_id: str, receipt: Mapping[str, object], at: datetime) -> dict[str, object]:
    informed = orjson.dumps(receipt["informed"]).decode()
    return {**receipt, "informed": informed, "decision": decision_id, "at": at}


_CASE_TOLD = text(
    "select d.case_id from decisions d where d.decision_id = :decision and exists ("
    " select from events e where e.environment = d.environment"
    " and e.subject_id = d.subject_id and e.decision_id = d.decision_id)"
)
_INSERT = text(
    "insert into receipts (decision_id, external_id, platform_id, environment, outcome, at, detail,"
    " informed) values (:decision, :external_id, current_setting('mizan.platform'),"
    " current_setting('mizan.environment'), :outcome, :at, :detail, cast(:informed as jsonb))"
    " on conflict do nothing returning external_id"
)
_SAME = text(
    "select 1 from receipts where decision_id = :decision and external_id = :external_id"
    " and outcome = :outcome and at = :at and informed = cast(:informed as jsonb)"
    " and detail is not distinct from cast(:detail as text)"
)
# The longest of the periods of its policies, in the revisions that were in force.
_APPEAL_PERIOD = text(
    "update decisions d set appeal_until = greatest(d.appeal_until,"
    " least(cast(:informed as timestamptz), now()) + make_interval(days => ("
    "  select max(p.appeal_days) from jsonb_array_elements(d.policies) as said"
    "  join policies p on p.policy_id = said ->> 'policy_id'"
    "  and p.revision = cast(said ->> 'version' as int))))"
    " where d.decision_id = :decision and cast(:informed as timestamptz) is not null"
)
_APPEAL_UNTIL = text("select appeal_until from decisions where decision_id = :decision")
