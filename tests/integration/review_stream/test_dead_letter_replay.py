"""`mizan dead-letters`: from a record that could not be taken to one that has arrived."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
from aiokafka.errors import MessageSizeTooLargeError

from services.review.database.engine import Database
from services.review.dead_letters import service
from services.review.dead_letters.originals import GONE, TOO_LARGE_AND_GONE
from services.review.dead_letters.replaying import NOT_OPEN, Replay
from services.review.dead_letters.rules import Place, Selection
from services.review.dead_letters.service import NOT_THERE
from services.review.invariants.logs import Topics
from services.review.invariants.service import check_all
from services.review.jobs.dead_letters import show_open, take_dead_letters
from services.review.jobs.log_duty import LogDuty
from services.review.jobs.sink import Sink
from services.review.metrics import DEAD_LETTERS
from shared.contracts.codec import encode
from shared.contracts.topics import (
    APPEALS,
    FINGERPRINTS,
    REPORTS,
    SCORED_REPORTS,
    Topic,
    dead_letter_topics,
)
from shared.kafka.dead_letters import DeadLetters, RawRecord, Sender, find_first, original_headers
from shared.kafka.producer import make_producer
from tests.builders.scored_reports import scored_report
from tests.integration.proof.test_invariants import commit_scoring
from tests.integration.review_stream.parts import execute, fetch, opened, read, send, served
from tests.integration.review_stream.test_intake import SEED
from tests.waiting import eventually

REPORTED = [scored_report(n, subject=f"x:post:{n}") for n in range(3)]
FAULT = "alter table reports add constraint fault check (external_id <> 'report-1')"
MEND = "alter table reports drop constraint fault"
NOWHERE = 1_000_000  # an offset that no log of these tests reaches
LETTERS = {topic.name: topic for topic in dead_letter_topics()}

Row = tuple[str, int]  # state, how often a replay was asked for


@dataclass
class System:
    """Three reports, scored; the sink and the reader of its dead letters work when told to."""

    database: Database
    url: str
    broker: str

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        sink = LogDuty("sink", SCORED_REPORTS, self.database, self.broker, Sink().take)
        async with served(sink, self.url), self.reading(SCORED_REPORTS):
            yield

    @contextlib.asynccontextmanager
    async def reading(self, topic: Topic) -> AsyncIterator[None]:
        """The dead letters of the topic become rows."""
        letters = LETTERS[topic.dead_letter]
        duty = LogDuty(
            letters.name,
            letters,
            self.database,
            self.broker,
            take_dead_letters,
            dead_letters=False,
        )
        async with served(duty, self.url):
            yield

    async def until(self, *expected: Row) -> None:
        async def there() -> bool:
            query = 'select state, replays from dead_letters order by topic, "offset"'
            found = await fetch(self.url, query)
            assert found == list(expected)
            return True

        await eventually(there)

    async def open_places(self) -> list[Place]:
        return await service.select_open(self.database, Selection())

    async def replay(self, *places: Place) -> list[str | None]:
        found = Replay(self.database, self.broker, "somebody").run(places)
        return [outcome.problem async for outcome in found]

    async def arrived(self) -> tuple[object, ...]:
        """Reports, conflicts, entries of the queue."""
        (row,) = await fetch(
            self.url,
            "select (select count(*) from reports), (select count(*) from report_conflicts),"
            " (select count(*) from queue_entries)",
        )
        return row

    async def broken(self) -> dict[str, list[str]]:
        findings = await check_all(self.database, Topics(self.broker))
        return {finding.name: list(finding.broken) for finding in findings if finding.broken}

    async def counted(self) -> float:
        async with self.database.as_worker() as session:
            await show_open(session)
        return float(DEAD_LETTERS.labels(SCORED_REPORTS.dead_letter)._value.get())

    def command(
        self, *arguments: str, kafka: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "services.command_line", "dead-letters", *arguments],
            env={
                **os.environ,
                "MIZAN_KAFKA": kafka or self.broker,
                "MIZAN_DATABASE_URL": self.url,
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
async def system(fresh_topics: str, database_url: str) -> AsyncIterator[System]:
    await execute(database_url, SEED)
    await execute(database_url, FAULT)
    await send(fresh_topics, REPORTS, [encode(one.report) for one in REPORTED])
    await commit_scoring(fresh_topics, len(REPORTED))
    await send(fresh_topics, SCORED_REPORTS, [encode(one) for one in REPORTED])
    async with opened(database_url) as database:
        yield System(database, database_url, fresh_topics)


async def test_a_replay_after_the_fault_is_mended_brings_the_report_into_the_queue(
    system: System,
) -> None:
    async with system.at_work():
        await system.until(("open", 0))
        assert await system.arrived() == (2, 0, 2)
        assert await system.counted() == 1
        (place,) = await system.open_places()
        await execute(system.url, MEND)
        assert await system.replay(place) == [None]
        await system.until(("replayed", 1))
    assert await system.arrived() == (3, 0, 3)
    assert await system.counted() == 0
    assert await system.broken() == {}
    assert await system.replay(place) == [NOT_OPEN]
    told = "select entry::jsonb ->> 'action', entry::jsonb -> 'after' ->> 'dead_letter'"
    assert await fetch(
        system.url, f"{told} from audit_outbox where entry like '%dead_letter_%'"
    ) == [("dead_letter_replay_requested", str(place))]


async def test_a_replay_of_what_is_broken_still_leaves_one_open_row_and_it_knows_how_often(
    system: System,
) -> None:
    async with system.at_work():
        await system.until(("open", 0))
        assert await system.replay(*await system.open_places()) == [None]
        await system.until(("replayed", 1), ("open", 1))
        assert await system.broken() == {}
        assert await system.replay(*await system.open_places()) == [None]
        await system.until(("replayed", 1), ("replayed", 2), ("open", 2))
        assert await system.broken() == {}
        await execute(system.url, MEND)
        assert await system.replay(*await system.open_places()) == [None]
        await system.until(("replayed", 1), ("replayed", 2), ("replayed", 3))
    assert await system.arrived() == (3, 0, 3)
    assert await system.broken() == {}


@pytest.mark.parametrize("mended", [True, False])
async def test_two_replays_before_the_consumer_comes_to_either_are_one(
    system: System, mended: bool
) -> None:
    async with system.at_work():
        await system.until(("open", 0))
    (place,) = await system.open_places()
    assert await system.replay(place, place) == [None]
    assert await system.replay(place) == [None]
    if mended:
        await execute(system.url, MEND)
    async with system.at_work():
        if mended:
            await system.until(("replayed", 2))
            assert await system.arrived() == (3, 0, 3)
        else:
            # the first is set aside once more, because a restart goes back ten minutes
            last = 'select state from dead_letters order by "offset" desc limit 1'

            async def settled() -> bool:
                return len(await fetch(system.url, "select 1 from dead_letters")) == 4

            await eventually(settled)
            assert await fetch(system.url, last) == [("open",)]
            assert len(await system.open_places()) == 1
    assert await system.broken() == {}


class Narrow:
    """A broker whose topics take no value at all."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def send_and_wait(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
        *,
        headers: Sequence[tuple[str, bytes]] | None = None,
    ) -> object:
        if value is not None:
            raise MessageSizeTooLargeError
        return await self._sender.send_and_wait(
            topic, value=value, key=key, partition=partition, headers=headers
        )


