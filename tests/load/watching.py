"""What is asked of a stack under load: to take so much, and when that became visible."""

import os
import secrets
import subprocess
import sys

import asyncpg

from tests.running_stack import ROOT, Ready
from tests.waiting import eventually

PLATFORM = "x"
VISIBLE_WITHIN_SECONDS = 300.0


def key_of(ready: Ready) -> str:
    """Of the platform that reports."""
    return next(one["api_key"] for one in ready["platforms"] if one["name"] == PLATFORM)


def raise_limit(ready: Ready, rate: float) -> None:
    """So that the edge's own bound is not what is measured."""
    subprocess.run(
        [
            *(sys.executable, "-m", "services.command_line", "platforms", "limit", PLATFORM),
            *("--reports-per-second", str(max(1000.0, 2 * rate))),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "MIZAN_DATABASE_URL": ready["database_url"],
            "MIZAN_CURSOR_KEY": secrets.token_hex(16),
        },
        check=True,
        stdout=subprocess.DEVNULL,
    )


async def seen(ready: Ready, prefix: str, accepted: int) -> list[tuple[float, int]]:
    """Moment of acceptance, and microseconds until the row was committed; waits for all."""
    connection = await asyncpg.connect(ready["database_url"])
    try:

        async def all_there() -> bool:
            count = await connection.fetchval(_COUNT, f"{prefix}-%")
            return bool(count >= accepted)

        try:
            await eventually(all_there, within_seconds=VISIBLE_WITHIN_SECONDS)
        except AssertionError:
            left_over = f"not all are visible after {VISIBLE_WITHIN_SECONDS:.0f} s"
            print(left_over, file=sys.stderr, flush=True)
        rows = await connection.fetch(_SEEN, f"{prefix}-%")
        return [(float(row["accepted"]), int(row["microseconds"])) for row in rows]
    finally:
        await connection.close()


_COUNT = "select count(*) from reports where external_id like $1"
_SEEN = (
    "select extract(epoch from accepted_at)::float8 as accepted,"
    " (extract(epoch from pg_xact_commit_timestamp(xmin) - accepted_at) * 1e6)::bigint"
    " as microseconds from reports where external_id like $1"
)
