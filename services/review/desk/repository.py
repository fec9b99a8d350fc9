"""Rows that only the desk needs: what stands in its bar, who has a case open, whose hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import text

from services.review.database.session import Session
from services.review.desk.preferences import Preferences, preferences_of

# A page says every 15 s that it is open.
OPEN_SECONDS = 40


@dataclass(frozen=True)
class Undoable:
    """The reader's last decision that nobody was told of yet."""

    decision_id: str
    finding: str
    actions: list[dict[str, JsonValue]]
    count: int
    seconds: float


@dataclass(frozen=True)
class BarFacts:
    """`now` is the database's time: all ages and countdowns of a page are taken from it."""

    now: datetime
    held: int
    undoable: Undoable | None
    preferences: Preferences


async def load_bar(session: Session, reviewer_id: str) -> BarFacts:
    row = (await session.execute(_BAR, {"me": reviewer_id})).one()
    undoable = None
    if row.decision_id is not None:
        undoable = Undoable(
            row.decision_id, row.finding, row.actions, row.together, float(row.seconds)
        )
    return BarFacts(row.now, row.held, undoable, preferences_of(row.preferences))


async def save_preferences(session: Session, reviewer_id: str, preferences: Preferences) -> None:
    await session.execute(
        _PREFER, {"me": reviewer_id, "preferences": preferences.model_dump_json()}
    )


async def stamp_viewing(session: Session, case_id: str, reviewer_id: str) -> None:
    """Says that the reviewer has the case open, and forgets what they had open long ago."""
    await session.execute(_FORGET, {"me": reviewer_id})
    await session.execute(_STAMP, {"case": case_id, "me": reviewer_id})


async def list_viewers(session: Session, case_id: str, reviewer_id: str) -> list[str]:
    """Names of the others who have it open now."""
    rows = await session.execute(
        _VIEWERS, {"case": case_id, "me": reviewer_id, "seconds": OPEN_SECONDS}
    )
    return list(rows.scalars())


@dataclass(frozen=True)
class Standing:
    """How a case stands now. `taken_by` is somebody else who has it leased; the rest is its
    standing decision.
    """

    state: str | None = None
    taken_by: str | None = None
    decided_by: str | None = None
    finding: str | None = None
    actions: Sequence[dict[str, JsonValue]] | None = None


async def load_standing(session: Session, case_id: str, reviewer_id: str) -> Standing:
    rows = await session.execute(_STANDING, {"case": case_id, "me": reviewer_id})
    row = rows.mappings().first()
    return Standing(**row) if row is not None else Standing()


@dataclass(frozen=True)
class Line:
    """A case in a list, with the beginning of its text."""

    case_id: str
    subject_id: str
    state: str
    queue_id: str
    platform: str
    handle: str | None
    excerpt: str
    language: str
    report_count: int
    opened_at: datetime


async def list_lines(session: Session, case_ids: Sequence[str]) -> list[Line]:
    """In the order asked for; what the reader may not see is left out."""
    rows = (await session.execute(_LINES, {"ids": list(case_ids)})).mappings()
    found = {row["case_id"]: Line(**row) for row in rows}
    return [found[case_id] for case_id in case_ids if case_id in found]


@dataclass(frozen=True)
class Hands:
    """Case ids: those under the reader's lease, on hold by them, given to them; and of the appeals
    under their lease, by appeal.
    """

    leased: list[str]
    held: list[str]
    assigned: list[str]
    appeals: dict[str, str]


async def load_hands(session: Session, reviewer_id: str) -> Hands:
    """One case for each cluster."""
    parameters = {"me": reviewer_id}
    appeals = await session.execute(_LEASED_APPEALS, parameters)
    return Hands(
        leased=list((await session.execute(_LEASED, parameters)).scalars()),
        held=list((await session.execute(_HELD, parameters)).scalars()),
        assigned=list((await session.execute(_ASSIGNED, parameters)).scalars()),
        appeals={row.appeal_id: row.case_id for row in appeals},
    )


async def list_colleagues(session: Session, reviewer_id: str) -> list[tuple[str, str]]:
    """(id, name) of the others who may review."""
    rows = await session.execute(_COLLEAGUES, {"me": reviewer_id})
    return [(row.reviewer_id, row.name) for row in rows]


async def load_author_counts(
    session: Session, account: str | None, case_id: str
) -> tuple[int, int]:
    """(decisions, other open cases) of the author's account."""
    if account is None:
        return 0, 0
    row = (await session.execute(_AUTHOR, {"account": account, "case": case_id})).one()
    return row.decided, row.open


async def load_reporter_count(session: Session, case_id: str) -> int:
    found = await session.execute(
        text("select reporter_count from cases where case_id = :id"), {"id": case_id}
    )
    return int(found.scalar_one())


