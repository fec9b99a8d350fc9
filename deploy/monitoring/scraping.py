"""How Prometheus finds the processes: a job each, named as dashboards and alerts name them."""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit


def scrape_config(metrics_urls: Mapping[str, str], every: str, rules: Sequence[str] = ()) -> str:
    """A configuration of Prometheus, in JSON, which is YAML too. `metrics_urls` is that of
    ready.json.
    """
    jobs = [
        {
            "job_name": name,
            "metrics_path": urlsplit(url).path,
            "static_configs": [{"targets": [urlsplit(url).netloc]}],
        }
        for name, url in metrics_urls.items()
    ]
    timing = {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every}
    return json.dumps(
        {"global": timing, "rule_files": list(rules), "scrape_configs": jobs}, indent=1
    )
