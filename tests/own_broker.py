"""A broker that may be frozen, killed and started again: not the one that all tests share."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

from deploy.local.kafka import Broker
from deploy.local.launch import last_lines, listening, start, stop
from deploy.local.warm_start import ensure_kafka
from tests.ports import free_port
from tests.real_parts import make_topics, run_apart
from tests.waiting import eventually_true

START_SECONDS = 60.0


class OwnBroker:
    """Its data outlive it, as on a machine whose processes are killed."""

    def __init__(self, folder: Path) -> None:
        self._part = Broker(
            folder=folder / "kafka",
            jars=ensure_kafka(),
            port=free_port(),
            controller_port=free_port(),
            log=folder / "kafka.log",
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        return self._part.bootstrap

    @property
    def port(self) -> int:
        return self._part.port

    @property
    def data(self) -> Path:
        """Folder of its logs: one folder for each partition, `reports-0` and so on."""
        return self._part.folder / "data"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the broker was never started"
        return self._process.pid

    def start(self) -> None:
        """Returns when it takes records. Blocks."""
        self._part.prepare()
        process = self._process = start(self._part.launch())
        eventually_true(
            lambda: listening(self._part.port) or process.poll() is not None,
            within_seconds=START_SECONDS,
            what="the broker listens",
        )
        assert process.poll() is None, last_lines(self._part.log)
        run_apart(make_topics(self.bootstrap))

    def freeze(self) -> None:
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        self._send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)

    def stop(self) -> None:
        """Ends it in whatever state it is."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        self.thaw()
        launch = self._part.launch()
        stop(psutil.Process(process.pid), launch.stop_signal, launch.grace_seconds)
        process.wait(5)

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None, "the broker was never started"
        self._process.send_signal(number)


@contextlib.contextmanager
def own_broker(folder: Path) -> Iterator[OwnBroker]:
    """Running when the block begins."""
    broker = OwnBroker(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
