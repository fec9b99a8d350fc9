"""The database as its three kinds of users see it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import orjson
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from services.review.database.session import Session, Statements
from shared.contracts.identifiers import Environment, PlatformId

LONGEST_TRANSACTION = timedelta(seconds=30)
LONGEST_WAIT = timedelta(seconds=2)

Transaction = AbstractAsyncContextManager[Session]

_BEGIN_SNAPSHOT = (
    "begin isolation level repeatable read read only; set local role mizan_worker;"
    " set local statement_timeout = '300s'; set local transaction_timeout = 0"
)


def asyncpg_url(url: str) -> URL:
    """The URL in SQLAlchemy's words; `sslmode`, as every provider writes it, is asyncpg's `ssl`."""
    given = make_url(url).set(drivername="postgresql+asyncpg")
    options = {("ssl" if name == "sslmode" else name): value for name, value in given.query.items()}
    return given.set(query=options)


class Database:
    """Each block is one transaction: committed at its end, rolled back when it raises."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        application: str = "mizan",
        longest_transaction: timedelta = LONGEST_TRANSACTION,
    ) -> None:
        self._statements = Statements()
        # The pool gives what comes back to whoever asks next, who may be the same again and again
        # while others wait in vain.
        self._line = asyncio.Semaphore(pool_size)
        self.engine: AsyncEngine = create_async_engine(
            asyncpg_url(url),
            poolclass=AsyncAdaptedQueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=LONGEST_WAIT.total_seconds(),
            pool_pre_ping=False,
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=json.loads,
            connect_args={
                "timeout": 5,
                "server_settings": {
                    "application_name": application,
                    "timezone": "UTC",
                    "standard_conforming_strings": "on",
                    "statement_timeout": "15000",
                    "lock_timeout": "5000",
                    "idle_in_transaction_session_timeout": "10000",
                    # A process that stops for good in the middle of what it sends, or of an answer,
                    # holds its locks against the three above: the first ends the one, the second
                    # the other.
                    "transaction_timeout": str(longest_transaction // timedelta(milliseconds=1)),
                    "tcp_user_timeout": "15000",
                },
            },
        )

    async def close(self) -> None:
        await self.engine.dispose()

    def as_worker(self) -> Transaction:
        """Sees all rows: for duties, log-in and administration."""
        return self._transaction(_begin("mizan_worker"))

    def as_tenant(self, platform: PlatformId, environment: Environment) -> Transaction:
        """Sees the rows of one platform in one environment, whatever the query says."""
        return self._transaction(
            _begin(
                "mizan_tenant",
                {"mizan.platform": platform, "mizan.environment": environment},
            )
        )

    def as_reviewer(
        self, platforms: Sequence[PlatformId], *, searching: bool = False
    ) -> Transaction:
        """Sees the live rows of the platforms granted, named one by one.

        What finds its rows by their keys is planned once for a connection: to plan a case view
        takes longer than to read it. A search is planned anew for what it looks for.
        """
        plans = "auto" if searching else "force_generic_plan"
        settings = {"mizan.platforms": ",".join(platforms), "plan_cache_mode": plans}
        return self._transaction(_begin("mizan_reviewer", settings))

    def snapshot(self) -> Transaction:
        """Sees all rows as they are at its first query, for as long as it takes; only reads."""
        return self._transaction(_BEGIN_SNAPSHOT)

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[Session]:
        await self._stand_in_line()
        try:
            session = await self._session()
            try:
                await session.run(begin)
                yield session
                await session.commit()
            except BaseException:
                await session.abandon()
                raise
            finally:
                session.close()
        finally:
            self._line.release()

    async def _stand_in_line(self) -> None:
        """Until a connection is free and nobody has waited for longer. Raises PoolTimeout."""
        try:
            async with asyncio.timeout(LONGEST_WAIT.total_seconds()):
                await self._line.acquire()
        except TimeoutError as error:
            raise PoolTimeout("no connection was free in time") from error

    async def _session(self) -> Session:
        """On a connection that is open, as far as is known without asking the server."""
        while True:
            try:
                session = Session(await self.engine.raw_connection(), self._statements)
            except self.engine.dialect.loaded_dbapi.Error as error:
                raise DBAPIError(None, None, error, hide_parameters=True) from error
            if not session.driver.is_closed():
                return session
            session.close()


def _begin(role: str, settings: Mapping[str, str] | None = None) -> str:
    """In one turn with role and settings, which end with the transaction. The driver takes several
    commands at once only without parameters.
    """
    commands = ["begin", f"set local role {role}"]
    for name, value in (settings or {}).items():
        quoted = value.replace("'", "''")
        commands.append(f"set local {name} = '{quoted}'")
    return "; ".join(commands)
