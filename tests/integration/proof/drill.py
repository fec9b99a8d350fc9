"""A desk over a database that can be lost and restored, on a real broker and a real database."""

from dataclasses import dataclass
from pathlib import Path

import asyncpg
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
from services.review.restore.restoring import restore
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
from shared.contracts.topics import APPEALS, SCORED_REPORTS, Topic
from shared.kafka.partitions import partition_of
from tests.builders.scored_reports import NOON, scored_report
from tests.integration.delivery.test_outbox_relay import published_in_full
from tests.integration.review_api.parts import Desk
from tests.integration.review_stream.parts import new_term, served
from tests.real_parts import database_command
from tests.waiting import eventually

EVENTS = "select event_id, feed_position, type, body from events order by feed_position"
SUBJECTS = (
    "select environment, subject_id, version, effective from subjects where version > 0 order by 2"
)
DECIDED = (
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
TOLD = (EVENTS, SUBJECTS, DECIDED, STANDING, APPEALED, KEYS)


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
            await eventually(self._all_told)
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
