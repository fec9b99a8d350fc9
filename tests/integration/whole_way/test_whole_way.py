"""The whole way on real parts: posted, scored, queued, claimed, decided, told by signed webhook,
appealed, overturned by another, told again, and every step in the audit trail.
"""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import TypedDict

import httpx
import pytest
from standardwebhooks import Webhook

from tests.integration.delivery.receiver import Received, Receiver, receiving
from tests.running_stack import ROOT, Ready, ReviewerEntry, RunningStack
from tests.waiting import eventually

REPORT = {
    "external_id": "whole-way-1",
    "reported_at": "2026-11-20T09:14:03Z",
    "reason": {"policy_id": "threat"},
    "reporter": {"id": "u-1", "kind": "user"},
    "subject": {"kind": "content", "url": "https://x.com/someone/status/1790000000000000001"},
    "content": {"kind": "post", "text": "i will find you and kill you", "language": "en"},
}
APPEAL = {
    "external_id": "whole-way-appeal-1",
    "appellant": {"kind": "owner", "id": "u-2", "language": "en"},
    "text": "It is a line from a film.",
    "submitted_at": "2026-11-20T10:00:00Z",
}
# What the audit trail of the case has to say, in this order.
STEPS = [
    "opened",
    "viewed",
    "decided",
    "appeal_opened",
    "appeal_viewed",
    "viewed",
    "decision_reversed",
]
EVENTS = ["decision.made", "decision.reversed", "appeal.decided"]


class EventData(TypedDict):
    decision_id: str
    effective: list[dict[str, str]]
    reports: list[dict[str, str]]
    reverses: str
    outcome: str


class Event(TypedDict):
    """The part of a webhook's body that is looked at here; not every type has all of it."""

    event_id: str
    type: str
    data: EventData


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        yield client


class Platform:
    """X, as its client sees Mizan."""

    def __init__(self, ready: Ready, http: httpx.AsyncClient) -> None:
        key = next(p["api_key"] for p in ready["platforms"] if p["name"] == "x")
        self._headers = {"authorization": f"Bearer {key}"}
        self._ready = ready
        self._http = http

    async def post(self, base: str, path: str, body: object, *, status: int) -> dict[str, str]:
        answer = await self._http.post(f"{base}{path}", headers=self._headers, json=body)
        assert answer.status_code == status, answer.text
        got: dict[str, str] = answer.json()
        return got

    async def report(self) -> None:
        """Returns when it is queued."""
        accepted = await self.post(self._ready["ingest_url"], "/v1/reports", REPORT, status=202)

        async def queued() -> bool:
            state = await self._http.get(accepted["status_url"], headers=self._headers)
            return state.status_code == 200 and state.json()["state"] == "queued"

        await eventually(queued)

    async def appeal(self, decision_id: str) -> None:
        body = {**APPEAL, "decision_id": decision_id}
        await self.post(self._ready["ingest_url"], "/v1/appeals", body, status=202)

    async def listen(self, receiver: Receiver) -> Webhook:
        body = {"url": receiver.url(), "events": EVENTS}
        made = await self.post(self._ready["review_url"], "/v1/webhooks", body, status=201)
        return Webhook(made["secret"])

    async def feed(self) -> list[Event]:
        url = f"{self._ready['review_url']}/v1/decisions"
        answer = await self._http.get(url, headers=self._headers)
        items: list[Event] = answer.json()["items"]
        return items


