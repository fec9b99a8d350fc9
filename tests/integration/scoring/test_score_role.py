"""Role `score` on a real broker: nothing is lost, whatever stops it and whatever it is sent."""

import signal
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from services.scoring.worker import GROUP, UNFINISHED_EXIT
from shared.contracts.codec import decode, encode
from shared.contracts.fingerprint import Fingerprint
from shared.contracts.reference import WatchListEntry, WatchListRecord
from shared.contracts.scored_report import ScoredReport
from shared.contracts.topics import FINGERPRINTS, REPORTS, SCORED_REPORTS, WATCH_LISTS
from shared.kafka.dead_letters import find_verdict
from shared.kafka.dead_letters import original_headers as of_the_record
from tests.builders.reports import report
from tests.integration.scoring.parts import committed, producer, read, send, worker
from tests.real_parts import remake_topics
from tests.waiting import eventually, eventually_true

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SMALL_BATCHES = {"MIZAN_SCORE_BATCH": "20"}


def reports(count: int) -> list[tuple[bytes, bytes]]:
    made = [
        report(f"{number}", f"words that are written in post {number}") for number in range(count)
    ]
    return [(item.report_id.encode(), encode(item)) for item in made]


async def unscored_but_committed(bootstrap: str) -> set[tuple[int, int]]:
    """Records that the group will never read again although nothing came of them."""
    done = {
        (source.partition, source.offset)
        for record in await read(bootstrap, SCORED_REPORTS.name, SCORED_REPORTS.partitions)
        for source in [decode(ScoredReport, record.value).source]
    }
    passed = {
        (partition, offset)
        for partition, position in (await committed(bootstrap, GROUP, REPORTS)).items()
        for offset in range(position)
    }
    return passed - done


async def scored_ids(bootstrap: str) -> set[str]:
    records = await read(bootstrap, SCORED_REPORTS.name, SCORED_REPORTS.partitions)
    return {decode(ScoredReport, record.value).report.report_id for record in records}


async def test_a_report_becomes_a_scored_report_and_a_fingerprint(
    fresh_topics: str, tmp_path: Path
) -> None:
    made = report("one", "You are all vermin and must be driven out of our city")
    async with producer(fresh_topics) as client:
        placed = await client.send_and_wait(
            REPORTS.name,
            encode(made),
            key=made.report_id.encode(),
            headers=[("traceparent", TRACE.encode())],
        )
    with worker(fresh_topics, tmp_path, "services.scoring", "score") as process:
        process.wait_ready()

        async def scored() -> bool:
            return made.report_id in await scored_ids(fresh_topics)

        await eventually(scored)
        assert process.terminate() == 0
        assert "vermin" not in process.log.read_text()
    (record,) = await read(fresh_topics, SCORED_REPORTS.name, SCORED_REPORTS.partitions)
    result = decode(ScoredReport, record.value)
    assert record.key == made.report_id.encode()
    assert ("traceparent", TRACE.encode()) in record.headers
    assert result.report == made
    assert (result.source.partition, result.source.offset) == (placed.partition, placed.offset)
    assert result.source.timestamp.timestamp() * 1000 == pytest.approx(placed.timestamp, abs=0.5)
    assert result.scores.language == "en"
    assert result.scores.unscored is None
    (record,) = await read(fresh_topics, FINGERPRINTS.name, FINGERPRINTS.partitions)
    fingerprint = decode(Fingerprint, record.value)
    assert fingerprint.fingerprints == result.fingerprints
    assert record.key == (result.fingerprints.exact or "").encode()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
async def test_a_worker_stopped_in_mid_batch_loses_nothing(
    fresh_topics: str, tmp_path: Path, stop: signal.Signals
) -> None:
    sent = reports(300)
    await send(fresh_topics, REPORTS, sent)
    gated = ("tests.integration.scoring.gated_worker", str(tmp_path))
    logs = tmp_path / "logs"
    logs.mkdir()
    with worker(fresh_topics, logs, *gated, settings=SMALL_BATCHES) as process:
        eventually_true((tmp_path / "entered").exists, within_seconds=90)
        process.process.send_signal(stop)
        if stop is signal.SIGTERM:
            # the stop has to reach the agent while the batch is still with the model
            eventually_true(
                lambda: (
                    "batch_outlasts_stop" in process.log.read_text()
                    or process.process.poll() is not None
                ),
                what=f"the agent is cancelled; {process.log}",
            )
        (tmp_path / "go").touch()
        assert process.process.wait(40) == (0 if stop is signal.SIGTERM else -stop)
    assert await unscored_but_committed(fresh_topics) == set()
    with worker(fresh_topics, logs, "services.scoring", "score") as process:

        async def all_scored() -> bool:
            return await scored_ids(fresh_topics) == {key.decode() for key, _ in sent}

        await eventually(all_scored)
        assert process.terminate() == 0
    assert await unscored_but_committed(fresh_topics) == set()


