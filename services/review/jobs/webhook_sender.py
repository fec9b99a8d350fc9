"""Sends due deliveries: each endpoint by a task of its own, so that one that hangs delays no other.

At least once, under an id that stays. What was sent and not yet written down when the process
died is sent again.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.jobs.duty import Duty, Term
from services.review.jobs.together import run_together
from services.review.settings import Settings
from services.review.webhooks import delivery_repository as repository
from services.review.webhooks.delivery_repository import Due
from services.review.webhooks.egress import Guard
from services.review.webhooks.metrics import (
    ATTEMPTS,
    DELIVERY_SECONDS,
    DISABLED,
    ENDPOINTS,
    FAILED,
)
from services.review.webhooks.rules import Answer, Outcome, next_attempt_at, outcome_of
from services.review.webhooks.sending import Sender, Signed
from shared.observability.logging import logger

POLL_SECONDS = 0.25
MEASURE_SECONDS = 5.0
# Endpoints served at once, and requests at once to one of them.
MOST_ENDPOINTS = 200
MOST_REQUESTS = 4
# Connections to the database that sending may take, whatever the number of endpoints.
MOST_WRITES = 2

log = logger(__name__)


@dataclass
class WebhookSender:
    """`chance` gives numbers from 0 to 1 for the jitter."""

    database: Database
    guard: Guard
    name: str = "webhook-sender"
    chance: Callable[[], float] = random.random
    _writes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_WRITES))

    async def serve(self, term: Term) -> None:
        await run_together(self._send(term), self._measure(term))

    async def _measure(self, term: Term) -> None:
        while not term.stopping:
            async with self._writes, term.transaction(self.database) as session:
                standing = await repository.count_endpoints(session)
            ENDPOINTS.clear()  # a platform may have none any more
            for platform, states in standing.items():
                for state, count in states.items():
                    ENDPOINTS.labels(platform, state).set(count)
            await term.pause(MEASURE_SECONDS)

    async def _send(self, term: Term) -> None:
        sender = Sender(self.guard)
        busy: dict[str, asyncio.Task[None]] = {}
        try:
            while not term.stopping:
                await self._begin(term, sender, busy)
                await term.pause(POLL_SECONDS)
                for webhook_id, task in list(busy.items()):
                    if task.done():
                        del busy[webhook_id]
                        task.result()
        finally:
            for task in busy.values():
                task.cancel()
            if busy:
                await asyncio.wait(busy.values())
            await sender.close()

    async def _begin(
        self, term: Term, sender: Sender, busy: dict[str, "asyncio.Task[None]"]
    ) -> None:
        async with self._writes, term.transaction(self.database) as session:
            found = await repository.endpoints_due(session, list(busy))
        for webhook_id in found[: MOST_ENDPOINTS - len(busy)]:
            busy[webhook_id] = asyncio.create_task(
                self._serve_endpoint(term, sender, webhook_id), name=f"webhook {webhook_id}"
            )

    async def _serve_endpoint(self, term: Term, sender: Sender, webhook_id: str) -> None:
        """Until nothing is due there or it fails: then it waits for its turn again."""
        healthy = True
        while healthy and not term.stopping:
            async with self._writes, term.transaction(self.database) as session:
                due = await repository.list_due(session, webhook_id, MOST_REQUESTS)
            if not due:
                return
            outcomes = await asyncio.gather(*(self._deliver(term, sender, one) for one in due))
            healthy = all(outcome is Outcome.DELIVERED for outcome in outcomes)

    async def _deliver(self, term: Term, sender: Sender, due: Due) -> Outcome:
        signed = Signed(due.url, due.secrets, due.event_id, due.body, due.traceparent)
        answer = await sender.send(signed, due.now)
        outcome = outcome_of(answer)
        next_at = None
        if outcome is Outcome.RETRY:
            next_at = next_attempt_at(
                answer,
                attempts=due.attempts + 1,
                since=due.since,
                now=due.now,
                chance=self.chance(),
            )
        async with self._writes, term.transaction(self.database) as session:
            await repository.save_attempt(session, due, answer, outcome, next_at)
            if outcome is Outcome.GONE:
                await self._disable(session, due.webhook_id)
        self._count(due, answer, outcome, given_up=outcome is Outcome.RETRY and next_at is None)
        return outcome

    async def _disable(self, session: Session, webhook_id: str) -> None:
        owner = await repository.disable(session, webhook_id, "it answered 410 Gone")
        if owner is not None:
            act = Act(
                action="webhook_disabled",
                actor=Actor(ActorKind.SYSTEM, self.name),
                platform=owner.platform,
                environment=owner.environment,
                after={"webhook": webhook_id},
                reason_code="gone",
            )
            await audit.record(session, [act])

    def _count(self, due: Due, answer: Answer, outcome: Outcome, *, given_up: bool) -> None:
        ATTEMPTS.labels(outcome).inc()
        if outcome is Outcome.DELIVERED:
            waited = (due.now - due.since).total_seconds()
            DELIVERY_SECONDS.observe(max(waited, 0.0) + answer.milliseconds / 1000)
        if outcome is Outcome.GONE:
            DISABLED.inc()
        if given_up:
            FAILED.inc()
        if outcome is not Outcome.DELIVERED:
            log.info("webhook_not_delivered", webhook_id=due.webhook_id, status=answer.status)


def duty(settings: Settings, database: Database) -> Duty:
    return WebhookSender(database, Guard(allow_loopback=settings.webhook_allow_loopback))
