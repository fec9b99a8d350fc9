"""A topic folded into the database: once each, whatever the log, the data or the database do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.review.database.session import Session
from services.review.jobs import log_duty as log_duties
from services.review.jobs.duty import LostLeadership
from services.review.jobs.log_duty import LogDuty
from services.review.jobs.positions import PositionRefused
from shared.contracts.topics import APPEALS
from shared.kafka.admin import ensure_topics
from shared.kafka.consumer import partitions_of
from shared.kafka.dead_letters import DeadLetters, RawRecord, find_verdict
from tests.integration.review_stream.parts import (
    Fold,
    execute,
    fetch,
    log_duty,
    new_term,
    opened,
    positions,
    read,
    send,
    served,
)
from tests.waiting import PATIENT_SECONDS, eventually

DUTY = "stream-test"
NUL = b'{"text": "a\\u0000b"}'


def good(count: int) -> list[bytes]:
    return [b'{"n": %d}' % number for number in range(count)]


async def taken(url: str) -> int:
    return int(str((await fetch(url, "select count(*) from taken"))[0][0]))


async def until_at(url: str, offset: int) -> None:
    async def there() -> bool:
        return (await positions(url, DUTY)).get(0) == offset

    await eventually(there, what=f"position {offset}")


async def take_all(url: str, bootstrap: str, offset: int, fold: Fold) -> None:
    async with opened(url) as database, served(log_duty(APPEALS, database, bootstrap, fold), url):
        await until_at(url, offset)


async def test_a_restart_goes_back_ten_minutes_and_takes_nothing_twice(
    fresh_topics: str, database_url: str
) -> None:
    for _ in range(2):  # at two moments: the records of one batch have one time
        await send(fresh_topics, APPEALS, good(25))
    first = Fold()
    await take_all(database_url, fresh_topics, 50, first)
    await send(fresh_topics, APPEALS, good(10))
    again = Fold()
    await take_all(database_url, fresh_topics, 60, again)
    assert len(first.new) == 50
    assert sum(again.calls) == 60, "it did not go back"
    assert again.new == [f"0/{offset}" for offset in range(50, 60)]
    assert await taken(database_url) == 60


async def test_the_next_records_are_read_while_others_are_written(
    fresh_topics: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_duties, "MOST_RECORDS", 1)
    ahead: list[int] = []
    more_is_read = asyncio.Event()
    fold = Fold()

    def read_ahead(records: Sequence[RawRecord]) -> None:
        ahead.extend(record.offset for record in records)
        if 1 in ahead:
            more_is_read.set()

    async def slow(session: Session, records: Sequence[RawRecord]) -> None:
        await fold(session, records)
        await asyncio.wait_for(more_is_read.wait(), PATIENT_SECONDS)

    await send(fresh_topics, APPEALS, good(4))
    async with opened(database_url) as database:
        duty = LogDuty(DUTY, APPEALS, database, fresh_topics, slow, read_ahead=read_ahead)
        async with served(duty, database_url):
            await until_at(database_url, 4)
    assert fold.new == [f"0/{offset}" for offset in range(4)]
    assert ahead == [0, 1, 2, 3]


async def test_one_record_that_the_database_can_never_take_is_found_and_spoils_no_other(
    fresh_topics: str, database_url: str
) -> None:
    await send(fresh_topics, APPEALS, [*good(130), NUL, *good(69)])
    fold = Fold()
    await take_all(database_url, fresh_topics, 200, fold)
    assert await taken(database_url) == 199
    (letter,) = await read(fresh_topics, APPEALS, APPEALS.dead_letter)
    verdict = find_verdict(tuple(letter.headers))
    assert verdict is not None
    assert letter.value == NUL
    assert (verdict.cause, verdict.origin.topic) == ("refused_by_database", APPEALS.name)
    assert (verdict.origin.partition, verdict.origin.offset) == (0, 130)
    # by halving: about two calls for each of the steps from the batch down to one record
    assert len(fold.calls) <= 25


class DeafSender:
    """A broker that acknowledges nothing."""

    async def send_and_wait(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        *,
        headers: Sequence[tuple[str, bytes]] | None = None,
    ) -> object:
        raise OSError("no answer")


async def test_the_position_stays_where_it_is_until_the_dead_letter_is_acknowledged(
    broker: str, database_url: str
) -> None:
    records = [
        RawRecord(APPEALS.name, 0, offset, 1_800_000_000_000, None, value)
        for offset, value in enumerate([b'{"n": 1}', NUL])
    ]
    async with opened(database_url) as database:
        duty = log_duty(APPEALS, database, broker, Fold())
        term = await new_term(database_url, DUTY)
        with pytest.raises(OSError, match="no answer"):
            await duty._take(term, DeadLetters(DeafSender()), records, "id")
        assert await positions(database_url, DUTY) == {}
        assert await taken(database_url) == 0


@dataclass
class Cut(Fold):
    """Its connection is ended from outside in mid-batch, as by a server that goes away."""

    url: str = ""

    async def __call__(self, session: Session, records: Sequence[RawRecord]) -> None:
        await super().__call__(session, records)
        process = (await session.execute(text("select pg_backend_pid()"))).scalar_one()
        await execute(self.url, f"select pg_terminate_backend({process}, 5000)")
        await session.execute(text("select 1"))


async def test_a_lost_connection_sets_nothing_aside_and_the_batch_is_taken_later(
    fresh_topics: str, database_url: str
) -> None:
    await send(fresh_topics, APPEALS, good(20))
    async with opened(database_url) as database:
        duty = log_duty(APPEALS, database, fresh_topics, Cut(url=database_url))
        term = await new_term(database_url, DUTY)
        with pytest.raises(DBAPIError) as lost:
            await asyncio.wait_for(duty.serve(term), 30)
    assert lost.value.connection_invalidated, "the connection was not lost at all"
    assert await positions(database_url, DUTY) == {}
    assert await read(fresh_topics, APPEALS, APPEALS.dead_letter) == []
    await take_all(database_url, fresh_topics, 20, Fold())
    assert await taken(database_url) == 20


async def test_a_position_past_the_end_of_the_log_is_refused_and_never_reset(
    fresh_topics: str, database_url: str
) -> None:
    await send(fresh_topics, APPEALS, good(10))
    await take_all(database_url, fresh_topics, 10, Fold())
    await execute(database_url, "update consumer_positions set next_offset = 1000")
    fold = Fold()
    with pytest.raises(PositionRefused, match="the log has lost records"):
        async with (
            opened(database_url) as database,
            served(log_duty(APPEALS, database, fresh_topics, fold), database_url) as task,
        ):
            await asyncio.wait([task], timeout=20)
    assert fold.calls == []
    assert await positions(database_url, DUTY) == {0: 1000}


async def test_a_topic_that_was_deleted_and_made_anew_is_refused(
    fresh_topics: str, database_url: str
) -> None:
    await send(fresh_topics, APPEALS, good(10))
    await take_all(database_url, fresh_topics, 10, Fold())
    client = AIOKafkaAdminClient(bootstrap_servers=fresh_topics)
    await client.start()
    try:
        await client.delete_topics([APPEALS.name])

        async def gone() -> bool:
            return APPEALS.name not in await client.list_topics()

        await eventually(gone)
    finally:
        await client.close()
    await ensure_topics(fresh_topics, [APPEALS])
    await send(fresh_topics, APPEALS, good(20))  # longer than before: the offset alone looks right
    fold = Fold()
    with pytest.raises(PositionRefused, match="another topic"):
        async with (
            opened(database_url) as database,
            served(log_duty(APPEALS, database, fresh_topics, fold), database_url) as task,
        ):
            await asyncio.wait([task], timeout=20)
    assert fold.calls == []


async def test_records_that_aged_out_unread_stop_the_consumer(
    fresh_topics: str, database_url: str
) -> None:
    await send(fresh_topics, APPEALS, good(10))
    await take_all(database_url, fresh_topics, 10, Fold())
    await send(fresh_topics, APPEALS, good(10))
    client = AIOKafkaAdminClient(bootstrap_servers=fresh_topics)
    await client.start()
    try:
        await client.delete_records({partitions_of(APPEALS)[0]: RecordsToDelete(15)})
    finally:
        await client.close()
    with pytest.raises(PositionRefused, match="aged out unread"):
        async with (
            opened(database_url) as database,
            served(log_duty(APPEALS, database, fresh_topics, Fold()), database_url) as task,
        ):
            await asyncio.wait([task], timeout=20)


async def test_a_consumer_whose_leadership_has_passed_on_writes_nothing_more(
    fresh_topics: str, database_url: str
) -> None:
    await send(fresh_topics, APPEALS, good(5))
    async with opened(database_url) as database:
        duty = log_duty(APPEALS, database, fresh_topics, Fold())
        stale = await new_term(database_url, DUTY)
        await new_term(database_url, DUTY)
        with pytest.raises(LostLeadership):
            await asyncio.wait_for(duty.serve(stale), 30)
    assert await taken(database_url) == 0
    assert await positions(database_url, DUTY) == {}
