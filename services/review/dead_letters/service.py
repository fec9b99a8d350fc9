"""What an operator sees of dead letters, and how the two that hold them are spoken to."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.dead_letters import operator_repository as repository
from services.review.dead_letters.originals import Original, fetch_originals
from services.review.dead_letters.rules import Letter, Place, Selection
from services.review.errors import NotFound
from shared.errors import Transient
from shared.kafka.producer import BrokerAway

OPERATOR = Actor(ActorKind.OPERATOR, "command-line")
MOST_REPLAYED = 1_000_000
NOT_THERE = "there is no such dead letter"


class DatabaseAway(Transient):
    """The database does not answer, or not as it should."""


@dataclass(frozen=True)
class Shown:
    """A dead letter, all letters of the same record, and the record."""

    letter: Letter
    of_record: Sequence[Letter]
    original: Original


@asynccontextmanager
async def session_of(database: Database) -> AsyncIterator[Session]:
    """One transaction. Raises DatabaseAway for whatever the database does not do."""
    try:
        async with database.as_worker() as session:
            yield session
    except (SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
        raise DatabaseAway(f"the database does not answer: {type(error).__name__}") from error


@asynccontextmanager
async def kafka_answers() -> AsyncIterator[None]:
    """Raises BrokerAway for whatever Kafka does not do."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise BrokerAway(f"Kafka does not answer: {type(error).__name__}") from error


async def show(database: Database, bootstrap: str, place: Place, *, view: str | None) -> Shown:
    """Raises NotFound. `view` is who looks at the record's value, which is written down; None when
    nobody does.
    """
    async with session_of(database) as session:
        letter = (await repository.list_at(session, [place])).get(place)
        if letter is None:
            raise NotFound("dead_letter_not_found", f"{place}: {NOT_THERE}")
        of_record = await repository.list_of_record(session, letter.first)
    async with kafka_answers():
        originals = await fetch_originals(bootstrap, [letter])
    original = originals[place]
    if view is not None and original.record is not None:
        async with session_of(database) as session:
            await audit.record(session, [act("dead_letter_value_viewed", place, view)])
    return Shown(letter, of_record, original)


async def select_open(database: Database, selection: Selection) -> list[Place]:
    """Of all that are open now; what is set aside later is not replayed with them."""
    async with session_of(database) as session:
        letters = await repository.list_letters(session, selection, MOST_REPLAYED)
    return [letter.place for letter in letters]


def act(action: str, place: Place, by: str, **facts: int) -> Act:
    """Who sits at the command line is private: the entry has a commitment to it."""
    return Act(
        action=action,
        actor=OPERATOR,
        after={"dead_letter": str(place), **facts},
        private={"by": by},
    )
