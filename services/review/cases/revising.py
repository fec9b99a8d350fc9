"""Moving open cases in the queue by what was decided on content that matches theirs."""

from collections.abc import Collection, Iterable

from services.review.audit.models import Actor
from services.review.cases import intake_repository as repository
from services.review.cases.folding import CaseFold
from services.review.cases.history import Move, advance
from services.review.cases.order_repository import hold_order
from services.review.cases.ordering import Ranker
from services.review.cases.placing_repository import place_anew
from services.review.cases.precedents_repository import load_precedents
from services.review.cases.rules import CaseEvent, is_open
from services.review.database.session import Session
from services.review.policies.repository import list_policies, list_queues
from shared.contracts.identifiers import CaseId, Environment


async def with_precedents(
    session: Session, cases: Iterable[CaseFold]
) -> list[tuple[CaseFold, bool]]:
    """Open cases with what stands now of their matches, and whether that is other than before."""
    waiting = [case for case in cases if is_open(case.state)]
    if not waiting:
        return []
    found = await load_precedents(session, {(c.environment, c.subject_id) for c in waiting})
    return [
        (case._replace(precedents=weight), weight != case.precedents)
        for case in waiting
        for weight in [found.get((case.environment, case.subject_id), 0.0)]
    ]


async def revise_by_precedents(
    session: Session, environment: Environment, names: Collection[str], actor: Actor
) -> int:
    """Ranks the open cases of these subjects anew where decisions on their matches ask for it;
    returns how many moved. `names` are all under which a match may know the subjects.

    Locks the order, places in the queue, then cases. Idempotent.
    """
    order = await hold_order(session)
    named = [(str(environment), name) for name in names]
    aliases = await repository.resolve_aliases(session, named)
    known = await repository.lock_cases(session, {(e, aliases.get((e, n), n)) for e, n in named})
    weighed = await with_precedents(session, [case.fold for case in known.values()])
    changed = [case for case, differs in weighed if differs]
    if not changed:
        return 0
    ranker = Ranker(await list_policies(session), await list_queues(session))
    now = await repository.database_time(session)
    ranks = {case.case_id: ranker.ranks(case, order, seen_at=now) for case in changed}
    await repository.update_cases(session, changed, ranks)
    await place_anew(session, {case.cluster_id for case in changed})
    moves = [
        Move(
            CaseId(case.case_id),
            CaseEvent.PRECEDENTS_CHANGED,
            actor,
            facts={"precedents": round(case.precedents, 4)},
        )
        for case in sorted(changed, key=lambda case: case.case_id)
    ]
    await advance(session, moves)
    return len(moves)
