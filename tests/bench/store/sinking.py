"""The sink alone, from a full topic: scored reports become rows, cases and places in the queue."""

import asyncio
import time

import asyncpg
from pydantic import SecretStr

from services.review.jobs import sink
from services.review.settings import Settings
from shared.contracts.codec import encode
from shared.contracts.topics import SCORED_REPORTS
from shared.kafka.producer import make_producer, start_within
from tests.bench.store.backlog import QUEUE, Store
from tests.builders.scored_reports import scored_report
from tests.integration.review_stream.parts import new_term
from tests.waiting import eventually

REPORTS_A_SUBJECT = 2
LONGEST_SECONDS = 300.0


async def fill_topic(bootstrap: str, count: int) -> None:
    """Every subject is reported as often as `REPORTS_A_SUBJECT`, by different people."""
    producer = make_producer(bootstrap, client_id="bench", linger_ms=20)
    await start_within(producer, 30)
    try:
        sent = []
        for number in range(count):
            subject = f"x:post:bench-{number // REPORTS_A_SUBJECT}"
            scored = scored_report(
                number,
                subject=subject,
                text=f"what was said in post {number // REPORTS_A_SUBJECT}, " * 8,
                reporter=f"reporter-{number}",
                policy=QUEUE,
                body_hash=f"hash-{number}",
            )
            sent.append(
                await producer.send(SCORED_REPORTS.name, encode(scored), key=subject.encode())
            )
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def sink_rate(store: Store, bootstrap: str, count: int) -> float:
    """Reports a second from the start of the duty until the last is in the database."""
    settings = Settings.model_validate(
        {
            "database_url": SecretStr(store.url),
            "cursor_key": SecretStr("k" * 16),
            "kafka": bootstrap,
        }
    )
    term = await new_term(store.url, sink.NAME)
    watching = await asyncpg.connect(store.url)
    began = time.perf_counter()
    serving = asyncio.create_task(sink.duty(settings, store.database).serve(term))
    ended: list[float] = []

    async def through() -> bool:
        if serving.done():
            serving.result()
        taken = await watching.fetchval(_TAKEN, sink.NAME)  # of the transactions of the reports
        ended[:] = [time.perf_counter()]
        return bool(taken == count)

    try:
        await eventually(through, within_seconds=LONGEST_SECONDS, what=f"{count} reports are taken")
        assert await watching.fetchval("select count(*) from reports") == count
    finally:
        term.stop()
        await watching.close()
    await serving
    return count / (ended[0] - began)


_TAKEN = "select sum(next_offset) from consumer_positions where consumer = $1"
