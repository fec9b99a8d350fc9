"""A topic that grew has records that nobody reads: whoever reads it stops and says so."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.review.invariants.logs import Topics
from services.review.jobs.reference_relay import ReferenceRelay
from shared.contracts.reference import PlatformRecord
from shared.contracts.topics import APPEALS, FINGERPRINTS, PLATFORMS, REPORTS, Topic
from shared.kafka.admin import TopicMismatch
from shared.kafka.reference import ReferenceReader, ReferenceView
from tests.integration.review_stream.parts import Fold, log_duty, new_term, opened, send, served
from tests.integration.scoring.parts import Worker, worker
from tests.real_parts import grown
from tests.waiting import eventually

SCORE, MATCH = ("services.scoring", "score"), ("services.scoring", "match")


def ended(process: Worker, role: str, topic: Topic) -> None:
    """It did so by itself, with this as its last line."""
    assert process.process.wait(90) == 1
    refusal = f"topic {topic.name} has {topic.partitions + 1} partitions, the registry says"
    last = process.log.read_text().splitlines()[-1]
    assert last == f"mizan: scoring {role}: {refusal} {topic.partitions}"


async def test_a_worker_does_not_begin_on_a_topic_of_another_size(
    fresh_topics: str, tmp_path: Path
) -> None:
    async with grown(fresh_topics, REPORTS, FINGERPRINTS):
        with worker(fresh_topics, tmp_path, *SCORE) as score:
            ended(score, "score", REPORTS)
        with worker(fresh_topics, tmp_path, *MATCH) as match:
            ended(match, "match", FINGERPRINTS)


async def test_a_worker_at_work_ends_when_its_topic_grows(
    fresh_topics: str, tmp_path: Path
) -> None:
    with (
        worker(fresh_topics, tmp_path, *SCORE) as score,
        worker(fresh_topics, tmp_path, *MATCH) as match,
    ):
        score.wait_ready()
        match.wait_ready()
        async with grown(fresh_topics, REPORTS, FINGERPRINTS):
            ended(score, "score", REPORTS)
            ended(match, "match", FINGERPRINTS)


async def refused(task: "asyncio.Task[None]", topic: Topic) -> None:
    done, _ = await asyncio.wait([task], timeout=40)
    assert done, "it goes on"
    with pytest.raises(TopicMismatch, match=f"topic {topic.name} has"):
        raise task.exception() or AssertionError("it ended as if nothing were wrong")


async def test_a_duty_does_not_begin_on_a_topic_of_another_size(
    fresh_topics: str, database_url: str
) -> None:
    fold = Fold()
    async with opened(database_url) as database, grown(fresh_topics, APPEALS):
        await send(fresh_topics, APPEALS, [b"{}"])
        duty = log_duty(APPEALS, database, fresh_topics, fold)
        await refused(
            asyncio.create_task(duty.serve(await new_term(database_url, duty.name))), APPEALS
        )
    assert fold.calls == []


async def test_a_duty_at_work_ends_when_its_topic_grows(
    fresh_topics: str, database_url: str
) -> None:
    fold = Fold()
    async with opened(database_url) as database:
        await send(fresh_topics, APPEALS, [b"{}"])
        duty = log_duty(APPEALS, database, fresh_topics, fold)
        task = asyncio.create_task(duty.serve(await new_term(database_url, duty.name)))

        async def at_work() -> Sequence[int]:
            return fold.calls

        await eventually(at_work)
        async with grown(fresh_topics, APPEALS):
            await refused(task, APPEALS)


async def test_reference_data_is_not_trusted_any_more_when_its_topic_grows(
    fresh_topics: str, database_url: str
) -> None:
    """A key may have been revoked on the partition that is not read."""
    view = ReferenceView(PLATFORMS, PlatformRecord)
    reader = ReferenceReader(fresh_topics, [view], client_id="grown")
    late = ReferenceReader(fresh_topics, [view], client_id="late")

    async def ready() -> bool:
        return reader.ready

    with capture_logs() as told:

        async def said_so() -> bool:
            return [entry["event"] for entry in told].count("reference_topic_refused") >= 2

        async def out_of_date() -> bool:
            return reader.age_seconds() > 3

        reader.start()
        try:
            await eventually(ready)
            async with grown(fresh_topics, PLATFORMS):
                await eventually(out_of_date)
                late.start()
                await eventually(said_so)
                assert not late.ready
                assert reader.age_seconds() > 3
        finally:
            await reader.stop()
            await late.stop()


async def test_the_relay_publishes_nothing_to_a_topic_that_grew(
    fresh_topics: str, database_url: str
) -> None:
    async with opened(database_url) as database, grown(fresh_topics, PLATFORMS):
        relay = ReferenceRelay(database, fresh_topics)
        with pytest.raises(TopicMismatch, match="topic platforms has 2 partitions"):
            async with served(relay, database_url) as task:
                await asyncio.wait([task], timeout=40)


async def test_promises_are_not_checked_against_half_a_topic(fresh_topics: str) -> None:
    async with grown(fresh_topics, REPORTS):
        with pytest.raises(TopicMismatch, match="topic reports has 5 partitions"):
            await Topics(fresh_topics).check()
