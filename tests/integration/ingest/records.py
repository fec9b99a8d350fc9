"""What was posted, and what the log has of it."""

from collections import Counter
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from shared.contracts.codec import decode
from shared.contracts.report import Report
from shared.contracts.topics import REPORTS, Topic
from shared.kafka.consumer import partitions_of


def report_body(external_id: str, **changes: object) -> dict[str, object]:
    return {
        "external_id": external_id,
        "reported_at": "2026-11-20T09:14:03Z",
        "reason": {"policy_id": "terrorism"},
        "subject": {"kind": "content", "url": "https://x.com/some_one/status/20"},
        **changes,
    }


async def read_all(bootstrap: str, topic: Topic) -> list[ConsumerRecord]:
    """All that the topic holds now."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        wanted = list(partitions_of(topic))
        consumer.assign(wanted)
        ends = await consumer.end_offsets(wanted)
        found: list[ConsumerRecord] = []
        while [tp for tp in wanted if await consumer.position(tp) < ends[tp]]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
        return found
    finally:
        await consumer.stop()


async def times_in_log(bootstrap: str, external_ids: Iterable[str]) -> Counter[str]:
    """How often each of these reports is in the log."""
    wanted = set(external_ids)
    found = (decode(Report, one.value).external_id for one in await read_all(bootstrap, REPORTS))
    return Counter(one for one in found if one in wanted)
