"""Every promise that can be broken is named when it is broken, and only then."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from services.review.invariants.rules import (
    Body,
    Letter,
    Log,
    Place,
    Subject,
    effective_is_the_sum_of_events,
    every_report_is_scored,
    every_score_is_applied_once,
    no_report_came_from_nowhere,
    set_aside,
    the_feed_has_no_gaps,
)
from services.review.invariants.service import before
from shared.contracts.decision import (
    Action,
    ActionKind,
    DecisionData,
    DecisionEvent,
    EffectiveAction,
    EventType,
    Finding,
    SubjectRef,
)
from shared.contracts.identifiers import (
    CaseId,
    DecisionId,
    Environment,
    EventId,
    PlatformId,
    SubjectId,
)

A, B = Body("rep_a", "hash_1"), Body("rep_a", "hash_2")
AT = datetime(2026, 11, 20, tzinfo=UTC)
FIRST, SECOND = Place(0, 0), Place(0, 1)


def one(sentences: Iterable[str]) -> str:
    found = list(sentences)
    assert len(found) == 1, found
    return found[0]


def test_a_report_that_is_scored_or_set_aside_is_well() -> None:
    log = Log({FIRST: A, SECOND: B}, frozenset({Place(1, 0)}))
    assert list(every_report_is_scored(log, {A}, {SECOND, Place(1, 0)})) == []


def test_a_report_sent_again_needs_one_score() -> None:
    assert list(every_report_is_scored(Log({FIRST: A, SECOND: A}), {A}, set())) == []


def test_a_report_without_a_score_is_named_with_its_place() -> None:
    assert "rep_a (body hash_2) at reports/0:1" in one(
        every_report_is_scored(Log({FIRST: A, SECOND: B}), {A}, set())
    )


def test_an_unreadable_record_without_a_dead_letter_is_named() -> None:
    assert "reports/0:0" in one(every_report_is_scored(Log({}, frozenset({FIRST})), set(), set()))


FIRST_LAY = ("reports", 0, 0)
LETTER = Letter(Place(0, 0), FIRST, FIRST_LAY)
ITS_NEXT = Letter(Place(0, 1), SECOND, FIRST_LAY)


@pytest.mark.parametrize(
    ("closed", "standing"),
    [
        (set(), {FIRST, SECOND}),
        ({LETTER.place}, {FIRST, SECOND}),
        ({LETTER.place, ITS_NEXT.place}, set()),
    ],
)
def test_a_later_letter_of_the_same_record_stands_for_all_places_that_it_had(
    closed: set[Place], standing: set[Place]
) -> None:
    assert set_aside([LETTER, ITS_NEXT], closed) == standing


def test_a_letter_of_another_record_stands_for_nothing_else() -> None:
    other = Letter(Place(0, 1), SECOND, ("reports", 0, 1))
    assert set_aside([LETTER, other], {LETTER.place}) == {SECOND}


def test_what_the_consumer_has_not_reached_is_nobodys_fault() -> None:
    log = Log({FIRST: A, Place(1, 0): B}, frozenset({SECOND}))
    assert before(log, {0: 1}) == Log({FIRST: A})


def test_two_bodies_of_one_report_are_a_report_and_a_conflict() -> None:
    log = Log({FIRST: A, SECOND: B})
    assert list(every_score_is_applied_once(log, {A}, {B}, set())) == []


@pytest.mark.parametrize(
    ("reports", "conflicts", "dead", "said"),
    [
        (set(), set(), set(), "lost"),
        ({A}, {A}, set(), "a report and a conflict"),
        ({A}, set(), {FIRST}, "a report and an open dead letter"),
    ],
)
def test_a_score_that_is_not_applied_just_once_is_named(
    reports: set[Body], conflicts: set[Body], dead: set[Place], said: str
) -> None:
    sentence = one(every_score_is_applied_once(Log({FIRST: A}), reports, conflicts, dead))
    assert sentence == f"report rep_a (body hash_1) is {said} behind the sink"


def test_a_row_that_no_client_sent_is_named() -> None:
    assert "rep_a" in one(no_report_came_from_nowhere({FIRST: A}, {FIRST: B}, {0: 0}))


def test_a_row_older_than_the_log_is_not_judged() -> None:
    assert list(no_report_came_from_nowhere({FIRST: A}, {}, {0: 1})) == []


def event(
    version: int,
    kind: EventType,
    decision: str,
    effective: tuple[EffectiveAction, ...],
    *,
    reverses: str | None = None,
) -> DecisionEvent:
    subject = SubjectId("x:post:1")
    actions = () if reverses else (Action(action=ActionKind.REMOVE, subject_id=subject),)
    return DecisionEvent.model_validate(
        {
            "event_id": EventId(f"evt{version}"),
            "type": kind,
            "timestamp": AT,
            "data": DecisionData(
                decision_id=DecisionId(decision),
                case_id=CaseId("case"),
                platform=PlatformId("x"),
                environment=Environment.LIVE,
                subject_id=subject,
                subject_ref=SubjectRef(kind="content"),
                subject_version=version,
                effective=effective,
                finding=Finding.VIOLATION if actions else Finding.NO_VIOLATION,
                actions=actions,
                reports_total=1,
                decided_at=AT,
                reverses=DecisionId(reverses) if reverses else None,
            ),
        }
    )


REMOVED = (EffectiveAction(action=ActionKind.REMOVE, decision_id=DecisionId("dec1")),)
MADE = event(1, EventType.DECISION_MADE, "dec1", REMOVED)
REVERSED = event(2, EventType.DECISION_REVERSED, "dec2", (), reverses="dec1")
KEY = ("live", "x:post:1")


def test_a_decision_and_its_reversal_sum_up() -> None:
    assert list(effective_is_the_sum_of_events([MADE, REVERSED], {KEY: Subject(2, ())})) == []


@pytest.mark.parametrize(
    ("events", "subject", "said"),
    [
        ([MADE], Subject(1, ()), "not in the state"),
        ([MADE], Subject(2, REMOVED), "not in the state"),
        ([], Subject(1, REMOVED), "not in the state"),
        ([event(2, EventType.DECISION_MADE, "dec1", REMOVED)], Subject(2, REMOVED), "from version"),
        ([event(1, EventType.DECISION_MADE, "dec1", ())], Subject(1, REMOVED), "another state"),
    ],
)
def test_a_state_that_is_not_the_sum_is_named(
    events: list[DecisionEvent], subject: Subject, said: str
) -> None:
    assert said in one(effective_is_the_sum_of_events(events, {KEY: subject}))


def test_a_subject_whose_state_was_emptied_in_silence_is_named() -> None:
    assert "not in the state" in one(effective_is_the_sum_of_events([MADE], {}))


@pytest.mark.parametrize(("count", "first", "last"), [(0, 0, 0), (1, 1, 1), (5, 1, 5)])
def test_a_feed_without_gaps_is_well(count: int, first: int, last: int) -> None:
    assert list(the_feed_has_no_gaps(count=count, first=first, last=last)) == []


@pytest.mark.parametrize(("count", "first", "last"), [(1, 2, 2), (4, 1, 5)])
def test_a_gap_in_the_feed_is_named(count: int, first: int, last: int) -> None:
    assert "feed" in one(the_feed_has_no_gaps(count=count, first=first, last=last))
