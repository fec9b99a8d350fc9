"""A record as large as its topic takes, and never readable, does not wedge its partition."""

import random
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from services.scoring.worker import GROUP
from shared.contracts.topics import REPORTS
from shared.kafka.dead_letters import find_verdict
from tests.integration.scoring.parts import committed, read, worker
from tests.integration.scoring.test_score_role import reports, scored_ids
from tests.waiting import eventually

MEBIBYTE = 1024 * 1024
# what does not compress is limited by the broker, what does by the writer alone
NOISE = random.Random(7).randbytes(MEBIBYTE - 300)
SAMENESS = b"[" * (3 * MEBIBYTE)


@pytest.mark.parametrize("value", [NOISE, SAMENESS], ids=["noise", "sameness"])
async def test_the_largest_record_of_all_becomes_a_whole_dead_letter(
    fresh_topics: str, tmp_path: Path, value: bytes
) -> None:
    ((key, after),) = reports(1)
    async with AIOKafkaProducer(
        bootstrap_servers=fresh_topics, compression_type="zstd", max_request_size=4 * MEBIBYTE
    ) as client:
        await client.send_and_wait(REPORTS.name, value, key=b"large", partition=2)
        await client.send_and_wait(REPORTS.name, after, key=key, partition=2)
    with worker(fresh_topics, tmp_path, "services.scoring", "score") as process:

        async def gone_on() -> bool:
            return (
                await scored_ids(fresh_topics) == {key.decode()}
                and (await committed(fresh_topics, GROUP, REPORTS))[2] == 2
            )

        await eventually(gone_on)
        assert process.terminate() == 0
    (letter,) = await read(fresh_topics, REPORTS.dead_letter, REPORTS.partitions)
    verdict = find_verdict(tuple(letter.headers))
    assert verdict is not None
    assert (verdict.origin.partition, verdict.origin.offset) == (2, 0)
    assert letter.value == value
