"""Every alert fires when it must and is silent when it must, as Prometheus' own tool judges."""

import json
import re
import subprocess
from pathlib import Path

from deploy.monitoring.files import GROUPS, RULES_FILE
from deploy.monitoring.rules import Alert
from tests.integration.monitoring.alert_cases import CASES, TOO_FEW, Case, Series
from tests.real_parts import tool

ALERTS = {rule.name: rule for group in GROUPS for rule in group.rules if isinstance(rule, Alert)}
Json = dict[str, object]


def promtool(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [tool("promtool"), *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_prometheus_takes_the_rules() -> None:
    code, told = promtool("check", "rules", "--lint=all", "--lint-fatal", str(RULES_FILE))
    assert code == 0, told


def test_every_alert_has_a_case() -> None:
    assert {case.alert for case in CASES} == set(ALERTS)


def test_every_alert_fires_when_it_must_and_is_silent_when_it_must(tmp_path: Path) -> None:
    runs = [judged(case.firing, case, fires=True) for case in CASES]
    runs += [judged(case.silent, case, fires=False) for case in CASES]
    code, told = run(tmp_path, runs)
    assert code == 0, told


def test_a_few_misses_on_a_quiet_day_call_nobody(tmp_path: Path) -> None:
    fast = next(case for case in CASES if case.alert == "SloBurnFast")
    code, told = run(tmp_path, [judged(TOO_FEW, fast, fires=False)])
    assert code == 0, told


def test_an_alert_that_stays_silent_would_be_found(tmp_path: Path) -> None:
    quick = [case for case in CASES if case.at == "5m"]
    code, told = run(tmp_path, [judged(case.silent, case, fires=True) for case in quick])
    assert code == 1
    assert set(re.findall(r'alertname="(\w+)", alertstate', told)) == {case.alert for case in quick}


def judged(series: Series, case: Case, *, fires: bool) -> Json:
    """What promtool compares: the whole of what is told, but for the words of the summary."""
    labels = {
        "alertname": case.alert,
        "alertstate": "firing",
        "severity": ALERTS[case.alert].severity.value,
    } | case.labels
    shown = ", ".join(f"{name}={json.dumps(value)}" for name, value in labels.items())
    return {
        "interval": case.step,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'ALERTS{{alertname="{case.alert}", alertstate="firing"}}',
                "eval_time": case.at,
                "exp_samples": [{"labels": f"ALERTS{{{shown}}}", "value": 1}] if fires else [],
            }
        ],
    }


def run(folder: Path, runs: list[Json]) -> tuple[int, str]:
    """promtool reads YAML, which JSON is. Rules are evaluated as often as there are samples, and
    the groups in their order: else an alert may see what a recording was a step ago.
    """
    files = []
    for step in {case.step for case in CASES}:
        file = folder / f"{step}.json"
        files.append(str(file))
        content = {
            "rule_files": [str(RULES_FILE)],
            "evaluation_interval": step,
            "group_eval_order": [group.name for group in GROUPS],
            "tests": [one for one in runs if one["interval"] == step],
        }
        file.write_text(json.dumps(content))
    return promtool("test", "rules", *files)
