"""One transaction on one connection of the pool. Statements go to the driver as they are.

SQLAlchemy gives the pool, `text` and the results. Its own session is left out: it takes most of the
processor time of a statement, for objects that nobody here wants.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import NamedTuple, TypeVar

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import Result, TextClause, make_url, text
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util.typing import TupleAny, Unpack

from services.review.database.outage import OF_THE_DRIVER

ROLLBACK_SECONDS = 2.0

_Answer = TypeVar("_Answer")
_NAME = re.compile(r"(?<![:\w]):\w+")
_DIALECT = make_url("postgresql+asyncpg://").get_dialect()()


class Write(NamedTuple):
    """A statement that inserts, updates or deletes, to be sent with others."""

    statement: TextClause
    parameters: Mapping[str, object]


class Prepared(NamedTuple):
    """A statement as one connection knows it."""

    statement: PreparedStatement
    columns: SimpleResultMetaData


class Statements:
    """What is prepared on the connections of one pool."""

    def __init__(self) -> None:
        self._age = 0

    def of(self, connection: PoolProxiedConnection) -> dict[str, Prepared]:
        prepared: dict[str, Prepared] = {}
        age, prepared = connection.info.setdefault("prepared", (self._age, prepared))
        if age != self._age:
            prepared = {}
            connection.info["prepared"] = (self._age, prepared)
        return prepared

    def forget(self) -> None:
        """The schema has changed under one of them: all are prepared anew."""
        self._age += 1


class Session:
    """What `Database` opens, and ends with its block."""

    def __init__(self, connection: PoolProxiedConnection, statements: Statements) -> None:
        driver = connection.driver_connection
        assert isinstance(driver, asyncpg.Connection)
        self.driver = driver
        self._connection = connection
        self._statements = statements
        self._prepared = statements.of(connection)

    async def execute(
        self, statement: TextClause, parameters: Mapping[str, object] | None = None
    ) -> Result[Unpack[TupleAny]]:
        """All rows are read when it returns. Raises DBAPIError."""
        sql, names = _numbered(statement.text)
        known = self._prepared.get(sql) or await self._prepare(sql)
        given = [parameters[name] for name in names] if parameters else []
        rows = await self._answer(known.statement.fetch(*given), sql)
        return IteratorResult(known.columns, iter(rows))

    async def write(self, *writes: Write) -> None:
        """All in one statement: none sees what another wrote, and no row is written twice."""
        if writes:
            given = [
                (f"{name}_{place}", value)
                for place, write in enumerate(writes)
                for name, value in write.parameters.items()
            ]
            await self.execute(_together(tuple(write.statement for write in writes)), dict(given))

    async def run(self, commands: str) -> None:
        """Without parameters and results; several at once, with semicolons between."""
        await self._answer(self.driver.execute(commands), commands)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """A part that can fail alone: what it wrote is taken back when it raises."""
        await self.run("savepoint part")
        try:
            yield
        except Exception:
            await self.run("rollback to part; release part")
            raise
        await self.run("release part")

    async def commit(self) -> None:
        if self.driver.is_in_transaction():
            await self.run("commit")

    async def rollback(self) -> None:
        """Nothing is to be executed after it."""
        await self.run("rollback")

    async def abandon(self) -> None:
        """Rolls back whatever has happened, or gives the connection up: nobody may get it with
        half a transaction on it.
        """
        try:
            if not self.driver.is_closed():
                async with asyncio.timeout(ROLLBACK_SECONDS):
                    await self.driver.execute("rollback")
        except Exception:  # noqa: BLE001 — the caller is told what went wrong before
            self.driver.terminate()
        except BaseException:
            self.driver.terminate()
            raise

    def close(self) -> None:
        """Gives the connection back; one that is closed is replaced when it is wanted again."""
        if self.driver.is_closed():
            self._connection.invalidate(soft=True)
        self._connection.close()

    async def _prepare(self, sql: str) -> Prepared:
        statement = await self._answer(self.driver.prepare(sql), sql)
        columns = SimpleResultMetaData([found.name for found in statement.get_attributes()])
        self._prepared[sql] = prepared = Prepared(statement, columns)
        return prepared

    async def _answer(self, asked: Awaitable[_Answer], sql: str) -> _Answer:
        """Errors of the driver are told as SQLAlchemy tells them, and never repeat a parameter."""
        try:
            return await asked
        except OF_THE_DRIVER as error:
            if isinstance(error, asyncpg.InvalidCachedStatementError):
                self._statements.forget()
            kind = next((kind for cause, kind in _KINDS if isinstance(error, cause)), DBAPIError)
            lost = self.driver.is_closed()
            raise kind(
                sql, None, error, hide_parameters=True, connection_invalidated=lost
            ) from error


@lru_cache(maxsize=256)
def _together(statements: tuple[TextClause, ...]) -> TextClause:
    parts = []
    for place, statement in enumerate(statements):
        sql = _NAME.sub(rf"\g<0>_{place}", statement.text)
        parts.append(f"part_{place} as ({sql})")
    return text(f"with {', '.join(parts)} select")


@lru_cache(maxsize=1024)
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `$1` for its first name, and the names in their order."""
    compiled = text(sql).compile(dialect=_DIALECT)
    assert isinstance(compiled, SQLCompiler)
    return compiled.string, tuple(compiled.positiontup or ())


_KINDS: tuple[tuple[type[Exception], type[DBAPIError]], ...] = (
    (asyncpg.IntegrityConstraintViolationError, IntegrityError),
    (asyncpg.SyntaxOrAccessError, ProgrammingError),
)
