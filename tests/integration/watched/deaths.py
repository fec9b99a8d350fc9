"""Every process is killed once and held dead until the panels have shown what they must, which is
what docs/runbooks/process-down.md says of it.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx

from tests.integration.watched.effects import Effect, Shows
from tests.integration.watched.prometheus import SCRAPED_SECONDS, Prometheus
from tests.integration.watched.top import top
from tests.integration.watched.traffic import Traffic
from tests.real_parts import run_apart
from tests.running_stack import RunningStack
from tests.waiting import eventually_true

SERVICES = ("scoring-score", "scoring-match", "review-api", "ingest", "review-worker")
# After a start a lag is not shown before it was measured.
WELL = (
    f"sum(up) == {len(SERVICES)}",
    "min(sum by (duty) (mizan_duty_leader)) == 1",
    "count(mizan_scoring_lag_records) == 2",
    "max(mizan_scoring_lag_records) == 0",
    "max(mizan_consumer_lag_records) == 0",
)


def away(process: str) -> Effect:
    return Effect("Overview", "Processes that answer", Shows.ZERO, {"job": process})


EFFECTS: dict[str, tuple[Effect, ...]] = {
    "scoring-score": (
        away("scoring-score"),
        Effect("Flow", "Scored", Shows.GONE),
        Effect("Kafka", "Partitions in hand", Shows.ZERO),
        Effect("Kafka", "Lag in records", Shows.POSITIVE, {"group": "scoring"}),
    ),
    "scoring-match": (
        away("scoring-match"),
        Effect("Kafka", "Lag in seconds", Shows.GONE, {"consumer": "match"}),
        Effect("Kafka", "Match shards getting ready", Shows.GONE),
    ),
    "review-api": (
        away("review-api"),
        Effect("Resources", "Requests to review", Shows.GONE),
    ),
    "ingest": (
        away("ingest"),
        Effect("Flow", "Accepted by platform", Shows.GONE),
    ),
    "review-worker": (
        away("review-worker"),
        Effect("Overview", "Leaders by duty", Shows.GONE),
        Effect("Flow", "Into cases", Shows.GONE),
    ),
    "kafka": (
        Effect("Flow", "Refused by reason", Shows.POSITIVE, {"code": "kafka_away"}),
        Effect("Delivery", "Outbox and topic", Shows.POSITIVE, legend="oldest not on the topic"),
    ),
    "postgres": (
        Effect("Overview", "Leaders by duty", Shows.ZERO, {"duty": "sink"}),
        Effect("Overview", "Duties without a leader", Shows.POSITIVE),
    ),
}


@dataclass
class Deaths:
    """`unseen` has by process what was expected of the panels and did not come, `down_by_top` what
    `mizan top` called down while all services were.
    """

    stack: RunningStack
    prometheus: Prometheus
    traffic: Traffic
    unseen: dict[str, list[Effect]] = field(default_factory=dict)
    down_by_top: set[str] = field(default_factory=set)
    _posted: int = 10

    def happen(self) -> None:
        run_apart(self.traffic.write_nonsense())
        eventually_true(lambda: self.prometheus.sum("mizan_scoring_dead_letters_total") > 1)
        self._post_until(httpx.codes.ACCEPTED)
        self.decide_one()
        self._until_all_is_well()
        self._until_the_edge_knows()
        with self._held():
            for process in SERVICES:
                self._die(process, provoke=self._post_if_possible)
            self.down_by_top = down_by_top(self.stack)
        self.prometheus.until_scraped()
        self._until_all_is_well()
        with self._held():
            self._die("kafka", provoke=self._post_if_possible, before=self.decide_one)
        self._post_until(httpx.codes.ACCEPTED)
        self._until_all_is_well()
        with self._held():
            self._die("postgres", provoke=lambda: None)
            eventually_true(self._duties_failed_again)
        self._until_all_is_well()

    def decide_one(self) -> None:
        run_apart(self._decide_one())

    async def _decide_one(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            claim = await self.traffic.claim(http, self.traffic.person)
            await self.traffic.decide(http, self.traffic.person, claim)

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """Nothing that dies meanwhile is started again before the end of the block."""
        supervisor = self.stack.supervisor
        assert supervisor is not None
        os.kill(supervisor.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(supervisor.pid, signal.SIGCONT)

    def _die(
        self,
        process: str,
        *,
        provoke: Callable[[], object],
        before: Callable[[], object] = lambda: None,
    ) -> None:
        """What a death must show is not shown before, and is shown once."""
        effects = EFFECTS[process]
        # a page that is slow for once looks like a death
        eventually_true(lambda: not any(effect.seen(self.prometheus) for effect in effects))
        self.stack.kill(process)
        before()
        missing = list(effects)

        def shown() -> bool:
            provoke()
            missing[:] = [effect for effect in missing if not effect.seen(self.prometheus)]
            return not missing

        with contextlib.suppress(AssertionError):
            eventually_true(shown, pause_seconds=SCRAPED_SECONDS / 4)
        self.unseen[process] = missing

    def _post_if_possible(self) -> int:
        """Status of the answer, 0 when there is none."""
        self._posted += 1
        body = self.traffic.body(self._posted, reach={"views": "many"})  # with a warning
        url = f"{self.traffic.ready['ingest_url']}/v1/reports"
        try:
            answer = httpx.post(
                url, headers=self.traffic.platform, json=body, timeout=10, trust_env=False
            )
        except httpx.HTTPError:
            return 0
        return answer.status_code

    def _post_until(self, status: int) -> None:
        eventually_true(lambda: self._post_if_possible() == status, what=f"a {status}")

    def _duties_failed_again(self) -> bool:
        """The first failure of a kind only makes its series."""
        lines = self.prometheus.since_the_start("mizan_duty_failures_total")
        return any(line.moved for line in lines)

    def _until_all_is_well(self) -> None:
        """Everybody answers, every duty is led, and what was accepted is read."""

        def well() -> bool:
            return all(self.prometheus.now(expression) != [] for expression in WELL)

        eventually_true(well, within_seconds=300, what="all is well again")

    def _until_the_edge_knows(self) -> None:
        """It looks at the positions of others every quarter of a minute."""
        eventually_true(lambda: self.prometheus.now("max(mizan_ingest_behind_records) == 0") != [])


def down_by_top(stack: RunningStack) -> set[str]:
    """Processes that `mizan top` shows as down."""
    told = top(stack)
    return {process["name"] for process in told["processes"] if not process["up"]}
