"""What a session leaves behind on its connection, whatever happens to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.review.database.engine import Database
from services.review.database.session import Session, Write
from shared.contracts.identifiers import PlatformId
from tests.integration.review_stream.parts import execute, fetch
from tests.waiting import eventually

ADD = text("insert into platforms (platform_id, name) values (:id, '')")
PLATFORMS = "select platform_id from platforms order by 1"
SETTINGS = text("select current_user, current_setting('mizan.platforms', true)")


@contextlib.asynccontextmanager
async def one_connection(url: str) -> AsyncIterator[Database]:
    database = Database(url, pool_size=1, application="sessions")
    try:
        yield database
    finally:
        await database.close()


async def test_who_is_cancelled_in_a_statement_leaves_nothing_on_the_connection(
    database_url: str,
) -> None:
    sleeping = "select 1 from pg_stat_activity where query like 'select pg_sleep%'"

    async def sleeps() -> bool:
        return bool(await fetch(database_url, sleeping))

    async def work(database: Database) -> None:
        async with database.as_reviewer([PlatformId("x")]) as session:
            await session.execute(text("select pg_sleep(300)"))

    async with one_connection(database_url) as database:
        working = asyncio.create_task(work(database))
        await eventually(sleeps, what="the statement runs")
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        async with database.as_worker() as session:
            assert (await session.execute(SETTINGS)).one() == ("mizan_worker", "")
            await session.execute(ADD, {"id": "x"})
    assert await fetch(database_url, PLATFORMS) == [("x",)]


async def test_who_has_waited_longest_for_a_connection_is_next(database_url: str) -> None:
    order: list[str] = []

    async def work(name: str, times: int) -> None:
        for _ in range(times):
            async with database.as_worker():
                order.append(name)

    async with one_connection(database_url) as database:
        await asyncio.gather(work("again and again", 5), work("once", 1))
    assert order.index("once") == 1


async def test_a_connection_that_the_server_has_ended_is_replaced_before_it_is_used(
    database_url: str,
) -> None:
    async with one_connection(database_url) as database:
        async with database.as_worker() as session:
            driver = session.driver
            pid = (await session.execute(text("select pg_backend_pid()"))).scalar_one()
        await execute(database_url, f"select pg_terminate_backend({pid})")

        async def ended() -> bool:
            return bool(driver.is_closed())

        await eventually(ended, what="the end of the connection is seen")
        async with database.as_worker() as session:
            await session.execute(ADD, {"id": "x"})
    assert await fetch(database_url, PLATFORMS) == [("x",)]


async def test_a_part_that_fails_takes_back_itself_alone(database_url: str) -> None:
    async def fail(session: Session) -> None:
        async with session.begin_nested():
            await session.execute(ADD, {"id": "yt"})
            async with session.begin_nested():
                await session.execute(ADD, {"id": "x"})

    async with one_connection(database_url) as database, database.as_worker() as session:
        await session.execute(ADD, {"id": "x"})
        with pytest.raises(IntegrityError):
            await fail(session)
        async with session.begin_nested():
            await session.execute(ADD, {"id": "tg"})
    assert await fetch(database_url, PLATFORMS) == [("tg",), ("x",)]


async def test_what_is_sent_together_is_written_together_or_not_at_all(database_url: str) -> None:
    async def write(database: Database, *names: str) -> None:
        async with database.as_worker() as session:
            await session.write(*(Write(ADD, {"id": name}) for name in names))

    async with one_connection(database_url) as database:
        await write(database)
        await write(database, "x", "yt")
        with pytest.raises(IntegrityError):
            await write(database, "tg", "yt")
    assert await fetch(database_url, PLATFORMS) == [("x",), ("yt",)]


async def test_a_changed_table_is_met_by_one_failure_and_not_by_one_a_connection(
    database_url: str,
) -> None:
    every = text("select * from platforms")

    async def seen(session: Session) -> list[str]:
        return list((await session.execute(every)).keys())

    database = Database(database_url, pool_size=2, application="sessions")
    async with contextlib.AsyncExitStack() as at_once:
        for _ in range(2):
            await seen(await at_once.enter_async_context(database.as_worker()))
    await execute(database_url, "alter table platforms add column more text")
    with pytest.raises(DBAPIError):
        async with database.as_worker() as session:
            await seen(session)
    async with contextlib.AsyncExitStack() as at_once:
        for _ in range(2):
            assert "more" in await seen(await at_once.enter_async_context(database.as_worker()))
    await database.close()


async def test_what_a_session_is_told_of_its_platforms_is_never_part_of_a_command(
    database_url: str,
) -> None:
    named = PlatformId("x', true); set role postgres; select ('\\")
    async with (
        one_connection(database_url) as database,
        database.as_reviewer([named]) as session,
    ):
        assert (await session.execute(SETTINGS)).one() == ("mizan_reviewer", named)
