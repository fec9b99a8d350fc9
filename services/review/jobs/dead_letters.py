"""Reads the dead letters of every topic, so that operators see them and platforms are told."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.review.database.engine import Database
from services.review.dead_letters import repository
from services.review.dead_letters.rules import DeadLetter, dead_letter
from services.review.decisions.events import quarantine_draft
from services.review.decisions.outbox import add_drafts
from services.review.jobs.duty import Duty
from services.review.jobs.log_duty import LogDuty
from services.review.metrics import DEAD_LETTERS
from services.review.settings import Settings
from shared.clock import utc_now
from shared.contracts.decision import QuarantineData
from shared.contracts.identifiers import Environment, ExternalId, PlatformId, ReportId
from shared.contracts.topics import REPORTS, SCORED_REPORTS, dead_letter_topics
from shared.kafka.dead_letters import RawRecord

# A broken fingerprint or match costs a link between cases; a broken report is a report unseen.
CARRY_REPORTS = frozenset({REPORTS.dead_letter, SCORED_REPORTS.dead_letter})


def duties(settings: Settings, database: Database) -> list[Duty]:
    """One a dead-letter topic."""
    return [
        LogDuty(
            name=topic.name,
            topic=topic,
            database=database,
            bootstrap=settings.kafka,
            handle=take_dead_letters,
            dead_letters=False,
        )
        for topic in dead_letter_topics()
    ]


async def take_dead_letters(session: AsyncSession, records: Sequence[RawRecord]) -> None:
    """Idempotent. A platform is told once that a report of its own is quarantined."""
    letters = [dead_letter(record) for record in records]
    new = await repository.add_dead_letters(session, letters)
    platforms = await repository.known_platforms(session)
    drafts = [
        quarantine_draft(_quarantine(letters[place]))
        for place in sorted(new)
        if letters[place].topic in CARRY_REPORTS
        and letters[place].platform_id in platforms
        and letters[place].environment is not None
        and letters[place].report_id is not None
    ]
    if drafts:
        await add_drafts(session, drafts)
    for topic, count in (await repository.count_open(session)).items():
        DEAD_LETTERS.labels(topic).set(count)


def _quarantine(letter: DeadLetter) -> QuarantineData:
    assert letter.report_id is not None
    assert letter.platform_id is not None
    assert letter.environment is not None
    return QuarantineData(
        report_id=ReportId(letter.report_id),
        external_id=ExternalId(letter.external_id) if letter.external_id else None,
        platform=PlatformId(letter.platform_id),
        environment=Environment(letter.environment),
        quarantined_at=utc_now(),
    )
