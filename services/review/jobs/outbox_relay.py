"""Releases events when their undo window is over, and puts them on the topic `decisions`.

Two loops: a Kafka that is away delays the topic, not the feed and not the webhooks.
"""

from dataclasses import dataclass

from services.review.database.engine import Database
from services.review.decisions import release_repository
from services.review.decisions.log_headers import origin_headers
from services.review.decisions.release import release_due
from services.review.decisions.release_repository import Unpublished
from services.review.jobs.duty import Duty, Term
from services.review.jobs.fenced_producer import FencedProducer, Outgoing, fenced_producer
from services.review.jobs.together import run_together
from services.review.settings import Settings
from shared.contracts.topics import DECISIONS
from shared.kafka.producer import BrokerAway
from shared.observability.logging import logger
from shared.observability.traces import trace_headers

TRANSACTIONAL_ID = "mizan-outbox-relay"
MOST_DRAFTS = 200
MOST_EVENTS = 500
POLL_SECONDS = 0.25
AWAY_SECONDS = 2.0

log = logger(__name__)


@dataclass(frozen=True)
class OutboxRelay:
    """At least once, under ids that stay: a restart may publish again what it had published."""

    database: Database
    bootstrap: str
    review_url: str
    name: str = "outbox-relay"

    async def serve(self, term: Term) -> None:
        await run_together(self._release(term), self._publish(term))

    async def _release(self, term: Term) -> None:
        while not term.stopping:
            term.turned()
            async with term.transaction(self.database) as session:
                due = await release_due(session, review_url=self.review_url, most=MOST_DRAFTS)
            if due < MOST_DRAFTS:
                await term.pause(POLL_SECONDS)

    async def _publish(self, term: Term) -> None:
        while not term.stopping:
            try:
                async with fenced_producer(
                    term,
                    self.database,
                    bootstrap=self.bootstrap,
                    transactional_id=TRANSACTIONAL_ID,
                ) as producer:
                    while not term.stopping:
                        await self._publish_some(term, producer)
            except BrokerAway as error:
                log.warning("events_not_published", cause=str(error))
                await term.pause(AWAY_SECONDS)

    async def _publish_some(self, term: Term, producer: FencedProducer) -> None:
        async with term.transaction(self.database) as session:
            events = await release_repository.list_unpublished(session, MOST_EVENTS)
        if events:
            await producer.send([_outgoing(event) for event in events])
            async with term.transaction(self.database) as session:
                ids = [event.event_id for event in events]
                await release_repository.mark_published(session, ids)
        if len(events) < MOST_EVENTS:
            await term.pause(POLL_SECONDS)


def _outgoing(event: Unpublished) -> Outgoing:
    return Outgoing(
        DECISIONS.name,
        event.key.encode(),
        event.body.encode(),
        (*trace_headers(event.traceparent), *origin_headers(event.origin)),
    )


def duty(settings: Settings, database: Database) -> Duty:
    return OutboxRelay(database, settings.kafka, settings.review_url.rstrip("/"))
