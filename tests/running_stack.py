"""`make run` as a test has it: started in a folder of its own, on ports of its own, and stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import orjson
import psutil

from deploy.local.launch import last_lines
from tests.ports import free_block
from tests.waiting import eventually_true

ROOT = Path(__file__).parents[1]
START_SECONDS = 240.0


class ProcessEntry(TypedDict):
    name: str
    pid: int


class PlatformEntry(TypedDict):
    name: str
    api_key: str
    test_key: str


class ReviewerEntry(TypedDict):
    email: str
    password: str
    roles: list[str]


class Ready(TypedDict):
    """What ready.json has."""

    ingest_url: str
    review_url: str
    metrics_urls: dict[str, str]
    kafka: str
    database_url: str
    platforms: list[PlatformEntry]
    reviewers: list[ReviewerEntry]
    processes: list[ProcessEntry]


class RunningStack:
    """One stack. It can be started again in its folder after it was stopped or killed."""

    def __init__(self, var: Path, settings: Mapping[str, str] | None = None) -> None:
        self.var = var
        self._environment = {
            **os.environ,
            "MIZAN_DEMO": "0",
            "MIZAN_PORT_BASE": str(free_block()),
            "MIZAN_VAR": str(var),
            **(settings or {}),
        }
        self.supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> Ready:
        """Returns when ready.json is there. Blocks."""
        self.var.mkdir(parents=True, exist_ok=True)
        before = self._written()
        output = self.var / "supervisor.log"
        with output.open("ab") as log:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "deploy.local"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.supervisor = supervisor
        eventually_true(
            lambda: self._written() not in {None, before} or supervisor.poll() is not None,
            within_seconds=START_SECONDS,
            what="the stack is ready",
        )
        assert supervisor.poll() is None, last_lines(output)
        return self.ready()

    def _written(self) -> int | None:
        """When ready.json was written: a killed supervisor leaves its own."""
        try:
            return (self.var / "ready.json").stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def ready(self) -> Ready:
        content: Ready = orjson.loads((self.var / "ready.json").read_bytes())
        return content

    def pid_of(self, name: str) -> int | None:
        """Pid that ready.json gives now, None while it names none that lives."""
        for process in self.ready()["processes"]:
            if process["name"] == name and psutil.pid_exists(process["pid"]):
                return process["pid"]
        return None

    def kill(self, name: str) -> int:
        """SIGKILL; the pid that is gone."""
        pid = self.pid_of(name)
        assert pid is not None, f"{name} does not run"
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Exit code of the supervisor, after it has ended."""
        assert self.supervisor is not None
        self.supervisor.send_signal(number)
        return self.supervisor.wait(60)

    def clean_up(self) -> None:
        """Ends everything, whatever state it is in."""
        if self.supervisor is not None and self.supervisor.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.supervisor.kill()
                self.supervisor.wait()
