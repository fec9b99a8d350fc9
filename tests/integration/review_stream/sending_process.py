"""A leader that stops in the middle of what it sends: `python -m ... URL FOLDER NAME`.

The rows are wide and the answers short, so that the server waits for more and has nothing to say.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta

from services.review.database.engine import Database
from services.review.jobs.duty import Term
from shared.observability.admin import Liveness

ROWS = 200
WIDTH = 50_000


def rows() -> Iterator[tuple[str]]:
    for number in range(ROWS):
        if number == ROWS // 2:
            os.kill(os.getpid(), signal.SIGSTOP)
        yield (f"{number:0{WIDTH}}",)


async def run(url: str) -> None:
    database = Database(
        url, pool_size=1, application="sending", longest_transaction=timedelta(seconds=2)
    )
    async with Term("led", 1, Liveness()).transaction(database) as session:
        await session.driver.executemany("insert into taken (place) values ($1)", rows())
    await database.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
