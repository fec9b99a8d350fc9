"""Brings a database that was restored from a backup up to what the log says.

The backup is as old as it is; the log is not. Reports, matches and appeals are read on from where
the backup stood. What was decided since is in the events that platforms were told, and what was
revoked since in the records that the edge reads: both are folded back, and nothing that was told
or revoked is ever told otherwise.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.engine import Database
from services.review.jobs import appeals, outbox_relay, reference_relay, sink
from services.review.jobs.duty import TAKE_LEAD, TRY_LOCK, Duty, Term
from services.review.jobs.log_duty import LogDuty
from services.review.jobs.positions import load_positions
from services.review.restore import folding, log, reference_repository, repository
from services.review.restore.rules import Told, taken_back
from services.review.settings import Settings
from services.review.worker import all_duties
from shared.contracts.identifiers import DecisionId
from shared.errors import Permanent, Transient
from shared.kafka.producer import make_producer, start_within
from shared.kafka.stopping import stop_producer
from shared.observability.admin import Liveness

OPERATOR = Actor(ActorKind.OPERATOR, "command-line")
LOOK_SECONDS = 0.2
FENCE_SECONDS = 30.0


class StillAtWork(Permanent):
    """Somebody uses the database: what is restored under them would not stay so."""


class NotCaughtUp(Transient):
    """A topic could not be read to its end."""


@dataclass
class Restored:
    """What was done. `lost` are decisions whose case is nowhere: their events are in the feed."""

    leases: int = 0
    platforms: int = 0
    policies: int = 0
    events: int = 0
    decisions: int = 0
    undone: int = 0
    lost: list[DecisionId] = field(default_factory=list)


async def restore(settings: Settings, database: Database) -> Restored:
    """Run it once after a restore, before the review API and workers start; again is safe.

    Raises StillAtWork when one of them is there.
    """
    done = Restored()
    duties = {duty.name: duty for duty in all_duties(settings, database)}
    async with _led(settings, database, duties) as terms:
        await _fence_relays(settings.kafka)
        async with database.as_worker() as session:
            done.leases = await repository.void_leases(session)
        await _take_reference(settings.kafka, database, done)
        await _catch_up(settings.kafka, database, duties[sink.NAME], terms)
        missing = await _take_events(settings.kafka, database, done)
        await _catch_up(settings.kafka, database, duties[appeals.NAME], terms)
        async with database.as_worker() as session:
            count, lost = await folding.fold_following(session, missing)
            done.decisions += count
            done.lost += lost
            await audit.record(session, [_act(done)])
    return done


@contextlib.asynccontextmanager
async def _led(
    settings: Settings, database: Database, duties: dict[str, Duty]
) -> AsyncIterator[dict[str, Term]]:
    """Leads every duty, so that no worker does; one of before the restore finds its epoch gone."""
    async with database.as_worker() as session:
        others = await repository.others_at_work(session)
    if others:
        raise StillAtWork(f"stop these first: {', '.join(others)}")
    connection = await asyncpg.connect(settings.database_url.get_secret_value(), timeout=5)
    try:
        terms: dict[str, Term] = {}
        for name in duties:
            if not await connection.fetchval(TRY_LOCK, name):
                raise StillAtWork(f"a review worker leads {name}: stop it first")
            epoch = await connection.fetchval(TAKE_LEAD, name, "mizan restore")
            terms[name] = Term(name, epoch, Liveness())
        yield terms
    finally:
        await connection.close(timeout=5)


async def _fence_relays(bootstrap: str) -> None:
    """A relay of before the restore can publish no more."""
    for transactional_id in (outbox_relay.TRANSACTIONAL_ID, reference_relay.TRANSACTIONAL_ID):
        producer = make_producer(
            bootstrap, client_id="mizan-restore", transactional_id=transactional_id
        )
        await start_within(producer, FENCE_SECONDS)
        await stop_producer(producer)


async def _take_reference(bootstrap: str, database: Database, done: Restored) -> None:
    platforms, policies = await log.reference(bootstrap)
    async with database.as_worker() as session:
        for platform in platforms:
            done.platforms += await reference_repository.take_platform(session, platform)
        for policy in policies:
            done.policies += await reference_repository.take_policy(session, policy)


async def _catch_up(bootstrap: str, database: Database, duty: Duty, terms: dict[str, Term]) -> None:
    """Serves the duty to the end that its topic has now. Its own error is raised."""
    assert isinstance(duty, LogDuty)
    ends = await log.ends(bootstrap, duty.topic)
    term = terms[duty.name]
    serving = asyncio.create_task(duty.serve(term), name=duty.name)
    try:
        while not serving.done() and not await _is_at(database, duty, ends):
            await asyncio.wait({serving}, timeout=LOOK_SECONDS)
    finally:
        term.stop()
        await asyncio.wait({serving})
    serving.result()
    if not await _is_at(database, duty, ends):
        raise NotCaughtUp(f"{duty.topic.name} was not read to its end")


async def _is_at(database: Database, duty: LogDuty, ends: dict[int, int]) -> bool:
    async with database.as_worker() as session:
        positions = await load_positions(session, duty.name, duty.topic.name)
    return all(
        number in positions and positions[number].next_offset >= end for number, end in ends.items()
    )


async def _take_events(bootstrap: str, database: Database, done: Restored) -> list[Told]:
    """Those that the database lacked, in the order of the feed, and what they decided."""
    missing: list[Told] = []
    told: set[str] = set()
    newest = None
    async for batch in log.events(bootstrap):
        async with database.as_worker() as session:
            known = await repository.known_events(session, [one.event.event_id for one in batch])
        for one in batch:
            told.add(getattr(one.event.data, "decision_id", ""))
            newest = max(newest or one.event.timestamp, one.event.timestamp)
            if one.event.event_id not in known:
                missing.append(one)
    missing = list({one.event.event_id: one for one in missing}.values())
    async with database.as_worker() as session:
        waiting = await repository.list_waiting(session)
        done.undone = await folding.undo_taken_back(session, taken_back(waiting, told, newest))
        ordered = await folding.take_events(session, missing)
        done.events = len(ordered)
        done.decisions, done.lost = await folding.fold_made(session, ordered)
    return ordered


def _act(done: Restored) -> Act:
    return Act(
        action="database_restored",
        actor=OPERATOR,
        after={
            "events": done.events,
            "decisions": done.decisions,
            "undone": done.undone,
            "lost": [*done.lost],
        },
    )
