"""A change of what keys are made of puts all that waits into the new order, and never mixes two."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic import command
from prometheus_client import REGISTRY
from pydantic import SecretStr

from services.review.audit.models import Actor, ActorKind
from services.review.cases import ordering, queue_repository, rekeying
from services.review.cases.arrivals import arrival
from services.review.cases.intake import take_reports
from services.review.cases.order_repository import counting_column, load_order
from services.review.cases.priority import HARM_ZERO, order_key
from services.review.cases.queue_rules import QueueLane
from services.review.database.engine import Database
from services.review.database.migrate import _config, upgrade
from services.review.jobs.duty import LostLeadership
from services.review.jobs.rekeying import Rekeying, duty
from services.review.policies.repository import list_policies, list_queues
from services.review.settings import Settings
from shared.contracts.scored_report import ScoredReport
from tests.builders.scored_reports import NOON, scored_report
from tests.integration.review_stream.parts import execute, fetch, new_term, served
from tests.waiting import eventually

ACTOR = Actor(ActorKind.SYSTEM, "test")
SEED = """
insert into platforms (platform_id, name) values ('x', 'X');
insert into queues (queue_id, title, kind, minutes_per_case, position)
  values ('rest', 'The rest', 'cases', 1, 2);
insert into policies (policy_id, revision, title, text, severity, queue_id, actions,
    standing_days, reopen_reporters, appeal_days)
  values ('threat', 1, 'Threats', '', 50, 'rest', '{}', 30, 3, 180),
         ('other', 1, 'Other', '', 1, 'rest', '{}', 30, 3, 180);
"""
GRAVER = """
insert into policies (policy_id, revision, title, text, severity, queue_id, actions,
    standing_days, reopen_reporters, appeal_days)
  select policy_id, revision + 1, title, text, 100, queue_id, actions, standing_days,
    reopen_reporters, appeal_days from policies where policy_id = 'other'
