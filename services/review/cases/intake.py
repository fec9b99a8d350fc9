"""Taking scored reports into cases, a batch in one transaction.

What a report adds to a case is added only when its own row was inserted by this transaction:
counts never come from reading what is there, so a replay adds nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.review.audit.models import Actor
from services.review.cases import intake_repository as repository
from services.review.cases.arrivals import Arrival
from services.review.cases.folding import (
    CaseFold,
    folded,
    opened,
    policy_of,
    with_numbers,
)
from services.review.cases.history import Move, Step, advance, record_steps
from services.review.cases.intake_repository import SubjectKey
from services.review.cases.order_repository import hold_order
from services.review.cases.ordering import Order, Ranker, Ranks
from services.review.cases.placing_repository import place_anew, put_in_queue
from services.review.cases.reporters import Reporting, add_reporters
from services.review.cases.reporters_repository import list_old_reporters
from services.review.cases.revising import with_precedents
from services.review.cases.rules import CaseEvent, CaseState, is_open
from services.review.cases.standing import KnownCase, meets_standing_decision
from services.review.database.session import Session
from services.review.dead_letters.repository import mark_arrived
from services.review.decisions.event_facts import load_case_facts, load_decision_facts
from services.review.decisions.events import applied_draft
from services.review.decisions.outbox import add_drafts
from services.review.metrics import SINK_REPORTS, TIME_TO_QUEUE
from services.review.policies.models import Policy, Queue
from services.review.policies.repository import list_policies, list_queues
from shared.clock import new_id
from shared.contracts.decision import ReportRef
from shared.contracts.identifiers import CaseId, DecisionId, Environment, PlatformId


class _Place(NamedTuple):
    """Where a report belongs; `decision_id` is the standing decision that it met."""

    arrival: Arrival
    key: SubjectKey
    case_id: str
    decision_id: str | None


@dataclass
class _Batch:
    """A batch on its way through the steps; `cases` are by case id as they become. Of decided
    cases: who has reported them before, and who does for the first time in this batch.
    """

    policies: dict[str, Policy]
    queues: dict[str, Queue]
    order: Order
    known: dict[SubjectKey, KnownCase]
    now: datetime
    old_reporters: dict[str, set[str]]
    newcomers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    cases: dict[str, CaseFold] = field(default_factory=dict)
    new_by_subject: dict[SubjectKey, str] = field(default_factory=dict)
    places: list[_Place] = field(default_factory=list)


async def take_reports(
    session: Session,
    arrivals: Sequence[Arrival],
    actor: Actor,
) -> dict[Environment, set[str]]:
    """Subjects with a new case, by all names under which a match may know them.

    Idempotent. The caller's transaction holds the position of the batch too.
    """
    order = await hold_order(session)
    aliases = await repository.resolve_aliases(session, map(_named, arrivals))
    keyed = [(one, _resolved(one, aliases)) for one in arrivals]
    firsts = {key: one.scored for one, key in reversed(keyed)}
    await repository.add_subjects(session, firsts)
    known = await repository.lock_cases(session, firsts)
    batch = _Batch(
        policies=await list_policies(session),
        queues=await list_queues(session),
        order=order,
        known=known,
        now=await repository.database_time(session),
        old_reporters=await _old_reporters(session, known, keyed),
    )
    batch.places = [_placed(batch, one, key) for one, key in keyed]
    inserted = await repository.insert_reports(
        session,
        [(one, case_id, key[1], decision_id) for one, key, case_id, decision_id in batch.places],
    )
    taken, repeated = _first_of_each(batch.places, inserted)
    await _write_cases(session, batch, taken, repeated)
    await _write_history(session, batch, taken, actor)
    conflicts = 0
    if repeated:
        others = [place.arrival.scored for place in repeated]
        conflicts = await repository.insert_conflicts(session, others)
    await mark_arrived(session, [one.report.report_id for one in arrivals])
    _count(batch, taken, repeated=len(repeated), conflicts=conflicts)
    return _new_names(batch, taken)


def _new_names(batch: _Batch, taken: list[_Place]) -> dict[Environment, set[str]]:
    names: dict[Environment, set[str]] = defaultdict(set)
    for place in taken:
        if batch.new_by_subject.get(place.key) == place.case_id:
            report = place.arrival.report
            names[report.environment].update((place.key[1], report.subject.subject_id))
    return names


def _named(arrival: Arrival) -> SubjectKey:
    report = arrival.scored.report
    return report.environment, report.subject.subject_id


def _resolved(arrival: Arrival, aliases: dict[SubjectKey, str]) -> SubjectKey:
    key = _named(arrival)
    return key[0], aliases.get(key, key[1])


def _placed(batch: _Batch, arrival: Arrival, key: SubjectKey) -> _Place:
    if key in batch.new_by_subject:
        return _Place(arrival, key, batch.new_by_subject[key], None)
    known = batch.known.get(key)
    if known is not None and is_open(known.fold.state):
        batch.cases.setdefault(known.fold.case_id, known.fold)
        return _Place(arrival, key, known.fold.case_id, None)
    if known is not None and _meets_standing_decision(batch, known, arrival):
        batch.cases.setdefault(known.fold.case_id, known.fold)
        return _Place(arrival, key, known.fold.case_id, known.decision_id)
    case = opened(
        arrival.scored,
        subject_id=key[1],
        case_id=new_id("case"),
        cluster_id=new_id("clu"),
        policy=policy_of(arrival.report, batch.policies),
        previous_case_id=known.fold.case_id if known else None,
    )
    batch.cases[case.case_id] = case
    batch.new_by_subject[key] = case.case_id
    return _Place(arrival, key, case.case_id, None)


def _meets_standing_decision(batch: _Batch, known: KnownCase, arrival: Arrival) -> bool:
    case_id = known.fold.case_id
    newcomers = {*batch.newcomers[case_id], arrival.reporter} - batch.old_reporters[case_id]
    meets = meets_standing_decision(
        known,
        arrival,
        policy_of(arrival.report, batch.policies),
        new_reporters=known.reporters_since + len(newcomers),
        now=batch.now,
    )
    if meets:
        batch.newcomers[case_id] = newcomers
    return meets


async def _old_reporters(
    session: Session,
    known: Mapping[SubjectKey, KnownCase],
    keyed: Sequence[tuple[Arrival, SubjectKey]],
) -> dict[str, set[str]]:
    """Who among those who report decided cases has reported the same case before."""
    decided = {
        key: case.fold.case_id for key, case in known.items() if case.decision_id is not None
    }
    pairs = {(decided[key], one.reporter) for one, key in keyed if key in decided}
    found: dict[str, set[str]] = defaultdict(set)
    for case_id, reporter in await list_old_reporters(session, pairs) if pairs else ():
        found[case_id].add(reporter)
    return found


def _first_of_each(
    places: Sequence[_Place], inserted: set[str]
) -> tuple[list[_Place], list[_Place]]:
    """The reports whose rows are new, and the others: replays, retries, other bodies."""
    left = set(inserted)
    taken: list[_Place] = []
    repeated: list[_Place] = []
    for place in places:
        report_id = place.arrival.scored.report.report_id
        (taken if report_id in left else repeated).append(place)
        left.discard(report_id)
    return taken, repeated


async def _write_cases(
    session: Session, batch: _Batch, taken: list[_Place], repeated: list[_Place]
) -> None:
    existing = {known.fold.case_id for known in batch.known.values()}
    for place in taken:
        case = batch.cases[place.case_id]
        batch.cases[place.case_id] = (
            folded(case, place.arrival, batch.policies)
            if place.decision_id is None
            else case._replace(report_count=case.report_count + 1)
        )
    for place in repeated:
        if place.case_id in existing and place.decision_id is None:
            case = batch.cases[place.case_id]
            batch.cases[place.case_id] = with_numbers(case, place.arrival.report)
    reportings = [
        Reporting(place.case_id, place.arrival, joined_decided=place.decision_id is not None)
        for place in taken
    ]
    batch.cases.update(await add_reporters(session, batch.cases, reportings))
    touched = {place.case_id for place in taken} | {
        place.case_id for place in repeated if place.case_id in existing
    }
    weighed = await with_precedents(session, [batch.cases[case_id] for case_id in touched])
    batch.cases.update({case.case_id: case for case, _ in weighed})
    changed = {case_id: batch.cases[case_id] for case_id in touched}
    ranks = _ranks(batch, changed.values())
    new = [case for case_id, case in sorted(changed.items()) if case_id not in existing]
    old = [case for case_id, case in sorted(changed.items()) if case_id in existing]
    if new:
        await repository.insert_cases(session, new, ranks)
    if old:
        await repository.update_cases(session, old, ranks)
    waiting = [
        case
        for case in changed.values()
        if is_open(case.state) and case.environment == Environment.LIVE
    ]
    if waiting:
        await put_in_queue(session, waiting, ranks, batch.order)
    moved = {case.cluster_id for case, differs in weighed if differs and case.case_id in existing}
    if moved:
        await place_anew(session, moved)


def _ranks(batch: _Batch, cases: Iterable[CaseFold]) -> dict[str, Ranks]:
    ranker = Ranker(batch.policies, batch.queues)
    return {case.case_id: ranker.ranks(case, batch.order, seen_at=batch.now) for case in cases}


async def _write_history(
    session: Session, batch: _Batch, taken: list[_Place], actor: Actor
) -> None:
    counts = Counter(place.case_id for place in taken)
    existing = {known.fold.case_id for known in batch.known.values()}
    await record_steps(
        session,
        [
            Step(
                Move(CaseId(case_id), CaseEvent.OPENED, actor, facts={"reports": counts[case_id]}),
                PlatformId(batch.cases[case_id].platform),
                Environment(batch.cases[case_id].environment),
                version=1,
                before=None,
                after=CaseState.QUEUED,
            )
            for case_id in counts
            if case_id not in existing
        ],
    )
    met = {place.case_id: place.decision_id for place in taken if place.decision_id is not None}
    moves = [
        Move(
            CaseId(case_id),
            CaseEvent.DECISION_APPLIED if case_id in met else CaseEvent.REPORT_JOINED,
            actor,
            decision_id=met.get(case_id),
            facts={"reports": counts[case_id]},
        )
        for case_id in sorted(counts)
        if case_id in existing
    ]
    if moves:
        await advance(session, moves)
    if met:
        await _tell_of_standing_decisions(session, taken)


async def _tell_of_standing_decisions(session: Session, taken: list[_Place]) -> None:
    by_decision: dict[tuple[CaseId, DecisionId], list[ReportRef]] = defaultdict(list)
    for place in taken:
        if place.decision_id is not None:
            report = place.arrival.report
            pair = CaseId(place.case_id), DecisionId(place.decision_id)
            by_decision[pair].append(
                ReportRef(report_id=report.report_id, external_id=report.external_id)
            )
    cases = await load_case_facts(session, [case_id for case_id, _ in by_decision])
    decisions = await load_decision_facts(session, [decision for _, decision in by_decision])
    drafts = [
        applied_draft(cases[case_id], decisions[decision_id], references)
        for (case_id, decision_id), references in by_decision.items()
    ]
    await add_drafts(session, drafts)


def _count(batch: _Batch, taken: list[_Place], *, repeated: int, conflicts: int) -> None:
    SINK_REPORTS.labels("taken").inc(len(taken))
    SINK_REPORTS.labels("repeated").inc(repeated - conflicts)
    SINK_REPORTS.labels("conflict").inc(conflicts)
    shown = {platform: TIME_TO_QUEUE.labels(platform) for platform in _platforms(taken)}
    for place in taken:
        scored = place.arrival.scored
        age = (batch.now - scored.source.timestamp).total_seconds()
        shown[scored.report.platform].observe(max(age, 0.0))


def _platforms(places: Iterable[_Place]) -> set[PlatformId]:
    return {place.arrival.scored.report.platform for place in places}
