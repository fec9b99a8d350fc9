"""Rules of Prometheus, before they are written."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

RUNBOOKS = "docs/runbooks"


class Severity(StrEnum):
    """Whether somebody is woken, or reads it in the morning."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True)
class Recording:
    """A series under a name of its own."""

    name: str
    expression: str
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Alert:
    """Fires when the expression has given a series for `lasting`. `summary` says what is wrong,
    with the value.
    """

    name: str
    expression: str
    lasting: str
    severity: Severity
    summary: str
    page: str = ""

    @property
    def runbook(self) -> str:
        """ConsumerStalled is docs/runbooks/consumer-stalled.md, unless `page` names another."""
        name = self.page or self.name
        words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
        return f"{RUNBOOKS}/{words.lstrip('-')}.md"


@dataclass(frozen=True)
class Group:
    """Rules that are evaluated together, every `interval`."""

    name: str
    interval: str
    rules: Sequence[Recording | Alert]


def rules_file(groups: Sequence[Group]) -> str:
    """As YAML, every string in the quotes of JSON, which are YAML's too."""
    lines = ["# Made by `python -m deploy.monitoring`; do not edit it.", "groups:"]
    for group in groups:
        lines += [f"  - name: {group.name}", f"    interval: {group.interval}", "    rules:"]
        for rule in group.rules:
            lines += _recording(rule) if isinstance(rule, Recording) else _alert(rule)
    return "\n".join(lines) + "\n"


def _recording(rule: Recording) -> list[str]:
    return [
        f"      - record: {rule.name}",
        f"        expr: {json.dumps(rule.expression)}",
        *_labels(rule.labels),
    ]


def _alert(rule: Alert) -> list[str]:
    return [
        f"      - alert: {rule.name}",
        f"        expr: {json.dumps(rule.expression)}",
        f"        for: {rule.lasting}",
        *_labels((("severity", str(rule.severity)),)),
        "        annotations:",
        f"          summary: {json.dumps(rule.summary)}",
        f"          runbook_url: {json.dumps(rule.runbook)}",
    ]


def _labels(labels: Sequence[tuple[str, str]]) -> list[str]:
    if not labels:
        return []
    return ["        labels:", *(f"          {name}: {json.dumps(of)}" for name, of in labels)]
