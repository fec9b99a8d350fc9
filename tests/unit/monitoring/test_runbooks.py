"""An alert leads to a page that says which panels to look at, why it fires and what helps, and
names nothing that there is not.
"""

import importlib
import re
import shlex
from datetime import date
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from deploy.monitoring.files import BOARDS, GROUPS, ROOT
from deploy.monitoring.rules import RUNBOOKS, Alert
from services.command_line import COMMANDS
from tests.unit.monitoring.test_expressions import registered

ALERTS = [rule for group in GROUPS for rule in group.rules if isinstance(rule, Alert)]
PAGES = {path.stem: path for path in sorted((ROOT / RUNBOOKS).glob("*.md"))}
# How to run a stack on one machine; no alert leads there.
OF_NO_ALERT = {"local-stack"}
HEADINGS = ["What moves", "Why", "What to do", "Over when"]
# **Flow / Time to drain** names a panel.
NAMED = re.compile(r"\*\*(\w+) / ([^*]+)\*\*")
CODE = re.compile(r"`([^`]+)`")
WALKED = re.compile(r"^\*Walked through on (\S+), version [\d.]+: \S.*\.\*$", flags=re.MULTILINE)
NAME = re.compile(r"[a-z]+(_[a-z]+)+")
OF_POSTGRESQL = {"max_connections", "log_min_duration_statement"}
PANELS = {
    (board.title.removeprefix("Mizan: "), panel.title)
    for board in BOARDS
    for panel in board.panels()
}
every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


def codes(page: Path) -> list[str]:
    return CODE.findall(page.read_text())


def commands_in(page: Path) -> list[str]:
    """What follows `mizan`, of each command line that the page names."""
    lines = (code.rpartition("| ")[2] for code in codes(page))
    return [line.removeprefix("mizan ") for line in lines if line.startswith("mizan ")]


def parse(line: str) -> None:
    """As the command line itself does, without running it. Raises typer's own error of use."""
    name, *arguments = shlex.split(line)
    mounted = COMMANDS[name]
    application: typer.Typer = importlib.import_module(mounted.module).commands
    member = [] if mounted.member is None else [mounted.member]
    parse_in(typer.main.get_group(application), [*member, *arguments])


def parse_in(group: TyperGroup, words: list[str]) -> None:
    name, *rest = words
    command = group.commands[name]
    if isinstance(command, TyperGroup):
        parse_in(command, rest)
    else:
        command.make_context(name, rest)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_has_a_runbook_that_names_it_and_a_panel(alert: Alert) -> None:
    text = (ROOT / alert.runbook).read_text()
    assert f"`{alert.name}`" in text
    assert NAMED.findall(text.split("## Why")[0])


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_says_what_is_wrong_with_its_value(alert: Alert) -> None:
    assert "$value" in alert.summary


def test_every_runbook_is_of_an_alert() -> None:
    assert PAGES.keys() - OF_NO_ALERT == {Path(alert.runbook).stem for alert in ALERTS}


@pytest.mark.parametrize("name", PAGES.keys() - OF_NO_ALERT)
def test_a_runbook_says_what_moves_why_what_helps_and_when_it_is_over(name: str) -> None:
    text = PAGES[name].read_text()
    found = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert [heading for heading in found if heading in HEADINGS] == HEADINGS


@pytest.mark.parametrize("name", PAGES.keys() - OF_NO_ALERT)
def test_a_runbook_says_when_it_was_walked_through(name: str) -> None:
    (day,) = WALKED.findall(PAGES[name].read_text())
    date.fromisoformat(day)


@every_page
def test_every_panel_that_is_named_is_there(page: Path) -> None:
    assert set(NAMED.findall(page.read_text())) - PANELS == set()


@every_page
def test_every_command_can_be_given_as_it_is_written(page: Path) -> None:
    for line in commands_in(page):
        parse(line)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("dead-letters list --groups", "No such option"),
        ("reviewers add", "Missing parameter: email"),
        ("invariants now", "unexpected extra argument"),
        ("reviewers remove", "remove"),
    ],
)
def test_a_command_that_there_is_not_would_be_found(line: str, told: str) -> None:
    with pytest.raises(Exception, match=told):
        parse(line)


@every_page
def test_every_metric_and_setting_is_there(page: Path) -> None:
    text = page.read_text()
    assert set(re.findall(r"mizan_\w+", text)) - registered().keys() == set()
    settings = (ROOT / "docs" / "reference" / "settings.md").read_text()
    named = set(re.findall(r"MIZAN_[A-Z_]+", text))
    assert {name for name in named if f"`{name}`" not in settings} == set()


@pytest.fixture(scope="module")
def source() -> str:
    folders = ("services", "shared", "deploy")
    return "\n".join(path.read_text() for f in folders for path in (ROOT / f).rglob("*.py"))


@every_page
def test_every_log_event_table_and_field_is_in_the_code(page: Path, source: str) -> None:
    names = {code for code in codes(page) if NAME.fullmatch(code)} - OF_POSTGRESQL
    assert {name for name in names if not re.search(rf"\b{name}\b", source)} == set()


@every_page
def test_every_page_that_is_linked_to_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
