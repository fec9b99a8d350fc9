"""What a platform may read of its own. Every query runs under the row security of its tenant."""

from sqlalchemy import RowMapping, text

from services.review.database.session import Session


async def list_events(session: Session, after: int, most: int) -> list[RowMapping]:
    """In the order in which they were sent."""
    return list((await session.execute(_EVENTS, {"after": after, "most": most})).mappings())


async def list_reports_of(
    session: Session, decision_id: str, after: str, most: int
) -> list[RowMapping]:
    """Reports of the case that the decision is about, by id."""
    parameters = {"decision": decision_id, "after": after, "most": most}
    return list((await session.execute(_REPORTS_OF, parameters)).mappings())


async def find_appeal(session: Session, appeal_id: str) -> RowMapping | None:
    return (await session.execute(_APPEAL, {"appeal": appeal_id})).mappings().first()


async def was_told(session: Session, decision_id: str) -> bool:
    """Whether the platform has been sent the decision."""
    return (await session.execute(_WAS_TOLD, {"decision": decision_id})).first() is not None


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