async def test_an_unreadable_record_becomes_a_dead_letter_and_the_partition_goes_on(
    fresh_topics: str, tmp_path: Path
) -> None:
    good = reports(40)
    bad = [(b"not-json", b"{"), (b"no-report", b'{"schema_version": 1}')]
    async with producer(fresh_topics) as client:
        for key, value in good[:20]:
            await client.send(REPORTS.name, value, key=key, partition=2)
        for key, value in bad:
            await client.send(REPORTS.name, value, key=key, partition=2, headers=[("a", b"b")])
        neither = await client.send(REPORTS.name, None, key=b"tombstone", partition=2)
        for key, value in good[20:]:
            await client.send(REPORTS.name, value, key=key, partition=2)
        placed = await neither
    with worker(fresh_topics, tmp_path, "services.scoring", "score") as process:

        async def all_scored() -> bool:
            return await scored_ids(fresh_topics) == {key.decode() for key, _ in good}

        await eventually(all_scored)
        assert process.metric("mizan_scoring_dead_letters_total") == 3
        assert process.terminate() == 0
    assert (await committed(fresh_topics, GROUP, REPORTS))[2] == 43
    letters = await read(fresh_topics, REPORTS.dead_letter, REPORTS.partitions)
    assert [(letter.key, letter.value) for letter in letters] == [*bad, (b"tombstone", None)]
    assert of_the_record(tuple(letters[0].headers)) == (("a", b"b"),)
    for place, letter in enumerate(letters):
        verdict = find_verdict(tuple(letter.headers))
        assert verdict is not None
        assert (verdict.cause, verdict.error) == ("undecodable", "Undecodable")
        assert (verdict.origin.partition, verdict.origin.offset) == (2, 20 + place)
    assert placed.offset == 22


async def test_what_can_be_neither_scored_nor_set_aside_ends_the_process_uncommitted(
    fresh_topics: str, tmp_path: Path
) -> None:
    await let_through_nothing(fresh_topics, REPORTS.dead_letter)
    sent = reports(60)
    async with producer(fresh_topics) as client:
        for key, value in [*sent[:30], (b"bad", b"{"), *sent[30:]]:
            await client.send(REPORTS.name, value, key=key, partition=1)
    with worker(fresh_topics, tmp_path, "services.scoring", "score") as process:
        assert process.process.wait(90) == UNFINISHED_EXIT
    assert await unscored_but_committed(fresh_topics) == set()
    await remake_topics(fresh_topics)


async def let_through_nothing(bootstrap: str, topic: str) -> None:
    """Its broker refuses every record for its size."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        settings = {"max.message.bytes": "1"}
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, settings)])
    finally:
        await client.close()


async def test_a_watch_list_that_changes_is_used_without_a_restart(
    fresh_topics: str, tmp_path: Path
) -> None:
    async def publish(revision: int, *names: str) -> None:
        entry = WatchListEntry(entry_id="g1", names=names)
        record = WatchListRecord(
            list_id="groups", revision=revision, title="Groups", entries=(entry,)
        )
        await send(fresh_topics, WATCH_LISTS, [(b"groups", encode(record))])

    async def found(external_id: str) -> tuple[list[str], dict[str, int]]:
        made = report(external_id, "The Falcon Front met the Iron Dawn on Tuesday")
        await send(fresh_topics, REPORTS, [(made.report_id.encode(), encode(made))])

        async def result() -> ScoredReport | None:
            records = await read(fresh_topics, SCORED_REPORTS.name, SCORED_REPORTS.partitions)
            all_scored = [decode(ScoredReport, record.value) for record in records]
            return next((item for item in all_scored if item.report == made), None)

        scored = await eventually(result)
        assert scored is not None
        return [hit.name for hit in scored.scores.watch_list], scored.reference

    await publish(1, "Falcon Front")
    with worker(fresh_topics, tmp_path, "services.scoring", "score") as process:
        process.wait_ready()
        assert await found("before") == (["Falcon Front"], {"watch-lists/groups": 1})
        await publish(2, "Iron Dawn")
        attempts = iter(range(1000))

        async def changed() -> bool:
            expected = (["Iron Dawn"], {"watch-lists/groups": 2})
            return await found(f"after-{next(attempts)}") == expected

        await eventually(changed)
        assert process.terminate() == 0
