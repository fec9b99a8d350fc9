"""A client of Kafka that cannot be stopped properly ends nobody else's task and keeps nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from shared.kafka.stopping import stop_consumer, stop_producer


@dataclass
class Pool:
    closed: bool = False

    async def close(self) -> None:
        self.closed = True


@dataclass
class Client:
    """`how` is what happens in its `stop`."""

    how: Callable[[], Awaitable[None]]
    client: Pool = field(default_factory=Pool)

    @property
    def _client(self) -> Pool:
        return self.client

    async def stop(self) -> None:
        await self.how()


async def lets_its_own_cancellation_out() -> None:
    raise asyncio.CancelledError


async def breaks() -> None:
    raise OSError


async def never_ends() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("how", [lets_its_own_cancellation_out, breaks, never_ends])
@pytest.mark.parametrize("stop", [stop_consumer, stop_producer])
async def test_the_caller_goes_on_and_the_connections_are_closed(
    stop: Callable[[Client, float], Awaitable[None]], how: Callable[[], Awaitable[None]]
) -> None:
    client = Client(how)
    await stop(client, 0.01)
    assert client.client.closed


async def test_a_caller_that_is_cancelled_itself_is_cancelled() -> None:
    stopping = asyncio.ensure_future(stop_consumer(Client(never_ends), 60))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
