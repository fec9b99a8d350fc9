"""An alert leads to a page that says which panels to look at, why it fires and what helps."""

import re

import pytest

from deploy.monitoring.files import BOARDS, GROUPS, ROOT
from deploy.monitoring.rules import Alert

ALERTS = [rule for group in GROUPS for rule in group.rules if isinstance(rule, Alert)]
# **Flow / Time to drain** names a panel.
NAMED = re.compile(r"\*\*(\w+) / ([^*]+)\*\*")
PANELS = {
    (board.title.removeprefix("Mizan: "), panel.title)
    for board in BOARDS
    for panel in board.panels()
}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_has_a_runbook_that_names_panels_cause_and_remedy(alert: Alert) -> None:
    text = (ROOT / alert.runbook).read_text()
    named = set(NAMED.findall(text))
    assert named, "no panel is named"
    assert named - PANELS == set()
    assert alert.name in text
    for heading in ("## What moves", "## Why", "## What to do"):
        assert heading in text


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_says_what_is_wrong_with_its_value(alert: Alert) -> None:
    assert "$value" in alert.summary
