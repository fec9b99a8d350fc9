"""An edge in this process: the real application over a producer that keeps what it is given."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
from aiokafka.errors import KafkaError
from starlette.types import ASGIApp

from services.ingest.api import Edge
from services.ingest.app import make_app
from services.ingest.backlog import Backlog
from services.ingest.bulk import BulkIntake
from services.ingest.limits import Limits
from services.ingest.publisher import Bounds, Publisher
from services.ingest.service import Intake, Reference
from services.ingest.subjects.phones import Phones
from shared.contracts.codec import encode
from shared.contracts.reference import PlatformRecord, PolicyRecord, Scope
from shared.contracts.topics import PLATFORMS, POLICIES
from shared.kafka.partitions import partition_of
from shared.kafka.reference import ReferenceView
from tests.builders.reference import api_key, platform_record, policy_record

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ACK_SECONDS = 0.2
ACKNOWLEDGEMENT = SimpleNamespace(timestamp=NOW.timestamp() * 1000, partition=0)


@dataclass(frozen=True)
class Sent:
    topic: str
    value: bytes
    key: bytes
    headers: tuple[tuple[str, bytes], ...]


@dataclass
class FakeBatch:
    """Takes `most` records."""

    most: int
    records: list[tuple[bytes, bytes, tuple[tuple[str, bytes], ...]]] = field(default_factory=list)

    def append(
        self,
        *,
        timestamp: int | None,
        key: bytes,
        value: bytes,
        headers: Sequence[tuple[str, bytes]],
    ) -> object | None:
        assert timestamp is None, "the broker says when"
        if len(self.records) >= self.most:
            return None
        self.records.append((key, value, tuple(headers)))
        return self.records[-1]


@dataclass
class FakeProducer:
    """Acknowledges at once; `held` keeps acknowledgements back, `holds_after` does from that many
    records on, `error` fails them, `unknown` knows no topic.
    """

    sent: list[Sent] = field(default_factory=list)
    acknowledged: list[Sent] = field(default_factory=list)
    most_in_batch: int = 1000
    held: bool = False
    holds_after: int | None = None
    error: KafkaError | None = None
    unknown: KafkaError | None = None
    asked: int = 0
    stopped: bool = False
    waiting: "list[asyncio.Future[SimpleNamespace]]" = field(default_factory=list)
    _sender: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(sender_task=None))

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        self.stopped = True

    def release(self) -> None:
        """Acknowledges what was held, and from now on at once."""
        self.held = False
        for future in self.waiting:
            future.set_result(ACKNOWLEDGEMENT)

    async def send(
        self,
        topic: str,
        value: bytes,
        key: bytes,
        partition: int,
        headers: list[tuple[str, bytes]],
    ) -> "asyncio.Future[SimpleNamespace]":
        assert partition == partition_of(key, 3)
        return self._taken([Sent(topic, value, key, tuple(headers))])

    async def partitions_for(self, _topic: str) -> set[int]:
        self.asked += 1
        if self.unknown is not None:
            raise self.unknown
        return {0, 1, 2}

    def create_batch(self) -> FakeBatch:
        return FakeBatch(self.most_in_batch)

    async def send_batch(
        self, batch: FakeBatch, topic: str, *, partition: int
    ) -> "asyncio.Future[SimpleNamespace]":
        keys = {key for key, _, _ in batch.records}
        assert {partition_of(key, 3) for key in keys} == {partition}
        return self._taken([Sent(topic, value, key, held) for key, value, held in batch.records])

    def _taken(self, records: list[Sent]) -> "asyncio.Future[SimpleNamespace]":
        future: asyncio.Future[SimpleNamespace] = asyncio.get_running_loop().create_future()
        self.sent += records
        if self.error is not None:
            future.set_exception(self.error)
        elif not self.held and (self.holds_after is None or len(self.sent) <= self.holds_after):
            future.set_result(ACKNOWLEDGEMENT)
            self.acknowledged += records
        else:
            self.waiting.append(future)
        return future


@dataclass
class EdgeUnderTest:
    app: ASGIApp
    client: httpx.AsyncClient
    producers: list[FakeProducer]
    publisher: Publisher
    backlog: Backlog
    platforms: ReferenceView[PlatformRecord]
    age: list[float]
    now: list[float]

    @property
    def sent(self) -> list[Sent]:
        return [record for producer in self.producers for record in producer.sent]


def platform(name: str) -> PlatformRecord:
    """With keys for live, for test, and for appeals alone."""
    return platform_record(
        name,
        keys=[
            api_key(f"mz_live_{name}"),
            api_key(f"mz_test_{name}"),
            api_key(f"mz_live_{name}_appeals", scopes=frozenset({Scope.APPEALS})),
        ],
    )


def put(view: ReferenceView[PlatformRecord], record: PlatformRecord) -> None:
    view.apply(record.platform_id.encode(), encode(record))


@contextlib.asynccontextmanager
async def edge_under_test(bounds: Bounds | None = None) -> AsyncIterator[EdgeUnderTest]:
    platforms = ReferenceView(PLATFORMS, PlatformRecord)
    policies = ReferenceView(POLICIES, PolicyRecord)
    for name in ("x", "whatsapp", "youtube", "telegram", "facebook"):
        put(platforms, platform(name))
    policies.apply(b"terrorism", encode(policy_record("terrorism")))
    producers: list[FakeProducer] = []

    def make() -> FakeProducer:
        producers.append(FakeProducer())
        return producers[-1]

    age, now = [0.0], [0.0]
    publisher = Publisher("", bounds or Bounds(ACK_SECONDS, 1000, 2**24), make)
    backlog = Backlog("", lambda: NOW)
    reference = Reference(platforms, policies, lambda: age[0], 10.0)
    intake = Intake(reference, publisher, backlog, Phones(b"a key for the tests"), lambda: NOW)
    bulk = BulkIntake(intake, publisher)
    app = make_app(Edge(intake, bulk, Limits(lambda: now[0]), "http://review"))
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    publisher.start()
    await connected(publisher)
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        yield EdgeUnderTest(app, client, producers, publisher, backlog, platforms, age, now)
    await publisher.stop()


async def connected(publisher: Publisher) -> None:
    """The publisher's task has connected to its fake: that takes a few turns of the loop."""
    for _ in range(20):
        if await publisher.connected() is None:
            return
        await asyncio.sleep(0)
    raise AssertionError("not connected")


def headers(key: str = "mz_live_x", **more: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return {"authorization": f"Bearer {key}", "content-type": "application/json", **named}


def body(**changes: object) -> dict[str, object]:
    """The least that is a report; None takes a field away."""
    document: dict[str, object] = {
        "external_id": "abuse-1",
        "reported_at": "2026-11-20T09:14:03Z",
        "reason": {"policy_id": "terrorism"},
        "subject": {"kind": "content", "url": "https://x.com/some_one/status/20"},
    }
    document.update(changes)
    return {name: value for name, value in document.items() if value is not None}


def codes(answer: Mapping[str, list[dict[str, str]]], name: str = "warnings") -> dict[str, str]:
    """Codes by pointer."""
    return {one["pointer"]: one["code"] for one in answer[name]}