async def set_aside(
    bootstrap: str, topic: Topic, *, key: bytes, value: bytes, narrow: bool = False
) -> RawRecord:
    """A record that lies on its topic and, as a dead letter, beside it."""
    producer = make_producer(bootstrap, client_id="test")
    await producer.start()
    try:
        headers = (("traceparent", b"00-1"),)
        at = await producer.send_and_wait(
            topic.name, value=value, key=key, partition=1, headers=list(headers)
        )
        record = RawRecord(topic.name, 1, at.offset, at.timestamp, key, value, headers)
        letters = DeadLetters(Narrow(producer) if narrow else producer)
        await letters.write(record, cause="undecodable", error=ValueError())
    finally:
        await producer.stop()
    return record


@pytest.mark.parametrize("topic", [REPORTS, APPEALS, FINGERPRINTS], ids=lambda topic: topic.name)
@pytest.mark.parametrize("narrow", [False, True], ids=["whole", "left out"])
async def test_the_record_goes_back_as_it_was_and_names_where_it_first_lay(
    system: System, topic: Topic, narrow: bool
) -> None:
    record = await set_aside(system.broker, topic, key=b"k" * 2000, value=b"\xff", narrow=narrow)
    async with system.reading(topic):
        await system.until(("open", 0))
    assert await system.replay(*await system.open_places()) == [None]
    found = await read(system.broker, topic, topic.name)
    (_, back) = [one for one in found if one.partition == record.partition]
    headers = tuple(back.headers)
    assert (back.key, back.value) == (record.key, record.value)
    assert original_headers(headers) == record.headers
    assert find_first(headers) == record.coordinates
    assert await system.open_places() != [], "it left the open ones before it had arrived"


