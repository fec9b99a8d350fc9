"""The history checker finds nothing in a good run, and names each thing that goes wrong in one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.account import Holding, StoredCase, StoredDecision, StoredReport, StoredSubject
from tests.chaos.checks.anomaly import Kind
from tests.chaos.checks.checker import anomalies
from tests.chaos.history import (
    Claimed,
    Deciding,
    Followed,
    Heard,
    ReportName,
    Sending,
    Undoing,
)
from tests.unit.chaos.good_run import LIVE, TEST, Run, good_run, sendings

SEEDS = range(5)
Break = Callable[[Run], object]
WAITING = ReportName(LIVE, "e-0-0")
DECIDED = ReportName(LIVE, "e-2-0")


def status(run: Run, name: ReportName, **changes: object) -> None:
    run.statuses[name] = replace(run.statuses[name], **changes)  # type: ignore[arg-type] # names of its fields


def change_event(run: Run, place: int, **changes: object) -> None:
    run.feed[place] = replace(run.feed[place], **changes)  # type: ignore[arg-type] # as above


def forget(run: Run, kind: type, **facts: object) -> None:
    """Takes away the records of a kind that have these facts."""
    run.records = [
        record
        for record in run.records
        if not (
            isinstance(record, kind)
            and all(getattr(record, name) == value for name, value in facts.items())
        )
    ]


def accepted_late(run: Run) -> None:
    """Another body, accepted only after the first, is what stands."""
    status(run, WAITING, subject_id="x:post:999")


def leased_while_held(run: Run) -> None:
    run.records.append(Claimed("third", "rev-3", ("case-3",), "x", 310.0, 310.1, 340.0))


def decided_on_a_dead_lease(run: Run) -> None:
    """Its only try began after the lease was over."""
    forget(run, Deciding, lease_id="lease-4")
    run.records = [
        replace(record, until=420.0)
        if isinstance(record, Claimed) and record.lease_id == "lease-4"
        else record
        for record in run.records
    ]
    told = (("case-4", "dec-4"),)
    run.records.append(
        Deciding("lease-4", "rev-1", "case-4", "q", 430.0, 430.1, 201, decisions=told)
    )


def answered_otherwise(run: Run) -> None:
    """The same lease and body, another decision."""
    told = (("case-3", "dec-9"),)
    run.records.append(
        Deciding("lease-3", "rev-1", "case-3", "q", 323.0, 323.1, 201, decisions=told)
    )


def decided_under_both_leases(run: Run) -> None:
    run.decisions.append(StoredDecision("dec-9", "case-3", "old-3", "final"))


def undone_and_told(run: Run) -> None:
    """The decision that was undone is in the feed all the same."""
    run.feed.append(
        replace(
            run.feed[-1], event_id="evt-1", decision_id="dec-1", subject_id="x:post:1", version=1
        )
    )


def undone_and_hooked(run: Run) -> None:
    run.records.append(Heard(LIVE, "evt-1", "dec-1", "body", 130.0, genuine=True, answered=200))


def told_of_a_test(run: Run) -> None:
    run.records.append(Claimed("lease-t", "rev-1", ("case-test",), "x", 1.0, 1.1, 2.0))


def swap_two_events(run: Run) -> None:
    """One slips in behind the cursor of who follows."""
    run.feed[0], run.feed[2] = run.feed[2], run.feed[0]


def told_another_id(run: Run) -> None:
    first = next(one for one in sendings(run) if one.accepted and one.name == WAITING)
    run.records.append(replace(first, report_id="rep-other"))


def told_another_subject(run: Run) -> None:
    first = next(one for one in sendings(run) if one.accepted and one.name == WAITING)
    run.records.append(replace(first, told_subject="x:post:7"))


BREAKS: list[tuple[Kind, Break]] = [
    (Kind.LOST, lambda run: run.statuses.pop(WAITING)),
    (Kind.DOUBLED, lambda run: run.reports.append(run.reports[0])),
    (
        Kind.DOUBLED,
        lambda run: run.cases.__setitem__(0, replace(run.cases[0], report_count=9)),
    ),
    (
        Kind.DOUBLED,
        lambda run: run.cases.append(replace(run.cases[0], case_id="case-0b", report_count=0)),
    ),
    (
        Kind.MISCOUNTED,
        lambda run: run.cases.__setitem__(0, replace(run.cases[0], report_count=1)),
    ),
    (
        Kind.PHANTOM,
        lambda run: run.reports.append(
            StoredReport(ReportName(LIVE, "who"), "rep-who", "x:post:0", "case-0")
        ),
    ),
    (
        Kind.PHANTOM,
        lambda run: run.reports.__setitem__(0, replace(run.reports[0], subject_id="x:post:77")),
    ),
    (Kind.QUARANTINED, lambda run: status(run, WAITING, state="quarantined")),
    (Kind.ID_CHANGED, lambda run: status(run, WAITING, report_id="rep-other")),
    (Kind.ID_CHANGED, told_another_id),
    (Kind.STATUS_DIFFERS, told_another_subject),
    (Kind.FIRST_DID_NOT_STAND, accepted_late),
    (Kind.CONFLICT_NOT_SHOWN, lambda run: status(run, WAITING, conflicts=0)),
    (Kind.CONFLICT_FROM_NOWHERE, lambda run: status(run, WAITING, conflicts=2)),
    (Kind.STATUS_DIFFERS, lambda run: status(run, DECIDED, state="queued")),
    (Kind.STATUS_DIFFERS, lambda run: status(run, DECIDED, decision_id="dec-3")),
    (Kind.NOT_OFFERED, lambda run: run.cases.__setitem__(0, replace(run.cases[0], offered=False))),
    (Kind.SANDBOX_LEAKED, told_of_a_test),
    (
        Kind.SANDBOX_LEAKED,
        lambda run: run.cases.__setitem__(-1, replace(run.cases[-1], offered=True)),
    ),
    (Kind.LEASED_TWICE, leased_while_held),
    (Kind.DECIDED_TWICE, answered_otherwise),
    (Kind.DECIDED_TWICE, decided_under_both_leases),
    (
        Kind.DECIDED_TWICE,
        lambda run: run.decisions.append(replace(run.decisions[2], decision_id="dec-9")),
    ),
    (Kind.DECIDED_TOO_LATE, decided_on_a_dead_lease),
    (Kind.DECISION_LOST, lambda run: run.decisions.pop(3)),
    (
        Kind.DECISION_LOST,
        lambda run: run.decisions.__setitem__(3, replace(run.decisions[3], state="undone")),
    ),
    (Kind.DECISION_FROM_NOWHERE, lambda run: forget(run, Deciding, lease_id="lease-3")),
    (Kind.DECISION_FROM_NOWHERE, decided_under_both_leases),
    (
        Kind.UNDO_LOST,
        lambda run: run.decisions.__setitem__(0, replace(run.decisions[0], state="final")),
    ),
    (Kind.UNDONE_BUT_SENT, undone_and_told),
    (Kind.UNDONE_BUT_SENT, undone_and_hooked),
    (Kind.EVENT_LOST, lambda run: run.feed.pop(0)),
    (
        Kind.EVENT_LOST,
        lambda run: forget(run, Heard, event_id="evt-3-1", answered=200),
    ),
    (
        Kind.EVENT_FROM_NOWHERE,
        lambda run: run.records.append(
            Heard(LIVE, "evt-x", None, "body", 1.0, genuine=True, answered=200)
        ),
    ),
    (Kind.EVENT_FROM_NOWHERE, lambda run: change_event(run, 0, decision_id="dec-who")),
    (Kind.EVENT_FROM_NOWHERE, lambda run: change_event(run, 0, tenant=TEST)),
    (
        Kind.EVENT_FORGED,
        lambda run: run.records.append(
            Heard(LIVE, "evt-2-1", None, run.feed[0].body, 1.0, genuine=False, answered=400)
        ),
    ),
    (Kind.EVENT_CHANGED, lambda run: change_event(run, 0, body="another body")),
    (Kind.FEED_REWRITTEN, swap_two_events),
    (Kind.FEED_REWRITTEN, lambda run: run.feed.append(run.feed[-1])),
    (
        Kind.FEED_REWRITTEN,
        lambda run: run.records.append(Followed(LIVE, "evt-that-went-away", 1.0)),
    ),
    (Kind.REPORT_NOT_TOLD, lambda run: change_event(run, 1, report_ids=(), reports_total=0)),
    (Kind.VERSION_BROKEN, lambda run: change_event(run, 1, version=3)),
    (Kind.VERSION_BROKEN, lambda run: change_event(run, 1, version=1)),
    (
        Kind.LOWER_VERSION_WINS,
        lambda run: run.subjects.__setitem__(0, replace(run.subjects[0], version=1)),
    ),
    (
        Kind.STATE_DIFFERS,
        lambda run: run.subjects.__setitem__(
            0, replace(run.subjects[0], effective=(Holding("label", "dec-2"),))
        ),
    ),
    (Kind.STATE_DIFFERS, lambda run: change_event(run, 1, effective=())),
    (
        Kind.STATE_DIFFERS,
        lambda run: run.subjects.append(StoredSubject(LIVE, "x:post:8", 0, (Holding("a", "b"),))),
    ),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_that_kept_its_promises_has_no_anomaly(seed: int) -> None:
    run = good_run(seed)
    assert anomalies(run.history(), run.account()) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("kind", "breaks"), BREAKS)
def test_each_thing_that_goes_wrong_is_named(seed: int, kind: Kind, breaks: Break) -> None:
    run = good_run(seed)
    breaks(run)
    assert kind in {anomaly.kind for anomaly in anomalies(run.history(), run.account())}


def test_every_name_that_the_checker_has_is_tried() -> None:
    assert {kind for kind, _ in BREAKS} == set(Kind)


def test_a_report_whose_only_answers_were_lost_may_be_there_or_not() -> None:
    run = good_run()
    unknown = ReportName(LIVE, "unknown")
    run.records.append(Sending(unknown, "body", "x:post:0", 1.0, 2.0, None))
    assert anomalies(run.history(), run.account()) == []
    run.reports.append(StoredReport(unknown, "rep-unknown", "x:post:0", "case-0"))
    run.cases[0] = replace(run.cases[0], report_count=run.cases[0].report_count + 1)
    assert anomalies(run.history(), run.account()) == []


def test_of_two_bodies_that_overlap_either_may_stand() -> None:
    run = good_run()
    run.records = [
        replace(record, began=0.0)
        if isinstance(record, Sending) and record.body == "other body"
        else record
        for record in run.records
    ]
    status(run, WAITING, subject_id="x:post:999")
    assert anomalies(run.history(), run.account()) == []


def test_an_undo_whose_answers_were_lost_may_have_happened_or_not() -> None:
    run = good_run()
    forget(run, Undoing)
    run.records.append(Undoing(("dec-1",), "rev-1", 122.0, 123.0, None))
    assert anomalies(run.history(), run.account()) == []


def test_a_lease_that_its_owner_began_to_give_up_may_go_to_another() -> None:
    run = good_run()
    run.records += [
        Claimed("a", "rev-1", ("case-0",), "x", 1.0, 1.1, 30.0),
        Deciding("a", "rev-1", "case-0", "q", 2.0, 9.0, 409, "content_changed"),
        Claimed("b", "rev-2", ("case-0",), "x", 3.0, 3.1, 33.0),
    ]
    assert anomalies(run.history(), run.account()) == []


def test_a_case_is_told_apart_from_its_sandbox_twin() -> None:
    run = good_run()
    run.cases.append(StoredCase("twin", TEST, "x:post:0", "queued", 0, None, offered=False))
    assert anomalies(run.history(), run.account()) == []
