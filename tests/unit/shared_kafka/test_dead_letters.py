"""What cannot be read is set aside whole, with its cause and where it lay."""

from dataclasses import replace

import pytest
from aiokafka.errors import KafkaConnectionError

from shared.kafka.dead_letters import (
    DeadLetters,
    RawRecord,
    find_first,
    find_settled,
    find_verdict,
    first_headers,
    is_left_out,
    original_headers,
    original_key,
    stack_hash,
)
from tests.fakes.kafka import FakeSender, Sent

RECORD = RawRecord(
    topic="reports",
    partition=3,
    offset=41,
    timestamp_ms=1_795_000_000_123,
    key=b"key",
    value=b"\xff not json",
    headers=(("traceparent", b"00-1"),),
)


def raised(message: str) -> ValueError:
    try:
        raise ValueError(message)
    except ValueError as error:
        return error


async def dead_letter(record: RawRecord) -> Sent:
    sender = FakeSender()
    await DeadLetters(sender).write(record, cause="undecodable", error=raised("secret text"))
    (sent,) = sender.sent
    return sent


async def test_a_dead_letter_has_the_key_value_and_partition_of_the_record() -> None:
    sent = await dead_letter(RECORD)
    assert (sent.topic, sent.partition) == ("reports.dead-letter", 3)
    assert (sent.key, sent.value) == (RECORD.key, RECORD.value)
    assert original_headers(sent.headers) == RECORD.headers


async def test_its_headers_name_cause_and_origin_and_repeat_nothing_of_the_data() -> None:
    sent = await dead_letter(RECORD)
    verdict = find_verdict(sent.headers)
    assert verdict is not None
    assert (verdict.cause, verdict.error) == ("undecodable", "ValueError")
    assert verdict.origin == RECORD.coordinates
    assert all(b"secret" not in value for _, value in sent.headers)
    assert all(type(name) is str for name, _ in sent.headers), "Kafka's client takes no subclass"


async def test_a_record_of_neither_key_nor_value_can_be_set_aside_and_told_again() -> None:
    bare = RawRecord("reports", 0, 1, 2, key=None, value=None)
    sent = await dead_letter(bare)
    assert sent.key is not None
    again = RawRecord("reports.dead-letter", 0, 0, 0, sent.key, sent.value, sent.headers)
    assert original_key(again) is None


async def test_a_write_that_fails_is_raised_so_that_the_consumer_stops() -> None:
    letters = DeadLetters(FakeSender(failures=1))
    with pytest.raises(KafkaConnectionError):
        await letters.write(RECORD, cause="undecodable", error=raised("x"))


async def test_a_dead_letter_that_dies_again_names_its_newest_origin_alone() -> None:
    first = await dead_letter(RECORD)
    record = RawRecord("reports", 1, 99, 5, first.key, first.value, first.headers)
    verdict = find_verdict((await dead_letter(record)).headers)
    assert verdict is not None
    assert (verdict.origin.partition, verdict.origin.offset) == (1, 99)


def test_a_stack_hash_is_that_of_the_place_and_not_of_the_message() -> None:
    def elsewhere() -> ValueError:
        return raised("one")

    try:
        raise ValueError("here")
    except ValueError as error:
        here = error
    assert stack_hash(raised("one")) == stack_hash(raised("two")) == stack_hash(elsewhere())
    assert stack_hash(here) != stack_hash(raised("one"))


@pytest.mark.parametrize("headers", [(), (("dead-letter-cause", b"x"),)])
def test_headers_that_do_not_say_give_no_verdict(headers: tuple[tuple[str, bytes], ...]) -> None:
    assert find_verdict(headers) is None


async def test_what_no_topic_takes_is_set_aside_by_its_origin_alone() -> None:
    huge = replace(RECORD, key=b"k" * 900, value=b"v" * 9000, headers=(("note", b"n" * 2000),))
    sender = FakeSender(largest=2000)
    await DeadLetters(sender).write(huge, cause="too_large", error=raised("secret text"))
    (sent,) = sender.sent
    assert is_left_out(sent.headers)
    assert ("dead-letter-left-out", b"11904") in sent.headers
    assert (sent.key, sent.value, original_headers(sent.headers)) == (huge.key, None, ())
    verdict = find_verdict(sent.headers)
    assert verdict is not None
    assert verdict.origin == huge.coordinates


async def test_a_dead_letter_that_fits_leaves_nothing_out() -> None:
    assert not is_left_out((await dead_letter(RECORD)).headers)


async def test_a_record_that_was_put_back_names_where_it_first_lay_however_often_it_dies() -> None:
    back = replace(RECORD, offset=77, headers=(*RECORD.headers, *first_headers(RECORD.coordinates)))
    again = replace(back, offset=99, headers=(await dead_letter(back)).headers)
    verdict = find_verdict((await dead_letter(again)).headers)
    assert verdict is not None
    assert verdict.origin == again.coordinates
    assert verdict.first == back.first == again.first == RECORD.coordinates
    assert original_headers(again.headers) == RECORD.headers


async def test_a_record_that_was_never_put_back_first_lay_where_it_lies() -> None:
    assert find_first(RECORD.headers) is None
    assert RECORD.first == RECORD.coordinates


@pytest.mark.parametrize(
    "value", [b"", b"reports", b"reports/1/x/3", b"a/1/2/3/4", b"\xff/1/2/3", b"r/1/2/" + b"9" * 30]
)
def test_a_first_place_that_cannot_be_read_is_none(value: bytes) -> None:
    assert find_first((("dead-letter-first-place", value),)) is None


async def test_to_say_that_a_record_is_dealt_with_is_no_dead_letter() -> None:
    sender = FakeSender()
    back = replace(RECORD, offset=77, headers=first_headers(RECORD.coordinates))
    await DeadLetters(sender).settle(back)
    (sent,) = sender.sent
    assert (sent.topic, sent.partition, sent.value) == ("reports.dead-letter", 3, None)
    assert find_settled(sent.headers) == RECORD.coordinates
    assert find_verdict(sent.headers) is None
    assert find_settled((await dead_letter(RECORD)).headers) is None
