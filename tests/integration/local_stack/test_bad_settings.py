"""A bad setting stops the start of any process with one line that names it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GIVEN = {
    "MIZAN_SUBJECT_KEY": "s" * 16,
    "MIZAN_CURSOR_KEY": "c" * 16,
    "MIZAN_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
}
PROCESSES = {
    "ingest": ("services.ingest",),
    "score": ("services.scoring", "score"),
    "match": ("services.scoring", "match"),
    "review api": ("services.review", "api"),
    "review worker": ("services.review", "worker"),
    "review migrate": ("services.review", "migrate"),
}


def started(process: str, changed: dict[str, str | None]) -> subprocess.CompletedProcess[str]:
    wanted = {**os.environ, **GIVEN, **changed}
    return subprocess.run(
        [sys.executable, "-m", *PROCESSES[process]],
        cwd=ROOT,
        env={name: value for name, value in wanted.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("process", "name", "value"),
    [
        ("ingest", "MIZAN_INGEST_PORT", "many"),
        ("ingest", "MIZAN_SUBJECT_KEY", None),
        ("score", "MIZAN_CLASSIFIER", "oracle"),
        ("match", "MIZAN_MATCH_SHARDS", "0"),
        ("review api", "MIZAN_CURSOR_KEY", "too short"),
        ("review worker", "MIZAN_DATABASE_URL", None),
        ("review migrate", "MIZAN_LOG_LEVEL", "loud"),
    ],
)
def test_it_is_named_in_one_line_and_its_value_is_not_repeated(
    process: str, name: str, value: str | None
) -> None:
    done = started(process, {name: value})
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"mizan: setting {name}: ")
    assert value is None or value not in line
    assert done.stdout == ""
