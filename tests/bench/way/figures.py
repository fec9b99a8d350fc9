"""What a run of the whole way found, and how it is shown. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.load.figures import Latencies

RATE_GOAL = 1_500.0
P99_GOAL = 1_000.0  # milliseconds

# Moment of acceptance and moment of being visible, both of one clock, in seconds.
Seen = tuple[float, float]


@dataclass(frozen=True)
class Window:
    """Moments between which the far end is watched, in seconds of the same clock."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin

    def has(self, moment: float) -> bool:
        return self.begin <= moment < self.end


@dataclass(frozen=True)
class Sustained:
    """What came out within a window; what was on its way when it began and when it ended."""

    seconds: float
    came_out: int
    on_their_way: tuple[int, int]

    @property
    def rate(self) -> float:
        """Of what came out, less what the way was emptied by meanwhile: that is no rate that can
        be held.
        """
        before, after = self.on_their_way
        return (self.came_out - max(0, before - after)) / self.seconds


def sustained(seen: Iterable[Seen], window: Window) -> Sustained:
    rows = list(seen)

    def on_their_way(moment: float) -> int:
        return sum(accepted <= moment < visible for accepted, visible in rows)

    return Sustained(
        seconds=window.seconds,
        came_out=sum(window.has(visible) for _, visible in rows),
        on_their_way=(on_their_way(window.begin), on_their_way(window.end)),
    )


def latencies(seen: Iterable[Seen], window: Window) -> Latencies:
    """Of what was accepted within the window."""
    found = Latencies("accepted to visible")
    for accepted, visible in seen:
        if window.has(accepted):
            found.add(int(accepted - window.begin), int((visible - accepted) * 1e6))
    return found


@dataclass(frozen=True)
class Run:
    """`busy` has seconds of the processor by process while the sustained rate was measured."""

    machine: str
    cores: int
    lines: int
    held: Sustained
    busy: Mapping[str, float]
    half_rate: float
    half_seconds: float
    half: Latencies
    refused: int
    unseen: int

    @property
    def p99_milliseconds(self) -> float:
        return self.half.milliseconds(99)

    @property
    def believable(self) -> bool:
        """What was refused or never seen makes every other figure mean nothing."""
        return self.refused == 0 and self.unseen == 0

    @property
    def busiest(self) -> str:
        """Name of the process that used most of a core."""
        return max(self.busy, key=lambda name: self.busy[name])

    def share(self, name: str) -> float:
        """Of one core."""
        return self.busy[name] / self.held.seconds

    @property
    def machine_share(self) -> float:
        return sum(self.busy.values()) / self.held.seconds / self.cores

    def summary(self) -> dict[str, object]:
        """As bench-way.json has it."""
        return {
            "machine": self.machine,
            "sustained": {
                "seconds": round(self.held.seconds, 1),
                "reports_per_second": round(self.held.rate, 1),
                "on_their_way": list(self.held.on_their_way),
                "goal": RATE_GOAL,
                "reached": self.held.rate >= RATE_GOAL,
                "cpu_microseconds": {
                    name: round(1e6 * seconds / max(self.held.came_out, 1), 1)
                    for name, seconds in self.busy.items()
                },
                "busiest": self.busiest,
                "machine_share": round(self.machine_share, 3),
            },
            "half": {
                "seconds": self.half_seconds,
                "reports_per_second": round(self.half_rate, 1),
                "p50_ms": round(self.half.milliseconds(50), 1),
                "p99_ms": round(self.p99_milliseconds, 1),
                "goal": P99_GOAL,
                "reached": self.p99_milliseconds <= P99_GOAL,
            },
            "refused": self.refused,
            "unseen": self.unseen,
        }

    def table(self) -> str:
        rows = [("process", "CPU us each", "of a core")]
        rows += [
            (name, f"{1e6 * seconds / max(self.held.came_out, 1):,.0f}", f"{self.share(name):.0%}")
            for name, seconds in sorted(self.busy.items(), key=lambda pair: -pair[1])
        ]
        return "\n".join([*_aligned(rows), "", *self._says()])

    def _says(self) -> list[str]:
        held, half = self.held, self.half
        rate = f"{held.rate:,.0f} reports/s over {held.seconds:,.0f} s"
        waited = f"p50 {half.milliseconds(50):,.0f} ms, p99 {self.p99_milliseconds:,.0f} ms"
        goal = f"goal p99 {P99_GOAL:,.0f} ms: {_reached(self.p99_milliseconds <= P99_GOAL)}"
        before, after = held.on_their_way
        stages = f"busiest: {self.busiest}; the {self.cores} cores {self.machine_share:.0%} at work"
        how = f"{self.lines} lines a request, then for {self.half_seconds:,.0f} s a request"
        return [
            f"whole way {rate}, goal {RATE_GOAL:,.0f}: {_reached(held.rate >= RATE_GOAL)}",
            f"accepted to visible at {self.half_rate:,.0f} reports/s: {waited}, {goal}",
            f"on their way {before:,} when it began, {after:,} when it ended; {stages}",
            f"in bulk, {how} every tenth of a second; {self.machine}",
        ]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _reached(reached: bool) -> str:
    return "reached" if reached else "not reached"
