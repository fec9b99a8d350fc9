"""Rows of dead letters, as an operator asks for them."""

from collections.abc import Sequence

from sqlalchemy import Row, text

from services.review.database.session import Session
from services.review.dead_letters.repository import FIRST
from services.review.dead_letters.rules import FirstPlace, Group, Letter, Place, Selection, State


async def list_letters(session: Session, selection: Selection, most: int) -> list[Letter]:
    """The oldest first."""
    rows = await session.execute(_LIST, {**_bound(selection), "most": most})
    return [_letter(row) for row in rows]


async def count_letters(session: Session, selection: Selection) -> int:
    return int((await session.execute(_COUNT, _bound(selection))).scalar_one())


async def list_groups(session: Session, selection: Selection, most: int) -> list[Group]:
    """The largest first."""
    rows = await session.execute(_GROUPS, {**_bound(selection), "most": most})
    return [
        Group(
            topic=row.topic,
            cause=row.cause,
            error=row.error,
            stack_hash=row.stack_hash,
            count=row.letters,
            oldest=row.oldest,
            newest=row.newest,
            example=Place(row.topic, *row.example),
        )
        for row in rows
    ]


async def list_at(session: Session, places: Sequence[Place]) -> dict[Place, Letter]:
    """Those that are there."""
    rows = await session.execute(
        _AT,
        {
            "topics": [place.topic for place in places],
            "partitions": [place.partition for place in places],
            "offsets": [place.offset for place in places],
        },
    )
    return {letter.place: letter for letter in map(_letter, rows)}


async def list_of_record(session: Session, first: FirstPlace) -> list[Letter]:
    """All letters of one record, the oldest first."""
    names = ("first_topic", "first_partition", "first_offset")
    rows = await session.execute(_OF_RECORD, dict(zip(names, first, strict=True)))
    return [_letter(row) for row in rows]


async def request_replay(session: Session, places: Sequence[Place], by: str) -> dict[Place, int]:
    """Notes who asks, when and how often, of those that are open; gives how often by now.

    They stay open: only an arrival or a newer letter closes them.
    """
    rows = await session.execute(
        _REQUEST,
        {
            "topics": [place.topic for place in places],
            "partitions": [place.partition for place in places],
            "offsets": [place.offset for place in places],
            "by": by,
        },
    )
    return {Place(row.topic, row.partition, row.offset): row.replays for row in rows}


def _bound(selection: Selection) -> dict[str, str | None]:
    return {
        "topic": selection.topic,
        "state": None if selection.state is State.ALL else str(selection.state),
        "cause": selection.cause,
        "stack": selection.stack_hash,
    }


def _letter(row: Row[tuple[object, ...]]) -> Letter:
    return Letter(
        place=Place(row.topic, row.partition, row.offset),
        origin=Place(row.origin_topic, row.origin_partition, row.origin_offset),
        first=Place(row.record_topic, row.record_partition, row.record_offset),
        cause=row.cause,
        error=row.error,
        stack_hash=row.stack_hash,
        key=row.key,
        platform=row.platform_id,
        environment=row.environment,
        report_id=row.report_id,
        external_id=row.external_id,
        state=State(row.state),
        since=row.received_at,
        closed_at=row.replayed_at,
        replays=row.replays,
        replay_requested_at=row.replay_requested_at,
        replay_requested_by=row.replay_requested_by,
    )


_SELECT = (
    "select d.*, coalesce(d.first_topic, d.origin_topic) as record_topic,"
    " coalesce(d.first_partition, d.origin_partition) as record_partition,"
    " coalesce(d.first_offset, d.origin_offset) as record_offset from dead_letters d"
)
_SELECTED = (
    " where (cast(:topic as text) is null or d.topic = :topic)"
    " and (cast(:state as text) is null or d.state = :state)"
    " and (cast(:cause as text) is null or d.cause = :cause)"
    " and (cast(:stack as text) is null or d.stack_hash = :stack)"
)
_PLACES = (
    "unnest(cast(:topics as text[]), cast(:partitions as int[]), cast(:offsets as bigint[]))"
    ' as p (topic, partition, "offset")'
)
_SAME_PLACE = '(d.topic, d.partition, d."offset") = (p.topic, p.partition, p."offset")'
_LIST = text(
    _SELECT + _SELECTED + ' order by d.received_at, d.topic, d.partition, d."offset" limit :most'
)
_COUNT = text("select count(*) from dead_letters d" + _SELECTED)
_GROUPS = text(
    "select d.topic, d.cause, d.error, d.stack_hash, count(*) as letters,"
    " min(d.received_at) as oldest, max(d.received_at) as newest,"
    ' min(array[cast(d.partition as bigint), d."offset"]) as example from dead_letters d'
    + _SELECTED
    + " group by 1, 2, 3, 4 order by count(*) desc, 1, 2, 3, 4 limit :most"
)
_AT = text(f"{_SELECT} join {_PLACES} on {_SAME_PLACE}")
_OF_RECORD = text(
    f"{_SELECT} where {FIRST} = (cast(:first_topic as text), cast(:first_partition as int),"
    ' cast(:first_offset as bigint)) order by d.received_at, d."offset"'
)
_REQUEST = text(
    "update dead_letters d set replays = d.replays + 1, replay_requested_at = now(),"
    f" replay_requested_by = :by from {_PLACES} where {_SAME_PLACE} and d.state = 'open'"
    ' returning d.topic, d.partition, d."offset", d.replays'
)
