"""Runs all checks against a running system. Reads only."""

from sqlalchemy import TextClause

from services.review.audit.repository import list_entries
from services.review.audit.verify import TrailCheck
from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.invariants import repository, rules
from services.review.invariants.logs import Topics
from services.review.invariants.rules import Finding, Log, Place
from shared.contracts.topics import REPORTS, SCORED_REPORTS, Topic

SINK = "sink"
PAGE = 5000


async def check_all(database: Database, topics: Topics) -> list[Finding]:
    """What was committed before is read before what must follow from it, so that a system at work
    is not blamed for what is under way.
    """
    await topics.check()
    scored_up_to = await topics.scored_up_to()
    begins = await topics.begins(REPORTS)
    async with database.snapshot() as session:
        found = [*await _check_database(session)]
        rows = await repository.reports(session)
        conflicts = await repository.conflicts(session)
        sink = await repository.sink_positions(session, SINK)
        replayed = {
            topic.name: await repository.replayed(session, topic.dead_letter)
            for topic in (REPORTS, SCORED_REPORTS)
        }
    accepted = await topics.bodies(REPORTS)
    scored = await topics.bodies(SCORED_REPORTS)
    lost = rules.every_report_is_scored(
        before(accepted, scored_up_to),
        set(scored.bodies.values()),
        await _open(topics, REPORTS, replayed[REPORTS.name]),
    )
    applied = rules.every_score_is_applied_once(
        before(scored, sink),
        set(rows.values()),
        conflicts,
        await _open(topics, SCORED_REPORTS, replayed[SCORED_REPORTS.name]),
    )
    phantom = rules.no_report_came_from_nowhere(rows, accepted.bodies, begins)
    return [
        Finding("reports are scored", len(accepted.bodies), list(lost)),
        Finding("scored reports are applied once", len(scored.bodies), list(applied)),
        Finding("reports come from the log", len(rows), list(phantom)),
        *found,
    ]


def before(log: Log, up_to: dict[int, int]) -> Log:
    """The part of a log before these offsets."""

    def inside(place: Place) -> bool:
        return place.offset < up_to.get(place.partition, 0)

    return Log(
        {place: body for place, body in log.bodies.items() if inside(place)},
        frozenset(place for place in log.unreadable if inside(place)),
    )


async def _open(topics: Topics, topic: Topic, closed: set[Place]) -> frozenset[Place]:
    return rules.set_aside(await topics.dead(topic), closed)


async def _check_database(session: Session) -> list[Finding]:
    queries: tuple[tuple[str, TextClause, TextClause], ...] = (
        ("changes are in the audit trail", repository.COUNT_HISTORY, repository.UNAUDITED),
        ("cases are what their history says", repository.COUNT_CASES, repository.BROKEN_HISTORY),
        ("open cases are in the queue", repository.COUNT_CASES, repository.OUT_OF_THE_QUEUE),
        (
            "private parts are what was committed",
            repository.COUNT_PRIVATE,
            repository.BROKEN_COMMITMENTS,
        ),
        ("no case is decided twice", repository.COUNT_DECISIONS, repository.DECIDED_TWICE),
        ("every lease has an owner", repository.COUNT_LEASES, repository.LEASES_WITHOUT_OWNER),
    )
    found = [
        Finding(
            name,
            await repository.count(session, counting),
            await repository.sentences(session, broken),
        )
        for name, counting, broken in queries
    ]
    events = await repository.subject_events(session)
    subjects = await repository.subjects(session)
    count, first, last = await repository.feed(session)
    return [
        *found,
        Finding(
            "effective is the sum of events",
            len(events),
            list(rules.effective_is_the_sum_of_events(events, subjects)),
        ),
        Finding(
            "the feed has no gaps",
            count,
            list(rules.the_feed_has_no_gaps(count=count, first=first, last=last)),
        ),
        await _check_trail(session),
    ]


async def _check_trail(session: Session) -> Finding:
    check = TrailCheck()
    broken: list[str] = []
    while page := await list_entries(session, after=check.size, most=PAGE):
        broken += check.take(page)
    size, last_hash = await repository.checkpoint(session)
    broken += check.finish(size=size, last_hash=last_hash)
    return Finding("the audit trail is whole", check.size, broken)
