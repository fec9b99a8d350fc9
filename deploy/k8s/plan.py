"""How much of everything a multiple of the measured load needs: the arithmetic of operating.md.

Pure but for reading what `make bench` wrote.
"""

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.contracts.topics import REPORTS

TIMES = (1, 10, 100, 1000)
SHARE = 0.6  # of what was measured, so that there is room for a burst and for a copy that is away
REPLICAS = 3
FORMS = 2  # the report and its scored form
GIGABYTE = 1e9


@dataclass(frozen=True)
class Measured:
    """Reports a second: of a processor second of the edge in single calls and in bulk, and of the
    sink before the largest backlog. `body_bytes` is one report as it was sent.
    """

    single: float
    bulk: float
    sink: float
    body_bytes: float


@dataclass(frozen=True)
class Need:
    rate: float
    edge_cores: int
    edge_cores_in_bulk: int
    installations: int
    log_gigabytes: float


def need(measured: Measured, rate: float) -> Need:
    """What carries the rate. A further installation begins where one sink ends."""
    assert REPORTS.retention is not None
    kept_seconds = REPORTS.retention.total_seconds()
    return Need(
        rate=rate,
        edge_cores=math.ceil(rate / (SHARE * measured.single)),
        edge_cores_in_bulk=math.ceil(rate / (SHARE * measured.bulk)),
        installations=math.ceil(rate / (SHARE * measured.sink)),
        log_gigabytes=rate * measured.body_bytes * FORMS * REPLICAS * kept_seconds / GIGABYTE,
    )


def measured_in(var: Path) -> Measured:
    """Raises FileNotFoundError where `make bench` has not run."""
    edge = json.loads((var / "bench.json").read_text())
    store = json.loads((var / "bench-store.json").read_text())
    largest = store[max(store, key=int)]
    return Measured(
        single=edge["single"]["edge"]["reports_per_cpu_second"],
        bulk=edge["bulk"]["edge"]["reports_per_cpu_second"],
        sink=largest["sink_per_second"],
        body_bytes=edge["body_bytes"],
    )


def table(needs: Sequence[Need]) -> str:
    """A row for each rate."""
    titles = ("reports/s", "edge cores", "in bulk", "installations", "log, GB")
    rows = [
        (
            f"{one.rate:,.0f}",
            f"{one.edge_cores:,}",
            f"{one.edge_cores_in_bulk:,}",
            f"{one.installations:,}",
            f"{one.log_gigabytes:,.0f}",
        )
        for one in needs
    ]
    return "\n".join("".join(f"{cell:>15}" for cell in row) for row in (titles, *rows))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rate", required=True, type=float, help="reports/s that `make load` held without a breach"
    )
    parser.add_argument("--var", type=Path, default=Path("var"), help="where `make bench` wrote")


def planned(rate: float, var: Path) -> str:
    measured = measured_in(var)
    return table([need(measured, rate * times) for times in TIMES])
