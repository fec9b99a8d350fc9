"""A process that leads a duty of the tests: `python -m ... URL FOLDER NAME`.

Each turn it says `entered`, waits for `go` and writes one row. The wait blocks the loop, and the
write is a task of its own, so that nothing but the fence stands between a woken leader and its row.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import text

from services.review.database.engine import Database
from services.review.jobs.duty import Leadership, LostLeadership, Periodic, Term
from shared.observability.admin import Liveness

WRITE = text("insert into written (who, epoch) values (:who, :epoch)")


def block_until(path: Path) -> None:
    while not path.exists():
        time.sleep(0.02)


async def run(url: str, folder: Path, who: str) -> None:
    database = Database(url, pool_size=2, application=who)

    async def write(term: Term) -> None:
        try:
            async with term.transaction(database) as session:
                await session.execute(WRITE, {"who": who, "epoch": term.epoch})
        except LostLeadership:
            (folder / f"{who}.refused").touch()
            raise

    async def step(term: Term) -> float:
        (folder / f"{who}.entered").touch()
        block_until(folder / f"{who}.go")
        await asyncio.shield(asyncio.ensure_future(write(term)))
        return 0.05

    leadership = Leadership(Periodic("led", step), url, Liveness(), who)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leadership.stop)
    await leadership.run()
    await database.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
