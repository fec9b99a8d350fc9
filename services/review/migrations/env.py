"""How Alembic reaches the database. Each migration is a transaction of its own."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.review.database.engine import asyncpg_url

MIGRATOR_LOCK = 0x6D697A616E  # any constant that is ours alone


def _run(connection: Connection) -> None:
    # Waiting for a lock would queue all traffic behind the migration: better to fail and retry.
    connection.execute(text("set lock_timeout = '5s'"))
    connection.execute(text("set statement_timeout = '10min'"))
    connection.execute(text(f"select pg_advisory_lock({MIGRATOR_LOCK})"))
    connection.commit()
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text(f"select pg_advisory_unlock({MIGRATOR_LOCK})"))
    connection.commit()


async def _online(url: str) -> None:
    engine = create_async_engine(asyncpg_url(url))
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_online(context.config.attributes["url"]))
