"""The whole stack, as `make run` starts it."""

import shlex
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.running_stack import Ready, RunningStack
from tests.waiting import eventually_true

PROCESSES = (
    "kafka",
    "postgres",
    "ingest",
    "scoring-score",
    "scoring-match",
    "review-api",
    "review-worker",
    "demo",
)
LATER_QUEUES = {"appeals", "escalations"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    made = RunningStack(tmp_path_factory.mktemp("stack") / "var", {"MIZAN_DEMO": "1"})
    try:
        made.start()
        yield made
    finally:
        made.clean_up()


def every_service_is_ready(ready: Ready) -> bool:
    try:
        return all(
            httpx.get(url.removesuffix("metrics") + "readyz", timeout=3, trust_env=False).is_success
            for url in ready["metrics_urls"].values()
        )
    except httpx.HTTPError:
        return False


def with_demo(stack: RunningStack) -> Ready:
    """Demo traffic begins when all the others are ready."""
    eventually_true(lambda: stack.pid_of("demo"), what="demo traffic")
    return stack.ready()


def queue_depths(ready: Ready) -> dict[str, int]:
    """As a reviewer sees them."""
    reviewer = ready["reviewers"][0]
    with httpx.Client(base_url=ready["review_url"], trust_env=False, timeout=20) as http:
        session = http.post(
            "/api/v1/session",
            json={"email": reviewer["email"], "password": reviewer["password"]},
        )
        queues = http.get(
            "/api/v1/queues", headers={"authorization": f"Bearer {session.json()['token']}"}
        )
    return {queue["queue_id"]: queue["depth"] for queue in queues.json()["items"]}


def test_ready_json_names_every_living_process_and_is_private(stack: RunningStack) -> None:
    ready = with_demo(stack)
    assert {process["name"] for process in ready["processes"]} == set(PROCESSES)
    assert all(psutil.pid_exists(process["pid"]) for process in ready["processes"])
    assert stat.S_IMODE((stack.var / "ready.json").stat().st_mode) == 0o600
    assert every_service_is_ready(ready)


def test_a_demo_key_is_known_at_once_and_a_demo_reviewer_can_log_in(stack: RunningStack) -> None:
    ready = stack.ready()
    answer = httpx.post(
        f"{ready['ingest_url']}/v1/reports",
        headers={"authorization": f"Bearer {ready['platforms'][0]['api_key']}"},
        json={},
        trust_env=False,
    )
    assert answer.status_code == 422
    reviewer = ready["reviewers"][0]
    session = httpx.post(
        f"{ready['review_url']}/api/v1/session",
        json={"email": reviewer["email"], "password": reviewer["password"]},
        trust_env=False,
    )
    assert session.status_code == 200
    assert session.json()["roles"] == reviewer["roles"]


def test_demo_traffic_brings_cases_into_every_queue(stack: RunningStack) -> None:
    """But into that of appeals: those follow decisions."""

    def filled() -> bool:
        depths = queue_depths(stack.ready())
        return all(depth >= 5 for queue, depth in depths.items() if queue not in LATER_QUEUES)

    eventually_true(filled, what="cases in every queue")
    assert set(queue_depths(stack.ready())) >= {"child-safety", "armed-groups", "hate", "other"}


def asked(line: str) -> httpx.Response:
    """What a line of `curl -s` asks for."""
    curl, _, *words = shlex.split(line)
    assert curl == "curl"
    (url,) = (word for word in words if word.startswith("http"))
    options = [(words[place], words[place + 1]) for place in range(len(words) - 1)]
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    body = next((value for option, value in options if option == "-d"), None)
    method = "GET" if body is None else "POST"
    return httpx.request(method, url, headers=headers, content=body, timeout=20, trust_env=False)


def test_the_three_lines_to_try_work_as_they_are_printed(stack: RunningStack) -> None:
    printed = (stack.var / "supervisor.log").read_text().splitlines()
    post, status, decisions = [line for line in printed if line.startswith("curl ")][:3]
    accepted = asked(post)
    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["warnings"] == []
    eventually_true(lambda: asked(status).status_code == 200)
    assert asked(status).json()["report_id"] == accepted.json()["report_id"]
    assert asked(decisions).json()["items"] == []


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_is_started_again_and_its_living_pid_is_told(
    stack: RunningStack, name: str
) -> None:
    dead = stack.kill(name)
    eventually_true(lambda: stack.pid_of(name) not in {None, dead}, what=f"another {name}")
    eventually_true(
        lambda: every_service_is_ready(stack.ready()),
        within_seconds=120,
        what="all are ready again",
    )


def post(ready: Ready, external_id: str) -> str:
    """Address of the status of an accepted report."""
    answer = httpx.post(
        f"{ready['ingest_url']}/v1/reports",
        headers=key_of(ready),
        json={
            "external_id": external_id,
            "reported_at": "2026-11-20T09:14:03Z",
            "reason": {"policy_id": "spam"},
            "subject": {"kind": "content", "url": "https://x.com/a/status/1790000000000000001"},
        },
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text
    status_url: str = answer.json()["status_url"]
    return status_url


def key_of(ready: Ready) -> dict[str, str]:
    return {"authorization": f"Bearer {ready['platforms'][0]['api_key']}"}


def status(url: str, ready: Ready) -> int:
    return httpx.get(url, headers=key_of(ready), timeout=10, trust_env=False).status_code


def test_two_stacks_run_side_by_side_and_each_has_its_own(
    stack: RunningStack, tmp_path: Path
) -> None:
    beside = RunningStack(tmp_path / "var")
    try:
        one, other = stack.ready(), beside.start()
        first, second = post(one, "first"), post(other, "second")
        eventually_true(lambda: status(first, one) == 200)
        eventually_true(lambda: status(second, other) == 200)
        assert status(first, other) == 401
        assert status(second.replace(other["review_url"], one["review_url"]), one) == 404
        assert beside.stop() == 0
        assert every_service_is_ready(one)
    finally:
        beside.clean_up()


def test_what_a_killed_supervisor_leaves_is_stopped_by_the_next_and_a_stop_leaves_nothing(
    stack: RunningStack,
) -> None:
    before = with_demo(stack)
    kept = post(before, "kept")
    eventually_true(lambda: status(kept, before) == 200)
    assert stack.supervisor is not None
    stack.supervisor.kill()
    stack.supervisor.wait()
    orphans = [psutil.Process(process["pid"]) for process in before["processes"]]

    after = stack.start()

    assert [orphan for orphan in orphans if orphan.is_running()] == []
    assert after["platforms"] == before["platforms"]
    assert status(kept, after) == 200
    running = with_demo(stack)["processes"]
    assert {process["name"] for process in running} == set(PROCESSES)
    family = [psutil.Process(process["pid"]) for process in running]
    family += [child for member in family for child in member.children(recursive=True)]

    assert stack.stop(signal.SIGINT) == 0

    # each of them had ended by itself when it was asked to, and said so
    assert "ended with status" not in (stack.var / "supervisor.log").read_text()
    assert [member for member in family if member.is_running()] == []
    assert not (stack.var / "ready.json").exists()
