"""Writes dashboards and rules: `python -m deploy.monitoring`. With `--check` nothing is written:
the names of files that are not current are printed and the exit code is 1 when there are any.

`python -m deploy.monitoring scrape [READY]` prints a configuration of Prometheus for a running
stack, by its ready.json (var/ready.json).
"""

import json
import sys
from pathlib import Path

from deploy.monitoring.files import ROOT, RULES_FILE, files
from deploy.monitoring.scraping import scrape_config


def main() -> None:
    if sys.argv[1:2] == ["scrape"]:
        ready = json.loads(Path(*sys.argv[2:3] or ("var/ready.json",)).read_text())
        sys.stdout.write(scrape_config(ready["metrics_urls"], "5s", [str(RULES_FILE)]) + "\n")
        return
    checking = "--check" in sys.argv[1:]
    made = files()
    old = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in old:
        if not checking:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path])
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    if checking and old:
        sys.exit(1)


if __name__ == "__main__":
    main()
