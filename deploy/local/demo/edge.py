"""The product as a platform's client meets it: reports, appeals, the feed of decisions."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, JsonValue

from deploy.local.demo.writer import Sending
from shared.observability.logging import logger

LONGEST_PAUSE_SECONDS = 30.0
TIMEOUT_SECONDS = 15.0
BUSY = frozenset({429, 500, 502, 503, 504})

log = logger(__name__)


class Stopped(Exception):
    """The stop signal came while something was waited for."""


class Page(BaseModel):
    """Of the feed of decisions; `resume_cursor` goes on from its end."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    items: tuple[dict[str, JsonValue], ...]
    next_cursor: str | None
    resume_cursor: str


class StopSignal:
    """Every wait goes through it, so that none outlives the signal."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def sleep(self, seconds: float) -> None:
        """Raises Stopped as soon as the signal has come."""
        try:
            await asyncio.wait_for(self._event.wait(), max(seconds, 0.0))
        except TimeoutError:
            return
        raise Stopped


@dataclass
class Client:
    """Sends until the answer is final. Where it is unknown or "later", the same ids are sent
    again: twice the same report is one. `counts` are of reports by outcome.
    """

    http: httpx.AsyncClient
    ingest_url: str
    review_url: str
    keys: Mapping[str, str]
    stop: StopSignal
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)

    async def send(self, sending: Sending) -> None:
        """Raises Stopped."""
        if len(sending.bodies) > 1:
            await self._send_bulk(sending.platform, sending.bodies)
            return
        answer = await self._post(f"{self.ingest_url}/v1/reports", sending.platform, sending.bodies)
        self._count(answer.status_code, answer.content)

    async def appeal(self, platform: str, body: dict[str, JsonValue]) -> None:
        """Raises Stopped."""
        answer = await self._post(f"{self.ingest_url}/v1/appeals", platform, [body])
        self.counts["appealed" if answer.status_code == httpx.codes.ACCEPTED else "refused"] += 1

    async def decisions(self, platform: str, cursor: str | None) -> Page | None:
        """The next page of the feed, None while it cannot be had."""
        try:
            answer = await self.http.get(
                f"{self.review_url}/v1/decisions",
                params={"cursor": cursor} if cursor else {},
                headers=self._headers(platform),
            )
        except httpx.HTTPError:
            return None
        return Page.model_validate_json(answer.content) if answer.is_success else None

    async def _send_bulk(self, platform: str, bodies: Sequence[Mapping[str, JsonValue]]) -> None:
        """Lines that could not be taken now go into the next call; the others are done."""
        left = list(bodies)
        while left:
            url = f"{self.ingest_url}/v1/reports/bulk"
            answer = await self._post(url, platform, left)
            if not answer.is_success:
                self._count(answer.status_code, answer.content)
                return
            lines = [orjson.loads(line) for line in answer.content.splitlines() if line]
            again = [body for body, line in zip(left, lines, strict=True) if line["status"] in BUSY]
            for line in lines:
                if line["status"] not in BUSY:
                    self._count(line["status"], orjson.dumps(line))
            left = again
            if left:
                await self.stop.sleep(1.0)

    async def _post(
        self, url: str, platform: str, bodies: Sequence[Mapping[str, JsonValue]]
    ) -> httpx.Response:
        """The first answer that is final."""
        bulk = url.endswith("/bulk")
        headers = self._headers(platform) | {
            "content-type": "application/x-ndjson" if bulk else "application/json"
        }
        content = b"\n".join(orjson.dumps(body) for body in bodies)
        pause = 0.5
        while True:
            waited = pause
            try:
                answer = await self.http.post(url, content=content, headers=headers)
            except httpx.HTTPError:
                answer = None
            if answer is not None:
                if answer.status_code not in BUSY:
                    return answer
                waited = max(pause, retry_after(answer))
            self.counts["retried"] += 1
            await self.stop.sleep(waited * self.chance.uniform(1.0, 1.3))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _count(self, status: int, content: bytes) -> None:
        if status == httpx.codes.ACCEPTED:
            self.counts["accepted"] += 1
            if orjson.loads(content).get("warnings"):
                self.counts["warned"] += 1
        else:
            self.counts["refused"] += 1
            log.warning("demo_report_refused", status=status)

    def _headers(self, platform: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[platform]}"}


def retry_after(answer: httpx.Response) -> float:
    """Seconds that the answer asks for, 0 where it says nothing that is understood."""
    said = answer.headers.get("retry-after", "")
    return min(float(said), 600.0) if said.isdecimal() else 0.0
