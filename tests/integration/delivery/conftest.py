"""A database with platforms, reviewers and a policy."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.delivery.parts import World, a_world


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with a_world(database_url) as made:
        yield made
