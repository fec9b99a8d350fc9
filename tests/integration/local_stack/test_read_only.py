"""Every process works where it can write nothing: the file system of its container is read-only."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from deploy.local.launch import last_lines
from deploy.local.parts import SERVICES
from tests.ports import free_port
from tests.waiting import eventually_true

# Python loads this before anything else: who opens a file to write, or makes a folder, ends.
REFUSAL = """
import os, sys

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod"}

def refuse(event, arguments):
    wrote = event in CHANGES or (
        event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES
        and arguments[0] != os.devnull and not isinstance(arguments[0], int)
    )
    if wrote:
        os.write(2, f"WROTE {event} {arguments[0]}\\n".encode())
        os._exit(97)

sys.addaudithook(refuse)
"""
ADMIN_PORTS = {
    "ingest": "MIZAN_INGEST_ADMIN_PORT",
    "scoring-score": "MIZAN_SCORE_ADMIN_PORT",
    "scoring-match": "MIZAN_MATCH_ADMIN_PORT",
    "review-api": "MIZAN_REVIEW_ADMIN_PORT",
    "review-worker": "MIZAN_REVIEW_WORKER_ADMIN_PORT",
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_process_is_ready_and_stops_without_writing_a_file(
    name: str, broker: str, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(REFUSAL)
    ports = {
        variable: str(free_port())
        for variable in (*ADMIN_PORTS.values(), "MIZAN_INGEST_PORT", "MIZAN_REVIEW_PORT")
    }
    environment = os.environ | ports | {
        "MIZAN_KAFKA": broker,
        "MIZAN_DATABASE_URL": database_url,
        "MIZAN_SUBJECT_KEY": "a key for the tests alone",
        "MIZAN_CURSOR_KEY": "a key for the tests alone",
        "PYTHONPATH": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    log = tmp_path / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", *SERVICES[name]], env=environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            eventually_true(
                lambda: is_ready(ports[ADMIN_PORTS[name]]) or process.poll() is not None,
                within_seconds=120,
                what=f"{name} is ready",
            )
            process.terminate()
            assert process.wait(60) in {0, -signal.SIGTERM}, last_lines(log)
        finally:
            process.kill()
    assert "WROTE" not in log.read_text()


def is_ready(admin_port: str) -> bool:
    try:
        page = httpx.get(f"http://127.0.0.1:{admin_port}/readyz", timeout=3, trust_env=False)
    except httpx.TransportError:
        return False
    return page.status_code == httpx.codes.OK
