"""What Java works out while a broker starts, kept for the next one: it halves the time of a start.

The Java of the package comes without the archive of its own classes, so each start would load and
verify thousands of them anew.
"""

import dataclasses
import fcntl
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from deploy.local.jars import ensure_jars, silent
from deploy.local.kafka import Broker, start_cache
from deploy.local.launch import listening, start, stop

TRAINING_SECONDS = 120.0


def ensure_kafka(
    tell: Callable[[str], None] = silent, given_up: threading.Event | None = None
) -> Path:
    """`ensure_jars`, and once for this machine the kept part of a start. Blocks."""
    jars = ensure_jars(tell, given_up)
    if not start_cache(jars).exists():
        tell("making its next starts quick")
        ensure_start_cache(jars, given_up or threading.Event())
    return jars


def ensure_start_cache(jars: Path, given_up: threading.Event) -> None:
    """Whoever comes while another makes it waits. Where Java makes none an empty file is left, so
    that it is tried once; brokers start without it.
    """
    target = start_cache(jars)
    with target.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return
        with tempfile.TemporaryDirectory(dir=jars.parent, prefix="start-") as scratch:
            made = Path(scratch) / "made"
            train(Path(scratch), jars, made, given_up)
            if given_up.is_set():
                return
            made.touch()
            made.rename(target)


def train(scratch: Path, jars: Path, made: Path, given_up: threading.Event) -> None:
    """One start of a broker that is told to stop as soon as it listens."""
    port, controller_port = _two_ports()
    broker = Broker(
        folder=scratch / "kafka",
        jars=jars,
        port=port,
        controller_port=controller_port,
        log=scratch / "kafka.log",
    )
    broker.prepare()
    launch = broker.launch()
    java, *arguments = launch.command
    command = (java, f"-XX:AOTCacheOutput={made}", *arguments)
    process = start(dataclasses.replace(launch, command=command))
    deadline = time.monotonic() + TRAINING_SECONDS

    def waiting() -> bool:
        in_time = time.monotonic() < deadline and process.poll() is None
        return in_time and not given_up.wait(0.1)

    try:
        while waiting() and not listening(port):
            pass
        process.send_signal(launch.stop_signal)
        while waiting():  # it writes down what it knows in a process of its own
            pass
    finally:
        if process.poll() is None:
            stop(psutil.Process(process.pid), signal.SIGKILL, 0.0)
            process.wait()
            made.unlink(missing_ok=True)


def _two_ports() -> tuple[int, int]:
    """Free a moment ago. Were one taken since, the training would come to nothing, no more."""
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return one.getsockname()[1], two.getsockname()[1]
