"""The edge in this process, without a broker."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.unit.ingest.edge_parts import EdgeUnderTest, edge_under_test


@pytest_asyncio.fixture
async def edge() -> AsyncIterator[EdgeUnderTest]:
    async with edge_under_test() as parts:
        yield parts
