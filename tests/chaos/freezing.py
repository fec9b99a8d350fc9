"""The leader of the duties stands still for longer than its hand-over, and wakes up in its belief.

A second worker takes every duty meanwhile; the first must then find out that it leads no more, and
lead again when the second is killed.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from deploy.local.launch import Launch, listening, start
from deploy.local.parts import SERVICES, python
from tests.chaos.backlog import Away, Backlog
from tests.chaos.killing import Killer
from tests.chaos.plan import Role
from tests.ports import free_port
from tests.running_stack import RunningStack
from tests.waiting import eventually, eventually_true

ADMIN_PORT = "MIZAN_REVIEW_WORKER_ADMIN_PORT"
TAKEN_SECONDS = 90.0


@dataclass(frozen=True)
class Freeze:
    """What was in flight when the leader stopped, and how long until others led all it had led."""

    in_flight: int
    seconds: float


async def freeze_leader(
    stack: RunningStack, killer: Killer, backlog: Backlog, say: Callable[[str], None]
) -> Freeze:
    """Returns when the stack's own worker leads everything again."""
    pid = stack.pid_of(Role.REVIEW_WORKER)
    assert pid is not None
    await led_by(backlog, pid)
    with standby(stack, pid) as other:
        _, in_flight = await killer.loaded(Role.REVIEW_WORKER)
        began = time.monotonic()
        os.kill(pid, signal.SIGSTOP)
        try:
            await led_by(backlog, other.pid)
        finally:
            os.kill(pid, signal.SIGCONT)
        seconds = time.monotonic() - began
        say(f"froze the leader with {in_flight} in flight, all taken over after {seconds:.0f} s")
        await killer.loaded(Role.REVIEW_WORKER)
        other.kill()
        await led_by(backlog, pid)
    return Freeze(in_flight, seconds)


@contextmanager
def standby(stack: RunningStack, pid: int) -> Iterator[subprocess.Popen[bytes]]:
    """A second review worker, told what the first, `pid`, was told, and up."""
    port = free_port()
    environment = psutil.Process(pid).environ() | {ADMIN_PORT: str(port)}
    log = stack.var / "logs" / "standby-worker.log"
    process = start(Launch(python(*SERVICES[Role.REVIEW_WORKER]), log, environment))
    try:
        eventually_true(lambda: listening(port), what="a second worker")
        yield process
    finally:
        process.kill()
        process.wait()


async def led_by(backlog: Backlog, pid: int) -> None:
    """Every duty is led by this process."""

    async def led() -> bool:
        try:
            return await backlog.leaders() == {pid}
        except Away as away:
            raise AssertionError(str(away)) from away

    await eventually(led, within_seconds=TAKEN_SECONDS, what=f"process {pid} leads every duty")