"""
THREATS, OTHERS = [f"x:post:t{n}" for n in range(5)], [f"x:post:o{n}" for n in range(5)]
BEFORE, AFTER = THREATS + OTHERS, OTHERS + THREATS


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await execute(database_url, SEED)
    database = Database(database_url, pool_size=4)
    yield database
    await database.close()


def reports(start: int, subjects: list[str]) -> list[ScoredReport]:
    return [
        scored_report(
            start + number,
            subject=subject,
            text=f"words of {subject}",
            policy="threat" if subject.startswith("x:post:t") else "other",
        )
        for number, subject in enumerate(subjects)
    ]


async def take(database: Database, *taken: ScoredReport) -> None:
    async with database.as_worker() as session:
        await take_reports(session, [*map(arrival, taken)], ACTOR)


async def ten_wait(database: Database) -> None:
    """Five threats and five others; the threats go first, of each kind the older ones."""
    await take(database, *reports(0, OTHERS), *reports(10, THREATS))


async def claimed_order(database: Database) -> list[str]:
    """Subjects as claims would take them."""
    async with database.as_worker() as session:
        found = await queue_repository.list_candidates(
            session,
            "rest",
            [QueueLane("en", 1, "x")],
            reviewer="r",
            clearance=1,
            width=100,
            column=await counting_column(session),
        )
        ids = [one.entry_id for one in found]
    connection = await asyncpg.connect(
        database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        rows = await connection.fetch("select cluster_id, subject_id from cases")
    finally:
        await connection.close()
    subjects = {row["cluster_id"]: row["subject_id"] for row in rows}
    return [subjects[entry_id] for entry_id in ids]


async def batch(database: Database, most: int = 3) -> int:
    async with database.as_worker() as session:
        return await rekeying.rekey(session, most=most)


async def begin(database: Database) -> None:
    async with database.as_worker() as session:
        await rekeying.begin_order(session)


async def switch(database: Database) -> bool:
    async with database.as_worker() as session:
        return await rekeying.switch_order(session)


async def settle(database: Database, url: str) -> None:
    """The duty at work until nothing is left."""
    settings = Settings(database_url=SecretStr(url), cursor_key=SecretStr("k" * 16))

    async def done() -> bool:
        async with database.as_worker() as session:
            order = await load_order(session)
            left = await rekeying.count_left(session)
            now = ordering.inputs_now(await list_policies(session), await list_queues(session))
        return order.inputs == now and order.next_number is None and left == 0

    async with served(duty(settings, database), url):
        await eventually(done, what="the queue is in order")


async def severities(url: str) -> dict[str, float]:
    """The weight that each case gives as its reason, in the order that counts."""
    counting = (
        "case when (c.next_priority ->> 'order')::bigint = o.number then c.next_priority"
        " else c.priority end"
    )
    rows = await fetch(
        url,
        "select c.subject_id, f ->> 'value' from queue_order o cross join cases c"
        f" cross join lateral jsonb_array_elements(({counting}) -> 'factors') f"
        " where f ->> 'name' = 'severity'",
    )
    return {str(subject): float(str(value)) for subject, value in rows}


async def test_the_old_order_counts_whole_until_the_new_one_is_whole(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await begin(database)  # what they were keyed by is known from now on
    assert await claimed_order(database) == BEFORE
    await execute(database_url, GRAVER)
    assert await claimed_order(database) == BEFORE
    await begin(database)
    for done in (3, 3, 3):
        assert await batch(database) == done
        assert not await switch(database)
        assert await claimed_order(database) == BEFORE
        assert set((await severities(database_url)).values()) == {1, 50}
    assert await batch(database) == 1
    assert await claimed_order(database) == BEFORE
    assert await switch(database)
    assert await claimed_order(database) == AFTER
    assert set((await severities(database_url)).values()) == {100, 50}


async def test_a_new_order_goes_on_where_a_killed_process_left_it(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await begin(database)
    await execute(database_url, GRAVER)
    first = Rekeying(database, batch=3)
    term = await new_term(database_url, "rekeying")
    async with term.transaction(database) as session:
        await rekeying.begin_order(session)
    async with term.transaction(database) as session:
        assert await rekeying.rekey(session, most=3) == 3
    with pytest.raises(asyncio.CancelledError):  # noqa: PT012 — killed inside its transaction
        async with term.transaction(database) as session:
            assert await rekeying.rekey(session, most=3) == 3
            raise asyncio.CancelledError
    assert await claimed_order(database) == BEFORE
    async with database.as_worker() as session:
        assert await rekeying.count_left(session) == 7
    resumed = await new_term(database_url, "rekeying")
    with pytest.raises(LostLeadership):
        await first.step(term)
    await first.step(resumed)
    assert REGISTRY.get_sample_value("mizan_rekeying_left") == 0
    assert await claimed_order(database) == AFTER


async def test_reports_that_come_meanwhile_have_their_place_in_both_orders(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await begin(database)
    await execute(database_url, GRAVER)
    await begin(database)
    await batch(database, most=5)
    await take(database, *reports(20, ["x:post:o5", "x:post:t5"]))
    fresh = (
        "select key_order, second_key_order from queue_entries order by enqueued_at desc limit 2"
    )
    assert await fetch(database_url, fresh) == [(1, 2), (1, 2)]
    late = [*THREATS, "x:post:t5", *OTHERS, "x:post:o5"]
    assert await claimed_order(database) == late
    for number, subject in enumerate(OTHERS[1:]):  # on both sides of the batch
        more = scored_report(30 + number, subject=subject, reporter="another", policy="other")
        await take(database, more)
    raised = await claimed_order(database)
    assert raised == [*THREATS, "x:post:t5", *OTHERS[1:], OTHERS[0], "x:post:o5"]
    while await batch(database, most=5):
        assert await claimed_order(database) == raised
    assert await switch(database)
    after = await claimed_order(database)
    assert after == [*OTHERS[1:], OTHERS[0], "x:post:o5", *THREATS, "x:post:t5"]


async def test_the_same_facts_have_the_same_key_whenever_it_is_made(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    keys = "select entry_id, key from queue_entries order by 1"
    made = await fetch(database_url, keys)
    await execute(database_url, "update queue_entries set key = 0, key_order = 0")
    while await batch(database):
        pass
    assert await fetch(database_url, keys) == made


async def test_a_new_formula_is_told_from_the_old_and_what_cannot_be_compared_goes_last(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await begin(database)
    await execute(
        database_url,
        "update queue_entries set key = -key;"
        " update queue_order set inputs = inputs || '{\"formula\": 0}'",
    )
    old = await claimed_order(database)
    assert old != BEFORE
    await take(database, *reports(20, ["x:post:t5"]))
    assert await claimed_order(database) == [*old, "x:post:t5"]
    await begin(database)
    await take(database, *reports(21, ["x:post:t6"]))
    assert (await claimed_order(database))[:10] == old
    while await batch(database):
        assert (await claimed_order(database))[:10] == old
    assert await switch(database)
    assert await claimed_order(database) == [*THREATS, "x:post:t5", "x:post:t6", *OTHERS]


async def test_changes_one_after_the_other_use_both_columns_in_turn(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await settle(database, database_url)
    await execute(database_url, GRAVER)
    await settle(database, database_url)
    assert await claimed_order(database) == AFTER
    await take(database, *reports(20, ["x:post:o5"]))
    await execute(database_url, "update policies set severity = 0.5 where policy_id = 'other'")
    await settle(database, database_url)
    assert await claimed_order(database) == [*BEFORE, "x:post:o5"]
    async with database.as_worker() as session:
        assert await counting_column(session) is ordering.Column.FIRST


async def test_a_second_change_begins_anew_before_the_first_one_counts(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await begin(database)
    await execute(database_url, GRAVER)
    await begin(database)
    await batch(database, most=5)
    await execute(database_url, "update policies set severity = 1 where policy_id = 'threat'")
    await begin(database)
    assert not await switch(database)
    assert await batch(database, most=100) == 10
    assert await switch(database)
    assert await claimed_order(database) == AFTER
    assert set((await severities(database_url)).values()) == {100, 1}


async def test_an_entry_of_an_older_order_waits_at_the_end_until_its_key_is_made_anew(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await begin(database)
    await execute(database_url, GRAVER)
    await settle(database, database_url)
    first = "select cluster_id from cases where subject_id = 'x:post:o0'"
    await execute(
        database_url,
        "update queue_entries set second_key = '-infinity', second_key_order = 1"
        f" where entry_id = ({first})",
    )
    assert (await claimed_order(database))[-1] == "x:post:o0"
    await settle(database, database_url)
    assert await claimed_order(database) == AFTER


async def test_an_order_is_not_switched_under_an_intake_that_is_under_way(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await begin(database)
    await execute(database_url, GRAVER)
    async with database.as_worker() as session:
        await take_reports(session, [*map(arrival, reports(20, ["x:post:o5"]))], ACTOR)
        beginning = asyncio.create_task(begin(database))
        await eventually(lambda: _waits(database_url), what="the change waits")
        assert not beginning.done()
    await beginning
    assert await batch(database, most=100) == 11
    assert await switch(database)
    assert await claimed_order(database) == [*OTHERS, "x:post:o5", *THREATS]


async def test_what_waited_before_orders_had_numbers_is_put_into_one(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await asyncio.to_thread(command.downgrade, _config(database_url), "0011")
    await execute(database_url, "update queue_entries set key = -key")
    await asyncio.to_thread(upgrade, database_url)
    await database.engine.dispose()
    mixed = await claimed_order(database)
    assert mixed != BEFORE
    await take(database, *reports(20, ["x:post:t5"]))
    assert await claimed_order(database) == [*mixed, "x:post:t5"]
    await settle(database, database_url)
    assert await claimed_order(database) == [*THREATS, "x:post:t5", *OTHERS]


async def _waits(url: str) -> bool:
    waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
    return bool(await fetch(url, waiting))


async def test_an_appeal_gets_a_key_of_the_new_order_too(
    database: Database, database_url: str
) -> None:
    await ten_wait(database)
    await begin(database)
    await execute(
        database_url,
        "insert into appeals (appeal_id, platform_id, environment, external_id, decision_id,"
        " appellant_kind, language, text, submitted_at, accepted_at, state, refused)"
        " values ('app_1', 'x', 'live', 'e', 'dec', 'owner', 'en', '',"
        " '2026-11-20T12:00:00Z', '2026-11-20T12:00:00Z', 'refused', 'too_late');"
        " insert into queue_entries (entry_id, kind, platform_id, environment, queue_id, language,"
        " clearance, lane, key, formula, enqueued_at)"
        " values ('app_1', 'appeal', 'x', 'live', 'rest', 'en', 1, 2, 7, 1, now())",
    )
    await execute(database_url, GRAVER)
    await settle(database, database_url)
    key = "select second_key from queue_entries where entry_id = 'app_1'"
    assert await fetch(database_url, key) == [(order_key(HARM_ZERO, NOON),)]
