"""Prometheus finds the processes of a running stack under the names that alerts and panels use."""

import json
import subprocess
import sys
from pathlib import Path

from deploy.monitoring.alerts import PROCESSES
from deploy.monitoring.files import ROOT, RULES_FILE


def test_the_configuration_has_a_job_for_each_process_and_the_rules(tmp_path: Path) -> None:
    urls = {name: f"http://127.0.0.1:{port}/metrics" for port, name in enumerate(PROCESSES, 8410)}
    ready = tmp_path / "ready.json"
    ready.write_text(json.dumps({"metrics_urls": urls}))
    done = subprocess.run(
        [sys.executable, "-m", "deploy.monitoring", "scrape", str(ready)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    jobs = {one["job_name"]: one["static_configs"] for one in told["scrape_configs"]}
    assert jobs == {
        name: [{"targets": [f"127.0.0.1:{port}"]}] for port, name in enumerate(PROCESSES, 8410)
    }
    assert told["rule_files"] == [str(RULES_FILE)]
