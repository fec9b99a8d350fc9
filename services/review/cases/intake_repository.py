"""Rows that the sink reads and writes, a whole batch a statement."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import Row, text

from services.review.cases.arrivals import Arrival
from services.review.cases.folding import CaseFold
from services.review.cases.order_repository import counting_priority
from services.review.cases.ordering import Ranks
from services.review.cases.rules import OPEN_STATES, CaseState
from services.review.cases.standing import KnownCase
from services.review.database.session import Session
from shared.contracts.report import Urgency
from shared.contracts.scored_report import ScoredReport

SubjectKey = tuple[str, str]  # environment, subject id


async def database_time(session: Session) -> datetime:
    """The only clock that decides anything here."""
    now: datetime = (await session.execute(text("select clock_timestamp()"))).scalar_one()
    return now


async def resolve_aliases(session: Session, keys: Iterable[SubjectKey]) -> dict[SubjectKey, str]:
    """The subject that each alias stands for; names that are no alias are absent."""
    pairs = sorted(set(keys))
    rows = await session.execute(
        _ALIASES, {"environments": [e for e, _ in pairs], "names": [s for _, s in pairs]}
    )
    return {(row.environment, row.alias): row.subject_id for row in rows}


async def add_subjects(session: Session, reports: Mapping[SubjectKey, ScoredReport]) -> None:
    """Subjects seen for the first time, and the aliases that their reports name."""
    ordered = sorted(reports.items())
    subjects = [
        {
            "environment": environment,
            "subject_id": subject_id,
            "platform_id": scored.report.platform,
            "kind": scored.report.subject.kind,
            "identity": scored.report.subject.identity,
            "url": scored.report.subject.url,
            "platform_ref": scored.report.subject.platform_id,
            "first_seen_at": scored.source.timestamp,
        }
        for (environment, subject_id), scored in ordered
    ]
    await session.execute(_ADD_SUBJECTS, {"rows": _json(subjects)})
    aliases = [
        {
            "environment": environment,
            "alias": alias,
            "platform_id": scored.report.platform,
            "subject_id": subject_id,
        }
        for (environment, subject_id), scored in ordered
        for alias in scored.report.subject.aliases
        if alias != subject_id
    ]
    if aliases:
        await session.execute(_ADD_ALIASES, {"rows": _json(aliases)})


async def lock_cases(session: Session, keys: Iterable[SubjectKey]) -> dict[SubjectKey, KnownCase]:
    """The open case of each subject, else its last one. Locked: queue entries first, then cases,
    decided ones too, so that no decision that a report meets is undone meanwhile.
    """
    pairs = sorted(set(keys))
    parameters = {"environments": [e for e, _ in pairs], "subjects": [s for _, s in pairs]}
    await session.execute(_LOCK_ENTRIES, parameters)
    await session.execute(_LOCK_CASES, parameters)
    rows = await session.execute(_CASES, parameters)
    return {(row.environment, row.subject_id): _known(row) for row in rows}


async def insert_reports(
    session: Session,
    reports: Sequence[tuple[Arrival, str, str, str | None]],
) -> set[str]:
    """Ids of the reports that were not there before. Each comes with its case, its subject and
    the standing decision that it met.
    """
    rows = [
        {
            "report_id": report.report_id,
            "platform_id": report.platform,
            "environment": report.environment,
            "external_id": report.external_id,
            "subject_id": subject_id,
            "case_id": case_id,
            "applied_decision_id": decision_id,
            "policy_id": report.reason.policy_id or "other",
            "body": orjson.Fragment(arrival.body),
            "body_hash": report.body_hash,
            "reporter_key": arrival.reporter,
            "reporter_kind": report.reporter.kind,
            "reported_at": report.reported_at,
            "accepted_at": source.timestamp,
            "source_partition": source.partition,
            "source_offset": source.offset,
            "traceparent": arrival.traceparent,
        }
        for arrival, case_id, subject_id, decision_id in reports
        for report, source in [(arrival.scored.report, arrival.scored.source)]
    ]
    inserted = await session.execute(_INSERT_REPORTS, {"rows": _json(rows)})
    return {row.report_id for row in inserted}


async def insert_conflicts(session: Session, reports: Sequence[ScoredReport]) -> int:
    """Other bodies under an id that is taken; equal bodies are no conflict and leave no row."""
    rows = [
        {
            "report_id": scored.report.report_id,
            "body_hash": scored.report.body_hash,
            "platform_id": scored.report.platform,
            "environment": scored.report.environment,
            "subject_id": scored.report.subject.subject_id,
            "reason": scored.report.reason.model_dump(mode="json", exclude_none=True),
            "reporter": scored.report.reporter.model_dump(mode="json", exclude_none=True),
            "accepted_at": scored.source.timestamp,
            "source_partition": scored.source.partition,
            "source_offset": scored.source.offset,
        }
        for scored in reports
    ]
    inserted = await session.execute(_INSERT_CONFLICTS, {"rows": _json(rows)})
    return len(inserted.all())


async def list_waiting(
    session: Session, clusters: Sequence[str]
) -> list[tuple[CaseFold, str | None, datetime]]:
    """The open cases of locked clusters, locked. With each the time that its facts are of, as it
    was kept with its place, and when it last changed.
    """
    await session.execute(_LOCK_OPEN, {"clusters": list(clusters)})
    rows = await session.execute(_WAITING, {"clusters": list(clusters)})
    return [(_fold(row), row.seen_at, row.updated_at) for row in rows]


async def insert_cases(
    session: Session, cases: Sequence[CaseFold], ranks: Mapping[str, Ranks]
) -> None:
    """New cases, each in a cluster of its own."""
    await session.execute(
        _INSERT_CLUSTERS,
        {
            "clusters": [case.cluster_id for case in cases],
            "platforms": [case.platform for case in cases],
            "environments": [case.environment for case in cases],
        },
    )
    rows = [_case_row(case, ranks[case.case_id]) for case in cases]
    await session.execute(_INSERT_CASES, {"rows": _json(rows)})


async def update_cases(
    session: Session, cases: Sequence[CaseFold], ranks: Mapping[str, Ranks]
) -> None:
    """What reports changed. State and version belong to the history."""
    rows = [_case_row(case, ranks[case.case_id]) for case in cases]
    await session.execute(_UPDATE_CASES, {"rows": _json(rows)})


def _json(rows: Sequence[Mapping[str, object]]) -> str:
    """For `json` in PostgreSQL, which is quicker than `jsonb` to what is read once."""
    return orjson.dumps(list(rows)).decode()


def _case_row(case: CaseFold, ranks: Ranks) -> dict[str, object]:
    columns = {name: value for name, value in case._asdict().items() if name != "published_at"}
    return {
        **columns,
        "version": 1,
        "priority": ranks.standing,
        "next_priority": ranks.coming,
        "shown_priority": ranks.shown,
    }


def _known(row: Row[tuple[object, ...]]) -> KnownCase:
    return KnownCase(
        fold=_fold(row),
        decision_id=row.decision_id,
        decided_at=row.decided_at,
        decision_stands=row.decision_state == "final",
        reporters_since=row.reporter_count - (row.reporters_at_decision or 0),
    )


def _fold(row: Row[tuple[object, ...]]) -> CaseFold:
    content = row.content or {}
    published = content.get("published_at")
    return CaseFold(
        case_id=row.case_id,
        cluster_id=row.cluster_id,
        platform=row.platform_id,
        environment=row.environment,
        subject_id=row.subject_id,
        kind=row.kind,
        identity=row.identity,
        state=CaseState(row.state),
        version=row.version,
        policy_id=row.policy_id,
        policy_revision=row.policy_revision,
        queue_id=row.queue_id,
        urgency=Urgency(row.urgency),
        language=row.language,
        content=row.content,
        content_digest=row.content_digest,
        context=row.context,
        author=row.author,
        author_account=row.author_account,
        scores=row.scores,
        violation=row.violation,
        report_count=row.report_count,
        reporter_count=row.reporter_count,
        reporter_weight=row.reporter_weight,
        record_decided=row.record_decided,
        record_violations=row.record_violations,
        precedents=row.precedents,
        views=row.views,
        shares=row.shares,
        followers=row.followers,
        published_at=datetime.fromisoformat(published) if published else None,
        opened_at=row.opened_at,
        previous_case_id=row.previous_case_id,
    )


_WANTED = (
    "unnest(cast(:environments as text[]), cast(:subjects as text[]))"
    " as wanted (environment, subject_id)"
)
_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))
_ALIASES = text(
    "select a.environment, a.alias, a.subject_id from subject_aliases a join"
    " unnest(cast(:environments as text[]), cast(:names as text[])) as wanted (environment, alias)"
    " using (environment, alias)"
)
_ADD_SUBJECTS = text(
    "insert into subjects (environment, subject_id, platform_id, kind, identity, url,"
    " platform_ref, first_seen_at)"
    " select environment, subject_id, platform_id, kind, identity, url, platform_ref,"
    " first_seen_at from json_populate_recordset(null::subjects, cast(:rows as json))"
    " order by 1, 2 on conflict do nothing"
)
_ADD_ALIASES = text(
    "insert into subject_aliases (environment, alias, platform_id, subject_id)"
    " select environment, alias, platform_id, subject_id"
    " from jsonb_populate_recordset(null::subject_aliases, cast(:rows as jsonb))"
    " on conflict do nothing"
)
_LOCK_ENTRIES = text(
    "select 1 from queue_entries where entry_id in (select cluster_id from cases"
    f" join {_WANTED} using (environment, subject_id) where state in ({_OPEN}))"
    " order by entry_id for update"
)
_LOCK_CASES = text(
    "select 1 from cases where case_id in (select case_id from cases"
    f" join {_WANTED} using (environment, subject_id)) order by case_id for update"
)
_CASES = text(
    "select distinct on (c.environment, c.subject_id) c.*, d.state as decision_state"
    f" from {_WANTED} join cases c using (environment, subject_id)"
    " left join decisions d on d.decision_id = c.decision_id"
    " order by c.environment, c.subject_id, (c.state in ('decided', 'closed')),"
    " c.opened_at desc, c.case_id"
)
_LOCK_OPEN = text(
    f"select 1 from cases where cluster_id = any(:clusters) and state in ({_OPEN})"
    " order by case_id for update"
)
_WAITING = text(
    "select *, coalesce(next_priority, priority) ->> 'seen_at' as seen_at from cases"
    f" where cluster_id = any(:clusters) and state in ({_OPEN})"
)
_INSERT_REPORTS = text(
    "insert into reports (report_id, platform_id, environment, external_id, subject_id, case_id,"
    " applied_decision_id, policy_id, body, body_hash, reporter_key, reporter_kind, reported_at,"
    " accepted_at, source_partition, source_offset, traceparent)"
    " select report_id, platform_id, environment, external_id, subject_id, case_id,"
    " applied_decision_id, policy_id, body, body_hash, reporter_key, reporter_kind, reported_at,"
    " accepted_at, source_partition, source_offset, traceparent"
    " from json_populate_recordset(null::reports, cast(:rows as json))"
    " on conflict do nothing returning report_id"
)
_INSERT_CONFLICTS = text(
    "insert into report_conflicts (report_id, body_hash, platform_id, environment, pointers,"
    " accepted_at, source_partition, source_offset)"
    " select n.report_id, n.body_hash, n.platform_id, n.environment,"
    " array_remove(array["
    " case when r.body -> 'subject' ->> 'subject_id' is distinct from n.subject_id"
    " then '/subject' end,"
    " case when r.body -> 'reason' is distinct from n.reason then '/reason' end,"
    " case when r.body -> 'reporter' is distinct from n.reporter then '/reporter' end], null),"
    " n.accepted_at, n.source_partition, n.source_offset"
    " from jsonb_to_recordset(cast(:rows as jsonb)) as n (report_id text, body_hash text,"
    " platform_id text, environment text, subject_id text, reason jsonb, reporter jsonb,"
    " accepted_at timestamptz, source_partition int, source_offset bigint)"
    " join reports r on r.report_id = n.report_id and r.body_hash <> n.body_hash"
    " on conflict do nothing returning report_id"
)
_INSERT_CLUSTERS = text(
    "insert into clusters (cluster_id, platform_id, environment)"
    " select * from unnest(cast(:clusters as text[]), cast(:platforms as text[]),"
    " cast(:environments as text[]))"
)
_COLUMNS = (
    "policy_id, policy_revision, queue_id, urgency, language, content, content_digest, context,"
    " author, author_account, scores, violation, report_count, reporter_count, reporter_weight,"
    " record_decided, record_violations, precedents, views, shares, followers, opened_at"
)
_RECORD = (
    "json_to_recordset(cast(:rows as json)) as n (case_id text, platform text, environment text,"
    " cluster_id text, subject_id text, kind text, identity text, state text, version bigint,"
    " policy_id text, policy_revision int, queue_id text, urgency text, language text,"
    " content jsonb, content_digest text, context jsonb, author jsonb, author_account text,"
    " scores jsonb, violation float8, report_count int, reporter_count int,"
    " reporter_weight float8, record_decided int, record_violations int,"
    " precedents float8, views bigint, shares bigint, followers bigint, priority jsonb,"
    " next_priority jsonb, shown_priority jsonb, opened_at timestamptz, previous_case_id text)"
)
_INSERT_CASES = text(
    "insert into cases (case_id, platform_id, environment, cluster_id, subject_id, kind, identity,"
    f" state, version, previous_case_id, priority, next_priority, {_COLUMNS})"
    " select case_id, platform, environment, cluster_id, subject_id, kind, identity, state,"
    " version, previous_case_id, shown_priority, next_priority,"
    f" {_COLUMNS} from {_RECORD}"
)
_UPDATE_CASES = text(
    f"update cases c set ({_COLUMNS}, priority, next_priority, updated_at) = (select"
    f" {', '.join('n.' + name.strip() for name in _COLUMNS.split(','))},"
    f" coalesce(n.priority, {counting_priority('c')}), n.next_priority, clock_timestamp())"
    f" from {_RECORD} where c.case_id = n.case_id"
)
