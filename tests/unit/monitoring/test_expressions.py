"""Metrics, panels and alerts know of each other: none asks for what nobody counts, and nothing is
counted that nobody sees.
"""

import pytest
from prometheus_client import REGISTRY

from deploy.monitoring.files import BOARDS, GROUPS
from deploy.monitoring.rules import Recording
from services.reference import modules_named
from tests.unit.monitoring.expressions import SUFFIXES, labels_of, parsed, selectors, series_of

# Of Prometheus and of its client library, on every page.
GIVEN = {
    "up": set[str](),
    "process_cpu_seconds_total": set[str](),
    "process_resident_memory_bytes": set[str](),
    "process_open_fds": set[str](),
    "process_max_fds": set[str](),
    "process_start_time_seconds": set[str](),
}
OF_THE_TARGET = {"job", "instance"}
RULES = [rule for group in GROUPS for rule in group.rules]
PANELS = {
    f"{board.uid}: {panel.title}: {number}": query.expression
    for board in BOARDS
    for panel in board.panels()
    for number, query in enumerate(panel.queries)
}
EXPRESSIONS = PANELS | {rule.name: rule.expression for rule in RULES}


def registered() -> dict[str, set[str]]:
    """Labels by series name, of every metric of ours."""
    modules_named("metrics")
    found: dict[str, set[str]] = {}
    for name, collector in REGISTRY._names_to_collectors.items():
        if name.startswith("mizan_") and not name.endswith("_created"):
            found[name] = set(getattr(collector, "_labelnames", ()))
    return found


def metric_of(series: str, known: dict[str, set[str]]) -> str:
    """mizan_x_seconds_bucket is of mizan_x_seconds."""
    for suffix in SUFFIXES:
        if series.removesuffix(suffix) in known and series.removesuffix(suffix) != series:
            return series.removesuffix(suffix)
    return series


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_names_only_series_and_labels_that_there_are(name: str) -> None:
    recorded = {rule.name: {*dict(rule.labels), "slo"} for rule in RULES if type(rule) is Recording}
    known = registered() | GIVEN | recorded
    for selector in selectors(EXPRESSIONS[name]):
        for series in series_of(selector):
            assert series in known, series
            extra = {"le"} if series.endswith("_bucket") else set()
            assert labels_of(selector) <= known[series] | extra | OF_THE_TARGET, series


def test_every_metric_is_seen_on_a_panel_or_by_an_alert() -> None:
    known = registered()
    families = {name for name in known if not name.endswith(SUFFIXES) and is_family(name, known)}
    seen = {
        metric_of(series, known)
        for expression in EXPRESSIONS.values()
        for selector in selectors(expression)
        for series in series_of(selector)
    }
    assert families - seen == set()


def is_family(name: str, known: dict[str, set[str]]) -> bool:
    """A counter is registered with and without its ending; the one with it is the series."""
    return f"{name}_total" not in known


def test_every_recorded_series_is_used() -> None:
    used = {
        series
        for expression in EXPRESSIONS.values()
        for selector in selectors(expression)
        for series in series_of(selector)
    }
    assert {rule.name for rule in RULES if isinstance(rule, Recording)} - used == set()


def test_what_prometheus_would_refuse_is_refused_here() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        parsed("sum(mizan_queue_depth")
