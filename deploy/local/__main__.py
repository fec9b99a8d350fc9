"""`make run`: the whole product on this machine, until Ctrl-C."""

import asyncio
import contextlib
import errno
import logging
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console

from deploy.local import state, summary
from deploy.local.credentials import Credentials, load_or_make
from deploy.local.errors import StackError
from deploy.local.launch import Identity
from deploy.local.parts import DATABASE
from deploy.local.postgres import USER
from deploy.local.progress import Steps
from deploy.local.settings import Endpoints, Ports, StackSettings
from deploy.local.stack import Stack
from deploy.local.supervisor import Supervisor
from shared.settings import PREFIX


class Announcement:
    """Keeps `processes.json` true from the first process on, and `ready.json` once all is ready."""

    def __init__(self, var: Path, endpoints: Endpoints, credentials: Credentials) -> None:
        self._var = var
        self._endpoints = endpoints
        self._credentials = credentials
        self._processes: Sequence[Identity] = ()
        self._ready = False

    def changed(self, processes: Sequence[Identity]) -> None:
        self._processes = processes
        state.record_processes(self._var, processes)
        if self._ready:
            self._write()

    def all_ready(self) -> None:
        self._ready = True
        self._write()

    def withdraw(self) -> None:
        self._ready = False
        (self._var / "ready.json").unlink(missing_ok=True)

    def _write(self) -> None:
        content = summary.ready_file(self._endpoints, self._credentials, self._processes)
        state.write_private(self._var / "ready.json", content)


def endpoints_of(settings: StackSettings, credentials: Credentials) -> Endpoints:
    ports = Ports(settings.port_base)
    own = (
        f"postgresql://{USER}:{credentials.database_password}@127.0.0.1:{ports.postgres}/{DATABASE}"
    )
    return Endpoints(
        ports=ports,
        kafka=settings.kafka or f"127.0.0.1:{ports.kafka}",
        database_url=settings.database_url or own,
    )


async def run(settings: StackSettings, var: Path, console: Console) -> None:
    """Runs until SIGINT or SIGTERM. When it returns or raises, no process of it is left."""
    began = time.monotonic()
    (var / "ready.json").unlink(missing_ok=True)
    for name in await asyncio.to_thread(state.stop_leftovers, var):
        console.print(f"mizan: stopped {name}, left by a run that was killed", highlight=False)
    state.require_disk(var)
    state.rotate_logs(var / "logs")
    credentials = load_or_make(var / "secrets.json")
    endpoints = endpoints_of(settings, credentials)
    steps = Steps(console)
    stack = Stack(
        settings=settings, endpoints=endpoints, credentials=credentials, var=var, steps=steps
    )
    stack.require_ports()
    announcement = Announcement(var, endpoints, credentials)
    supervisor = Supervisor(announcement.changed)
    try:
        with steps.shown():
            await stack.start(supervisor)
        seconds = time.monotonic() - began
        announcement.all_ready()
        await stack.start_traffic(supervisor)
        summary.print_summary(
            console,
            endpoints=endpoints,
            credentials=credentials,
            var=var,
            demo=settings.demo,
            seconds=seconds,
        )
        await _watch(supervisor)
    finally:
        announcement.withdraw()
        console.print("mizan: stopping", highlight=False)
        for name, status in (await supervisor.stop()).items():
            console.print(f"mizan: {name} ended with status {status}", highlight=False)


async def _watch(supervisor: Supervisor) -> None:
    while True:
        failure = supervisor.failure()
        if failure:
            raise failure
        await asyncio.sleep(1)


async def until_signalled(settings: StackSettings, var: Path, console: Console) -> None:
    """Ends quietly on the first signal; more of them change nothing, stopping is under way."""
    running = asyncio.create_task(run(settings, var, console))
    loop = asyncio.get_running_loop()
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def first_line(error: BaseException) -> str:
    """One line for whatever stopped the start; groups are opened."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, StackError):
        return error.line()
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "the disk is full"
    return f"{type(error).__name__}: {error}"


def main() -> int:
    console = Console()
    # Kafka's client complains of each attempt; our own last line says what is wrong.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        settings = StackSettings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        variable = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        print(f"mizan: setting {variable}: {first['msg']}", file=sys.stderr)
        return 2
    var = settings.var.resolve()
    try:
        with state.only_stack_in(var):
            asyncio.run(until_signalled(settings, var, console))
    except (StackError, OSError, ExceptionGroup) as error:
        print(f"mizan: {first_line(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before the loop took over the signal; nothing was started yet
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
