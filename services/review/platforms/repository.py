"""What a platform may read of its own. Every query runs under the row security of its tenant."""

from collections.abc import Sequence
from datetime import datetime

import orjson
from pydantic import JsonValue
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.identifiers import DecisionId


async def list_events(session: AsyncSession, after: int, most: int) -> list[RowMapping]:
    """In the order in which they were sent."""
    return list((await session.execute(_EVENTS, {"after": after, "most": most})).mappings())


async def list_reports_of(
    session: AsyncSession, decision_id: str, after: str, most: int
) -> list[RowMapping]:
    """Reports of the case that the decision is about, by id."""
    parameters = {"decision": decision_id, "after": after, "most": most}
    return list((await session.execute(_REPORTS_OF, parameters)).mappings())


async def find_appeal(session: AsyncSession, appeal_id: str) -> RowMapping | None:
    return (await session.execute(_APPEAL, {"appeal": appeal_id})).mappings().first()


async def was_told(session: AsyncSession, decision_id: str) -> bool:
    """Whether the platform has been sent the decision."""
    return (await session.execute(_WAS_TOLD, {"decision": decision_id})).first() is not None


async def save_receipt(
    session: AsyncSession, decision_id: str, receipt: dict[str, JsonValue | datetime]
) -> bool:
    """False when there is another one under the same `external_id`."""
    parameters = {
        "decision": decision_id,
        **receipt,
        "informed": orjson.dumps(receipt["informed"]).decode(),
    }
    await session.execute(_INSERT_RECEIPT, parameters)
    return (await session.execute(_SAME_RECEIPT, parameters)).first() is not None


async def start_appeal_period(
    session: AsyncSession, decision_id: DecisionId | str, informed_at: Sequence[datetime]
) -> datetime | None:
    """The period to appeal runs from the day of informing; it is never made shorter."""
    last = max(informed_at, default=None)
    row = (
        await session.execute(_APPEAL_PERIOD, {"decision": decision_id, "informed": last})
    ).first()
    until: datetime | None = row.appeal_until if row is not None else None
    return until


_EVENTS = text(
    "select feed_position, body from events where feed_position > :after"
    " and platform_id = current_setting('mizan.platform')"
    " and environment = current_setting('mizan.environment')"
    " order by feed_position limit :most"
)
_REPORTS_OF = text(
    "select r.report_id, r.external_id from decisions d join reports r using (case_id)"
    " where d.decision_id = :decision and r.report_id > :after order by r.report_id limit :most"
)
_APPEAL = text(
    "select appeal_id, external_id, decision_id, report_id, state, outcome, refused,"
    " outcome_reason as reason, new_decision_id, submitted_at, accepted_at,"
    " outcome_at as decided_at from appeals where appeal_id = :appeal"
)
_WAS_TOLD = text(
    "select 1 from decisions d join events e on e.environment = d.environment"
    " and e.subject_id = d.subject_id and e.decision_id = d.decision_id"
    " where d.decision_id = :decision limit 1"
)
_INSERT_RECEIPT = text(
    "insert into receipts (decision_id, external_id, platform_id, environment, outcome, at, detail,"
    " informed) values (:decision, :external_id, current_setting('mizan.platform'),"
    " current_setting('mizan.environment'), :outcome, :at, :detail, cast(:informed as jsonb))"
    " on conflict do nothing"
)
_SAME_RECEIPT = text(
    "select 1 from receipts where decision_id = :decision and external_id = :external_id"
    " and outcome = :outcome and at = :at and detail is not distinct from cast(:detail as text)"
)
_APPEAL_PERIOD = text(
    "update decisions d set appeal_until = greatest(d.appeal_until,"
    " least(cast(:informed as timestamptz), now()) + make_interval(days => coalesce("
    "  (select p.appeal_days from policies p where p.policy_id = d.policies #>> '{0,policy_id}'"
    "   order by p.revision desc limit 1), 180)))"
    " where d.decision_id = :decision returning d.appeal_until"
)
