"""Moves open cases when a decision on content that matches theirs is made, undone or overturned.

The transaction of the decision cannot do it: it holds one cluster, and two reviewers whose clusters
match would wait for each other.
"""

from services.review.audit.models import Actor, ActorKind
from services.review.cases.precedents_repository import list_due, list_open_matched, mark_weighed
from services.review.cases.revising import revise_by_precedents
from services.review.database.engine import Database
from services.review.database.session import Session
from services.review.jobs.duty import Duty, Periodic, Term
from services.review.jobs.matches import hold_joins
from services.review.settings import Settings
from shared.contracts.identifiers import Environment

NAME = "precedents"
ACTOR = Actor(ActorKind.SYSTEM, NAME)
MOST = 20
PAUSE_SECONDS = 2.0


def duty(settings: Settings, database: Database) -> Duty:
    """As the worker runs it."""
    del settings  # every duty is made alike

    async def step(term: Term) -> float:
        async with term.transaction(database) as session:
            taken = await weigh_decisions(session)
        return 0.0 if taken == MOST else PAUSE_SECONDS

    return Periodic(NAME, step)


async def weigh_decisions(session: Session) -> int:
    """Takes up to MOST decisions that changed, and ranks the open cases on the other side of their
    matches anew; returns how many were taken. One that changes meanwhile is taken again.
    """
    if not await list_due(session, 1):
        return 0
    await hold_joins(session)
    due = await list_due(session, MOST)
    matched = await list_open_matched(session, {one.subject for one in due})
    for environment in Environment:
        names = {name for where, name in matched if where == environment}
        if names:
            await revise_by_precedents(session, environment, names, ACTOR)
    await mark_weighed(session, due)
    return len(due)
