"""An edge in this process: the real application over a producer that keeps what it is given."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
from aiokafka.errors import KafkaError

from services.ingest.api import Edge
from services.ingest.app import make_app
from services.ingest.backlog import Backlog
from services.ingest.bulk import BulkIntake
from services.ingest.limits import Limits
from services.ingest.publisher import Bounds, Publisher
from services.ingest.service import Intake, Reference
from services.ingest.subjects.phones import Phones
from shared.contracts.codec import encode
from shared.contracts.identifiers import Environment, OrganisationId, PlatformId, PolicyId
from shared.contracts.reference import (
    ApiKey,
    Organisation,
    PlatformRecord,
    PolicyRecord,
    Scope,
)
from shared.contracts.report import ReporterKind
from shared.contracts.topics import PLATFORMS, POLICIES
from shared.kafka.reference import ReferenceView
from tests.waiting import eventually

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ACK_SECONDS = 0.2


@dataclass(frozen=True)
class Sent:
    topic: str
    value: bytes
    key: bytes
    headers: tuple[tuple[str, bytes], ...]


@dataclass
class FakeProducer:
    """Acknowledges at once; `held` keeps acknowledgements back, `error` fails them."""

    sent: list[Sent] = field(default_factory=list)
    held: bool = False
    error: KafkaError | None = None
    stopped: bool = False
    _sender: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(sender_task=None))

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        self.stopped = True

    async def send(
        self, topic: str, value: bytes, key: bytes, headers: list[tuple[str, bytes]]
    ) -> "asyncio.Future[SimpleNamespace]":
        future: asyncio.Future[SimpleNamespace] = asyncio.get_running_loop().create_future()
        self.sent.append(Sent(topic, value, key, tuple(headers)))
        if self.error is not None:
            future.set_exception(self.error)
        elif not self.held:
            future.set_result(SimpleNamespace(timestamp=NOW.timestamp() * 1000))
        return future


@dataclass
class EdgeUnderTest:
    client: httpx.AsyncClient
    producers: list[FakeProducer]
    publisher: Publisher
    backlog: Backlog
    platforms: ReferenceView[PlatformRecord]
    age: list[float]

    @property
    def sent(self) -> list[Sent]:
        return [record for producer in self.producers for record in producer.sent]


def key_of(secret: str, scopes: frozenset[Scope] = frozenset(Scope)) -> ApiKey:
    environment = Environment.TEST if secret.startswith("mz_test_") else Environment.LIVE
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return ApiKey(
        key_id=f"id-{secret}", environment=environment, secret_sha256=digest, scopes=scopes
    )


def platform(name: str, *, revision: int = 1, active: bool = True) -> PlatformRecord:
    return PlatformRecord(
        platform_id=PlatformId(name),
        revision=revision,
        name=name,
        active=active,
        keys=(
            key_of(f"mz_live_{name}"),
            key_of(f"mz_test_{name}"),
            key_of(f"mz_live_{name}_appeals", frozenset({Scope.APPEALS})),
        ),
        organisations=(
            Organisation(
                organisation_id=OrganisationId("police"),
                name="Police",
                kind=ReporterKind.AUTHORITY,
            ),
        ),
    )


def put(view: ReferenceView[PlatformRecord], record: PlatformRecord) -> None:
    view.apply(record.platform_id.encode(), encode(record))


@contextlib.asynccontextmanager
async def edge_under_test(bounds: Bounds | None = None) -> AsyncIterator[EdgeUnderTest]:
    platforms = ReferenceView(PLATFORMS, PlatformRecord)
    policies = ReferenceView(POLICIES, PolicyRecord)
    for name in ("x", "whatsapp", "youtube", "telegram", "facebook"):
        put(platforms, platform(name))
    policy = PolicyRecord(
        policy_id=PolicyId("terrorism"),
        revision=1,
        title="t",
        text="t",
        severity=1,
        queue_id="q",
        actions={},
    )
    policies.apply(b"terrorism", encode(policy))
    producers: list[FakeProducer] = []

    def make() -> FakeProducer:
        producers.append(FakeProducer())
        return producers[-1]

    age = [0.0]
    publisher = Publisher("", bounds or Bounds(ACK_SECONDS, 1000, 2**24), make)
    backlog = Backlog("", lambda: NOW)
    reference = Reference(platforms, policies, lambda: age[0], 10.0)
    intake = Intake(reference, publisher, backlog, Phones(b"a key for the tests"), lambda: NOW)
    bulk = BulkIntake(intake, publisher, ACK_SECONDS)
    app = make_app(Edge(intake, bulk, Limits(lambda: 0.0), "http://review"))
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    publisher.start()
    await eventually(lambda: connected(publisher))
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        yield EdgeUnderTest(client, producers, publisher, backlog, platforms, age)
    await publisher.stop()


async def connected(publisher: Publisher) -> bool:
    return await publisher.connected() is None


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
