"""`mizan replay`: a file of reports, or a table of texts, through the report edge."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import httpx
import typer

from services.replay.arrivals import Arrivals
from services.replay.calls import Calls
from services.replay.errors import GaveUp, WrongUse
from services.replay.feeding import Feed
from services.replay.pacing import Pace
from services.replay.patience import Patience, Timer
from services.replay.reading import (
    Line,
    digest_of,
    first_line,
    json_lines,
    opened,
    size_of,
    table_rows,
)
from services.replay.rules import Table, report_of
from services.replay.sending import Sender
from services.replay.showing import Bar, Ended, ForPeople, ForPrograms, Shown
from services.replay.tally import Tally
from shared.clock import utc_now
from shared.running import Running, find_running

commands = typer.Typer(no_args_is_help=True)

FAILED, WRONG_USE = 1, 2
POLICY = "other"
TABLES = {".csv", ".tsv", ".tab"}
SHOW_SECONDS = 0.2
TIMEOUT = httpx.Timeout(60, connect=5)
AGAIN = "run the same again: what was accepted is not added twice"


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for."""

    file: str
    platform: str
    rate: float | None
    column: str | None
    policy: str | None
    wait: bool
    patience_seconds: float


@commands.command("replay")
def replay(
    file: Annotated[str, typer.Argument(help="JSON Lines or a table; - is standard input.")],
    platform: Annotated[str, typer.Option(help="Whose reports these are.")],
    rate: Annotated[
        float | None, typer.Option(min=0.1, help="Most reports a second; else as the edge allows.")
    ] = None,
    text_column: Annotated[
        str | None, typer.Option(help="Column of the text: the file is CSV, or TSV.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="Policy of all texts of a table; `other` if not given.")
    ] = None,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Return when all are in the queue.")] = False,
    patience: Annotated[
        float, typer.Option(min=1, help="Seconds to try on while nothing moves.")
    ] = 120,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Posts reports in the edge's form, a line each, or a table with a column of texts.

    A table's reports have the same ids on every run, so that a second run adds nothing. The key is
    MIZAN_API_KEY, or what ready.json in MIZAN_VAR says. Ends with 1 where a line was refused or
    quarantined, or where nothing moved any more; each such line is named.
    """
    shown: Shown = ForPrograms(sys.stdout) if as_json else ForPeople(sys.stdout)
    wanted = Wanted(file, platform, rate, text_column, policy, wait, patience)
    running = find_running(os.environ)
    try:
        check(wanted)
        whole = _run(wanted, running, shown)
    except WrongUse as error:
        typer.echo(f"mizan: {error}", err=True)
        raise typer.Exit(WRONG_USE) from None
    if not whole:
        raise typer.Exit(FAILED)


def check(wanted: Wanted) -> None:
    """Raises WrongUse for options that do not go together."""
    if wanted.column is None and wanted.policy is not None:
        raise WrongUse("--policy is for tables, together with --text-column")
    if wanted.column is None and Path(wanted.file).suffix.lower() in TABLES:
        with opened(wanted.file, twice=False) as file:
            titles = first_line(file)
        raise WrongUse(f"name the column of the text with --text-column; it has: {titles[:200]}")


def _run(wanted: Wanted, running: Running, shown: Shown) -> bool:
    """Whether all went well. Raises WrongUse where nothing was accepted because of it."""
    key = running.key_of(wanted.platform)
    calls_to = (running.need("ingest_url"), running.need("review_url") if wanted.wait else "")
    if key is None:
        known = ", ".join(one.name for one in running.platforms)
        where = f"; ready.json has those of: {known}" if known else ""
        raise WrongUse(f"no key of platform {wanted.platform} is known, set MIZAN_API_KEY{where}")
    tally = Tally(shown.fail)
    began = time.monotonic()
    stopped: str | None = None
    with opened(wanted.file, twice=wanted.column is not None) as file:
        bar = Bar(tally, size=size_of(file), waited=wanted.wait)
        try:
            with bar.on():
                asyncio.run(_replay(wanted, file, (*calls_to, key), tally, bar))
        except KeyboardInterrupt:
            stopped = "interrupted"
        except (GaveUp, WrongUse) as error:
            if isinstance(error, WrongUse) and tally.is_untouched:
                raise
            stopped = str(error)
    shown.end(tally, Ended(time.monotonic() - began, wanted.wait, stopped))
    if not tally.accepted and 0 < tally.not_json == tally.failed.total():
        typer.echo(
            "mizan: no line is JSON; of a table name the column with --text-column", err=True
        )
    if stopped is not None:
        typer.echo(f"mizan: {stopped}; {AGAIN}", err=True)
    return stopped is None and tally.is_whole


async def _replay(
    wanted: Wanted, file: BinaryIO, where: tuple[str, str, str], tally: Tally, bar: Bar
) -> None:
    timer = Timer(time.monotonic, asyncio.sleep)
    ingest_url, review_url, key = where
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
        calls = Calls(client, ingest_url=ingest_url, review_url=review_url, key=key)
        arrivals = Arrivals(
            calls=calls,
            patience=Patience(timer, wanted.patience_seconds, bar.say),
            timer=timer,
            tally=tally,
        )
        sender = Sender(
            calls=calls,
            pace=Pace(wanted.rate),
            patience=Patience(timer, wanted.patience_seconds, bar.say),
            timer=timer,
            tally=tally,
            platform=wanted.platform,
            policy=None if wanted.column is None else wanted.policy or POLICY,
            accepted=arrivals.expect if wanted.wait else _forget,
        )
        moving = asyncio.create_task(_keep_moving(bar))
        try:
            await send_and_follow(sender, arrivals, Feed(lines_of(wanted, file)))
        finally:
            moving.cancel()


async def send_and_follow(sender: Sender, arrivals: Arrivals, feed: Feed) -> None:
    """Both at once. The first error ends both and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(arrivals.follow())
            await sender.send(feed)
            arrivals.close()
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


def lines_of(wanted: Wanted, file: BinaryIO) -> Iterator[Line]:
    """Of a table where a column is named, else of JSON Lines."""
    if wanted.column is None:
        return json_lines(file)
    table = Table(wanted.platform, wanted.policy or POLICY, digest_of(file), utc_now())
    return table_rows(
        file,
        name=wanted.file,
        column=wanted.column,
        separator="\t" if "\t" in first_line(file) else ",",
        make=partial(report_of, table),
    )


async def _forget(_accepted: object) -> None:
    """Nobody waits for them."""


async def _keep_moving(bar: Bar) -> None:
    while True:
        bar.move()
        await asyncio.sleep(SHOW_SECONDS)