async def list_names(session: Session, reviewer_ids: Sequence[str]) -> dict[str, str]:
    rows = await session.execute(
        text("select reviewer_id, name from reviewers where reviewer_id = any(:ids)"),
        {"ids": list(reviewer_ids)},
    )
    return {row.reviewer_id: row.name for row in rows}


# The outbox holds only what is not released: as long as a row is there the decision can be undone.
_BAR = text(
    "select clock_timestamp() as now,"
    " (select count(*) from cases where state = 'held' and held_by = :me) as held,"
    " (select preferences from desk_preferences where reviewer_id = :me) as preferences,"
    " u.decision_id, u.finding, u.actions, u.together, u.seconds"
    " from (select 1) one left join lateral ("
    "  select d.decision_id, d.finding, d.actions,"
    "   (select count(*) from decisions g where g.group_id = d.group_id) as together,"
    "   extract(epoch from o.release_at - clock_timestamp()) as seconds"
    "  from outbox o join decisions d using (decision_id)"
    "  where o.release_at > clock_timestamp() and d.reviewer_id = :me and d.state = 'final'"
    "   and d.appeal_id is null"
    "  order by d.decided_at desc, d.decision_id limit 1) u on true"
)
_PREFER = text(
    "insert into desk_preferences (reviewer_id, preferences)"
    " values (:me, cast(:preferences as jsonb)) on conflict (reviewer_id)"
    " do update set preferences = excluded.preferences, updated_at = now()"
)
_FORGET = text(
    "delete from case_viewers where reviewer_id = :me"
    " and seen_at < clock_timestamp() - interval '1 hour'"
)
_STAMP = text(
    "insert into case_viewers (reviewer_id, case_id, platform_id, environment)"
    " select :me, case_id, platform_id, environment from cases where case_id = :case"
    " on conflict (reviewer_id, case_id) do update set seen_at = clock_timestamp()"
)
_VIEWERS = text(
    "select r.name from case_viewers v join reviewers r using (reviewer_id)"
    " where v.case_id = :case and v.reviewer_id <> :me"
    " and v.seen_at > clock_timestamp() - make_interval(secs => :seconds) order by r.name"
)
_STANDING = text(
    "select c.state, r.name as taken_by, by.name as decided_by, d.finding, d.actions"
    " from cases c left join queue_entries e on e.entry_id = c.cluster_id"
    "  and e.lease_expires_at > clock_timestamp() and e.lease_owner <> :me"
    " left join reviewers r on r.reviewer_id = e.lease_owner"
    " left join decisions d on d.decision_id = c.decision_id"
    " left join reviewers by on by.reviewer_id = d.reviewer_id where c.case_id = :case"
)
_LINES = text(
    "select case_id, subject_id, state, queue_id, platform_id as platform,"
    " author ->> 'handle' as handle, left(coalesce(content ->> 'text', ''), 300) as excerpt,"
    " language, report_count, opened_at from cases where case_id = any(:ids)"
)
_OPEN = "c.state not in ('decided', 'closed')"
_LEASED = text(
    "select distinct on (e.entry_id) c.case_id from queue_entries e"
    " join cases c on c.cluster_id = e.entry_id"
    f" where e.lease_owner = :me and e.lease_expires_at > clock_timestamp() and {_OPEN}"
    " order by e.entry_id, c.opened_at limit 50"
)
_LEASED_APPEALS = text(
    "select a.appeal_id, a.case_id from queue_entries e join appeals a on a.appeal_id = e.entry_id"
    " where e.lease_owner = :me and e.lease_expires_at > clock_timestamp()"
    " order by a.appeal_id limit 50"
)
_HELD = text(
    "select distinct on (cluster_id) case_id from cases"
    " where state = 'held' and held_by = :me order by cluster_id, opened_at limit 200"
)
_ASSIGNED = text(
    "select distinct on (e.entry_id) c.case_id from queue_entries e"
    " join cases c on c.cluster_id = e.entry_id"
    f" where e.assigned_to = :me and {_OPEN} order by e.entry_id, c.opened_at limit 200"
)
_COLLEAGUES = text(
    "select reviewer_id, name from reviewers where active and reviewer_id <> :me"
    " and roles && array['reviewer', 'senior', 'policy_lead'] order by name limit 200"
)
_AUTHOR = text(
    "select (select count(*) from cases where environment = 'live' and author_account = :account"
    "  and state = 'decided' and case_id <> :case) as decided,"
    " (select count(*) from cases c where environment = 'live' and author_account = :account"
    f"  and {_OPEN} and case_id <> :case) as open"
)
