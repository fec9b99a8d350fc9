"""Keeps processes running: starts each again when it ends, and tells who lives now."""

import asyncio
import contextlib
import errno
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import psutil

from deploy.local import launch
from deploy.local.errors import StackError
from deploy.local.launch import Identity, Launch

POLL_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
STEADY_AFTER_SECONDS = 20.0
DEATHS_BEFORE_GIVING_UP = 6
# Seconds on a quiet machine; one with much other work takes a minute or two.
READY_WITHIN_SECONDS = 180.0


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Part:
    """A process of the stack. `prepare` runs before every start and may block. Parts of a higher
    stage are stopped before those of a lower one.
    """

    name: str
    launch: Launch
    ready: Callable[[], Awaitable[bool]]
    stage: int
    prepare: Callable[[], None] = _nothing
    ready_within_seconds: float = READY_WITHIN_SECONDS


@dataclass
class _Kept:
    part: Part
    task: asyncio.Task[None] | None = None
    process: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None
    deaths: int = 0
    failure: StackError | None = None


class Supervisor:
    """`on_change` is called whenever the set of living processes changes, on the event loop."""

    def __init__(self, on_change: Callable[[Sequence[Identity]], None]) -> None:
        self._on_change = on_change
        self._kept: dict[str, _Kept] = {}

    async def start(self, part: Part) -> None:
        """Returns when the part is ready; from now on it is started again whenever it ends.

        Raises StackError when it does not become ready in its time or ends again and again.
        """
        kept = _Kept(part)
        self._kept[part.name] = kept
        kept.task = asyncio.create_task(self._keep(kept), name=f"keep {part.name}")
        deadline = time.monotonic() + part.ready_within_seconds
        while not (kept.process and kept.process.poll() is None and await part.ready()):
            if kept.failure:
                raise kept.failure
            if kept.deaths >= DEATHS_BEFORE_GIVING_UP or time.monotonic() > deadline:
                raise _never_ready(part)
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self) -> dict[str, int]:
        """Stops all, the highest stage first. Returns when no process is left, with the exit status
        of each that did not end with 0 when it was asked to.
        """
        ended: dict[str, int] = {}
        for kept in self._kept.values():
            if kept.task:
                kept.task.cancel()
        tasks = [kept.task for kept in self._kept.values() if kept.task]
        await asyncio.gather(*tasks, return_exceptions=True)
        for stage in sorted({kept.part.stage for kept in self._kept.values()}, reverse=True):
            members = [kept for kept in self._kept.values() if kept.part.stage == stage]
            found = await asyncio.gather(*(asyncio.to_thread(_end, kept) for kept in members))
            pairs = zip(members, found, strict=True)
            ended |= {kept.part.name: status for kept, status in pairs if status is not None}
        self._on_change([])
        return ended

    def failure(self) -> StackError | None:
        """What keeps a part from ever starting again, e.g. a disk that filled up."""
        return next((kept.failure for kept in self._kept.values() if kept.failure), None)

    async def _keep(self, kept: _Kept) -> None:
        """Ends only by cancellation, or with `failure` set where another start cannot help."""
        pause = 0.0
        try:
            while True:
                began = time.monotonic()
                await self._run_once(kept)
                kept.deaths += 1
                if time.monotonic() - began > STEADY_AFTER_SECONDS:
                    pause = 0.0
                    kept.deaths = 1
                if pause:
                    self._changed()
                    await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_SECONDS, pause * 2 or 0.2)
        except StackError as error:
            kept.failure = error
        except OSError as error:
            kept.failure = _cannot(kept.part, error)

    async def _run_once(self, kept: _Kept) -> None:
        await asyncio.to_thread(kept.part.prepare)
        kept.process = launch.start(kept.part.launch)
        kept.identity = launch.identity(kept.part.name, kept.process.pid)
        self._changed()
        while kept.process.poll() is None:  # noqa: ASYNC110 — a pid gives no event
            await asyncio.sleep(POLL_SECONDS)
        kept.identity = None

    def _changed(self) -> None:
        self._on_change([kept.identity for kept in self._kept.values() if kept.identity])


def _end(kept: _Kept) -> int | None:
    """Its exit status, where it did not end with 0 when it was asked to."""
    if kept.process is None:
        return None
    lived = kept.process.poll() is None
    if lived:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(kept.process.pid)
            launch.stop(process, kept.part.launch.stop_signal, kept.part.launch.grace_seconds)
    status = kept.process.wait()
    kept.identity = None
    return status if lived and status else None


def _never_ready(part: Part) -> StackError:
    cause = explain(part.launch.log)
    return StackError(f"{part.name} does not come up: {cause}", part.launch.log)


def _cannot(part: Part, error: OSError) -> StackError:
    cause = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
    return StackError(f"{part.name} cannot be kept running: {cause}", part.launch.log)


def explain(log: Path) -> str:
    """One line on why, from the end of a log."""
    if "No space left on device" in launch.last_lines(log, 50):
        return "the disk is full"
    last = launch.last_lines(log, 1).removeprefix("mizan: ")
    return _in_words(last)[:300] or "it wrote nothing to its log"


def _in_words(line: str) -> str:
    """A line as it is; of an event of our own what happened and the error."""
    try:
        event = orjson.loads(line)
        return ": ".join((event["event"], *event.get("errors", ())[:1]))
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return line
