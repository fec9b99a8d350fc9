"""The database as its three kinds of users see it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import orjson
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from shared.contracts.identifiers import Environment, PlatformId

LONGEST_TRANSACTION = timedelta(seconds=30)

_ENTER = text(
    "select set_config('role', :role, true), set_config('mizan.platform', :platform, true),"
    " set_config('mizan.environment', :environment, true),"
    " set_config('mizan.platforms', :platforms, true)"
)


def asyncpg_url(url: str) -> URL:
    """The URL in SQLAlchemy's words; `sslmode`, as every provider writes it, is asyncpg's `ssl`."""
    given = make_url(url).set(drivername="postgresql+asyncpg")
    options = {("ssl" if name == "sslmode" else name): value for name, value in given.query.items()}
    return given.set(query=options)


class Database:
    """Each block is one transaction: committed at its end, rolled back when it raises.

    Sessions keep what they loaded after the commit, and load nothing lazily.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        application: str = "mizan",
        longest_transaction: timedelta = LONGEST_TRANSACTION,
    ) -> None:
        self.engine: AsyncEngine = create_async_engine(
            asyncpg_url(url),
            poolclass=AsyncAdaptedQueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=2,
            pool_pre_ping=False,
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=json.loads,
            connect_args={
                "timeout": 5,
                "server_settings": {
                    "application_name": application,
                    "timezone": "UTC",
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

    @asynccontextmanager
    async def as_worker(self) -> AsyncIterator[AsyncSession]:
        """Sees all rows: for duties, log-in and administration."""
        async with self._transaction("mizan_worker") as session:
            yield session

    @asynccontextmanager
    async def as_tenant(
        self, platform: PlatformId, environment: Environment
    ) -> AsyncIterator[AsyncSession]:
        """Sees the rows of one platform in one environment, whatever the query says."""
        async with self._transaction(
            "mizan_tenant", platform=platform, environment=environment
        ) as session:
            yield session

    @asynccontextmanager
    async def as_reviewer(self, platforms: Sequence[PlatformId]) -> AsyncIterator[AsyncSession]:
        """Sees the live rows of the platforms granted, named one by one."""
        async with self._transaction("mizan_reviewer", platforms=",".join(platforms)) as session:
            yield session

    @asynccontextmanager
    async def _transaction(
        self, role: str, *, platform: str = "", environment: str = "", platforms: str = ""
    ) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            await session.execute(
                _ENTER,
                {
                    "role": role,
                    "platform": platform,
                    "environment": environment,
                    "platforms": platforms,
                },
            )
            yield session
