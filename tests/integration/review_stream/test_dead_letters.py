"""A record that could not be read is shown, told of once, and forgotten when it comes right."""

import json
from collections.abc import AsyncIterator

import pytest

from services.review.audit.models import Actor, ActorKind
from services.review.cases.arrivals import arrival
from services.review.cases.intake import take_reports
from services.review.database.engine import Database
from services.review.jobs.dead_letters import take_dead_letters
from shared.contracts.codec import encode
from shared.contracts.topics import SCORED_REPORTS
from shared.kafka.dead_letters import Header, RawRecord, first_headers
from tests.builders.scored_reports import scored_report
from tests.integration.review_stream.parts import execute, fetch
from tests.integration.review_stream.test_intake import SEED

ACTOR = Actor(ActorKind.SYSTEM, "test")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await execute(database_url, SEED)
    database = Database(database_url, pool_size=2)
    yield database
    await database.close()


def letter(value: bytes, offset: int = 0) -> RawRecord:
    headers = (
        (Header.CAUSE.value, b"undecodable"),
        (Header.ERROR.value, b"Undecodable"),
        (Header.STACK.value, b"abc"),
        (Header.TOPIC.value, SCORED_REPORTS.name.encode()),
        (Header.PARTITION.value, b"2"),
        (Header.OFFSET.value, b"41"),
        (Header.TIMESTAMP.value, b"1795000000000"),
    )
    return RawRecord(SCORED_REPORTS.dead_letter, 2, offset, 1795000001000, b"k", value, headers)


async def take(database: Database, *records: RawRecord) -> None:
    async with database.as_worker() as session:
        await take_dead_letters(session, records)


async def test_a_broken_report_is_shown_with_its_origin_and_its_platform_is_told_once(
    database: Database, database_url: str
) -> None:
    body = json.loads(encode(scored_report(1)))
    del body["scores"]
    broken = letter(json.dumps(body).encode())
    await take(database, broken)
    await take(database, broken)
    assert await fetch(
        database_url,
        "select cause, origin_topic, origin_offset, platform_id, external_id, state"
        " from dead_letters",
    ) == [("undecodable", "scored-reports", 41, "x", "report-1", "open")]
    assert await fetch(database_url, "select type from outbox") == [("report.quarantined",)]


@pytest.mark.parametrize(
    "value", [b"", b"\xff\x00", b"[]", b'{"report": {"platform": "\\u0000", "report_id": 7}}']
)
async def test_what_names_no_report_is_kept_all_the_same(
    database: Database, database_url: str, value: bytes
) -> None:
    await take(database, letter(value))
    assert await fetch(database_url, "select platform_id, report_id, state from dead_letters") == [
        (None, None, "open")
    ]
    assert await fetch(database_url, "select count(*) from outbox") == [(0,)]


async def test_a_letter_is_closed_when_its_report_arrives_before_or_after_it(
    database: Database, database_url: str
) -> None:
    first, second = scored_report(1), scored_report(2)
    await take(database, letter(encode(first)))
    async with database.as_worker() as session:
        await take_reports(session, [*map(arrival, [first, second])], ACTOR)
    await take(database, letter(encode(second), offset=1))
    states = "select state from dead_letters"
    assert await fetch(database_url, states) == [("replayed",), ("replayed",)]


async def test_another_body_under_the_same_id_does_not_close_a_letter(
    database: Database, database_url: str
) -> None:
    await take(database, letter(encode(scored_report(1))))
    async with database.as_worker() as session:
        await take_reports(session, [arrival(scored_report(1, body_hash="another"))], ACTOR)
    assert await fetch(database_url, "select state from dead_letters") == [("open",)]


async def test_a_conflict_that_arrives_closes_the_letter_of_its_body(
    database: Database, database_url: str
) -> None:
    await take(database, letter(encode(scored_report(1, body_hash="another"))))
    async with database.as_worker() as session:
        await take_reports(session, [arrival(scored_report(1))], ACTOR)
    states = "select state from dead_letters"
    assert await fetch(database_url, states) == [("open",)]
    async with database.as_worker() as session:
        await take_reports(session, [arrival(scored_report(1, body_hash="another"))], ACTOR)
    assert await fetch(database_url, states) == [("replayed",)]


async def test_of_letters_of_one_record_the_newest_alone_is_open_and_is_told_of_once(
    database: Database, database_url: str
) -> None:
    first, second = letter(encode(scored_report(1))), letter(encode(scored_report(1)), offset=1)
    states = 'select state from dead_letters order by "offset"'
    await take(database, first)
    await take(database, second)
    await take(database, first, second)
    assert await fetch(database_url, states) == [("replayed",), ("open",)]
    assert await fetch(database_url, "select count(*) from outbox") == [(1,)]


def settled(offset: int) -> RawRecord:
    place = first_headers(RawRecord(SCORED_REPORTS.name, 2, 41, 1, None, None).coordinates)[0][1]
    headers = ((Header.SETTLED.value, place),)
    return RawRecord(SCORED_REPORTS.dead_letter, 2, offset, 1, b"k", None, headers)


async def test_a_consumer_that_says_it_dealt_with_a_record_closes_the_letters_before_it(
    database: Database, database_url: str
) -> None:
    await take(database, letter(b"{"), settled(1))
    assert await fetch(database_url, "select state from dead_letters") == [("replayed",)]
    await take(database, letter(b"{", offset=2))
    await take(database, settled(1))
    assert await fetch(database_url, 'select state from dead_letters order by "offset"') == [
        ("replayed",),
        ("open",),
    ]
