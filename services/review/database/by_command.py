"""The database as a command of an operator has it."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.review.database.engine import Database
from services.review.database.session import Session
from shared.running import find_running

T = TypeVar("T")


def run_in_transaction(work: Callable[[Session], Awaitable[T]]) -> T:
    """In one transaction of the database that MIZAN_DATABASE_URL names, else ready.json in
    MIZAN_VAR. Raises NotRunning when neither does.
    """
    url = find_running(os.environ).need("database_url")

    async def run() -> T:
        database = Database(url, pool_size=2, application="mizan")
        try:
            async with database.as_worker() as session:
                return await work(session)
        finally:
            await database.close()

    return asyncio.run(run())
