"""What a run found, and how it is shown. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

ACCEPTED = 202
RATIO_GOAL = 0.8
BULK_GOAL = 10_000.0
PACED_GOAL = 50.0  # milliseconds, at the 99th percentile


@dataclass(frozen=True)
class Figures:
    """Of one kind of call in one round. Rates are accepted reports a second."""

    rate: float
    cpu_microseconds: float
    p50_milliseconds: float
    p99_milliseconds: float
    refused: int

    @property
    def rate_of_core(self) -> float:
        """Reports for one second of the processor."""
        return 1e6 / self.cpu_microseconds


@dataclass(frozen=True)
class Paced:
    """Single calls at a steady rate, open loop: a latency counts from the moment at which a report
    was meant to be sent, however late the machine was with it.
    """

    rate: float
    seconds: float
    p50_milliseconds: float
    p99_milliseconds: float
    refused: int


def paced(rate: float, seconds: float, answers: Sequence[tuple[int, int]]) -> Paced:
    """From latency in microseconds and status of each answer."""
    ordered = sorted(latency for latency, _ in answers)

    def milliseconds(share: float) -> float:
        place = min(len(ordered) - 1, int(len(ordered) * share))
        return ordered[place] / 1000 if ordered else 0.0

    refused = sum(status != ACCEPTED for _, status in answers)
    return Paced(rate, seconds, milliseconds(0.5), milliseconds(0.99), refused)


@dataclass(frozen=True)
class Run:
    """A round of the echo and a round of the edge follow each other, so that what else the
    machine does meets both alike.
    """

    machine: str
    body_bytes: float
    connections: int
    echo: Sequence[Figures]
    single: Sequence[Figures]
    half: Paced
    bulk_lines: int
    bulk_connections: int
    bulk: Sequence[Figures]

    @property
    def ratio(self) -> float:
        """Median over the rounds of edge to echo."""
        return median(
            edge.rate / echo.rate for edge, echo in zip(self.single, self.echo, strict=True)
        )

    @property
    def bulk_rate(self) -> float:
        return median(figures.rate for figures in self.bulk)

    @property
    def refused(self) -> int:
        every_round = (*self.echo, *self.single, *self.bulk)
        return self.half.refused + sum(one.refused for one in every_round)

    def summary(self) -> dict[str, object]:
        """As bench.json has it."""
        return {
            "machine": self.machine,
            "body_bytes": round(self.body_bytes),
            "single": {
                "connections": self.connections,
                "echo": middle(self.echo),
                "edge": middle(self.single),
                "ratio": round(self.ratio, 3),
                "goal": RATIO_GOAL,
                "reached": self.ratio >= RATIO_GOAL,
            },
            "half": {
                "reports_per_second": round(self.half.rate, 1),
                "seconds": self.half.seconds,
                "p50_milliseconds": round(self.half.p50_milliseconds, 1),
                "p99_milliseconds": round(self.half.p99_milliseconds, 1),
                "goal": PACED_GOAL,
                "reached": self.half.p99_milliseconds <= PACED_GOAL,
            },
            "bulk": {
                "connections": self.bulk_connections,
                "lines": self.bulk_lines,
                "edge": middle(self.bulk),
                "goal": BULK_GOAL,
                "reached": self.bulk_rate >= BULK_GOAL,
            },
        }

    def table(self) -> str:
        rows = [
            ("call", "reports/s", "CPU us each", "reports/CPU s", "p50 ms", "p99 ms", "refused"),
            _row("POST, bare echo", self.echo),
            _row("POST /v1/reports", self.single),
            _row("POST /v1/reports/bulk", self.bulk),
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.rjust(width) if column else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
        return "\n".join([*lines, *self._says()])

    def _says(self) -> list[str]:
        ratio, bulk = _reached(self.ratio, RATIO_GOAL), _reached(self.bulk_rate, BULK_GOAL)
        how = (
            f"medians of {len(self.single)} rounds, echo and edge in turn; {self.connections} "
            f"connections, in bulk {self.bulk_connections} of {self.bulk_lines} lines; bodies of "
            f"{self.body_bytes:,.0f} bytes"
        )
        return [
            "",
            f"edge to echo {self.ratio:.2f}, goal {RATIO_GOAL}: {ratio}",
            self._says_at_half(),
            f"bulk {self.bulk_rate:,.0f} reports/s, goal {BULK_GOAL:,.0f}: {bulk}",
            how,
            f"{self.machine}; CPU is user and system time of the measured process",
        ]

    def _says_at_half(self) -> str:
        reached = _reached(PACED_GOAL, self.half.p99_milliseconds)
        return (
            f"p99 {self.half.p99_milliseconds:,.1f} ms of single calls at {self.half.rate:,.0f} a"
            f" second, half of that, from the moment meant, goal {PACED_GOAL:.0f} ms: {reached}"
        )


def middle(rounds: Sequence[Figures]) -> dict[str, float]:
    return {
        "reports_per_second": round(median(one.rate for one in rounds), 1),
        "cpu_microseconds": round(median(one.cpu_microseconds for one in rounds), 1),
        "reports_per_cpu_second": round(median(one.rate_of_core for one in rounds), 1),
        "p50_milliseconds": round(median(one.p50_milliseconds for one in rounds), 1),
        "p99_milliseconds": round(median(one.p99_milliseconds for one in rounds), 1),
        "refused": sum(one.refused for one in rounds),
    }


def _row(name: str, rounds: Sequence[Figures]) -> tuple[str, ...]:
    found = middle(rounds)
    return (
        name,
        f"{found['reports_per_second']:,.0f}",
        f"{found['cpu_microseconds']:,.0f}",
        f"{found['reports_per_cpu_second']:,.0f}",
        f"{found['p50_milliseconds']:,.1f}",
        f"{found['p99_milliseconds']:,.1f}",
        f"{found['refused']:,}",
    )


def _reached(found: float, goal: float) -> str:
    return "reached" if found >= goal else "not reached"
