"""What the stack says of itself when it is ready: to programs in ready.json, to people in print."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.credentials import Credentials
from deploy.local.launch import Identity
from deploy.local.settings import Endpoints


def ready_file(
    endpoints: Endpoints, credentials: Credentials, processes: Sequence[Identity]
) -> dict[str, object]:
    """Content of ready.json. `processes` are those that live."""
    return {
        "ingest_url": endpoints.ingest_url,
        "review_url": endpoints.review_url,
        "metrics_urls": {
            name: f"http://127.0.0.1:{port}/metrics" for name, port in endpoints.admin_ports.items()
        },
        "kafka": endpoints.kafka,
        "database_url": endpoints.database_url,
        "platforms": [
            {
                "name": platform.platform_id,
                "api_key": platform.api_key,
                "test_key": platform.test_key,
            }
            for platform in credentials.platforms
        ],
        "reviewers": [
            {"email": reviewer.email, "password": reviewer.password, "roles": list(reviewer.roles)}
            for reviewer in credentials.reviewers
        ],
        "processes": [{"name": process.name, "pid": process.pid} for process in processes],
    }


def print_summary(
    console: Console,
    *,
    endpoints: Endpoints,
    credentials: Credentials,
    var: Path,
    demo: bool,
    seconds: float,
) -> None:
    console.print(f"\nMizan is ready after {seconds:.1f} s.\n", highlight=False)
    console.print(f"  desk     {endpoints.review_url}/", highlight=False)
    console.print(f"  reports  {endpoints.ingest_url}/v1/reports", highlight=False)
    console.print(f"  files    {var}/ready.json, logs in {var / 'logs'}\n", highlight=False)
    if demo:
        console.print(
            f"  demo     invented reports arrive; touch {var}/demo.pause holds them up, "
            "DEMO=0 leaves them out\n",
            highlight=False,
            soft_wrap=True,
        )
    console.print(_log_ins(credentials))
    console.print("\nTo try, in another terminal:\n", highlight=False)
    for line in curl_lines(endpoints, credentials):
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    console.print(
        "\nThe second answers 404 for the moment that the report is on its way."
        "\nCtrl-C stops everything.",
        highlight=False,
    )


def _log_ins(credentials: Credentials) -> Table:
    table = Table(box=None, padding=(0, 2))
    for heading in ("log-in", "password", "role", "desk in"):
        table.add_column(heading, no_wrap=True)
    for reviewer in credentials.reviewers:
        table.add_row(reviewer.email, reviewer.password, ", ".join(reviewer.roles), reviewer.locale)
    return table


def curl_lines(endpoints: Endpoints, credentials: Credentials) -> tuple[str, str, str]:
    """Post a report, see what became of it, and list decisions. Each is one line of shell."""
    key = credentials.platforms[0].api_key
    bearer = f"-H 'Authorization: Bearer {key}'"
    body = (
        '{"external_id":"try-1","reported_at":"2026-11-20T09:14:03Z",'
        '"reason":{"policy_id":"threat"},'
        '"subject":{"kind":"content","url":"https://x.com/someone/status/1790000000000000001"},'
        '"content":{"kind":"post","text":"i will find you and kill you","language":"en"}}'
    )
    return (
        (
            f"curl -s {endpoints.ingest_url}/v1/reports {bearer} "
            f"-H 'Content-Type: application/json' -d '{body}'"
        ),
        f"curl -s '{endpoints.review_url}/v1/reports?external_id=try-1' {bearer}",
        f"curl -s {endpoints.review_url}/v1/decisions {bearer}",
    )
