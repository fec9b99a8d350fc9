"""What a working stack tells of itself: every promised metric, in a form that Prometheus takes, and
nothing that must stay secret.
"""

import subprocess

import httpx
import pytest

from shared.contracts.topics import dead_letter_topics
from tests.integration.watched.pages import fetch, fetch_pages, has, total
from tests.integration.watched.prometheus import Prometheus
from tests.integration.watched.traffic import Secrets, Traffic
from tests.real_parts import tool
from tests.running_stack import Ready, RunningStack

EVERYBODY = ("ingest", "scoring-score", "scoring-match", "review-api", "review-worker")
Metric = tuple[str, str, dict[str, str]]
MOVED: tuple[Metric, ...] = (
    ("ingest", "mizan_ingest_accepted_total", {"platform": "x", "kind": "report"}),
    ("ingest", "mizan_ingest_accepted_total", {"platform": "x", "kind": "appeal"}),
    ("ingest", "mizan_ingest_refused_total", {"platform": "x"}),
    ("ingest", "mizan_ingest_warned_total", {"platform": "x"}),
    ("ingest", "mizan_ingest_ack_seconds_count", {}),
    ("scoring-score", "mizan_scoring_reports_total", {"outcome": "scored"}),
    ("scoring-score", "mizan_scoring_model_seconds_count", {}),
    ("scoring-score", "mizan_scoring_dead_letters_total", {"cause": "undecodable"}),
    ("scoring-match", "mizan_scoring_matches_total", {"method": "exact"}),
    ("scoring-match", "mizan_scoring_index_keys", {}),
    ("review-worker", "mizan_sink_reports_total", {}),
    ("review-worker", "mizan_time_to_queue_seconds_count", {"platform": "x"}),
    ("review-worker", "mizan_time_to_decision_seconds_count", {"queue": "threats"}),
    ("review-worker", "mizan_time_to_decision_seconds_sum", {"queue": "threats"}),
    ("review-worker", "mizan_dead_letters_open", {"topic": "reports.dead-letter"}),
    ("review-worker", "mizan_events_released_total", {"type": "decision.made"}),
    ("review-worker", "mizan_webhook_attempts_total", {"outcome": "delivered"}),
    ("review-worker", "mizan_webhook_attempts_total", {"outcome": "retry"}),
    ("review-worker", "mizan_webhook_disabled_total", {}),
    ("review-worker", "mizan_webhook_delivery_seconds_count", {}),
    ("review-worker", "mizan_audit_entries_total", {}),
    ("review-worker", "mizan_webhook_endpoints", {"platform": "x", "state": "disabled"}),
    ("review-api", "mizan_review_request_seconds_count", {"surface": "reviewers"}),
    ("review-api", "mizan_review_request_seconds_count", {"surface": "platforms"}),
    ("scoring-score", "mizan_scoring_seconds_count", {}),
    ("review-worker", "mizan_queue_depth", {"queue": "appeals"}),
)
MOVED_MEANWHILE: tuple[Metric, ...] = (
    ("review-worker", "mizan_leases", {"queue": "threats"}),
    ("review-worker", "mizan_queue_oldest_age_seconds", {"queue": "threats"}),
    ("review-worker", "mizan_lane_oldest_age_seconds", {"lane": "normal"}),
)
REVIEW_CONSUMERS = ("sink", "appeals", "matches", *(topic.name for topic in dead_letter_topics()))
THERE: tuple[Metric, ...] = (
    *(("review-worker", "mizan_consumer_lag_seconds", {"consumer": c}) for c in REVIEW_CONSUMERS),
    ("scoring-score", "mizan_scoring_lag_seconds", {"consumer": "scoring"}),
    ("scoring-match", "mizan_scoring_lag_seconds", {"consumer": "match"}),
    ("review-worker", "mizan_outbox_age_seconds", {}),
    ("review-worker", "mizan_events_unpublished_age_seconds", {}),
    ("review-worker", "mizan_webhook_oldest_due_seconds", {}),
    ("review-worker", "mizan_audit_waiting_age_seconds", {}),
    ("ingest", "mizan_ingest_reference_age_seconds", {}),
    *((name, "process_resident_memory_bytes", {}) for name in EVERYBODY),
)


@pytest.mark.parametrize(("process", "name", "labels"), MOVED)
def test_it_moves_with_what_it_counts(
    traffic: Traffic, process: str, name: str, labels: dict[str, str]
) -> None:
    before = total(traffic.before[process], name, **labels)
    assert total(traffic.after[process], name, **labels) > before


@pytest.mark.parametrize(("process", "name", "labels"), MOVED_MEANWHILE)
def test_it_shows_how_things_stand(
    traffic: Traffic, process: str, name: str, labels: dict[str, str]
) -> None:
    assert total(traffic.before[process], name, **labels) == 0
    assert total(traffic.meanwhile[process], name, **labels) > 0


@pytest.mark.parametrize(("process", "name", "labels"), THERE)
def test_it_is_there_before_anything_is_wrong(
    traffic: Traffic, process: str, name: str, labels: dict[str, str]
) -> None:
    assert has(traffic.after[process], name, **labels)


def test_no_log_and_no_metric_tells_a_secret(traffic: Traffic, stack: RunningStack) -> None:
    logs = sorted((stack.var / "logs").glob("*.log"))
    assert {log.stem for log in logs} >= {*EVERYBODY, "kafka", "postgres", "migrate"}
    told = {log.stem: traffic.secrets.found_in(log.read_text(errors="replace")) for log in logs}
    told |= {
        f"{name} metrics": traffic.secrets.found_in(fetch(url))
        for name, url in traffic.ready["metrics_urls"].items()
    }
    assert {name: found for name, found in told.items() if found} == {}


def test_a_told_secret_would_be_found(traffic: Traffic) -> None:
    secrets = traffic.secrets
    lease = next(iter(sorted(secrets.made)))
    assert secrets.found_in(f"... {secrets.word('Post')} {lease}") == [Secrets.MARK, lease]


def test_promtool_finds_nothing_wrong_with_any_page(traffic: Traffic) -> None:
    for name, url in traffic.ready["metrics_urls"].items():
        checked = subprocess.run(
            [tool("promtool"), "check", "metrics"],
            input=fetch(url),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, ""), name


def test_a_real_prometheus_scrapes_every_process(traffic: Traffic, prometheus: Prometheus) -> None:
    prometheus.until_scraped()
    for process, name, labels in MOVED:
        wanted = "".join(f', {label}="{value}"' for label, value in labels.items())
        assert prometheus.sum(f'{name}{{job="{process}"{wanted}}}') > 0, (process, name)


def test_every_process_is_live_and_ready(ready: Ready) -> None:
    for url in ready["metrics_urls"].values():
        for page in ("livez", "readyz"):
            answer = httpx.get(url.removesuffix("metrics") + page, timeout=5, trust_env=False)
            assert answer.status_code == 200, (url, page, answer.text)


@pytest.fixture
def ready(stack: RunningStack) -> Ready:
    return stack.ready()


def test_pages_are_served_by_the_process_they_are_named_for(ready: Ready) -> None:
    pages = fetch_pages(ready)
    assert set(pages) == set(EVERYBODY)
    owners = {"mizan_ingest_accepted": "ingest", "mizan_duty_leader": "review-worker"}
    for name, owner in owners.items():
        found = {
            process
            for process, page in pages.items()
            if any(key[0].startswith(name) for key in page)
        }
        assert found == {owner}
