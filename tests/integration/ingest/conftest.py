"""One edge on a broker of its own: these tests freeze, kill and cut it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from shared.contracts.reference import Scope
from tests.builders.reference import api_key, platform_record, policy_record
from tests.edge_process import EdgeProcess, edge_process, publish_reference
from tests.own_broker import OwnBroker, own_broker
from tests.real_parts import run_apart

PLATFORM = platform_record(
    "x",
    keys=[
        api_key("mz_live_x"),
        api_key("mz_test_x"),
        api_key("mz_live_x_appeals", scopes=frozenset({Scope.APPEALS})),
    ],
    reports_per_second=2000,
)
MOST_IN_FLIGHT = 50


@pytest.fixture(scope="package")
def edge_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edge")


@pytest.fixture(scope="package")
def edge_broker(edge_folder: Path) -> Iterator[OwnBroker]:
    with own_broker(edge_folder) as broker:
        run_apart(
            publish_reference(
                broker.bootstrap, platforms=[PLATFORM], policies=[policy_record("terrorism")]
            )
        )
        yield broker


@pytest.fixture(scope="package")
def edge(edge_broker: OwnBroker, edge_folder: Path) -> Iterator[EdgeProcess]:
    """Ready. It must be so again after each test."""
    with edge_process(edge_broker.bootstrap, edge_folder) as process:
        process.wait_ready()
        yield process


@pytest_asyncio.fixture
async def client(edge: EdgeProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(edge) as made:
        yield made


def client_of(edge: EdgeProcess) -> httpx.AsyncClient:
    """It sends as platform x and never waits for long."""
    return httpx.AsyncClient(
        base_url=edge.url,
        headers={"authorization": "Bearer mz_live_x", "content-type": "application/json"},
        timeout=10,
        trust_env=False,
    )
