"""Every panel shows what it is for: a real Prometheus reads the processes while x."""

import re

import pytest

from deploy.monitoring.board import Panel
from deploy.monitoring.files import BOARDS, ROOT
from deploy.monitoring.rules import RUNBOOKS
from tests.integration.watched.deaths import EFFECTS, SERVICES, Deaths
from tests.integration.watched.prometheus import Prometheus
from tests.integration.watched.traffic import Traffic
from tests.integration.watched.troubles import TROUBLES, Troubles
from tests.running_stack import RunningStack

PANELS = {f"{board.title}: {panel.title}": panel for board in BOARDS for panel in board.panels()}
# What need not move here, and why.
STILL = {"Crashed requests at the edge": "only a fault of ours moves it, and none is known"}


@pytest.fixture(scope="module")
def troubles(stack: RunningStack, prometheus: Prometheus, traffic: Traffic) -> Troubles:
    made = Troubles(stack, prometheus, traffic)
    made.happen()
    return made


@pytest.fixture(scope="module")
def deaths(
    stack: RunningStack, prometheus: Prometheus, traffic: Traffic, troubles: Troubles
) -> Deaths:
    made = Deaths(stack, prometheus, traffic)
    made.happen()
    prometheus.until_scraped()
    return made


@pytest.mark.parametrize("process", EFFECTS)
def test_a_death_shows_where_its_runbook_says(deaths: Deaths, process: str) -> None:
    assert deaths.unseen[process] == []


@pytest.mark.parametrize("runbook", TROUBLES)
def test_a_trouble_shows_where_its_runbook_says_and_goes(troubles: Troubles, runbook: str) -> None:
    assert troubles.unseen.get(runbook, []) == []
    text = (ROOT / RUNBOOKS / f"{runbook}.md").read_text()
    assert [
        effect for effect in TROUBLES[runbook] if f"**{effect.board} / {effect.panel}**" not in text
    ] == []


def test_top_calls_down_what_is_down(deaths: Deaths) -> None:
    assert deaths.down_by_top == set(SERVICES)


@pytest.mark.parametrize("process", EFFECTS)
def test_the_runbook_names_the_panels_that_a_death_moves(process: str) -> None:
    text = (ROOT / RUNBOOKS / "process-down.md").read_text()
    (row,) = re.findall(rf"^\| {process} \|(.*)$", text, flags=re.MULTILINE)
    named = set(re.findall(r"\*\*(\w+) / ([^*]+)\*\*", row.split("|")[0]))
    of_all = {("Overview", "Processes that answer")}
    assert named == {(effect.board, effect.panel) for effect in EFFECTS[process]} - of_all


def test_every_rule_can_be_evaluated_on_what_the_processes_show(
    deaths: Deaths, prometheus: Prometheus
) -> None:
    assert prometheus.unsound_rules() == []


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_every_expression_gives_a_line(
    deaths: Deaths, prometheus: Prometheus, panel: Panel
) -> None:
    for query in panel.queries:
        assert prometheus.since_the_start(query.expression), query


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_work_a_trouble_or_a_death_moves_it(
    deaths: Deaths, prometheus: Prometheus, panel: Panel
) -> None:
    lines = [
        line for query in panel.queries for line in prometheus.since_the_start(query.expression)
    ]
    assert panel.title in STILL or any(line.moved for line in lines)
