"""A real Prometheus beside a stack, and what it answers."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import TypedDict

import httpx
import psutil

from deploy.local.launch import Launch, listening, start, stop
from deploy.monitoring.files import GROUPS
from deploy.monitoring.rules import rules_file
from deploy.monitoring.scraping import scrape_config
from tests.ports import free_port
from tests.real_parts import tool
from tests.running_stack import Ready
from tests.waiting import eventually_true

# Also the longest that a page may take on a busy machine.
SCRAPED_SECONDS = 2
SCRAPED_EVERY = f"{SCRAPED_SECONDS}s"
# Grafana fills this in with four scrapes.
RATE_INTERVAL = "8s"
Labels = dict[str, str]


class Found(TypedDict):
    """A series as Prometheus gives it: `value` at a moment, `values` over time."""

    metric: Labels
    value: tuple[float, str]
    values: list[tuple[float, str]]


class FoundRule(TypedDict):
    name: str
    health: str


class FoundGroup(TypedDict):
    rules: list[FoundRule]


@dataclass(frozen=True)
class Line:
    """A series and its values, a second apart."""

    labels: Labels
    values: tuple[float, ...]

    @property
    def moved(self) -> bool:
        """Nothing to work a figure out of is a value too; no line at all is none."""
        return len({None if isnan(value) else value for value in self.values}) > 1


@dataclass(frozen=True)
class Prometheus:
    """`began` is when it was started, in seconds since 1970."""

    url: str
    began: float
    processes: Sequence[str]

    def now(self, expression: str) -> list[tuple[Labels, float]]:
        """What the expression gives at this moment."""
        found = self._asked("query", query=_filled_in(expression))
        return [(one["metric"], float(one["value"][1])) for one in found]

    def since_the_start(self, expression: str) -> list[Line]:
        found = self._asked(
            "query_range",
            query=_filled_in(expression),
            start=str(self.began),
            end=str(time.time()),
            step="1",
        )
        return [
            Line(one["metric"], tuple(float(value) for _, value in one["values"])) for one in found
        ]

    def sum(self, expression: str) -> float:
        return sum(value for _, value in self.now(expression))

    def unsound_rules(self) -> list[str]:
        """Names of the rules that could not be evaluated on what there is, or were not yet."""
        answer = httpx.get(f"{self.url}/api/v1/rules", trust_env=False).raise_for_status()
        groups: list[FoundGroup] = answer.json()["data"]["groups"]
        return [
            rule["name"] for group in groups for rule in group["rules"] if rule["health"] != "ok"
        ]

    def until_scraped(self) -> None:
        """Returns when what every page shows now is known here."""
        asked_at = time.time()

        def known() -> bool:
            stamps = self.now("timestamp(up == 1)")
            return len(stamps) == len(self.processes) and all(at > asked_at for _, at in stamps)

        eventually_true(known, what="every process is scraped")

    def _asked(self, what: str, **parameters: str) -> list[Found]:
        answer = httpx.post(f"{self.url}/api/v1/{what}", data=parameters, trust_env=False)
        assert answer.is_success, (parameters["query"], answer.text)
        result: list[Found] = answer.json()["data"]["result"]
        return result


def _filled_in(expression: str) -> str:
    return expression.replace("$__rate_interval", RATE_INTERVAL)


@contextmanager
def watching(ready: Ready, folder: Path) -> Iterator[Prometheus]:
    """Scrapes and evaluates the rules every two seconds."""
    rules = folder / "rules.yml"
    rules.write_text(rules_file([replace(group, interval=SCRAPED_EVERY) for group in GROUPS]))
    config = folder / "prometheus.yml"
    config.write_text(scrape_config(ready["metrics_urls"], SCRAPED_EVERY, [str(rules)]))
    port = free_port()
    options = {
        "config.file": config,
        "storage.tsdb.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{port}",
    }
    command = (tool("prometheus"), *(f"--{name}={value}" for name, value in options.items()))
    launch = Launch(command, folder / "prometheus.log")
    began = time.time()
    process = start(launch)
    try:
        eventually_true(lambda: listening(port), what=str(launch.log))
        yield Prometheus(f"http://127.0.0.1:{port}", began, tuple(ready["metrics_urls"]))
    finally:
        stop(psutil.Process(process.pid), launch.stop_signal, 10)
        process.wait()
