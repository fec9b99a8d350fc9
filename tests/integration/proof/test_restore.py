"""A drill: the database is lost and restored from a backup, and nothing is lost that was told.

On a real broker and a real database: a dump, work that goes on, the dump restored in its place,
`mizan restore`, and then everything that platforms were told or that was revoked still holds.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from deploy.local.postgres import Server
from services.review.database.engine import Database
from services.review.platforms.administration import NewKey
from services.review.restore.restoring import StillAtWork, restore
from services.review.reviewers.rules import Role
from shared.contracts.codec import encode
from shared.contracts.decision import DecisionEvent
from shared.contracts.reference import PlatformRecord
from shared.contracts.topics import DECISIONS, PLATFORMS
from tests.integration.delivery.test_outbox_relay import published, published_in_full
from tests.integration.proof.drill import (
    APPEALED,
    DECIDED,
    EVENTS,
    KEYS,
    STANDING,
    SUBJECTS,
    Picture,
    System,
    send,
)
from tests.integration.review_api.parts import Person, opened
from tests.integration.review_stream.parts import read


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
    assert found[DECIDED] == [
        tuple(unknown.get(str(value), value) for value in row) for row in work.truth[DECIDED]
    ]
    assert work.decisions <= {str(row[0]) for row in found[DECIDED]}
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


async def test_a_decision_that_was_undone_is_told_where_its_subject_has_a_newer_case(
    system: System, tmp_path: Path
) -> None:
    """Both cannot be open; who was undone cannot be known any more, and what stood is told."""
    amal = await system.desk.reviewer("Amal")
    await system.report(1, 2)
    first = await decided(amal)
    await system.desk.execute("update outbox set release_at = now() - interval '5 minutes'")
    await system.desk.execute("update decisions set decided_at = now() - interval '1 year'")
    await system.desk.execute("update cases set decided_at = now() - interval '1 year'")
    (subject,) = (await system.desk.fetch("select subject_id from decisions"))[0]
    system.dump(tmp_path / "backup")
    await system.desk.execute("delete from outbox")
    await decided(amal)
    await system.tell()
    await system.report(3, subject=str(subject))
    await system.lose_and_restore(tmp_path / "backup")
    assert "0 were taken back" in await system.restore()
    await system.tell()
    assert any(first in str(body) for *_, body in await system.desk.fetch(EVENTS))
    assert await system.broken() == {}


async def test_a_decision_whose_case_is_nowhere_is_named_and_stays_in_the_feed(
    system: System, tmp_path: Path
) -> None:
    amal = await system.desk.reviewer("Amal")
    await system.report(1)
    system.dump(tmp_path / "backup")
    decision_id = await decided(amal)
    await system.tell()
    ((body,),) = await system.desk.fetch("select body from events")
    event = DecisionEvent.model_validate_json(str(body))
    strange = event.data.model_copy(
        update={"case_id": "case_gone", "decision_id": "dec_gone", "reports": (),
                "subject_id": "x:post:gone"}
    )  # fmt: skip
    await send(
        system.broker,
        DECISIONS,
        {"x:post:gone": encode(event.model_copy(update={"event_id": "evt_gone", "data": strange}))},
    )
    await published_in_full(system.broker, 2)
    await system.lose_and_restore(tmp_path / "backup")
    assert "decision dec_gone has no case" in await system.restore()
    rows = await system.desk.fetch("select decision_id from events order by feed_position")
    assert {decision for (decision,) in rows} == {decision_id, "dec_gone"}


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
