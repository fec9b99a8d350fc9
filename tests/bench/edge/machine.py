"""The machine that is measured on: its cores, and what a process used of them."""

import os
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cores:
    """One core for the process that is measured, the rest for client and broker; both None where
    there is one core alone, or the system cannot bind a process to a core.
    """

    measured: int | None
    rest: tuple[int, ...] | None

    def bind_measured(self, pid: int) -> None:
        """Call it before the process has threads: each inherits from the one that starts it."""
        if self.measured is not None:
            psutil.Process(pid).cpu_affinity([self.measured])

    def bind_rest(self) -> None:
        """This process, and whatever it starts from now on."""
        if self.rest is not None:
            psutil.Process().cpu_affinity(list(self.rest))

    @property
    def says(self) -> str:
        if self.measured is None or self.rest is None:
            return "no process is bound to a core"
        rest = ", ".join(map(str, self.rest))
        return f"edge and echo bound to core {self.measured}; broker and client to core {rest}"


def find_cores() -> Cores:
    if not hasattr(os, "sched_getaffinity"):
        return Cores(None, None)
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return Cores(None, None)
    return Cores(allowed[-1], tuple(allowed[:-1]))


def cpu_seconds(pid: int) -> float:
    """User and system time of the process since its start."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
