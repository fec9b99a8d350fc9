"""A run that kept every promise, seeded: what clients did, and the account that fits it.

Tests take it, break one thing, and see the checker name that.
"""

import random
from dataclasses import dataclass, field, replace

from tests.chaos.account import (
    Account,
    Holding,
    Status,
    StoredCase,
    StoredDecision,
    StoredReport,
    StoredSubject,
    Told,
)
from tests.chaos.history import (
    Claimed,
    Deciding,
    Followed,
    Heard,
    History,
    Record,
    ReportName,
    Sending,
    Tenant,
    Undoing,
)

LIVE = Tenant("x", "live")
TEST = Tenant("x", "test")


@dataclass
class Run:
    """Lists that a test may change before it asks for the history and the account."""

    records: list[Record] = field(default_factory=list)
    statuses: dict[ReportName, Status] = field(default_factory=dict)
    feed: list[Told] = field(default_factory=list)
    reports: list[StoredReport] = field(default_factory=list)
    cases: list[StoredCase] = field(default_factory=list)
    decisions: list[StoredDecision] = field(default_factory=list)
    subjects: list[StoredSubject] = field(default_factory=list)

    def history(self) -> History:
        return History(self.records)

    def account(self) -> Account:
        return Account(
            statuses=self.statuses,
            feeds={LIVE: self.feed, TEST: []},
            reports=self.reports,
            cases=self.cases,
            decisions=self.decisions,
            subjects=self.subjects,
            hooked=frozenset({LIVE}),
        )


def good_run(seed: int = 1, cases: int = 6) -> Run:
    """Case 0 waits, case 1 was undone and waits again, the others are decided; each has two
    reports or three, one of them sent twice after a lost answer and one with a second body. One
    more report is of the sandbox.
    """
    run, chance = Run(), random.Random(seed)
    for number in range(cases):
        _add_case(run, chance, number)
    _add_report(run, ReportName(TEST, "t-1"), "x:post:900", "case-test", now=5.0)
    run.statuses[ReportName(TEST, "t-1")] = Status("rep-t-1", "x:post:900", "case-test", "queued")
    run.cases.append(StoredCase("case-test", TEST, "x:post:900", "queued", 1, None, offered=False))
    chance.shuffle(run.reports)
    return run


def sendings(run: Run) -> list[Sending]:
    return [record for record in run.records if isinstance(record, Sending)]


def _add_case(run: Run, chance: random.Random, number: int) -> None:
    case_id, subject_id = f"case-{number}", f"x:post:{number}"
    began = 100.0 * number
    names = [ReportName(LIVE, f"e-{number}-{n}") for n in range(chance.randint(2, 3))]
    for n, name in enumerate(names):
        _add_report(run, name, subject_id, case_id, now=began + n)
    first = next(one for one in sendings(run) if one.accepted and one.name == names[0])
    later = replace(first, body="other body", subject_id="x:post:999", told_subject="x:post:999")
    run.records.append(replace(later, began=first.began + 10, ended=first.ended + 10))
    decided = number >= 2
    if number >= 1:
        _decide(run, number, case_id, at=began + 20)
    if number == 1:
        run.records.append(Undoing(("dec-1",), "rev-1", began + 22, began + 23, 200))
    if decided:
        _tell(run, number, case_id, subject_id, names)
    for name in names:
        run.statuses[name] = Status(
            f"rep-{name.external_id}",
            subject_id,
            case_id,
            "decided" if decided else "queued",
            f"dec-{number}" if decided else None,
            conflicts=1 if name == names[0] else 0,
        )
    state = "decided" if decided else "queued"
    standing = f"dec-{number}" if decided else None
    run.cases.append(
        StoredCase(case_id, LIVE, subject_id, state, len(names), standing, offered=not decided)
    )


def _add_report(run: Run, name: ReportName, subject_id: str, case_id: str, *, now: float) -> None:
    report_id = f"rep-{name.external_id}"
    run.records += [
        Sending(name, "body", subject_id, now, now + 0.1, None),
        Sending(name, "body", subject_id, now + 0.2, now + 0.3, 202, report_id, subject_id),
    ]
    run.reports.append(StoredReport(name, report_id, subject_id, case_id))


def _decide(run: Run, number: int, case_id: str, *, at: float) -> None:
    """Claimed twice: the first lease ran out. The first answer to the decision got lost."""
    run.records += [
        Claimed(f"old-{number}", "rev-2", (case_id,), "x", at - 10, at - 9.5, at - 2),
        Claimed(f"lease-{number}", "rev-1", (case_id,), "x", at - 1, at - 0.5, at + 30),
        Deciding(f"old-{number}", "rev-2", case_id, "late", at, at + 0.1, 409, "lease_lost"),
        Deciding(f"lease-{number}", "rev-1", case_id, "q", at, at + 0.5, None),
        Deciding(
            f"lease-{number}",
            "rev-1",
            case_id,
            "q",
            at + 1,
            at + 1.5,
            201,
            decisions=((case_id, f"dec-{number}"),),
        ),
    ]
    state = "undone" if number == 1 else "final"
    run.decisions.append(StoredDecision(f"dec-{number}", case_id, f"lease-{number}", state))


def _tell(run: Run, number: int, case_id: str, subject_id: str, names: list[ReportName]) -> None:
    """The decision with the reports but the last, and then the last that met it."""
    decision_id = f"dec-{number}"
    held = (Holding("remove", decision_id),)
    ids = tuple(f"rep-{name.external_id}" for name in names)
    for version, kind, told in (
        (1, "decision.made", ids[:-1]),
        (2, "decision.applied", ids[-1:]),
    ):
        event = Told(
            event_id=f"evt-{number}-{version}",
            type=kind,
            tenant=LIVE,
            body=f"body of evt-{number}-{version}",
            decision_id=decision_id,
            subject_id=subject_id,
            version=version,
            effective=held,
            actions=("remove",),
            report_ids=told,
            reports_total=len(told),
        )
        run.feed.append(event)
        hook = (LIVE, event.event_id, decision_id, event.body, 1000.0 + number)
        run.records += [
            Followed(LIVE, event.event_id, 1000.0 + number),
            Heard(*hook, genuine=True, answered=500),
            Heard(*hook, genuine=True, answered=200),
        ]
    run.subjects.append(StoredSubject(LIVE, subject_id, 2, held))
