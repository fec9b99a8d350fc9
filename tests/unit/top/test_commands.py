"""`mizan top` says what is broken and what is down, in a frame or as JSON, and by its status."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from typer.testing import CliRunner

from services.top.commands import commands
from tests.ports import free_port

WELL = (
    'mizan_duty_leader{duty="sink"} 1\n'
    "mizan_audit_waiting_age_seconds 0.2\n"
    "process_resident_memory_bytes 64e6\n"
)
LATE = WELL.replace("0.2", "31")


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a process that shows the given page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(str(request.param).encode())

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    server.server_close()


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(commands, arguments, env={"COLUMNS": "120"})
    return done.exit_code, done.output


@pytest.mark.parametrize("page", [WELL], indirect=True)
def test_a_frame_of_a_system_that_is_well_ends_with_0(page: str) -> None:
    status, shown = run("--once", "--url", f"review-worker={page}")
    assert status == 0, shown
    for part in ("Audit trail behind by", "0.2 s", "≤ 30.0 s", "kept", "review-worker", "64 MB"):
        assert part in shown
    assert "broken" not in shown


@pytest.mark.parametrize("page", [LATE], indirect=True)
def test_a_broken_promise_is_shown_with_what_to_do_and_ends_with_1(page: str) -> None:
    status, shown = run("--once", "--url", f"review-worker={page}")
    assert status == 1
    assert "broken" in shown
    assert "audit-sequencer" in shown


@pytest.mark.parametrize("page", [WELL], indirect=True)
def test_a_process_that_does_not_answer_is_down_and_ends_with_1(page: str) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/metrics"
    status, shown = run("--json", "--url", f"review-worker={page}", "--url", f"ingest={nobody}")
    assert status == 1
    told = json.loads(shown)
    assert told["processes"] == [
        {"name": "review-worker", "up": True},
        {"name": "ingest", "up": False},
    ]
    states = {promise["name"]: promise["state"] for promise in told["promises"]}
    assert states["sequenced"] == "kept"
    assert states["taken"] == "unknown"


def test_an_address_without_a_name_is_wrong_use() -> None:
    assert run("--once", "--url", "http://127.0.0.1:1/metrics")[0] == 2
