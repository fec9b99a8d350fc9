"""Rows of matches and clusters, and the locks under which clusters are joined."""

from collections.abc import Collection, Sequence

import orjson
from sqlalchemy import Row, text

from services.review.cases.clusters import Cluster, Edge, Joining, Place
from services.review.cases.ordering import Column
from services.review.cases.priority import FORMULA
from services.review.cases.rules import OPEN_STATES
from services.review.database.session import Session
from shared.contracts.identifiers import Environment
from shared.contracts.match import Match


async def lock_joins(session: Session) -> None:
    """Held until the transaction ends; again in the same one is no wait."""
    await session.execute(_LOCK_JOINS)


async def insert_matches(session: Session, matches: Sequence[Match]) -> set[str]:
    """Ids of those that were not there."""
    inserted = await session.execute(
        _INSERT_MATCHES,
        {"rows": orjson.dumps([m.model_dump(mode="json") for m in matches]).decode()},
    )
    return {row.match_id for row in inserted}


async def list_edges(
    session: Session, environment: Environment, names: Sequence[str]
) -> list[Edge]:
    """Matches of these subjects within one platform, between clusters that differ. A subject
    stands for its open case, else for its last one.
    """
    found = await session.execute(_EDGES, {"environment": str(environment), "names": list(names)})
    return [Edge(row.match_id, row.younger, row.elder) for row in found]


async def lock_clusters(session: Session, ids: Sequence[str]) -> dict[str, Cluster]:
    """Locks their places in the queue, then their open cases, each in the order of the ids."""
    places = (await session.execute(_LOCK_PLACES, {"ids": list(ids)})).all()
    await session.execute(_LOCK_CASES, {"ids": list(ids)})
    found = await session.execute(_CLUSTERS, {"ids": list(ids)})
    waiting = {row.entry_id: row for row in places}
    return {row.cluster_id: _cluster(row, waiting.get(row.cluster_id)) for row in found}


async def list_splits(
    session: Session, environment: Environment, subjects: Collection[str]
) -> list[tuple[str, str]]:
    """Pairs among these subjects that a reviewer has taken apart."""
    found = await session.execute(
        _SPLITS, {"environment": str(environment), "subjects": sorted(subjects)}
    )
    return [(row.subject_a, row.subject_b) for row in found]


async def mark_proposals(
    session: Session, proposals: Collection[str], joined: Collection[str]
) -> None:
    """Says of each match whether it waits for a reviewer's word."""
    await session.execute(_MARK, {"proposals": sorted(proposals), "joined": sorted(joined)})


async def move_cases(session: Session, joining: Joining) -> None:
    """Cases, versions of the clusters and places in the queue; the history is the caller's."""
    cases = sorted(joining.moved)
    await session.execute(
        _MOVE, {"cases": cases, "clusters": [joining.moved[case] for case in cases]}
    )
    await session.execute(_GROW, {"ids": sorted(joining.grown)})
    await session.execute(_LEAVE, {"ids": sorted(joining.gone)})
    places = [
        {
            "entry_id": cluster_id,
            "queue_id": place.queue_id,
            "language": place.language,
            "clearance": place.clearance,
            "lane": place.lane,
            "key": place.key,
            "formula": FORMULA,
            "enqueued_at": place.enqueued_at,
            "excluded_reviewers": sorted(place.excluded_reviewers),
        }
        for cluster_id, place in sorted(joining.places.items())
    ]
    rows = {"rows": orjson.dumps(places).decode()}
    await session.execute(_PLACE, rows)
    await session.execute(_ADD_LANES, rows)


def _cluster(row: Row[tuple[object, ...]], place: Row[tuple[object, ...]] | None) -> Cluster:
    waits = place is not None if row.environment == Environment.LIVE else True
    free = place is None or not (place.leased or place.parked or place.assigned_to)
    return Cluster(
        cluster_id=row.cluster_id,
        platform=row.platform_id,
        created_at=row.created_at,
        open_cases=frozenset(row.open_cases),
        subjects=frozenset(row.subjects),
        untouched=waits and free and bool(row.open_cases) and bool(row.all_queued),
        place=None if place is None else _place(place),
    )


def _place(row: Row[tuple[object, ...]]) -> Place:
    return Place(
        queue_id=row.queue_id,
        language=row.language,
        clearance=row.clearance,
        lane=row.lane,
        key=row.counting_key,
        enqueued_at=row.enqueued_at,
        excluded_reviewers=frozenset(row.excluded_reviewers),
    )


