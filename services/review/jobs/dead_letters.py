"""Reads the dead letters of every topic, so that operators see them and platforms are told."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.dead_letters import repository
from services.review.dead_letters.rules import DeadLetter, dead_letter, first_place
from services.review.decisions.events import quarantine_draft
from services.review.decisions.outbox import add_drafts
from services.review.jobs.duty import Duty, Term
from services.review.jobs.log_duty import LogDuty
from services.review.metrics import DEAD_LETTERS
from services.review.settings import Settings
from shared.clock import utc_now
from shared.contracts.decision import QuarantineData
from shared.contracts.identifiers import Environment, ExternalId, PlatformId, ReportId
from shared.contracts.topics import REPORTS, SCORED_REPORTS, dead_letter_topics
from shared.kafka.dead_letters import RawRecord, find_settled

# A broken fingerprint or match costs a link between cases; a broken report is a report unseen.
CARRY_REPORTS = frozenset({REPORTS.dead_letter, SCORED_REPORTS.dead_letter})
COUNT_SECONDS = 2.0


def duties(settings: Settings, database: Database) -> list[Duty]:
    """One a dead-letter topic, and one that counts what is open."""
    return [
        OpenDeadLetters(database),
        *(
            LogDuty(
                name=topic.name,
                topic=topic,
                database=database,
                bootstrap=settings.kafka,
                handle=take_dead_letters,
                dead_letters=False,
            )
            for topic in dead_letter_topics()
        ),
    ]


@dataclass(frozen=True)
class OpenDeadLetters:
    """Rows are closed by whoever takes their records at last, so they are counted over and over."""

    database: Database
    name: str = "open-dead-letters"

    async def serve(self, term: Term) -> None:
        while not term.stopping:
            async with term.transaction(self.database) as session:
                await show_open(session)
            await term.pause(COUNT_SECONDS)


async def show_open(session: Session) -> None:
    """Sets the gauge of every dead-letter topic, those without any too."""
    counts = await repository.count_open(session)
    for topic in dead_letter_topics():
        DEAD_LETTERS.labels(topic.name).set(counts.get(topic.name, 0))


async def take_dead_letters(session: Session, records: Sequence[RawRecord]) -> None:
    """Idempotent. A platform is told once that a report of its own is quarantined."""
    await _take_letters(
        session, [dead_letter(record) for record in records if find_settled(record.headers) is None]
    )
    for record in records:
        settled = find_settled(record.headers)
        if settled is not None:
            await repository.settle_before(
                session,
                first_place(settled),
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
            )


async def _take_letters(session: Session, letters: Sequence[DeadLetter]) -> None:
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
