"""What goes on and on ends when the process is asked to stop."""

import asyncio

from services.review.parts import Stopping


async def test_a_wait_ends_as_soon_as_the_stop_is_asked_for() -> None:
    stopping = Stopping()
    waiting = asyncio.create_task(stopping.within(3600))
    await asyncio.sleep(0)
    stopping.ask()
    assert await waiting


async def test_a_wait_that_nobody_ends_says_so() -> None:
    assert not await Stopping().within(0)
