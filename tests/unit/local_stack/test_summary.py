"""What `make run` prints to try, and what README prints, is one report."""

import json
import shlex
from pathlib import Path

from deploy.local.credentials import load_or_make
from deploy.local.settings import Endpoints, Ports
from deploy.local.summary import curl_lines

ROOT = Path(__file__).parents[3]


def body_in(text: str) -> object:
    """The JSON behind the first -d of a shell text."""
    return json.loads(text.split(" -d '", 1)[1].split("'", 1)[0])


def test_readme_and_the_printed_lines_post_the_same_report(tmp_path: Path) -> None:
    credentials = load_or_make(tmp_path / "secrets.json")
    endpoints = Endpoints(ports=Ports(8400), kafka="", database_url="")
    lines = curl_lines(endpoints, credentials)
    assert [shlex.split(line)[0] for line in lines] == ["curl"] * 3
    assert body_in(lines[0]) == body_in((ROOT / "README.md").read_text())
