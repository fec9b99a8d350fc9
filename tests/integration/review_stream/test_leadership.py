"""One leader a duty: a stopped one is replaced, and what it does when it wakes is refused."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy import text

from services.review.jobs import lease_expiry
from services.review.jobs.duty import Leadership, LostLeadership
from services.review.settings import Settings
from shared.observability.admin import Liveness
from tests.integration.review_stream.parts import execute, fetch, new_term, opened
from tests.integration.review_stream.test_lease_expiry import ROWS
from tests.waiting import eventually, eventually_true

ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def leader(
    url: str, folder: Path, who: str, module: str = "led_process"
) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", f"tests.integration.review_stream.{module}"]
    with (folder / f"{who}.log").open("wb") as log:
        process = subprocess.Popen([*command, url, str(folder), who], cwd=ROOT, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(10)


async def make_table(url: str) -> None:
    await execute(url, "create table written (n bigserial primary key, who text, epoch bigint)")
    await execute(url, "grant insert on written to mizan_worker")
    await execute(url, "grant usage on sequence written_n_seq to mizan_worker")


async def written_by(url: str, who: str) -> int:
    rows = await fetch(url, f"select count(*) from written where who = '{who}'")
    return int(str(rows[0][0]))


async def test_a_stopped_leader_is_replaced_and_its_late_write_is_refused(
    database_url: str, tmp_path: Path
) -> None:
    await make_table(database_url)
    (tmp_path / "new.go").touch()

    async def replaced() -> bool:
        return await written_by(database_url, "new") > 0

    with leader(database_url, tmp_path, "old") as old:
        eventually_true((tmp_path / "old.entered").exists)
        old.send_signal(signal.SIGSTOP)
        with leader(database_url, tmp_path, "new"):
            await eventually(replaced, what="a new leader writes")
            (tmp_path / "old.go").touch()
            old.send_signal(signal.SIGCONT)

            async def woken() -> bool:
                refused = (tmp_path / "old.refused").exists()
                return refused or await written_by(database_url, "old") > 0

            await eventually(woken, what="the old leader tries to write")
            assert await written_by(database_url, "old") == 0
            assert (tmp_path / "old.refused").exists()


async def test_a_leader_that_stops_in_the_middle_of_what_it_sends_gives_its_epoch_back(
    database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url):
        await new_term(database_url, "led")
    with leader(database_url, tmp_path, "old", "sending_process") as old:
        await asyncio.to_thread(wait_until_stopped, old.pid)

        async def free() -> bool:
            with contextlib.suppress(asyncpg.LockNotAvailableError):
                return bool(await fetch(database_url, "select 1 from duties for update nowait"))
            return False

        assert not await free()
        await eventually(free, what="the epoch can be taken")


def wait_until_stopped(pid: int) -> None:
    eventually_true(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)


async def test_a_leader_that_ends_in_order_hands_over_and_the_epoch_grows(
    database_url: str, tmp_path: Path
) -> None:
    await make_table(database_url)
    for number, who in enumerate(["first", "second"], start=1):
        (tmp_path / f"{who}.go").touch()
        with leader(database_url, tmp_path, who) as process:

            async def wrote(who: str = who) -> bool:
                return await written_by(database_url, who) > 0

            await eventually(wrote, what=f"{who} writes")
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 20) == 0
        epochs = await fetch(database_url, f"select epoch from written where who = '{who}'")
        assert set(epochs) == {(number,)}


async def test_a_transaction_under_way_holds_off_the_next_epoch_until_it_ends(
    database_url: str,
) -> None:
    async with opened(database_url) as database:
        term = await new_term(database_url, "led")
        async with term.transaction(database) as session:
            take_over = asyncio.create_task(new_term(database_url, "led"))

            async def waits() -> bool:
                blocked = (
                    "select 1 from pg_stat_activity"
                    " where wait_event_type = 'Lock' and datname = current_database()"
                )
                return bool(await fetch(database_url, blocked))

            await eventually(waits, what="the take-over waits for the row of the epoch")
            await session.execute(text("insert into taken (place) values ('before the hand-over')"))
        assert (await take_over).epoch == term.epoch + 1
        with pytest.raises(LostLeadership):
            async with term.transaction(database) as session:
                await session.execute(text("insert into taken (place) values ('after')"))
    assert await fetch(database_url, "select place from taken") == [("before the hand-over",)]


async def test_what_only_a_leader_knows_leaves_the_page_with_the_leadership(
    database_url: str,
) -> None:
    def shown(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, labels)

    async def led() -> bool:
        leads = shown("mizan_duty_leader", duty="lease-expiry") == 1
        return leads and bool(shown("mizan_queue_depth", queue="other"))

    await execute(database_url, ROWS)
    settings = Settings(database_url=SecretStr(database_url), cursor_key=SecretStr("k" * 16))
    async with opened(database_url) as database:
        leadership = Leadership(
            lease_expiry.duty(settings, database), database_url, Liveness(), "the only one"
        )
        assert shown("mizan_duty_leader", duty="lease-expiry") == 0
        leading = asyncio.create_task(leadership.run())
        await eventually(led, what="the queues are counted")
        leadership.stop()
        await leading
    assert shown("mizan_queue_depth", queue="other") is None
    assert shown("mizan_duty_leader", duty="lease-expiry") == 0
