"""What a dashboard says, before it is drawn."""

from dataclasses import dataclass

from deploy.monitoring.promql import figure
from shared.promises import Promise

# Of a share that is promised: longer than a hiccup, short enough to see what a remedy does.
ATTAINMENT_WINDOW = "1h"


@dataclass(frozen=True)
class Query:
    """PromQL; `legend` is in Grafana's form, {{label}}."""

    expression: str
    legend: str


@dataclass(frozen=True)
class Step:
    """A colour from this value up; None is from the bottom."""

    value: float | None
    colour: str


@dataclass(frozen=True)
class Panel:
    """`remedy` is its description: what to do when it moves. `unit` is one of Grafana's. With
    `steps` it is one figure in the colour of its step, without it is lines over time.
    """

    title: str
    unit: str
    remedy: str
    queries: tuple[Query, ...]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Board:
    """A dashboard. Its first row is `verdicts`, one figure for each promise, eight at most."""

    uid: str
    title: str
    description: str
    verdicts: tuple[Panel, ...]
    rows: tuple[Row, ...]

    def panels(self) -> tuple[Panel, ...]:
        return self.verdicts + tuple(panel for row in self.rows for panel in row.panels)


def lines(title: str, unit: str, remedy: str, *queries: tuple[str, str]) -> Panel:
    """From pairs of expression and legend."""
    return Panel(title, unit, remedy, tuple(Query(*pair) for pair in queries))


def verdict(promise: Promise) -> Panel:
    """The figure of a promise, green while it is kept."""
    query = Query(figure(promise, ATTAINMENT_WINDOW), promise.title)
    return Panel(promise.title, promise.unit, promise.remedy, (query,), colours(promise))


def colours(promise: Promise) -> tuple[Step, ...]:
    """Green, orange and red as `Promise.state` judges. Grafana colours from a value up, so a bound
    that must be passed is written a little higher.
    """
    if promise.falling:
        return Step(None, "red"), Step(promise.limit, "orange"), Step(promise.warn, "green")
    if promise.warn == promise.limit:
        return Step(None, "green"), Step(_above(promise.limit), "red")
    return (
        Step(None, "green"),
        Step(_above(promise.warn), "orange"),
        Step(_above(promise.limit), "red"),
    )


def _above(bound: float) -> float:
    return bound + 0.00001