_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))

_LOCK_JOINS = text("select pg_advisory_xact_lock(hashtext('mizan joining of clusters'))")
_INSERT_MATCHES = text(
    "insert into matches (match_id, environment, method, similarity, younger, younger_platform,"
    " elder, elder_platform, found_at)"
    " select match_id, environment, method, similarity, younger, younger_platform, elder,"
    " elder_platform, found_at from jsonb_populate_recordset(null::matches, cast(:rows as jsonb))"
    " on conflict do nothing returning match_id"
)
_CASE_OF = (
    "lateral (select c.cluster_id from cases c where c.environment = m.environment"
    " and c.subject_id = coalesce((select a.subject_id from subject_aliases a"
    " where a.environment = m.environment and a.alias = m.{side}), m.{side})"
    " order by (c.state in ('decided', 'closed')), c.opened_at desc, c.case_id limit 1)"
)
_EDGES = text(
    "select m.match_id, y.cluster_id as younger, e.cluster_id as elder"
    " from (select * from matches where environment = :environment and younger = any(:names)"
    " union select * from matches where environment = :environment and elder = any(:names)) m"
    f" cross join {_CASE_OF.format(side='younger')} y"
    f" cross join {_CASE_OF.format(side='elder')} e"
    " where m.younger_platform = m.elder_platform and y.cluster_id <> e.cluster_id"
)
_LOCK_PLACES = text(
    "select *, lease_id is not null and lease_expires_at > clock_timestamp() as leased,"
    " case when (select counts from queue_order) = 1 then key else second_key end as counting_key"
    " from queue_entries where entry_id = any(:ids) order by entry_id for update"
)
_LOCK_CASES = text(
    f"select 1 from cases where cluster_id = any(:ids) and state in ({_OPEN})"
    " order by case_id for update"
)
_CLUSTERS = text(
    "select k.cluster_id, k.platform_id, k.environment, k.created_at,"
    f" coalesce(array_agg(c.case_id) filter (where c.state in ({_OPEN})), '{{}}') as open_cases,"
    f" bool_and(c.state = 'queued') filter (where c.state in ({_OPEN})) as all_queued,"
    " array_agg(c.subject_id) as subjects"
    " from clusters k join cases c using (cluster_id) where k.cluster_id = any(:ids)"
    " group by k.cluster_id"
)
_SPLITS = text(
    "select subject_a, subject_b from cluster_splits where environment = :environment"
    " and subject_a = any(:subjects) and subject_b = any(:subjects)"
)
_MARK = text(
    "update matches set proposal = match_id = any(:proposals)"
    " where match_id = any(:proposals) or (proposal and match_id = any(:joined))"
)
_MOVE = text(
    "update cases set cluster_id = new.cluster_id"
    " from unnest(cast(:cases as text[]), cast(:clusters as text[])) as new (case_id, cluster_id)"
    " where cases.case_id = new.case_id"
)
_GROW = text("update clusters set version = version + 1 where cluster_id = any(:ids)")
_LEAVE = text("delete from queue_entries where entry_id = any(:ids)")
_ROWS = (
    "jsonb_to_recordset(cast(:rows as jsonb)) as n (entry_id text, queue_id text, language text,"
    " clearance smallint, lane smallint, key float8, formula smallint, enqueued_at timestamptz,"
    " excluded_reviewers text[])"
)


def _key(column: Column) -> str:
    return (
        f"{column.key} = case when (select counts from queue_order) = {int(column)}"
        f" then coalesce(n.key, '-infinity') else '-infinity' end, {column.key}_order = 0"
    )


# A lease that ran out goes too: its holder must not come back to what has grown. The keys are made
# anew from all members; until then the better one of those that count stands.
_PLACE = text(
    "update queue_entries q set queue_id = n.queue_id, language = n.language,"
    f" clearance = n.clearance, lane = n.lane, {', '.join(map(_key, Column))}, formula = n.formula,"
    " enqueued_at = n.enqueued_at, excluded_reviewers = n.excluded_reviewers, lease_id = null,"
    " lease_token_sha256 = null, lease_owner = null, lease_expires_at = null"
    f" from {_ROWS} where q.entry_id = n.entry_id"
)
_ADD_LANES = text(
    "insert into queue_lanes (queue_id, language, clearance, platform_id)"
    " select distinct q.queue_id, q.language, q.clearance, q.platform_id"
    f" from {_ROWS} join queue_entries q using (entry_id) order by 1, 2, 3, 4"
    " on conflict do nothing"
)
