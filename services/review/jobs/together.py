"""Several loops of one duty, which live and end together."""

import asyncio
from collections.abc import Coroutine


async def run_together(*loops: Coroutine[object, object, None]) -> None:
    """Returns when all have returned. The first error ends the others and is raised as it is."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
