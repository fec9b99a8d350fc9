"""Operating-system processes: started apart from the terminal, known again later, stopped."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

UNPRIVILEGED = "nobody"


@dataclass(frozen=True)
class Launch:
    """How to start a process. `user` is somebody else to be, None for ourselves.

    `stop_signal` asks for an orderly end; what is left after `grace_seconds` is killed.
    """

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 15.0


@dataclass(frozen=True)
class Identity:
    """A process that is found again after ours has died: a pid alone may be somebody else's."""

    name: str
    pid: int
    started: float


def start(launch: Launch) -> subprocess.Popen[bytes]:
    """Starts it in a session of its own, so that Ctrl-C in the terminal reaches only us and the
    order of stopping is ours. Both outputs are appended to the log.
    """
    launch.log.parent.mkdir(parents=True, exist_ok=True)
    account = pwd.getpwnam(launch.user) if launch.user else None
    with launch.log.open("ab") as log:
        return subprocess.Popen(
            launch.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **launch.environment},
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )


def identity(name: str, pid: int) -> Identity | None:
    """None when it is gone already."""
    try:
        return Identity(name, pid, psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def find(known: Identity) -> psutil.Process | None:
    """The very process, None when it is gone or its pid belongs to another now."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(known.pid)
        same = abs(process.create_time() - known.started) < 1
        if same and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def stop(process: psutil.Process, stop_signal: signal.Signals, grace_seconds: float) -> None:
    """Ends it and everything it started. Blocks until none is left."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [process, *process.children(recursive=True)]
        process.send_signal(stop_signal)
        _, alive = psutil.wait_procs([process], timeout=grace_seconds)
        _, alive = psutil.wait_procs(family, timeout=0.0 if alive else 2.0)
        for remaining in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                remaining.kill()
        psutil.wait_procs(alive, timeout=5)


def privileged() -> bool:
    return os.geteuid() == 0


def listening(port: int) -> bool:
    """Somebody accepts connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return True
    return False


def last_lines(log: Path, count: int = 3) -> str:
    """End of a log for an error message, "" when there is none."""
    try:
        return " / ".join(log.read_text(errors="replace").strip().splitlines()[-count:])
    except OSError:
        return ""
