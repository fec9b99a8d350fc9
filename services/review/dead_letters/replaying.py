"""Puts the records of dead letters back on the topics that they came from.

A replay is written down before the record is sent, so that none goes out unseen. It closes nothing:
the row leaves the open ones when the record has arrived or a newer letter stands for it, so a crash
at any point leaves it open and the replay can be made again. Consumers know what they had before.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.review.audit import service as audit
from services.review.database.engine import Database
from services.review.dead_letters import operator_repository as repository
from services.review.dead_letters.originals import Original, fetch_originals
from services.review.dead_letters.rules import Place, State
from services.review.dead_letters.service import NOT_THERE, act, kafka_answers, session_of
from shared.kafka.dead_letters import first_headers
from shared.kafka.producer import LARGEST_DEAD_LETTER, make_producer, start_within
from shared.kafka.stopping import stop_producer

TOGETHER = 100
ANSWER_SECONDS = 10.0

NOT_OPEN = "it is not open: its record has arrived, or a newer letter stands for it"
UNACKNOWLEDGED = "Kafka did not acknowledge it in time; replay it again"
REFUSED = "Kafka refused it"


@dataclass(frozen=True)
class Outcome:
    """Of one replay; `problem` says why the record was not put back, None where it was."""

    place: Place
    problem: str | None = None


@dataclass(frozen=True)
class Replay:
    """`by` is who asks for it."""

    database: Database
    bootstrap: str
    by: str

    async def run(self, places: Sequence[Place]) -> AsyncIterator[Outcome]:
        """One outcome for each place, in order. Raises BrokerAway and DatabaseAway; what has no
        outcome by then stays open.
        """
        producer = make_producer(
            self.bootstrap,
            client_id="mizan-dead-letters-command",
            largest_record=LARGEST_DEAD_LETTER,
        )
        async with kafka_answers():
            await start_within(producer, ANSWER_SECONDS)
        try:
            once = list(dict.fromkeys(places))
            for start in range(0, len(once), TOGETHER):
                for outcome in await self._some(producer, once[start : start + TOGETHER]):
                    yield outcome
        finally:
            await stop_producer(producer)

    async def _some(self, producer: AIOKafkaProducer, places: Sequence[Place]) -> list[Outcome]:
        async with session_of(self.database) as session:
            letters = await repository.list_at(session, places)
        waiting = [letter for letter in letters.values() if letter.state is State.OPEN]
        async with kafka_answers():
            originals = await fetch_originals(self.bootstrap, waiting)
        asked = await self._write_down(
            [place for place, original in originals.items() if original.record is not None]
        )
        sent = await asyncio.gather(*(_put_back(producer, originals[place]) for place in asked))
        missing = {place: original.missing or NOT_OPEN for place, original in originals.items()}
        problems = {
            **dict.fromkeys(letters, NOT_OPEN),
            **missing,
            **dict(zip(asked, sent, strict=True)),
        }
        return [Outcome(place, problems.get(place, NOT_THERE)) for place in places]

    async def _write_down(self, places: Sequence[Place]) -> list[Place]:
        """Those of them that are open still."""
        async with session_of(self.database) as session:
            asked = await repository.request_replay(session, places, self.by)
            acts = [
                act("dead_letter_replay_requested", place, self.by, replays=times)
                for place, times in asked.items()
            ]
            await audit.record(session, acts)
        return list(asked)


async def _put_back(producer: AIOKafkaProducer, original: Original) -> str | None:
    """What went wrong; None once all replicas have it."""
    record, verdict = original.record, original.verdict
    assert record is not None
    assert verdict is not None
    key = b"" if record.key is None and record.value is None else record.key
    sending = producer.send_and_wait(
        record.topic,
        value=record.value,
        key=key,  # Kafka's client refuses a record of neither
        partition=record.partition,
        headers=[*record.headers, *first_headers(verdict.first)],
    )
    try:
        await asyncio.wait_for(sending, ANSWER_SECONDS)
    except TimeoutError:
        return UNACKNOWLEDGED
    except (KafkaError, OSError) as error:
        return f"{REFUSED}: {type(error).__name__}"
    return None
