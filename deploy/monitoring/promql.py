"""Promises as PromQL, over all processes and replicas. Kept to Prometheus 2.42."""

from shared.promises import (
    AgainstLimits,
    Largest,
    Promise,
    ShareGood,
    ShareWithin,
    Total,
    Unled,
)

Share = ShareGood | ShareWithin


def figure(promise: Promise, window: str) -> str:
    """The figure that the promise is about, one series; `window` is of use to shares alone."""
    match promise.measure:
        case ShareGood() | ShareWithin() as share:
            return f"1 - {missed(share, window)} / {seen(share, window)}"
        case Largest(gauges):
            return f"max({any_of(gauges)})"
        case AgainstLimits() as measure:
            return f"max({against_limits(measure)})"
        case Total(gauge):
            return f"sum({gauge})"
        case Unled(gauge, label):
            return f"sum(sum by ({label}) ({gauge}) == bool 0)"


def seen(share: Share, window: str) -> str:
    """A second, over the window: all that the share is of."""
    match share:
        case ShareGood(good):
            return f"(sum(rate({good}[{window}])) + {missed(share, window)})"
        case ShareWithin(histogram):
            return f"sum(rate({histogram}_count[{window}]))"


def missed(share: Share, window: str) -> str:
    """A second, over the window: what broke the promise. 0 where there never was any."""
    match share:
        case ShareGood(_, bad, label, values):
            selected = f'{bad}{{{label}=~"{"|".join(values)}"}}'
            return f"(sum(rate({selected}[{window}])) or vector(0))"
        case ShareWithin(histogram, seconds):
            within = f'{histogram}_bucket{{le="{seconds}"}}'
            return f"({seen(share, window)} - sum(rate({within}[{window}])))"


def any_of(gauges: tuple[str, ...]) -> str:
    """Selector of all of them. `a or b` would leave out what has the same labels."""
    return gauges[0] if len(gauges) == 1 else f'{{__name__=~"{"|".join(gauges)}"}}'


def against_limits(measure: AgainstLimits) -> str:
    """By label, as a part of the limit that it names."""
    label, gauge = measure.label, measure.gauge
    return " or ".join(
        f'max by ({label}) ({gauge}{{{label}="{value}"}}) / {limit:g}'
        for value, limit in measure.limits.items()
    )


def quantile(part: float, histogram: str, *, by: str = "", window: str = "$__rate_interval") -> str:
    """That part (0 to 1) of what the histogram saw took no longer."""
    labels = f"{by}, le" if by else "le"
    buckets = f"sum by ({labels}) (rate({histogram}_bucket[{window}]))"
    return f"histogram_quantile({part:g}, {buckets})"


def rate(counter: str, by: str = "") -> str:
    """A second."""
    grouped = f"sum by ({by})" if by else "sum"
    return f"{grouped} (rate({counter}[$__rate_interval]))"
