"""One leader a duty, and nothing written by one that is no longer it.

The lock alone does not do that: a process that was stopped and wakes up believes it still leads.
So taking the lock raises an epoch, and every transaction of the duty first locks the row of that
epoch; a stale leader finds none. The lock lives on a connection of its own that says something
every second, and the server ends it after five silent ones.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import asyncpg
from sqlalchemy import text

from services.review.database.engine import Database
from services.review.database.outage import OF_THE_DRIVER
from services.review.database.session import Session
from services.review.jobs.leader_gauges import take_off
from services.review.metrics import DUTY_FAILURES, DUTY_LAST_TURN, DUTY_LEADER
from shared.errors import Transient
from shared.observability.admin import Liveness
from shared.observability.logging import logger

HEARTBEAT_SECONDS = 1.0
ANSWER_SECONDS = 3.0
COMPETE_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 10.0

log = logger(__name__)


class LostLeadership(Transient):
    """Another process leads this duty now. What was begun is rolled back."""


class Duty(Protocol):
    """Work that one process does for all."""

    @property
    def name(self) -> str:
        """Constant: it names the lock, the epoch and the metrics."""

    async def serve(self, term: "Term") -> None:
        """Works until `term.stopping`, then returns within seconds.

        Every transaction is a `term.transaction(...)`. An error ends the term: it is logged,
        counted, and the duty begins anew, here or elsewhere, after a pause.
        """


class Term:
    """The time for which this process leads a duty."""

    def __init__(self, duty: str, epoch: int, liveness: Liveness) -> None:
        self.duty = duty
        self.epoch = epoch
        self._liveness = liveness
        self._stop = asyncio.Event()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    def turned(self) -> None:
        """The loop is alive; to be said at least every half minute."""
        self._liveness.beat(self.duty)
        DUTY_LAST_TURN.labels(self.duty).set(time.time())

    async def pause(self, seconds: float) -> None:
        """Waits, or until the term ends."""
        self.turned()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    @contextlib.asynccontextmanager
    async def transaction(self, database: Database) -> AsyncIterator[Session]:
        """A transaction that commits only while this process leads.

        Raises LostLeadership before anything is done when it does not.
        """
        async with database.as_worker() as session:
            await self.fence(session)
            yield session

    async def fence(self, session: Session) -> None:
        """Holds the epoch for this transaction: whoever takes over waits for its end."""
        row = await session.execute(_FENCE, {"name": self.duty, "epoch": self.epoch})
        if row.first() is None:
            raise LostLeadership(self.duty)


@dataclass(frozen=True)
class Periodic:
    """A duty that is one step repeated. The step says how long to pause before the next."""

    name: str
    step: Callable[[Term], Awaitable[float]]

    async def serve(self, term: Term) -> None:
        while not term.stopping:
            await term.pause(await self.step(term))


class Leadership:
    """Competes for one duty and serves it while it leads, until stopped."""

    def __init__(self, duty: Duty, database_url: str, liveness: Liveness, holder: str) -> None:
        self._duty = duty
        self._url = database_url
        self._liveness = liveness
        self._holder = holder
        self._stop = asyncio.Event()
        self._term: Term | None = None
        DUTY_LEADER.labels(duty.name).set(0)  # that nobody leads it must be seen

    def stop(self) -> None:
        """Ends the present term and the competition."""
        self._stop.set()
        if self._term is not None:
            self._term.stop()

    async def run(self) -> None:
        """Returns after `stop`. Errors of the duty are survived."""
        backoff = COMPETE_SECONDS
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                await self._compete()
            except LostLeadership:
                log.info("duty_lost", duty=self._duty.name)
            except Exception as error:
                DUTY_FAILURES.labels(self._duty.name, type(error).__name__).inc()
                log.exception("duty_failed", duty=self._duty.name)
            if time.monotonic() - began > 4 * LONGEST_BACKOFF_SECONDS:
                backoff = COMPETE_SECONDS
            await self._wait(backoff * random.uniform(0.5, 1.0))  # noqa: S311 — jitter
            backoff = min(2 * backoff, LONGEST_BACKOFF_SECONDS)
        self._liveness.forget(self._duty.name)

    async def _compete(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5, server_settings=_PATIENCE)
        try:
            while not self._stop.is_set():
                if await connection.fetchval(TRY_LOCK, self._duty.name, timeout=ANSWER_SECONDS):
                    await self._lead(connection)
                    return
                self._liveness.beat(self._duty.name)
                await self._wait(COMPETE_SECONDS)
        finally:
            with contextlib.suppress(OSError, *OF_THE_DRIVER, TimeoutError):
                await connection.close(timeout=1)

    async def _lead(self, connection: asyncpg.Connection) -> None:
        epoch = await connection.fetchval(
            TAKE_LEAD, self._duty.name, self._holder, timeout=ANSWER_SECONDS
        )
        self._term = term = Term(self._duty.name, epoch, self._liveness)
        if self._stop.is_set():
            return
        log.info("duty_taken", duty=self._duty.name, epoch=epoch)
        DUTY_LEADER.labels(self._duty.name).set(1)
        serving = asyncio.create_task(self._duty.serve(term), name=self._duty.name)
        heart = asyncio.create_task(_beat(connection), name=f"{self._duty.name} heartbeat")
        try:
            await asyncio.wait({serving, heart}, return_when=asyncio.FIRST_COMPLETED)
            term.stop()
            if not serving.done():
                # the lock is gone: what is under way cannot commit any more
                serving.cancel()
            await asyncio.wait({serving})
        finally:
            DUTY_LEADER.labels(self._duty.name).set(0)
            take_off(self._duty.name)
            heart.cancel()
            self._term = None
        if serving.cancelled():
            raise LostLeadership(self._duty.name)
        serving.result()

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)


async def _beat(connection: asyncpg.Connection) -> None:
    """Returns when the connection, and with it the lock, is lost."""
    with contextlib.suppress(OSError, *OF_THE_DRIVER, TimeoutError):
        while True:
            await connection.fetchval("select 1", timeout=ANSWER_SECONDS)
            await asyncio.sleep(HEARTBEAT_SECONDS)


_PATIENCE = {
    "application_name": "mizan duty",
    "statement_timeout": "3000",  # as ANSWER_SECONDS: no lock for one who listens no more
    "idle_session_timeout": "5000",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
}
TRY_LOCK = "select pg_try_advisory_lock(hashtextextended('mizan duty ' || $1, 0))"
TAKE_LEAD = (
    "insert into duties (name, epoch, holder, taken_at) values ($1, 1, $2, now())"
    " on conflict (name) do update"
    " set epoch = duties.epoch + 1, holder = excluded.holder, taken_at = excluded.taken_at"
    " returning epoch"
)
_FENCE = text("select 1 from duties where name = :name and epoch = :epoch for share")
