"""Role `match` on a real broker: the same matches however often it is stopped."""

import random
import signal
from collections import Counter
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from services.scoring.duplicates.match_worker import GROUP
from shared.contracts.codec import decode, encode
from shared.contracts.identifiers import Environment
from shared.contracts.match import Match
from shared.contracts.topics import FINGERPRINTS, MATCHES
from shared.kafka.consumer import partitions_of
from shared.kafka.dead_letters import RawRecord, find_settled, find_verdict, first_headers
from tests.builders.fingerprints import fingerprint
from tests.integration.scoring.parts import (
    Worker,
    committed,
    length,
    producer,
    read,
    send,
    worker,
)
from tests.waiting import eventually

MATCH = ("services.scoring", "match")
SMALL_BATCHES = {"MIZAN_MATCH_BATCH": "25"}


def fingerprints(count: int, keys: int, seed: int = 1) -> list[tuple[bytes, bytes]]:
    """Subjects on a few platforms that share contents."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        key = f"key-{chance.randrange(keys)}"
        subject = f"subject-{chance.randrange(count // 2)}"
        made.append((key.encode(), encode(fingerprint(subject, key))))
    return made


async def matches(bootstrap: str) -> list[Match]:
    records = await read(bootstrap, MATCHES.name, MATCHES.partitions)
    return [decode(Match, record.value) for record in records]


async def dealt_with(bootstrap: str, count: int) -> bool:
    return sum((await committed(bootstrap, GROUP, FINGERPRINTS)).values()) == count


async def until_dealt_with(bootstrap: str, count: int) -> None:
    async def done() -> bool:
        return await dealt_with(bootstrap, count)

    await eventually(done, what=f"{count} fingerprints committed")


def killed(process: Worker) -> None:
    assert process.terminate(signal.SIGKILL) == -signal.SIGKILL


async def test_a_repeat_of_a_content_is_a_match_with_the_first_subject(
    fresh_topics: str, tmp_path: Path
) -> None:
    made = [
        fingerprint("x:post:1", "a"),
        fingerprint("x:post:1", "a"),
        fingerprint("tg:post:c/2", "a", platform="telegram"),
        fingerprint("x:post:3", "a"),
        fingerprint("tg:post:c/2", "a", platform="telegram"),
        fingerprint("x:post:4", "a", environment=Environment.TEST),
        fingerprint("x:post:5", "b"),
    ]
    await send(fresh_topics, FINGERPRINTS, [(b"a", encode(item)) for item in made])
    with worker(fresh_topics, tmp_path, *MATCH) as process:
        process.wait_ready()
        await until_dealt_with(fresh_topics, len(made))
        assert process.terminate() == 0
    found = await matches(fresh_topics)
    pairs = {(match.elder, match.younger, match.younger_platform) for match in found}
    assert pairs == {
        ("x:post:1", "tg:post:c/2", "telegram"),
        ("x:post:1", "x:post:3", "x"),
    }
    assert len(found) == 2


async def test_a_match_worker_killed_at_any_moment_changes_no_result(
    fresh_topics: str, tmp_path: Path
) -> None:
    records = fingerprints(6000, keys=900)
    await send(fresh_topics, FINGERPRINTS, records)
    with worker(fresh_topics, tmp_path, *MATCH) as process:
        await until_dealt_with(fresh_topics, len(records))
        assert process.terminate() == 0
    undisturbed = {match.match_id for match in await matches(fresh_topics)}
    assert len(undisturbed) > 1000

    # the same log once more, from the start, with kills while matches are on their way
    await forget_position(fresh_topics)
    in_flight = 0
    for _ in range(4):
        seen = await length(fresh_topics, MATCHES)
        with worker(fresh_topics, tmp_path, *MATCH, settings=SMALL_BATCHES) as process:

            async def has_sent(seen: int = seen) -> bool:
                grown = await length(fresh_topics, MATCHES) > seen
                return grown or await dealt_with(fresh_topics, len(records))

            await eventually(has_sent)
            killed(process)
        in_flight += not await dealt_with(fresh_topics, len(records))
    assert in_flight >= 2, "too little was under way at the kills to mean anything"
    with worker(fresh_topics, tmp_path, *MATCH) as process:
        process.wait_ready()
        await until_dealt_with(fresh_topics, len(records))
        assert process.terminate() == 0
    counted = Counter(match.match_id for match in await matches(fresh_topics))
    assert counted.keys() == undisturbed
    assert min(counted.values()) >= 2, "a match of the first run was not found again"


async def test_the_replay_at_start_is_silent_and_fills_the_index(
    fresh_topics: str, tmp_path: Path
) -> None:
    records = fingerprints(500, keys=50)
    await send(fresh_topics, FINGERPRINTS, records)
    with worker(fresh_topics, tmp_path, *MATCH) as process:
        await until_dealt_with(fresh_topics, len(records))
        assert process.terminate() == 0
    before = await matches(fresh_topics)
    with worker(fresh_topics, tmp_path, *MATCH) as process:
        process.wait_ready()
        assert await matches(fresh_topics) == before
        late = fingerprint("late", "key-7")
        await send(fresh_topics, FINGERPRINTS, [(b"key-7", encode(late))])
        await until_dealt_with(fresh_topics, len(records) + 1)
        assert process.terminate() == 0
    (new,) = [match for match in await matches(fresh_topics) if match not in before]
    first = next(
        match.elder for match in before if ("key-7", match.elder) in subjects_by_key(records)
    )
    assert (new.younger, new.elder) == ("late", first)


def subjects_by_key(records: list[tuple[bytes, bytes]]) -> set[tuple[str, str]]:
    """Each key with the first subject that had it."""
    firsts: dict[str, str] = {}
    for key, value in records:
        subject = str(value.split(b'"subject_id":"')[1].split(b'"')[0], "utf-8")
        firsts.setdefault(key.decode(), subject)
    return set(firsts.items())


async def test_two_shards_find_what_one_finds(fresh_topics: str, tmp_path: Path) -> None:
    records = fingerprints(800, keys=80)
    await send(fresh_topics, FINGERPRINTS, records)
    shards = [{"MIZAN_MATCH_SHARDS": "2", "MIZAN_MATCH_SHARD": str(number)} for number in range(2)]
    with (
        worker(fresh_topics, tmp_path, *MATCH, settings=shards[0]),
        worker(fresh_topics, tmp_path, *MATCH, settings=shards[1]),
    ):
        await until_dealt_with(fresh_topics, len(records))
    by_two = {match.match_id for match in await matches(fresh_topics)}
    await forget_position(fresh_topics)
    with worker(fresh_topics, tmp_path, *MATCH):
        await until_dealt_with(fresh_topics, len(records))
    counted = Counter(match.match_id for match in await matches(fresh_topics))
    assert counted.keys() == by_two


async def test_an_unreadable_fingerprint_becomes_a_dead_letter_once(
    fresh_topics: str, tmp_path: Path
) -> None:
    async with producer(fresh_topics) as client:
        for value in (encode(fingerprint("one")), b"[]", encode(fingerprint("two"))):
            await client.send_and_wait(FINGERPRINTS.name, value, key=b"key", partition=1)
    for _ in range(2):
        with worker(fresh_topics, tmp_path, *MATCH) as process:
            process.wait_ready()
            await until_dealt_with(fresh_topics, 3)
            assert process.terminate() == 0
    (letter,) = await read(fresh_topics, FINGERPRINTS.dead_letter, FINGERPRINTS.partitions)
    verdict = find_verdict(tuple(letter.headers))
    assert letter.value == b"[]"
    assert verdict is not None
    assert (verdict.origin.partition, verdict.origin.offset) == (1, 1)
    (match,) = await matches(fresh_topics)
    assert (match.elder, match.younger) == ("one", "two")


async def test_a_fingerprint_that_was_put_back_and_is_dealt_with_says_so_once(
    fresh_topics: str, tmp_path: Path
) -> None:
    first = RawRecord(FINGERPRINTS.name, 1, 41, 1_795_000_000_000, None, None).coordinates
    async with producer(fresh_topics) as client:
        for value in (b"[]", encode(fingerprint("one"))):
            await client.send_and_wait(
                FINGERPRINTS.name, value, key=b"key", partition=1, headers=[*first_headers(first)]
            )
    for _ in range(2):
        with worker(fresh_topics, tmp_path, *MATCH) as process:
            process.wait_ready()
            await until_dealt_with(fresh_topics, 2)
            assert process.terminate() == 0
    letter, said = await read(fresh_topics, FINGERPRINTS.dead_letter, FINGERPRINTS.partitions)
    verdict = find_verdict(tuple(letter.headers))
    assert verdict is not None
    assert verdict.first == first
    assert find_settled(tuple(said.headers)) == first


async def test_a_position_past_the_end_of_the_log_ends_the_start_with_one_line(
    fresh_topics: str, tmp_path: Path
) -> None:
    await forget_position(fresh_topics, position=17)
    with worker(fresh_topics, tmp_path, *MATCH) as process:
        assert process.process.wait(30) == 1
        last = process.log.read_text().splitlines()[-1]
        assert last.startswith("mizan: scoring match: fingerprints/0 ends at 0")


async def forget_position(bootstrap: str, position: int = 0) -> None:
    """Puts the position of the group to a place of the test's choice."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=GROUP, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign(list(partitions_of(FINGERPRINTS)))
        await consumer.commit(dict.fromkeys(partitions_of(FINGERPRINTS), position))
    finally:
        await consumer.stop()
