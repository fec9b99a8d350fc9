"""A drill: the database is lost and restored from a backup, and nothing is lost that was told.

On a real broker and a real database: a dump, work that goes on, the dump restored in its place,
`mizan restore`, and then everything that platforms were told or that was revoked still holds.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.postgres import Server
from services.review.database.engine import Database
from services.review.invariants.logs import Topics
from services.review.invariants.service import check_all
from services.review.jobs import appeals, outbox_relay, reference_relay, sink
from services.review.jobs.audit_sequencer import NAME as SEQUENCER
from services.review.jobs.audit_sequencer import AuditSequencer
from services.review.platforms.administration import NewKey, rotate_key
from services.review.restore.commands import as_lines
from services.review.restore.restoring import StillAtWork, restore
from services.review.reviewers.rules import Role
from services.review.settings import Settings
from shared.contracts.appeal import Appeal, Appellant, AppellantKind
from shared.contracts.codec import encode
from shared.contracts.identifiers import (
    AppealId,
    DecisionId,
    Environment,
    ExternalId,
    PlatformId,
)
from shared.contracts.reference import PlatformRecord
from shared.contracts.topics import APPEALS, PLATFORMS, SCORED_REPORTS, Topic
from shared.kafka.partitions import partition_of
from tests.builders.scored_reports import NOON, scored_report
from tests.integration.delivery.test_outbox_relay import published, published_in_full
from tests.integration.review_api.parts import Desk, Person, opened
from tests.integration.review_stream.parts import new_term, read, served
from tests.real_parts import database_command
from tests.waiting import eventually

EVENTS = "select event_id, feed_position, type, body from events order by feed_position"
SUBJECTS = (
    "select environment, subject_id, version, effective from subjects where version > 0 order by 2"
)
DECISIONS = (
    "select decision_id, subject_id, reviewer_id, state, finding, actions, policies, decided_at,"
    " reverses from decisions where state <> 'undone' order by 1"
)
STANDING = (
    "select r.report_id, c.state, c.decision_id from reports r join cases c using (case_id)"
    " order by 1"
)
APPEALED = "select appeal_id, state, outcome, outcome_by, refused, new_decision_id from appeals"
KEYS = "select key_id, revoked_at is not null from api_keys order by 1"
Picture = dict[str, list[tuple[object, ...]]]
TOLD = (EVENTS, SUBJECTS, DECISIONS, STANDING, APPEALED, KEYS)


@dataclass
class System:
    """A desk over a database that can be lost, and the duties run by hand."""

    server: Server
    name: str
    broker: str
    desk: Desk

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(
            {"database_url": self.desk.url, "cursor_key": "k" * 16, "kafka": self.broker}
        )

    async def report(self, *numbers: int, subject: str | None = None) -> None:
        """Scored reports, each on a subject of its own unless one is named, taken by the sink."""
        scored = [
            scored_report(number, subject=subject or f"x:post:{number}", policy="other",
                          reporter=f"reporter {number}")
            for number in numbers
        ]  # fmt: skip
        await send(
            self.broker, SCORED_REPORTS, {one.report.report_id: encode(one) for one in scored}
        )
        wanted: set[str] = {one.report.report_id for one in scored}
        async with served(sink.duty(self.settings, self.desk.database), self.desk.url):
            await eventually(lambda: self._has("report_id", "reports", wanted))

    async def appeal(self, decision_id: str) -> None:
        appeal = Appeal(
            appeal_id=AppealId(f"app-{decision_id}"),
            external_id=ExternalId(f"appeal against {decision_id}"),
            platform=PlatformId("x"),
            environment=Environment.LIVE,
            decision_id=DecisionId(decision_id),
            appellant=Appellant(kind=AppellantKind.OWNER),
            text="it was satire",
            submitted_at=NOON,
        )
        await send(self.broker, APPEALS, {decision_id: encode(appeal)})
        async with served(appeals.duty(self.settings, self.desk.database), self.desk.url):
            await eventually(lambda: self._has("appeal_id", "appeals", {appeal.appeal_id}))

    async def _has(self, column: str, table: str, wanted: set[str]) -> bool:
        rows = await self.desk.fetch(f"select {column} from {table}")
        return wanted <= {str(value) for (value,) in rows}

    async def tell(self) -> None:
        """Every event that is due is released and on its topic, and so is reference data."""
        events = outbox_relay.duty(self.settings, self.desk.database)
        reference = reference_relay.duty(self.settings, self.desk.database)
        async with served(events, self.desk.url), served(reference, self.desk.url):
            await eventually(self._all_told, within_seconds=60)
        (count,) = (await self.desk.fetch("select count(*) from events"))[0]
        await published_in_full(self.broker, int(str(count)))

    async def _all_told(self) -> bool:
        (waiting,) = await self.desk.fetch(
            "select (select count(*) from outbox where release_at <= now()),"
            " (select count(*) from events where published_at is null),"
            " (select count(*) from reference_records where published_revision < revision)"
        )
        return waiting == (0, 0, 0)

    async def key(self, *, revoke: bool) -> NewKey:
        async with self.desk.database.as_worker() as session:
            return await rotate_key(session, "x", Environment.LIVE, revoke=revoke)

    async def picture(self) -> Picture:
        return {query: await self.desk.fetch(query) for query in TOLD}

    async def broken(self) -> dict[str, list[str]]:
        await AuditSequencer(self.desk.database).step(await new_term(self.desk.url, SEQUENCER))
        findings = await check_all(self.desk.database, Topics(self.broker))
        ours = [one for one in findings if one.name not in FROM_THE_EDGE]
        return {one.name: list(one.broken) for one in ours if one.broken}

    def dump(self, file: Path) -> None:
        assert database_command(
            self.server, "pg_dump", "--format=custom", f"--file={file}", self.name
        )

    async def lose_and_restore(self, file: Path) -> None:
        await self.desk.connection.close()
        await self.desk.database.close()
        assert database_command(self.server, "dropdb", "--force", self.name)
        assert database_command(self.server, "createdb", self.name)
        assert database_command(self.server, "pg_restore", f"--dbname={self.name}", str(file))
        self.desk.connection = await asyncpg.connect(self.desk.url)

    async def restore(self) -> str:
        """As the command does it, on connections of its own."""
        database = Database(self.desk.url, pool_size=4, application="mizan restore")
        try:
            return as_lines(await restore(self.settings, database))
        finally:
            await database.close()


# The drill begins behind the edge and the scorer: nothing was put on `reports`.
FROM_THE_EDGE = {"reports are scored", "reports come from the log"}


async def send(bootstrap: str, topic: Topic, records: dict[str, bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for key, value in records.items():
            partition = partition_of(key.encode(), topic.partitions)
            await producer.send_and_wait(topic.name, value, key=key.encode(), partition=partition)


@pytest.fixture
async def system(
    fresh_topics: str, database_server: Server, database_url: str
) -> AsyncIterator[System]:
    name = database_url.rpartition("/")[2]
    async with opened(database_url, kafka=fresh_topics, undo_seconds=0) as desk:
        yield System(database_server, name, fresh_topics, desk)
        await desk.connection.close()  # after a loss it is another than the one that was opened


async def decided(reviewer: Person, **changes: object) -> str:
    answer = await reviewer.decide(await reviewer.claim_one(), **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["decision_id"])


@dataclass(frozen=True)
class Worked:
    """What was done around a backup, and all that came of it."""

    old_key: NewKey
    new_key: NewKey
    late: Person
    decisions: set[str]
    truth: Picture
    on_topic: list[bytes]


async def worked(system: System, backup: Path) -> Worked:
    """Decisions told before and after the backup, one that waited, one under a lease of before;
    reports, an appeal and its outcome after it; a key revoked; a reviewer whom it does not know.
    """
    amal = await system.desk.reviewer("Amal")
    sana = await system.desk.reviewer("Sana", Role.SENIOR)
    old_key = await system.key(revoke=False)
    await system.report(1, 2, 3)
    told = await decided(amal)
    await system.tell()
    unsent = await decided(amal)
    held = await amal.claim_one()
    system.dump(backup)

    late = await system.desk.reviewer("Late")
    assert (await amal.decide(held)).status_code == 201
    await system.report(4, 5, 6)
    await system.report(7, subject="x:post:4")
    made = [await decided(late), await decided(sana, finding="no_violation", actions=None)]
    await system.tell()
    await system.appeal(told)
    await overturn(sana, told)
    new_key = await system.key(revoke=True)
    await amal.claim_one()
    await system.tell()
    truth, on_topic = await system.picture(), await published(system.broker)
    assert len(truth[EVENTS]) == len(on_topic) >= 7
    assert await system.broken() == {}
    return Worked(old_key, new_key, late, {told, unsent, *made}, truth, sorted(on_topic))


async def overturn(senior: Person, decision_id: str) -> None:
    claim = await senior.claim_one("appeals")
    answer = await senior.post(
        f"/api/v1/appeals/app-{decision_id}/outcome",
        {"lease_token": claim.token, "outcome": "overturned", "reason": "looked again"},
    )
    assert answer.status_code == 200, answer.text


async def test_what_was_told_or_revoked_since_the_backup_holds_after_a_restore(
    system: System, tmp_path: Path
) -> None:
    work = await worked(system, tmp_path / "backup")
    await system.lose_and_restore(tmp_path / "backup")
    stale = await system.picture()
    assert len(stale[EVENTS]) < len(work.truth[EVENTS])
    assert (work.old_key.key_id, False) in stale[KEYS]

    assert "has no case" not in await system.restore()
    found = await system.picture()
    for query in (EVENTS, SUBJECTS, STANDING, APPEALED, KEYS):
        assert found[query] == work.truth[query]
    unknown = {work.late.reviewer_id: "rev_restored"}
    assert found[DECISIONS] == [
        tuple(unknown.get(str(value), value) for value in row) for row in work.truth[DECISIONS]
    ]
    assert work.decisions <= {str(row[0]) for row in found[DECISIONS]}
    assert {(work.old_key.key_id, True), (work.new_key.key_id, False)} <= set(found[KEYS])
    assert await system.desk.fetch("select 1 from queue_entries where lease_id is not null") == []
    assert await system.desk.fetch("select 1 from sessions") == []
    assert await system.broken() == {}
    await nothing_is_told_again(system, work)
    await work_goes_on(system, work)


async def nothing_is_told_again(system: System, work: Worked) -> None:
    """Nor is the edge told of a key that was revoked."""
    await system.tell()
    assert sorted(await published(system.broker)) == work.on_topic
    newest = (await read(system.broker, PLATFORMS, PLATFORMS.name))[-1]
    keys = {key.key_id: key for key in PlatformRecord.model_validate_json(newest.value).keys}
    assert keys[work.old_key.key_id].revoked_at is not None


async def work_goes_on(system: System, work: Worked) -> None:
    nora = await system.desk.reviewer("Nora")
    await decided(nora)
    await system.tell()
    assert len(await published(system.broker)) == len(work.on_topic) + 1
    assert await system.broken() == {}


async def test_restoring_again_changes_nothing(system: System, tmp_path: Path) -> None:
    amal = await system.desk.reviewer("Amal")
    await system.report(1, 2)
    system.dump(tmp_path / "backup")
    await decided(amal)
    await system.tell()
    await system.lose_and_restore(tmp_path / "backup")
    assert "1 events" in await system.restore()
    once = await system.picture()
    assert "0 events" in await system.restore()
    assert await system.picture() == once
    assert await system.broken() == {}


async def test_a_decision_that_was_undone_after_the_backup_is_not_told(
    system: System, tmp_path: Path
) -> None:
    amal = await system.desk.reviewer("Amal")
    await system.report(1, 2)
    regretted = await decided(amal)
    # its window was over long before the last that the log tells
    await system.desk.execute("update outbox set release_at = now() - interval '5 minutes'")
    system.dump(tmp_path / "backup")
    await system.desk.execute("delete from outbox")  # as an undo does
    await decided(amal)
    await system.tell()
    await system.lose_and_restore(tmp_path / "backup")
    assert "1 were taken back" in await system.restore()
    await system.tell()
    told = [str(body) for *_, body in await system.desk.fetch(EVENTS)]
    assert len(told) == 1
    assert not any(regretted in body for body in told)
    assert (await system.desk.fetch("select count(*) from queue_entries"))[0] == (1,)
    assert await system.broken() == {}


async def test_a_second_case_on_a_subject_is_there_again(system: System, tmp_path: Path) -> None:
    """Made after the backup on a subject whose first case was decided after it too."""
    amal = await system.desk.reviewer("Amal")
    await system.report(1, subject="x:post:1")
    system.dump(tmp_path / "backup")
    first = await decided(amal)
    await system.tell()
    await system.desk.execute("update decisions set decided_at = now() - interval '1 year'")
    await system.desk.execute("update cases set decided_at = now() - interval '1 year'")
    await system.report(2, subject="x:post:1")
    second = await decided(amal, finding="no_violation", actions=None)
    await system.tell()
    truth = await system.picture()
    await system.lose_and_restore(tmp_path / "backup")
    await system.restore()
    found = await system.picture()
    assert found[EVENTS] == truth[EVENTS]
    assert found[SUBJECTS] == truth[SUBJECTS]
    assert found[STANDING] == truth[STANDING]
    standing = {decision for _, _, decision in found[STANDING]}
    assert standing == {first, second}
    assert await system.broken() == {}


async def test_nothing_is_restored_under_a_process_that_is_at_work(system: System) -> None:
    settings, url = system.settings, system.desk.url
    for application, named in (("mizan review api", "mizan review api"), ("psql", "leads sink")):
        connection = await asyncpg.connect(url, server_settings={"application_name": application})
        await connection.execute("select pg_advisory_lock(hashtextextended('mizan duty sink', 0))")
        database = Database(url, application="mizan restore")
        with pytest.raises(StillAtWork, match=named):
            await restore(settings, database)
        await database.close()
        await connection.close()
