"""A little of everything that a stack does, sent once, with a secret planted in every place where
one may stand.
"""

import json
from dataclasses import dataclass, field

import httpx
from aiokafka import AIOKafkaProducer

from shared.contracts.topics import REPORTS
from tests.integration.delivery.receiver import OK, Received, Receiver, receiving
from tests.integration.watched.pages import Page, fetch_pages, total
from tests.running_stack import Ready
from tests.waiting import eventually

REFUSING = b"HTTP/1.1 500 Oh no\r\ncontent-length: 2\r\n\r\nno"
GONE = b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"
Json = dict[str, object]


@dataclass
class Secrets:
    """Every planted word has `MARK` in it; those that the stack made itself are added."""

    MARK = "zanzibar"
    made: set[str] = field(default_factory=set)

    def word(self, place: str) -> str:
        return f"{self.MARK}{place}"

    def found_in(self, text: str) -> list[str]:
        low = text.lower()
        return [word for word in (self.MARK, *self.made) if word.lower() in low]


@dataclass
class Traffic:
    """`before`, `meanwhile` (a case waits, one is leased) and `after` are pages by process;
    `person` is the header of the reviewer who is logged in.
    """

    ready: Ready
    secrets: Secrets = field(default_factory=Secrets)
    person: dict[str, str] = field(default_factory=dict)
    before: dict[str, Page] = field(default_factory=dict)
    meanwhile: dict[str, Page] = field(default_factory=dict)
    after: dict[str, Page] = field(default_factory=dict)

    async def flow(self) -> None:
        self.before = fetch_pages(self.ready)
        self._know_what_the_stack_made()
        async with receiving() as receiver, httpx.AsyncClient(trust_env=False, timeout=10) as http:
            receiver.answer = self._answer
            await self._subscribe(http, receiver)
            await self._report(http)
            await self.write_nonsense()
            self.person = person = await self._log_in(http)
            claim = await self.claim(http, person)
            self.meanwhile = await eventually(self._seen_waiting_and_leased)
            decision = await self.decide(http, person, claim)
            await eventually(lambda: self._delivered(receiver))
            await self._appeal(http, decision)
            self.after = await eventually(self._all_told)

    def _know_what_the_stack_made(self) -> None:
        for platform in self.ready["platforms"]:
            self.secrets.made |= {platform["api_key"], platform["test_key"]}
        self.secrets.made |= {reviewer["password"] for reviewer in self.ready["reviewers"]}
        password = self.ready["database_url"].split("@")[0].rsplit(":", 1)[1]
        self.secrets.made.add(password)

    @property
    def platform(self) -> dict[str, str]:
        key = next(p["api_key"] for p in self.ready["platforms"] if p["name"] == "x")
        return {"authorization": f"Bearer {key}"}

    def _answer(self, got: Received) -> bytes:
        if got.path.startswith("/gone"):
            return GONE
        return REFUSING if got.path.startswith("/refuse") else OK

    async def _subscribe(self, http: httpx.AsyncClient, receiver: Receiver) -> None:
        for path in ("/hook", "/gone", f"/refuse?token={self.secrets.word('hook')}"):
            made = await http.post(
                f"{self.ready['review_url']}/v1/webhooks",
                headers=self.platform,
                json={"url": receiver.url(path), "events": ["decision.made"]},
            )
            assert made.status_code == 201, made.text
            self.secrets.made.add(made.json()["secret"])

    def body(self, number: int, **changes: object) -> Json:
        word = self.secrets.word
        return {
            "external_id": f"traffic-{number}",
            "reported_at": "2026-11-20T09:14:03Z",
            "reason": {"policy_id": "threat", "text": word("reason")},
            "reporter": {"id": word("reporter"), "kind": "user"},
            "subject": {
                "kind": "content",
                "url": f"https://x.com/someone/status/17900000000{number}",
            },
            "content": {"kind": "post", "text": f"i will find you and kill you {word('post')}"},
            "author": {"id": "44196397", "bio": f"{word('bio')} +44 7700 900123"},
            **changes,
        }

    async def _report(self, http: httpx.AsyncClient) -> None:
        url = f"{self.ready['ingest_url']}/v1/reports"
        word = self.secrets.word

        async def post(content: str, expected: int, headers: dict[str, str]) -> None:
            sent = headers | {"content-type": "application/json"}
            answer = await http.post(url, headers=sent, content=content)
            assert answer.status_code == expected, answer.text

        # the same words on three posts: the younger ones match the eldest
        for number in (1, 2, 3):
            await post(json.dumps(self.body(number)), 202, self.platform)
        wrong_detail = {"views": word("views")}
        await post(json.dumps(self.body(4, reach=wrong_detail)), 202, self.platform)
        await post(json.dumps(self.body(5, reason={})), 422, self.platform)
        await post(f'{{"text": "{word("broken")}', 400, self.platform)
        stranger = {"authorization": f"Bearer mz_live_{word('key')}"}
        await post(json.dumps(self.body(6)), 401, stranger)

    async def write_nonsense(self) -> None:
        """A record that no edge would write becomes a dead letter."""
        async with AIOKafkaProducer(bootstrap_servers=self.ready["kafka"]) as producer:
            value = f'{{"report_id": "{self.secrets.word("nonsense")}"}}'.encode()
            await producer.send_and_wait(REPORTS.name, value, key=b"nonsense")

    async def _log_in(self, http: httpx.AsyncClient) -> dict[str, str]:
        session = f"{self.ready['review_url']}/api/v1/session"
        reviewer = next(r for r in self.ready["reviewers"] if r["roles"] == ["reviewer"])
        email = reviewer["email"]
        wrong = {"email": email, "password": self.secrets.word("password")}
        assert (await http.post(session, json=wrong)).status_code == 401
        right = {"email": email, "password": reviewer["password"]}
        token = (await http.post(session, json=right)).json()["token"]
        self.secrets.made.add(token)
        return {"authorization": f"Bearer {token}"}

    async def claim(self, http: httpx.AsyncClient, person: dict[str, str]) -> Json:
        async def claimed() -> Json | None:
            answer = await http.post(
                f"{self.ready['review_url']}/api/v1/queues/threats/claims",
                headers=person,
                json={"size": 1},
            )
            claims: list[Json] = answer.json()["claims"]
            return claims[0] if claims else None

        claim = await eventually(claimed)
        assert claim is not None
        lease = claim["lease"]
        assert isinstance(lease, dict)
        self.secrets.made.add(lease["token"])
        return claim

    async def decide(self, http: httpx.AsyncClient, person: dict[str, str], claim: Json) -> str:
        lease, case = claim["lease"], claim["case"]
        assert isinstance(lease, dict)
        assert isinstance(case, dict)
        url = f"{self.ready['review_url']}/api/v1/cases/{claim['case_id']}/decisions"
        body = {
            "lease_token": lease["token"],
            "finding": "violation",
            "actions": [{"action": "remove"}],
            "policy_ids": ["threat"],
            "ground": "terms",
            "reason": self.secrets.word("statement"),
            "internal_note": self.secrets.word("note"),
            "cluster": False,
            "seen": {
                "case_version": case["case_version"],
                "content_digest": case["content_digest"],
                "cluster_version": (case["cluster"] or {}).get("cluster_version"),
            },
        }
        lost = await http.post(
            url, headers=person, json=body | {"lease_token": self.secrets.word("lease")}
        )
        assert lost.status_code == 409, lost.text
        made = await http.post(url, headers=person, json=body)
        assert made.status_code == 201, made.text
        decision: str = made.json()["decision_id"]
        return decision

    async def _delivered(self, receiver: Receiver) -> bool:
        return {got.path.split("?")[0] for got in receiver.received} == {
            "/hook",
            "/gone",
            "/refuse",
        }

    async def _appeal(self, http: httpx.AsyncClient, decision: str) -> None:
        answer = await http.post(
            f"{self.ready['ingest_url']}/v1/appeals",
            headers=self.platform,
            json={
                "external_id": "traffic-appeal",
                "decision_id": decision,
                "appellant": {"kind": "owner", "id": self.secrets.word("owner")},
                "text": self.secrets.word("appeal"),
                "submitted_at": "2026-11-20T10:00:00Z",
            },
        )
        assert answer.status_code == 202, answer.text

    async def _seen_waiting_and_leased(self) -> dict[str, Page]:
        pages = fetch_pages(self.ready)
        worker = pages["review-worker"]
        assert total(worker, "mizan_leases", queue="threats") > 0
        assert total(worker, "mizan_dead_letters_open") > 0
        return pages

    async def _all_told(self) -> dict[str, Page]:
        """What a duty measures every ten seconds has had its turn."""
        pages = fetch_pages(self.ready)
        worker = pages["review-worker"]
        assert total(worker, "mizan_time_to_decision_seconds_count") > 0
        assert total(worker, "mizan_queue_depth", queue="appeals") > 0
        assert total(worker, "mizan_webhook_attempts_total", outcome="retry") > 0
        assert total(worker, "mizan_webhook_endpoints", state="disabled") > 0
        return pages
