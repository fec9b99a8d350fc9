"""The figure of a promise from what processes show of themselves. The same figure as in PromQL,
but for shares: those are of what was counted since an earlier reading, or since the start. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.promises import (
    AgainstLimits,
    Largest,
    Promise,
    ShareGood,
    ShareWithin,
    State,
    Total,
    Unled,
)


@dataclass(frozen=True)
class Sample:
    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Reading:
    """What each process showed at one time, in seconds of a clock that only goes on; None is a
    process that did not answer.
    """

    at: float
    pages: Mapping[str, Sequence[Sample] | None]

    def samples(self, name: str) -> Iterable[Sample]:
        for page in self.pages.values():
            yield from (sample for sample in page or () if sample.name == name)

    @property
    def down(self) -> list[str]:
        return [process for process, page in self.pages.items() if page is None]


@dataclass(frozen=True)
class Standing:
    """A promise and how it stands; `value` is None where nobody gives its figure."""

    promise: Promise
    value: float | None

    @property
    def state(self) -> State:
        return self.promise.state(self.value)


def standings(
    promises: Sequence[Promise], now: Reading, earlier: Reading | None = None
) -> list[Standing]:
    return [Standing(promise, figure(promise, now, earlier)) for promise in promises]


def figure(promise: Promise, now: Reading, earlier: Reading | None = None) -> float | None:
    """None where no process shows it, or where there was nothing that the share could be of."""
    match promise.measure:
        case ShareGood() | ShareWithin() as share:
            since = _counted(share, earlier) if earlier else None
            return _part(_counted(share, now), since)
        case Largest(gauges):
            return max(
                (sample.value for name in gauges for sample in now.samples(name)), default=None
            )
        case AgainstLimits(gauge, label, limits):
            return max(
                (
                    sample.value / limits[sample.labels[label]]
                    for sample in now.samples(gauge)
                    if sample.labels[label] in limits
                ),
                default=None,
            )
        case Total(gauge):
            values = [sample.value for sample in now.samples(gauge)]
            return sum(values) if values else None
        case Unled(gauge, label):
            sums: dict[str, float] = {}
            for sample in now.samples(gauge):
                key = sample.labels[label]
                sums[key] = sums.get(key, 0.0) + sample.value
            return float(sum(total == 0 for total in sums.values())) if sums else None


def _counted(share: ShareGood | ShareWithin, reading: Reading) -> tuple[float, float]:
    """(good, all) since the processes began to count."""
    match share:
        case ShareGood(good, bad, label, values):
            kept = sum(sample.value for sample in reading.samples(good))
            missed = sum(
                sample.value for sample in reading.samples(bad) if sample.labels[label] in values
            )
            return kept, kept + missed
        case ShareWithin(histogram, seconds):
            within = sum(
                sample.value
                for sample in reading.samples(f"{histogram}_bucket")
                if float(sample.labels["le"]) == seconds
            )
            return within, sum(sample.value for sample in reading.samples(f"{histogram}_count"))


def _part(now: tuple[float, float], since: tuple[float, float] | None) -> float | None:
    """Of what came since then; a process that began anew counts from its start."""
    good, seen = now
    if since is not None and since[0] <= good and since[1] < seen:
        good, seen = good - since[0], seen - since[1]
    return good / seen if seen else None
