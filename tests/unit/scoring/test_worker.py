"""A batch is finished before its agent lets go, or the process ends before anything commits."""

import asyncio
import os

import pytest

from services.scoring.worker import UNFINISHED_EXIT, finish


async def test_a_cancelled_agent_lets_go_only_when_its_batch_is_done() -> None:
    entered, go = asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def batch() -> None:
        entered.set()
        await go.wait()
        done.append("batch")

    agent = asyncio.create_task(finish(batch()))
    await entered.wait()
    for _ in range(3):  # however often it is told
        agent.cancel()
        await asyncio.sleep(0)
        assert not agent.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await agent
    assert done == ["batch"]


async def test_a_batch_that_raises_ends_the_process_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Ended(BaseException):
        pass

    def ended(status: int) -> None:
        assert status == UNFINISHED_EXIT
        raise Ended

    async def batch() -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(os, "_exit", ended)
    with pytest.raises(Ended):
        await finish(batch())
