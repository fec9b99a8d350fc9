"""Matches become edges between subjects, and cases that show the same become one cluster.

A match and the cases that it speaks of come by different topics in any order, so whichever side
arrives last joins them. Two transactions that do not see each other would each leave it to the
other: both sides hold one lock until they commit.
"""

from collections.abc import Iterable, Sequence

from services.review.audit.models import Actor, ActorKind
from services.review.cases import clusters_repository as rows
from services.review.cases.clusters import Joining, join_clusters
from services.review.cases.history import Move, advance
from services.review.cases.revising import revise_by_precedents
from services.review.cases.rules import CaseEvent
from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.jobs.duty import Duty
from services.review.jobs.log_duty import LogDuty
from services.review.settings import Settings
from shared.contracts.codec import decode
from shared.contracts.identifiers import CaseId, Environment
from shared.contracts.match import Match
from shared.contracts.topics import MATCHES
from shared.kafka.dead_letters import RawRecord

NAME = "matches"
ACTOR = Actor(ActorKind.SYSTEM, NAME)


def duty(settings: Settings, database: Database) -> Duty:
    """As the worker runs it."""
    return LogDuty(
        name=NAME,
        topic=MATCHES,
        database=database,
        bootstrap=settings.kafka,
        handle=take_matches,
    )


async def take_matches(session: Session, records: Sequence[RawRecord]) -> None:
    """Keeps the matches that are new, moves open cases by what was decided on the other side, and
    joins those that wait. Idempotent.
    """
    matches = [decode(Match, record.value) for record in records]
    await hold_joins(session)
    new = await rows.insert_matches(session, matches)
    for environment in Environment:
        names = {
            name
            for match in matches
            if match.match_id in new and match.environment == environment
            for name in (match.younger, match.elder)
        }
        if names:
            await revise_by_precedents(session, environment, names, ACTOR)
        await join_by_matches(session, environment, names)


async def hold_joins(session: Session) -> None:
    """Lets no other transaction join clusters until this one ends.

    To be called before any lock on an entry or a case, by whoever joins later in the transaction.
    """
    await rows.lock_joins(session)


async def join_by_matches(
    session: Session, environment: Environment, subject_ids: Iterable[str]
) -> int:
    """Merges the clusters of these subjects with those that matches name; returns how many cases
    moved.

    The younger cluster goes into the elder one, where both are of one platform and wait untouched
    in the queue, and nobody has taken the two apart. Where something stands against it, the match
    becomes a proposal. `subject_ids` are all names under which a match may know them.
    """
    names = sorted(set(subject_ids))
    if not names:
        return 0
    await rows.lock_joins(session)
    edges = await rows.list_edges(session, environment, names)
    if not edges:
        return 0
    ids = sorted({cluster for edge in edges for cluster in (edge.younger, edge.elder)})
    clusters = await rows.lock_clusters(session, ids)
    # again under the locks: a decision or a claim may just have been faster
    edges = [
        edge
        for edge in await rows.list_edges(session, environment, names)
        if edge.younger in clusters and edge.elder in clusters
    ]
    splits = await rows.list_splits(
        session, environment, {name for cluster in clusters.values() for name in cluster.subjects}
    )
    joining = join_clusters(clusters, edges, splits)
    await rows.mark_proposals(session, joining.proposals, joining.joined)
    await _write(session, joining)
    return len(joining.moved)


async def _write(session: Session, joining: Joining) -> None:
    if not joining.moved:
        return
    await rows.move_cases(session, joining)
    await advance(
        session,
        [
            Move(
                CaseId(case_id),
                CaseEvent.CLUSTER_JOINED,
                ACTOR,
                reason="match",
                facts={"cluster": cluster_id},
            )
            for case_id, cluster_id in sorted(joining.moved.items())
        ],
    )
