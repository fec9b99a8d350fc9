"""The committed dashboards are what the code makes, and each can be read by whoever comes new."""

import json
import subprocess
import sys
from itertools import combinations
from typing import TypedDict

import pytest

from deploy.monitoring.board import colours
from deploy.monitoring.files import BOARDS, ROOT, files
from shared.promises import PROMISES, Promise, State, Unit


class Drawn(TypedDict):
    """What is read here of a panel in the JSON."""

    id: int
    type: str
    title: str
    description: str
    gridPos: dict[str, int]
    datasource: dict[str, str]
    fieldConfig: dict[str, dict[str, object]]
    targets: list[dict[str, object]]


class DrawnBoard(TypedDict):
    """What is read here of a dashboard."""

    uid: str
    refresh: str
    schemaVersion: int
    panels: list[Drawn]


DASHBOARDS: dict[str, DrawnBoard] = {
    path.stem: json.loads(text) for path, text in files().items() if path.suffix == ".json"
}
PANELS = {
    f"{name}: {panel['title']}": panel
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    if panel["type"] != "row"
}
UNITS = {"s", "percentunit", "short", "bytes", "ops"}


def test_the_committed_files_are_what_the_code_makes_byte_for_byte() -> None:
    """In a process of its own, where sets have another order."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.monitoring", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_else_lies_where_the_files_are_made() -> None:
    folders = {path.parent for path in files()}
    assert {path for folder in folders for path in folder.iterdir()} == set(files())


def test_every_dashboard_and_every_panel_of_one_has_a_name_of_its_own() -> None:
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
    for board in BOARDS:
        titles = [panel.title for panel in board.panels()]
        assert len(set(titles)) == len(titles)
    for dashboard in DASHBOARDS.values():
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_says_its_unit_and_what_to_do(name: str) -> None:
    panel = PANELS[name]
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["description"].endswith(".")
    assert len(panel["description"]) > 40


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_asks_the_source_that_the_reader_chose(name: str) -> None:
    panel = PANELS[name]
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    targets = panel["targets"]
    assert panel["datasource"] == chosen
    assert [target["datasource"] for target in targets] == [chosen] * len(targets)
    assert len({target["refId"] for target in targets}) == len(targets) > 0
    assert all(target["legendFormat"] for target in targets)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_no_panel_lies_on_another_or_out_of_the_page(name: str) -> None:
    places = [panel["gridPos"] for panel in DASHBOARDS[name]["panels"]]
    assert [place for place in places if place["x"] + place["w"] > 24] == []
    assert [pair for pair in combinations(places, 2) if overlapping(*pair)] == []


def overlapping(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
        for at, size in (("x", "w"), ("y", "h"))
    )


def test_the_search_for_overlaps_finds_one() -> None:
    assert overlapping({"x": 0, "y": 0, "w": 8, "h": 8}, {"x": 7, "y": 7, "w": 8, "h": 8})
    assert not overlapping({"x": 0, "y": 0, "w": 8, "h": 8}, {"x": 8, "y": 0, "w": 8, "h": 8})


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_refreshed_no_more_often_than_every_ten_seconds(name: str) -> None:
    number, unit = DASHBOARDS[name]["refresh"][:-1], DASHBOARDS[name]["refresh"][-1]
    assert int(number) * {"s": 1, "m": 60}[unit] >= 10


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_first_row_is_coloured_verdicts_eight_at_most(name: str) -> None:
    first = [panel for panel in DASHBOARDS[name]["panels"] if panel["gridPos"]["y"] == 0]
    assert 1 <= len(first) <= 8
    for panel in first:
        assert panel["type"] == "stat"
        thresholds = panel["fieldConfig"]["defaults"]["thresholds"]
        assert isinstance(thresholds, dict)
        assert {step["color"] for step in thresholds["steps"]} >= {"green", "red"}


def test_the_overview_begins_with_every_promise() -> None:
    overview = DASHBOARDS["overview"]["panels"]
    assert [panel["title"] for panel in overview[:8]] == [p.title for p in PROMISES]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_a_figure_has_the_colour_of_the_state_that_is_judged_elsewhere(promise: Promise) -> None:
    colour_of = {State.KEPT: "green", State.AT_RISK: "orange", State.BROKEN: "red"}
    step = 0.01 if promise.unit is not Unit.PART else 0.0001
    for bound in (promise.warn, promise.limit):
        for value in (bound - step, bound, bound + step):
            shown = [s.colour for s in colours(promise) if s.value is None or value >= s.value]
            assert shown[-1] == colour_of[promise.state(value)], value