class Person:
    """A reviewer at the API of the desk."""

    def __init__(self, ready: Ready, http: httpx.AsyncClient, entry: ReviewerEntry) -> None:
        self._url = f"{ready['review_url']}/api/v1"
        self._entry = entry
        self._http = http
        self._headers: dict[str, str] = {}

    async def log_in(self) -> None:
        body = {"email": self._entry["email"], "password": self._entry["password"]}
        session = await self._http.post(f"{self._url}/session", json=body)
        self._headers = {"authorization": f"Bearer {session.json()['token']}"}

    async def get(self, path: str) -> httpx.Response:
        return await self._http.get(f"{self._url}{path}", headers=self._headers)

    async def post(self, path: str, body: object) -> httpx.Response:
        return await self._http.post(f"{self._url}{path}", headers=self._headers, json=body)

    async def claim(self, queue: str) -> httpx.Response:
        return await self.post(f"/queues/{queue}/claims", {"size": 1})

    async def remove(self, queue: str) -> tuple[str, str]:
        """Claims a case there and decides it; the case's id and the decision's."""
        (claim,) = (await self.claim(queue)).json()["claims"]
        case = claim["case"]
        body = {
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
        }
        decided = await self.post(f"/cases/{claim['case_id']}/decisions", body)
        assert decided.status_code == 201, decided.text
        return claim["case_id"], decided.json()["decision_id"]

    async def overturn(self) -> None:
        async def claimed() -> list[dict[str, dict[str, str]]]:
            claims: list[dict[str, dict[str, str]]] = (await self.claim("appeals")).json()["claims"]
            return claims

        (claim,) = await eventually(claimed)
        body = {
            "lease_token": claim["lease"]["token"],
            "outcome": "overturned",
            "reason": "It quotes a film and threatens nobody.",
        }
        done = await self.post(f"/appeals/{claim['appeal']['appeal_id']}/outcome", body)
        assert done.status_code in {200, 201}, done.text


async def test_a_report_is_decided_appealed_and_overturned_and_all_of_it_can_be_verified(
    stack: RunningStack, http: httpx.AsyncClient
) -> None:
    ready = stack.ready()
    x = Platform(ready, http)
    one, other = [
        Person(ready, http, entry) for entry in ready["reviewers"] if "senior" in entry["roles"]
    ]
    (auditor,) = [
        Person(ready, http, entry) for entry in ready["reviewers"] if "auditor" in entry["roles"]
    ]
    for person in (one, other, auditor):
        await person.log_in()

    async with receiving() as receiver:
        webhook = await x.listen(receiver)

        async def events(count: int) -> list[Event]:
            """Those received so far, each verified; not yet when there are fewer."""
            assert len(receiver.received) >= count
            return [verified(webhook, got) for got in receiver.received]

        await x.report()
        case_id, decision_id = await one.remove("threats")
        (made,) = await eventually(lambda: events(1))
        assert made["type"] == "decision.made"
        assert made["data"]["decision_id"] == decision_id
        assert [action["action"] for action in made["data"]["effective"]] == ["remove"]
        assert made["data"]["reports"][0]["external_id"] == REPORT["external_id"]

        await x.appeal(decision_id)
        await other.overturn()
        assert (await one.claim("appeals")).json()["claims"] == []
        received = await eventually(lambda: events(3))

    later = {event["type"]: event["data"] for event in received[1:]}
    assert sorted(later) == ["appeal.decided", "decision.reversed"]
    assert later["decision.reversed"]["reverses"] == decision_id
    assert later["decision.reversed"]["effective"] == []
    assert later["appeal.decided"]["outcome"] == "overturned"
    sent = sorted(received, key=lambda event: event["event_id"])
    assert sorted(await x.feed(), key=lambda event: event["event_id"]) == sent
    trail = await eventually(lambda: trail_of(auditor, case_id))
    assert [action for action, _ in trail] == STEPS
    actors = dict(trail)
    assert actors["decided"] != actors["decision_reversed"]
    assert_invariants_hold(stack)


def verified(webhook: Webhook, got: Received) -> Event:
    event: Event = webhook.verify(got.body, got.headers)
    return event


async def trail_of(auditor: Person, case_id: str) -> list[tuple[str, str]]:
    """Action and actor of every entry on the case; not yet while the last step is not there."""
    entries = (await auditor.get(f"/cases/{case_id}/audit")).json()["items"]
    assert len(entries) >= len(STEPS)
    return [(entry["action"], entry["actor"]) for entry in entries]


def assert_invariants_hold(stack: RunningStack) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.command_line", "invariants", "--json"],
        cwd=ROOT,
        env={**os.environ, "MIZAN_VAR": str(stack.var)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["broken"] == 0
