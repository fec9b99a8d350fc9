"""What a run found: histograms, what of it breaks a goal, a table and a plot. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogWriter

from tests.bench.plot import svg

# Microseconds: from one to ten minutes, three significant digits.
LEAST, MOST, DIGITS = 1, 600_000_000, 3
QUANTILES = (50.0, 90.0, 99.0, 99.9)


def histogram() -> HdrHistogram:
    return HdrHistogram(LEAST, MOST, DIGITS)


@dataclass(frozen=True)
class Goals:
    """Latencies in milliseconds at the 99th percentile. None is not asked for."""

    post_p99: float | None = 50.0
    visible_p99: float | None = 1000.0


@dataclass(frozen=True)
class Breach:
    what: str
    goal: float
    found: float


@dataclass
class Latencies:
    """Of one thing, whole and by second of the run."""

    name: str
    whole: HdrHistogram = field(default_factory=histogram)
    seconds: dict[int, HdrHistogram] = field(default_factory=lambda: defaultdict(histogram))

    def add(self, second: int, microseconds: int) -> None:
        value = min(max(LEAST, microseconds), MOST)
        self.whole.record_value(value)
        self.seconds[second].record_value(value)

    def milliseconds(self, quantile: float) -> float:
        return float(self.whole.get_value_at_percentile(quantile)) / 1000

    def by_second(self, quantile: float) -> list[tuple[float, float]]:
        """Second of the run, milliseconds."""
        return [
            (float(second), self.seconds[second].get_value_at_percentile(quantile) / 1000)
            for second in sorted(self.seconds)
        ]

    def write_log(self, file: TextIO, *, began: float) -> None:
        """An interval a second, as HdrHistogram's own tools read it."""
        writer = HistogramLogWriter(file)
        writer.output_log_format_version()
        writer.output_legend()
        for second in sorted(self.seconds):
            start = began + second
            writer.output_interval_histogram(self.seconds[second], start, start + 1)


@dataclass(frozen=True)
class Found:
    """Of a run. `post` counts from the moment at which a report was meant to be sent until its
    answer, `visible` from its acceptance until a reviewer could see it.
    """

    rate: float
    seconds: float
    began: float
    answers: Mapping[int, int]
    post: Latencies
    visible: Latencies

    @property
    def accepted(self) -> int:
        return self.answers.get(202, 0)

    def breaches(self, goals: Goals) -> list[Breach]:
        """Refused reports, accepted ones that nobody ever saw, and latencies over their goals."""
        refused = sum(self.answers.values()) - self.accepted
        unseen = self.accepted - self.visible.whole.get_total_count()
        limits = (
            ("refused", 0.0, float(refused)),
            ("accepted and never visible", 0.0, float(unseen)),
            ("post p99 ms", goals.post_p99, self.post.milliseconds(99)),
            ("accepted to visible p99 ms", goals.visible_p99, self.visible.milliseconds(99)),
        )
        return [
            Breach(what, goal, round(found, 1))
            for what, goal, found in limits
            if goal is not None and found > goal
        ]

    def document(self, goals: Goals) -> dict[str, object]:
        return {
            "rate": self.rate,
            "seconds": self.seconds,
            "answers": {str(status): count for status, count in self.answers.items()},
            **{
                each.name: {f"p{q:g}_ms": round(each.milliseconds(q), 2) for q in QUANTILES}
                for each in (self.post, self.visible)
            },
            "breaches": [vars(breach) for breach in self.breaches(goals)],
        }

    def table(self, goals: Goals) -> str:
        head = f"{'ms':<22}" + "".join(f"{f'p{q:g}':>10}" for q in QUANTILES)
        rows = [
            f"{each.name:<22}" + "".join(f"{each.milliseconds(q):>10,.1f}" for q in QUANTILES)
            for each in (self.post, self.visible)
        ]
        said = [
            f"BREACH {one.what}: {one.found:,}, goal {one.goal:,}" for one in self.breaches(goals)
        ] or ["no goal is breached"]
        sent = f"{self.rate:,.0f} reports/s for {self.seconds:,.0f} s, {self.accepted:,} accepted"
        return "\n".join([sent, head, *rows, *said])

    def plot(self) -> str:
        lines: dict[str, Sequence[tuple[float, float]]] = {
            f"{each.name} p{q:g}": each.by_second(q)
            for each in (self.post, self.visible)
            for q in (50.0, 99.0)
        }
        title = f"{self.rate:,.0f} reports a second"
        return svg(title, lines, across="second of the run", up="milliseconds")


def found_in(
    rate: float,
    seconds: float,
    posted: Iterable[tuple[float, int, int]],
    seen: Iterable[tuple[float, int]],
) -> Found:
    """`posted` as the generator writes it, `seen` as moment of acceptance and microseconds from
    there; moments are seconds since 1970.
    """
    lines = sorted(posted)
    began = lines[0][0] if lines else 0.0
    post, visible = Latencies("post"), Latencies("accepted to visible")
    answers: dict[int, int] = defaultdict(int)
    for meant, microseconds, status in lines:
        answers[status] += 1
        post.add(int(meant - began), microseconds)
    for accepted, microseconds in seen:
        visible.add(max(0, int(accepted - began)), microseconds)
    return Found(rate, seconds, began, dict(answers), post, visible)
