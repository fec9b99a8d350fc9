"""What a process says of itself on its admin port."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping

import httpx
import pytest

from shared.observability import admin
from shared.observability.admin import Check, Liveness, PortInUse, admin_app, admin_server
from tests.ports import free_port
from tests.waiting import eventually_true


async def answer(
    path: str, *, liveness: Liveness | None = None, checks: Mapping[str, Check] | None = None
) -> httpx.Response:
    app = admin_app(liveness or Liveness(), checks or {})
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        return await client.get(path)


async def test_a_loop_that_does_not_turn_is_named_and_the_process_is_not_live() -> None:
    liveness = Liveness(limit_seconds=0)
    assert (await answer("/livez", liveness=liveness)).status_code == 200
    liveness.beat("sink")
    dead = await answer("/livez", liveness=liveness)
    assert (dead.status_code, dead.json()) == (503, {"stuck": ["sink"]})
    liveness.forget("sink")
    assert (await answer("/livez", liveness=liveness)).status_code == 200


async def test_a_loop_that_turns_is_live() -> None:
    liveness = Liveness(limit_seconds=60)
    liveness.beat("sink")
    assert (await answer("/livez", liveness=liveness)).json() == {"stuck": []}


async def test_readiness_names_each_dependency_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admin, "CHECK_SECONDS", 0.01)

    async def good() -> str | None:
        return None

    async def bad() -> str | None:
        return "behind"

    async def broken() -> str | None:
        raise ValueError("a password")

    async def slow() -> str | None:
        await asyncio.Event().wait()
        return None

    checks = {"good": good, "bad": bad, "broken": broken, "slow": slow}
    page = await answer("/readyz", checks=checks)
    assert page.status_code == 503
    assert page.json() == {
        "waiting_for": {"bad": "behind", "broken": "ValueError", "slow": "no answer"}
    }
    assert (await answer("/readyz", checks={"good": good})).status_code == 200


async def test_an_admin_port_that_is_taken_is_named() -> None:
    port = free_port()
    async with admin_server(host="127.0.0.1", port=port, liveness=Liveness(), checks={}):
        with pytest.raises(PortInUse, match=f"127.0.0.1:{port} is in use"):
            async with admin_server(host="127.0.0.1", port=port, liveness=Liveness(), checks={}):
                pass


BLOCKING = """
import asyncio, sys, time
from shared.observability.admin import Liveness, admin_server

async def main():
    port = int(sys.argv[1])
    async with admin_server(host="127.0.0.1", port=port, liveness=Liveness(), checks={}):
        await asyncio.to_thread(sys.stdin.readline)
        time.sleep(600)

asyncio.run(main())
"""


def test_a_process_whose_event_loop_is_blocked_does_not_answer() -> None:
    port = free_port()

    def live() -> bool:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/livez", timeout=0.5, trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    with subprocess.Popen(
        [sys.executable, "-c", BLOCKING, str(port)], stdin=subprocess.PIPE
    ) as process:
        try:
            eventually_true(live)
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
            eventually_true(lambda: not live(), what="no answer while the loop is blocked")
        finally:
            process.kill()
