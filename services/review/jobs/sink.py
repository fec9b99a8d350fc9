"""The sink: scored reports become reports, cases and places in the queue, each exactly once."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.review.audit.models import Actor, ActorKind
from services.review.cases.intake import take_reports
from services.review.database.engine import Database
from services.review.jobs.duty import Duty
from services.review.jobs.log_duty import LogDuty
from services.review.jobs.matches import hold_joins, join_by_matches
from services.review.settings import Settings
from shared.contracts.codec import decode
from shared.contracts.scored_report import ScoredReport
from shared.contracts.topics import SCORED_REPORTS
from shared.kafka.dead_letters import RawRecord
from shared.observability.traces import traceparent_of

NAME = "sink"
# Where the edge sees how far the sink has come.
MIRROR_GROUP = "review-sink"
ACTOR = Actor(ActorKind.SYSTEM, NAME)


def duty(settings: Settings, database: Database) -> Duty:
    """The duty as the worker runs it."""
    return LogDuty(
        name=NAME,
        topic=SCORED_REPORTS,
        database=database,
        bootstrap=settings.kafka,
        handle=take_records,
        mirror_group=MIRROR_GROUP,
    )


async def take_records(session: AsyncSession, records: Sequence[RawRecord]) -> None:
    """Raises Undecodable when any of the records is; the batch is then halved."""
    scored = [decode(ScoredReport, record.value) for record in records]
    traces = {
        one.report.report_id: trace
        for one, record in reversed([*zip(scored, records, strict=True)])
        if (trace := traceparent_of(record.headers)) is not None
    }
    await hold_joins(session)
    new = await take_reports(session, scored, ACTOR, traces=traces)
    for environment, names in new.items():
        await join_by_matches(session, environment, names)
