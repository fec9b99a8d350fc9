"""Finds cases and accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, text

from services.review.cases.view_repository import (
    DECISION_COLUMNS,
    ENTRY_COLUMNS,
    ENTRY_JOINS,
    OPEN,
    AnyRow,
)
from services.review.database.session import Session

# Texts are searched in so many of the newest cases: there is no index over what people wrote.
NEWEST_SEARCHED = 20_000


@dataclass(frozen=True)
class Wanted:
    """What to look for; None leaves a filter out. `after` is the place of the last one shown."""

    subject_id: str | None = None
    state: str | None = None
    case_ids: Sequence[str] | None = None
    words: str | None = None
    held_by: str | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 50


async def list_cases(session: Session, wanted: Wanted) -> list[AnyRow]:
    """Newest first, one more than the limit when there are more."""
    statement, parameters = list_statement(wanted)
    return list(await session.execute(statement, parameters))


def list_statement(wanted: Wanted) -> tuple[TextClause, dict[str, object]]:
    """What `list_cases` asks."""
    clauses = ["true"]
    if wanted.subject_id is not None:
        clauses.append("c.subject_id = :subject")
    if wanted.state is not None:
        clauses.append("c.state = :state")
    if wanted.case_ids is not None:
        clauses.append("c.case_id = any(:ids)")
    if wanted.held_by is not None:
        clauses.append("c.held_by = :holder and c.state = 'held'")
    if wanted.words is not None:
        clauses.append(_IN_NEWEST)
    if wanted.after is not None:
        clauses.append("(c.opened_at, c.case_id) < (:after_at, :after_id)")
    after_at, after_id = wanted.after or (None, None)
    given: dict[str, object] = {
        "subject": wanted.subject_id,
        "state": wanted.state,
        "ids": list(wanted.case_ids or ()),
        "holder": wanted.held_by,
        "words": _like(wanted.words),
        "exactly": wanted.words,
        "newest": NEWEST_SEARCHED,
        "after_at": after_at,
        "after_id": after_id,
        "limit": wanted.limit + 1,
    }
    statement = text(
        f"{SUMMARY} where {' and '.join(clauses)} order by c.opened_at desc, c.case_id desc"
        " limit :limit"
    )
    return statement, {name: given[name] for name in statement.compile().params}


async def find_exactly(session: Session, name: str, platforms: Sequence[str]) -> list[str]:
    """Cases that an id names: of the case, its subject or author, or one of its reports."""
    rows = await session.execute(_EXACTLY, {"name": name, "platforms": list(platforms)})
    return list(rows.scalars())


async def find_subject(session: Session, subject_id: str) -> AnyRow | None:
    """By its canonical id or an alias."""
    return (await session.execute(_SUBJECT, {"id": subject_id})).first()


async def list_account_cases(session: Session, account: str, most: int) -> list[AnyRow]:
    """Open cases on the account itself and on what it posted."""
    statement = text(
        f"{SUMMARY} where c.environment = 'live' and (c.subject_id = :id or c.author_account = :id)"
        f" and c.state in ({OPEN}) order by c.opened_at desc limit :most"
    )
    return list(await session.execute(statement, {"id": account, "most": most}))


async def list_account_decisions(session: Session, account: str, most: int) -> list[AnyRow]:
    """On the account, and on what it posted; newest first."""
    rows = await session.execute(_ACCOUNT_DECISIONS, {"id": account, "most": most})
    return list(rows)


async def find_author(session: Session, account: str) -> AnyRow | None:
    """What its latest case says of the account."""
    return (await session.execute(_AUTHOR, {"id": account})).first()


async def list_links(session: Session, account: str, most: int) -> list[AnyRow]:
    rows = await session.execute(_LINKS, {"id": account, "most": most})
    return list(rows)


def _like(words: str | None) -> str | None:
    if words is None:
        return None
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


SUMMARY = (
    "select c.case_id, c.subject_id, c.kind, c.platform_id, c.state, c.queue_id, c.policy_id,"
    f" c.language, c.violation, c.report_count, c.decision_id, d.finding, c.held_by, c.held_until,"
    f" c.opened_at, {ENTRY_COLUMNS}"
    " from cases c left join decisions d on d.decision_id = c.decision_id"
    f"{ENTRY_JOINS}"
)
_IN_NEWEST = (
    "c.case_id in (select n.case_id from"
    " (select * from cases order by opened_at desc limit :newest) n"
    " left join subjects s on s.environment = n.environment and s.subject_id = n.subject_id"
    " where n.content ->> 'text' ilike :words or s.url = :exactly"
    " or n.author ->> 'handle' ilike :words or n.author ->> 'display_name' ilike :words)"
)
_EXACTLY = text(
    "select case_id from cases where case_id = :name"
    " union select case_id from cases where environment = 'live' and subject_id = :name"
    " union select case_id from cases where environment = 'live' and author_account = :name"
    " union select c.case_id from subject_aliases a join cases c using (environment, subject_id)"
    "  where a.environment = 'live' and a.alias = :name"
    " union select case_id from reports where report_id = :name"
    " union select case_id from reports where platform_id = any(:platforms)"
    "  and environment = 'live' and external_id = :name"
    " union select case_id from decisions where decision_id = :name"
    " limit 1000"
)
_SUBJECT = text(
    "select s.* from subjects s where s.environment = 'live' and s.subject_id in"
    " (:id, (select subject_id from subject_aliases where environment = 'live' and alias = :id))"
    " order by s.subject_id <> :id limit 1"
)
_ACCOUNT_DECISIONS = text(
    f"select {DECISION_COLUMNS} from decisions d"
    " left join reviewers by_whom on by_whom.reviewer_id = d.reviewer_id"
    " where d.environment = 'live' and (d.subject_id = :id or d.case_id in"
    " (select case_id from cases where environment = 'live' and author_account = :id))"
    " order by d.decided_at desc limit :most"
)
_AUTHOR = text(
    "select platform_id, author from cases where environment = 'live' and author_account = :id"
    " order by opened_at desc limit 1"
)
_LINKS = text(
    "(select alias as other, 'alias' as relation, null as similarity from subject_aliases"
    " where environment = 'live' and subject_id = :id and alias <> :id limit :most)"
    " union all"
    " (select elder, method, similarity from matches where environment = 'live'"
    " and younger = :id and elder_platform ="
    " any(string_to_array(current_setting('mizan.platforms', true), ',')) limit :most)"
    " union all"
    " (select younger, method, similarity from matches where environment = 'live'"
    " and elder = :id and younger_platform ="
    " any(string_to_array(current_setting('mizan.platforms', true), ',')) limit :most)"
    " union all"
    " (select distinct subject_id, 'posted', cast(null as float8) from cases"
    " where environment = 'live' and author_account = :id limit :most)"
)
