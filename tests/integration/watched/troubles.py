"""What runbooks are about, caused once each on a running stack and mended again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
import httpx

from shared.contracts.topics import REPORTS, SCORED_REPORTS
from tests.integration.review_stream.parts import execute
from tests.integration.watched.effects import Effect, Shows
from tests.integration.watched.mischief import (
    changed_topic,
    forged_trail,
    leave_only_an_old_record,
    standing_still,
    without_leader,
)
from tests.integration.watched.prometheus import SCRAPED_SECONDS, Prometheus
from tests.integration.watched.traffic import Traffic
from tests.real_parts import run_apart
from tests.running_stack import RunningStack
from tests.waiting import eventually

OLD = "now() - interval '2 days'"


def late(panel: str, legend: str = "") -> Effect:
    return Effect("Delivery", panel, Shows.ABOVE_ONE, legend=legend)


def found(panel: str) -> Effect:
    return Effect("Delivery", panel, Shows.POSITIVE)


def unled(duty: str) -> Effect:
    return Effect("Overview", "Leaders by duty", Shows.ZERO, {"duty": duty})


# By the runbook. The first effect is gone once the trouble is over.
TROUBLES: dict[str, tuple[Effect, ...]] = {
    "audit-behind": (late("Oldest act without a place"), unled("audit-sequencer")),
    "webhooks-late": (late("Oldest delivery that is due"), unled("webhook-sender")),
    "outbox-late": (late("Outbox and topic", "oldest event not released"), unled("outbox-relay")),
    "drafts-broken": (found("Drafts that fit no event"),),
    "oldest-wait-past-promise": (
        Effect(
            "Overview", "Oldest wait by lane, of its limit", Shows.ABOVE_ONE, {"lane": "normal"}
        ),
    ),
    "slo-burn": (Effect("Overview", "Burn now", Shows.ABOVE_ONE, {"slo": "decided"}),),
    "consumer-stalled": (
        Effect("Kafka", "Lag in seconds", Shows.POSITIVE, {"consumer": "scoring"}),
        Effect(
            "Kafka",
            "Tried again, and producers replaced",
            Shows.POSITIVE,
            legend="scoring sends again",
        ),
    ),
    "edge-refuses-for-backlog": (
        Effect("Kafka", "Too far behind to accept more", Shows.POSITIVE, {"group": "scoring"}),
        Effect("Flow", "Refused by reason", Shows.POSITIVE, {"code": "backlog"}),
    ),
    "audit-broken": (found("Faults in the trail"),),
}


@dataclass
class Troubles:
    """`unseen` has by runbook what was expected of the panels and did not come, or did not go."""

    stack: RunningStack
    prometheus: Prometheus
    traffic: Traffic
    unseen: dict[str, list[str]] = field(default_factory=dict)
    _posted: int = 500

    def happen(self) -> None:
        run_apart(self._happen())

    async def _happen(self) -> None:
        async with forged_trail(self._database):
            await self._lead_nobody()
            await self._break_a_draft()
            await self._wait_for_days()
            await self._hold_the_broker()
            await self._refuse_scores()
            await self._fall_behind()
            await self._see("audit-broken")

    async def _lead_nobody(self) -> None:
        await self._post_until(httpx.codes.ACCEPTED)
        async with without_leader(self._database, "audit-sequencer", "webhook-sender"):
            await self._decide()
            await self._see("audit-behind")
            await self._see("webhooks-late")
        await self._over("audit-behind")
        await self._post_until(httpx.codes.ACCEPTED)
        async with without_leader(self._database, "outbox-relay"):
            await self._decide()
            await self._see("outbox-late")
        await self._over("outbox-late")

    async def _break_a_draft(self) -> None:
        await execute(
            self._database,
            "insert into outbox (event_id, type, platform_id, environment, draft, release_at)"
            " values ('evt_broken', 'decision.made', 'x', 'live', '{}', now())",
        )
        await self._see("drafts-broken")
        await self._execute("delete from outbox where event_id = 'evt_broken'")

    async def _wait_for_days(self) -> None:
        """A case is claimed two days late, given back because its lease has run out, claimed again
        and decided.
        """
        await self._post_until(httpx.codes.ACCEPTED)
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            await self._let_a_lease_run_out(http)
            await self._execute(f"update cases set opened_at = {OLD}")
            await self._execute(f"update queue_entries set enqueued_at = {OLD}")
            await self._see("oldest-wait-past-promise")
            claim = await self.traffic.claim(http, self.traffic.person)
            await self.traffic.decide(http, self.traffic.person, claim)
        await self._see("slo-burn")
        await self._execute("update queue_entries set enqueued_at = now()")
        await self._over("oldest-wait-past-promise")

    async def _hold_the_broker(self) -> None:
        """What is posted meanwhile is in flight until the broker goes on."""

        async def shown() -> bool:
            await self._post()
            return self.prometheus.sum("mizan_ingest_in_flight") > 0

        with standing_still(self.stack, "kafka"):
            await eventually(shown, what="records in flight")
        await self._post_until(httpx.codes.ACCEPTED)

    async def _refuse_scores(self) -> None:
        """As after a change of a topic by hand: first the scorer's, then the edge's."""
        async with changed_topic(self._kafka, SCORED_REPORTS, max_message_bytes="100"):
            await self._post_until(httpx.codes.ACCEPTED)
            await self._see("consumer-stalled")
        async with changed_topic(self._kafka, REPORTS, max_message_bytes="100"):
            await self._post_until(httpx.codes.SERVICE_UNAVAILABLE)
        await self._post_until(httpx.codes.ACCEPTED)
        await self._over("consumer-stalled")

    async def _fall_behind(self) -> None:
        with standing_still(self.stack, "scoring-score"):
            await leave_only_an_old_record(self._kafka)
            await self._post_until(httpx.codes.SERVICE_UNAVAILABLE)
            await self._see("edge-refuses-for-backlog", posting=True)
        await self._post_until(httpx.codes.ACCEPTED)
        await self._over("edge-refuses-for-backlog")

    async def _let_a_lease_run_out(self, http: httpx.AsyncClient) -> None:
        """Again where the case was joined to another before the duty had its turn."""

        async def ran_out() -> bool:
            if self.prometheus.sum("mizan_leases_expired_total") > 0:
                return True
            await self.traffic.claim(http, self.traffic.person)
            await self._execute(
                "update queue_entries set lease_expires_at = now() where lease_id is not null"
            )
            return False

        await eventually(ran_out, pause_seconds=2 * SCRAPED_SECONDS)

    async def _see(self, runbook: str, *, posting: bool = False) -> None:
        async def shown() -> bool:
            if posting:
                await self._post()
            left[:] = [effect for effect in left if not effect.seen(self.prometheus)]
            return not left

        left = list(TROUBLES[runbook])
        await self._watch(runbook, shown, left, "did not come")

    async def _over(self, runbook: str) -> None:
        async def gone() -> bool:
            return not first.seen(self.prometheus)

        first = TROUBLES[runbook][0]
        await self._watch(runbook, gone, [first], "did not go")

    async def _watch(
        self, runbook: str, right: Callable[[], Awaitable[bool]], left: list[Effect], wrong: str
    ) -> None:
        try:
            await eventually(right, pause_seconds=SCRAPED_SECONDS / 4)
        except AssertionError:
            self.unseen[runbook] = [f"{wrong}: {effect}" for effect in left]

    async def _decide(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            claim = await self.traffic.claim(http, self.traffic.person)
            await self.traffic.decide(http, self.traffic.person, claim)

    async def _post_until(self, status: int) -> None:
        async def answered() -> bool:
            return await self._post() == status

        await eventually(answered, what=f"a {status}")

    async def _post(self) -> int:
        self._posted += 1
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            answer = await http.post(
                f"{self.traffic.ready['ingest_url']}/v1/reports",
                headers=self.traffic.platform,
                json=self.traffic.body(self._posted),
            )
        return answer.status_code

    async def _execute(self, statement: str) -> None:
        """Again where it stood in the way of somebody at work."""

        async def done() -> bool:
            try:
                await execute(self._database, statement)
            except asyncpg.DeadlockDetectedError:
                return False
            return True

        await eventually(done)

    @property
    def _database(self) -> str:
        return self.traffic.ready["database_url"]

    @property
    def _kafka(self) -> str:
        return self.traffic.ready["kafka"]
