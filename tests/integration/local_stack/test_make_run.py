"""The whole stack, as `make run` starts it."""

import signal
import stat
from collections.abc import Iterator

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

    eventually_true(filled, within_seconds=60, what="cases in every queue")
    assert set(queue_depths(stack.ready())) >= {"child-safety", "armed-groups", "hate", "other"}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_is_started_again_and_its_living_pid_is_told(
    stack: RunningStack, name: str
) -> None:
    dead = stack.kill(name)
    eventually_true(
        lambda: stack.pid_of(name) not in {None, dead}, within_seconds=30, what=f"another {name}"
    )
    eventually_true(
        lambda: every_service_is_ready(stack.ready()), within_seconds=60, what="all are ready again"
    )


def test_what_a_killed_supervisor_leaves_is_stopped_by_the_next_and_a_stop_leaves_nothing(
    stack: RunningStack,
) -> None:
    before = with_demo(stack)
    assert stack.supervisor is not None
    stack.supervisor.kill()
    stack.supervisor.wait()
    orphans = [psutil.Process(process["pid"]) for process in before["processes"]]

    after = stack.start()

    assert [orphan for orphan in orphans if orphan.is_running()] == []
    assert after["platforms"] == before["platforms"]
    running = with_demo(stack)["processes"]
    assert {process["name"] for process in running} == set(PROCESSES)
    family = [psutil.Process(process["pid"]) for process in running]
    family += [child for member in family for child in member.children(recursive=True)]

    assert stack.stop(signal.SIGINT) == 0

    assert [member for member in family if member.is_running()] == []
    assert not (stack.var / "ready.json").exists()
