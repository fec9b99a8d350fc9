"""What is planned or lasts: every process is asked to end, one after the other; the broker and the
database stand still for a while.

Standing still is worse than being gone: no connection breaks, and nobody is told.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import psutil

from tests.chaos.killing import Killer, TooQuiet
from tests.chaos.plan import Role
from tests.chaos.posting import Postbox
from tests.running_stack import RunningStack
from tests.waiting import eventually

SERVERS = (Role.BROKER, Role.DATABASE)
ENDED_SECONDS = 60.0
ANSWERED_SECONDS = 60.0
LEAST_ENVELOPES = 20

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outage:
    """`accepted` is how many reports the edge took meanwhile."""

    role: Role
    seconds: float
    accepted: int


async def ask_all_to_end(stack: RunningStack, killer: Killer, postbox: Postbox, say: Say) -> None:
    """SIGTERM to each service, at work, when the one before it is back."""
    for role in Role:
        if role in SERVERS:
            continue
        postbox.release(postbox.left // 20)
        pid, in_flight = await killer.at_work(role)
        os.kill(pid, signal.SIGTERM)
        await eventually(
            partial(_gone, pid), within_seconds=ENDED_SECONDS, what=f"{role} ends in order"
        )
        await killer.healed(role, pid)
        say(f"asked {role} to end with {in_flight} in flight")


async def _gone(pid: int) -> bool:
    return not psutil.pid_exists(pid)


async def hold_still(
    role: Role, seconds: float, *, stack: RunningStack, killer: Killer, postbox: Postbox, say: Say
) -> Outage:
    """The server stands still for so long, while clients go on; returns when all roles are ready.

    While the database is away the edge must go on to accept: it takes what is posted then.
    """
    pid = stack.pid_of(role)
    assert pid is not None
    await killer.loaded(role)
    before = postbox.accepted
    began = time.monotonic()
    with _still(pid):
        share = postbox.left // 10
        postbox.release(share)
        if role is Role.DATABASE:
            if share < LEAST_ENVELOPES:
                raise TooQuiet(f"{postbox.left} envelopes are left for when the database is away")
            await eventually(
                partial(_accepted, postbox, before + share),
                within_seconds=ANSWERED_SECONDS,
                what=f"the edge accepts {share} reports without a database",
            )
        await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
        accepted = postbox.accepted - before
    outage = Outage(role, time.monotonic() - began, accepted)
    for each in Role:
        await killer.healed(each, None)
    say(f"{role} stood still for {outage.seconds:.0f} s, {accepted} reports accepted meanwhile")
    return outage


async def _accepted(postbox: Postbox, least: int) -> bool:
    return postbox.accepted >= least


@contextlib.contextmanager
def _still(pid: int) -> Iterator[None]:
    """The server and all its processes. One that comes while they stop would go on alone, so the
    first to stop is the one that makes them.
    """
    server = psutil.Process(pid)
    stopped = [server]
    server.suspend()
    try:
        for child in server.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.suspend()
                stopped.append(child)
        yield
    finally:
        for process in reversed(stopped):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
