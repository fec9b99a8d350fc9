"""One report all the way: posted, scored, queued, claimed, decided, and told by signed webhook."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from standardwebhooks import Webhook

from tests.integration.delivery.receiver import receiving
from tests.running_stack import Ready, RunningStack
from tests.waiting import eventually

REPORT = {
    "external_id": "whole-way-1",
    "reported_at": "2026-11-20T09:14:03Z",
    "reason": {"policy_id": "threat"},
    "reporter": {"id": "u-1", "kind": "user"},
    "subject": {"kind": "content", "url": "https://x.com/someone/status/1790000000000000001"},
    "content": {"kind": "post", "text": "i will find you and kill you", "language": "en"},
}


@pytest.fixture
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ready]:
    stack = RunningStack(tmp_path_factory.mktemp("way") / "var", {"MIZAN_UNDO_SECONDS": "1"})
    try:
        yield stack.start()
    finally:
        stack.clean_up()


async def test_a_report_becomes_a_decision_that_the_platform_can_verify(ready: Ready) -> None:
    key = next(p["api_key"] for p in ready["platforms"] if p["name"] == "x")
    reviewer = next(r for r in ready["reviewers"] if r["roles"] == ["reviewer"])
    platform = {"authorization": f"Bearer {key}"}
    review = ready["review_url"]
    async with receiving() as receiver, httpx.AsyncClient(trust_env=False) as http:
        made = await http.post(
            f"{review}/v1/webhooks",
            headers=platform,
            json={"url": receiver.url(), "events": ["decision.made"]},
        )
        assert made.status_code == 201, made.text
        accepted = await http.post(
            f"{ready['ingest_url']}/v1/reports", headers=platform, json=REPORT
        )
        assert accepted.status_code == 202, accepted.text

        async def queued() -> bool:
            state = await http.get(accepted.json()["status_url"], headers=platform)
            return state.status_code == 200 and state.json()["state"] == "queued"

        await eventually(queued, within_seconds=30)
        session = await http.post(
            f"{review}/api/v1/session",
            json={"email": reviewer["email"], "password": reviewer["password"]},
        )
        person = {"authorization": f"Bearer {session.json()['token']}"}
        claims = await http.post(
            f"{review}/api/v1/queues/threats/claims", headers=person, json={"size": 1}
        )
        (claim,) = claims.json()["claims"]
        case = claim["case"]
        decided = await http.post(
            f"{review}/api/v1/cases/{claim['case_id']}/decisions",
            headers=person,
            json={
                "lease_token": claim["lease"]["token"],
                "finding": "violation",
                "actions": [{"action": "remove"}],
                "policy_ids": ["threat"],
                "ground": "terms",
                "reason": "This post threatens a person.",
                "cluster": True,
                "seen": {
                    "case_version": case["case_version"],
                    "content_digest": case["content_digest"],
                },
            },
        )
        assert decided.status_code == 201, decided.text

        async def told() -> bool:
            return bool(receiver.received)

        await eventually(told, within_seconds=30)
        (got,) = receiver.received
        event = Webhook(made.json()["secret"]).verify(got.body, got.headers)
        assert event["data"]["decision_id"] == decided.json()["decision_id"]
        assert event["data"]["reports"][0]["external_id"] == "whole-way-1"
        assert event["data"]["effective"][0]["action"] == "remove"
        feed = (await http.get(f"{review}/v1/decisions", headers=platform)).json()
        assert feed["items"] == [json.loads(got.body)]