async def test_what_cannot_be_had_any_more_is_named_and_the_rest_goes_back(system: System) -> None:
    await set_aside(system.broker, APPEALS, key=b"k", value=b"v")
    await set_aside(system.broker, FINGERPRINTS, key=b"k", value=b"v", narrow=True)
    async with system.reading(APPEALS), system.reading(FINGERPRINTS):
        await system.until(("open", 0), ("open", 0))
    good, left_out = sorted(await system.open_places())
    await execute(
        system.url,
        f"update dead_letters set origin_offset = {NOWHERE}, first_offset = {NOWHERE}"
        f" where topic = '{left_out.topic}'",
    )
    await execute(
        system.url,
        f"insert into dead_letters select * from jsonb_populate_record(null::dead_letters,"
        f" (select to_jsonb(d) || '{{\"offset\": {NOWHERE}}}' from dead_letters d"
        f" where topic = '{good.topic}'))",
    )
    gone, unknown = good._replace(offset=NOWHERE), good._replace(offset=NOWHERE + 1)
    assert await system.replay(good, left_out, gone, unknown) == [
        None,
        TOO_LARGE_AND_GONE,
        GONE,
        NOT_THERE,
    ]


async def test_the_command_lists_shows_and_replays_and_shows_no_content_unasked(
    system: System,
) -> None:
    secret = "words that somebody wrote"
    await set_aside(system.broker, APPEALS, key=b"dec_1", value=f'"{secret}"'.encode())
    async with system.reading(APPEALS):
        await system.until(("open", 0))
    listed = system.command("list", "--topic", "appeals")
    lines = listed.stdout.splitlines()
    assert "appeals.dead-letter/1/0" in lines[1]
    assert lines[-1] == "1 open dead letter"
    (group,) = json.loads(system.command("list", "--group", "--json").stdout)["items"]
    assert (group["count"], group["example"]) == (1, "appeals.dead-letter/1/0")
    shown = system.command("show", group["example"])
    assert "header traceparent: 00-1" in shown.stdout
    assert "value: 27 bytes; --value shows it" in shown.stdout
    assert secret not in listed.stdout + shown.stdout
    assert secret in system.command("show", group["example"], "--value", "--by", "auditor").stdout
    assert len(await fetch(system.url, "select 1 from audit_outbox")) == 1
    done = system.command("replay", "--stack", group["stack"], "--json", "--by", "somebody")
    assert (done.returncode, json.loads(done.stdout)["replayed"]) == (0, [group["example"]])
    assert await fetch(system.url, "select replays, replay_requested_by from dead_letters") == [
        (1, "somebody")
    ]
    failed = system.command("replay", "appeals.dead-letter/1/77")
    assert failed.returncode == 1
    assert NOT_THERE in failed.stderr


async def test_a_broker_that_is_away_is_named_in_one_line_and_nothing_is_written_down(
    system: System,
) -> None:
    await set_aside(system.broker, APPEALS, key=b"k", value=b"v")
    async with system.reading(APPEALS):
        await system.until(("open", 0))
    for arguments in (["replay", "--all"], ["show", "appeals.dead-letter/1/0"]):
        done = system.command(*arguments, kafka="127.0.0.1:9")
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith("mizan: Kafka does not answer")
    await system.until(("open", 0))
    assert await fetch(system.url, "select 1 from audit_outbox") == []
