"""`mizan top`: the promises of a running system, live in a terminal."""

import asyncio
import os
from collections import deque
from collections.abc import Mapping
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.live import Live

from services.top.reading import read_all
from services.top.rules import Reading, Standing, standings
from services.top.showing import as_object, frame
from shared.promises import PROMISES, State
from shared.running import NotRunning, find_running

commands = typer.Typer(no_args_is_help=True)

FAILED = 1
EVERY_SECONDS = 2.0
# Shares are of the last five minutes, once there were so many.
READINGS_KEPT = 150
SINCE_START = "since the processes began"


@commands.command("top")
def top(
    *,
    once: Annotated[bool, typer.Option("--once", help="One frame, then end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, then end.")] = False,
    urls: Annotated[
        list[str] | None,
        typer.Option("--url", help="Page of a process, as name=URL; in place of ready.json."),
    ] = None,
) -> None:
    """Shows whether every promise is kept, by what the processes say of themselves.

    Reads the pages that ready.json in MIZAN_VAR names. With --once or --json it ends with 1 when a
    promise is broken or a process is down.
    """
    pages = _pages(urls or [])
    if once or as_json:
        reading = asyncio.run(_read(pages))
        found = standings(PROMISES, reading)
        if as_json:
            print(as_object(found, reading))
        else:
            Console().print(frame(found, reading, SINCE_START))
        raise typer.Exit(FAILED if _bad(found, reading) else 0)
    try:
        asyncio.run(_watch(pages))
    except KeyboardInterrupt:
        raise typer.Exit from None


def _pages(given: list[str]) -> Mapping[str, str]:
    """Raises NotRunning where there is none."""
    pages = dict(one.split("=", 1) for one in given if "=" in one)
    if len(pages) < len(given):
        raise typer.BadParameter("give each as name=URL", param_hint="--url")
    found = pages or find_running(os.environ).metrics_urls
    if not found:
        raise NotRunning(
            "nothing is known to run: `make run` starts a stack; else give --url, or set MIZAN_VAR"
            " to the folder of a running stack"
        )
    return found


def _bad(found: list[Standing], reading: Reading) -> bool:
    return bool(reading.down) or any(one.state is State.BROKEN for one in found)


async def _read(pages: Mapping[str, str]) -> Reading:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await read_all(client, pages)


async def _watch(pages: Mapping[str, str]) -> None:
    """Until it is interrupted."""
    kept: deque[Reading] = deque(maxlen=READINGS_KEPT)
    async with httpx.AsyncClient(trust_env=False) as client:
        with Live(screen=True, auto_refresh=False) as live:
            while True:
                reading = await read_all(client, pages)
                earlier = kept[0] if kept else None
                kept.append(reading)
                found = standings(PROMISES, reading, earlier)
                live.update(frame(found, reading, _since(earlier, reading)), refresh=True)
                await asyncio.sleep(EVERY_SECONDS)


def _since(earlier: Reading | None, now: Reading) -> str:
    """Of the last so many seconds; where nothing came meanwhile, since the start."""
    return SINCE_START if earlier is None else f"of the last {now.at - earlier.at:.0f} s"
