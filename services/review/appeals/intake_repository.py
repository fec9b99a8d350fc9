"""The SQL of the intake of appeals."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, text

from services.review.cases.order_repository import ENTRY_KEYS, entry_keys
from services.review.database.session import Session
from shared.contracts.appeal import Appeal, AppellantKind


async def find_decision(session: Session, appeal: Appeal) -> RowMapping | None:
    """The decision with its case, if it is one of this platform that was sent to it. Locked, so
    that none is reversed while an appeal against it comes in.
    """
    found = await session.execute(
        _DECISION,
        {
            "decision": appeal.decision_id,
            "platform": appeal.platform,
            "environment": str(appeal.environment),
            "report": appeal.report_id,
        },
    )
    return found.mappings().first()


async def has_appealed(session: Session, appeal: Appeal) -> bool:
    """Whether this party has appealed against the decision under another id. The owner is one
    party, whatever report they name; each report has its reporter.
    """
    by_reporter = appeal.appellant.kind is AppellantKind.REPORTER
    found = await session.execute(
        _SECOND,
        {
            "decision": appeal.decision_id,
            "kind": str(appeal.appellant.kind),
            "report": appeal.report_id if by_reporter else None,
            "appeal": appeal.appeal_id,
        },
    )
    return found.first() is not None


async def insert_appeal(
    session: Session,
    appeal: Appeal,
    decision: RowMapping | None,
    *,
    accepted_at: datetime,
    refused: str | None,
) -> bool:
    """False when the appeal is known already."""
    made = await session.execute(
        _INSERT,
        {
            "appeal": appeal.appeal_id,
            "platform": appeal.platform,
            "environment": str(appeal.environment),
            "external": appeal.external_id,
            "decision": appeal.decision_id,
            "case": decision and decision["case_id"],
            "subject": decision and decision["subject_id"],
            "report": appeal.report_id,
            "kind": str(appeal.appellant.kind),
            "appellant": appeal.appellant.id,
            "language": appeal.appellant.language or "und",
            "text": appeal.text,
            "submitted": appeal.submitted_at,
            "accepted": accepted_at,
            "state": "refused" if refused else "open",
            "refused": refused,
            "reviewer": None if refused or decision is None else decision["reviewer_id"],
        },
    )
    return made.first() is not None


async def enqueue_appeal(
    session: Session,
    appeal: Appeal,
    decision: RowMapping,
    *,
    key: float,
    formula: int,
    order: int,
) -> None:
    """In the queue `appeals`, out of the hands of whoever decided on the case, now or before.
    `order` is the one that the key is of: where another counts, the key is made anew.
    """
    parameters = {
        "appeal": appeal.appeal_id,
        "platform": appeal.platform,
        "language": decision["language"],
        "clearance": decision["clearance"],
        "key": key,
        "formula": formula,
        "order": order,
        "excluded": decision["deciders"],
    }
    await session.execute(_ENQUEUE, parameters)
    await session.execute(_LANE, parameters)


async def list_accepted(session: Session, appeal_ids: Sequence[str]) -> dict[str, datetime]:
    """When each was accepted."""
    rows = await session.execute(_ACCEPTED, {"ids": list(appeal_ids)})
    return {row.appeal_id: row.accepted_at for row in rows}


_ACCEPTED = text("select appeal_id, accepted_at from appeals where appeal_id = any(:ids)")
_DECISION = text(
    "select d.case_id, d.subject_id, d.reviewer_id, d.state, d.appeal_until, c.language,"
    " c.clearance, exists (select from reports r where r.report_id = :report"
    "  and r.case_id = d.case_id) as has_report,"
    " array(select distinct o.reviewer_id from decisions o where o.case_id = d.case_id"
    "  and o.state <> 'undone' order by 1) as deciders"
    " from decisions d join cases c using (case_id)"
    " where d.decision_id = :decision and d.platform_id = :platform"
    " and d.environment = :environment and d.state <> 'undone'"
    " and exists (select from events e where e.environment = d.environment"
    "  and e.subject_id = d.subject_id and e.decision_id = d.decision_id) for share of d"
)
_SECOND = text(
    "select 1 from appeals where decision_id = :decision and appellant_kind = :kind"
    " and (cast(:report as text) is null or report_id = :report)"
    " and state <> 'refused' and appeal_id <> :appeal"
)
_INSERT = text(
    "insert into appeals (appeal_id, platform_id, environment, external_id, decision_id, case_id,"
    " subject_id, report_id, appellant_kind, appellant_id, language, text, submitted_at,"
    " accepted_at, state, refused, original_reviewer_id) values (:appeal, :platform, :environment,"
    " :external, :decision, :case, :subject, :report, :kind, :appellant, :language, :text,"
    " :submitted, :accepted, :state, :refused, :reviewer)"
    " on conflict (appeal_id) do nothing returning appeal_id"
)
_ENQUEUE = text(
    "insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language,"
    f" clearance, lane, {ENTRY_KEYS}, formula, enqueued_at, excluded_reviewers)"
    " select :appeal, 'appeal', :platform, 'live', 'appeals', :language, :clearance, 2,"
    f" {entry_keys('stored')}, :formula, clock_timestamp(), :excluded"
    " from jsonb_build_object('key', cast(:key as float8), 'order', cast(:order as bigint))"
    " as stored on conflict do nothing"
)
_LANE = text(
    "insert into queue_lanes (queue_id, language, clearance, platform_id)"
    " values ('appeals', :language, :clearance, :platform) on conflict do nothing"
)
