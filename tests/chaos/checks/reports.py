"""Every report that was accepted is there once, and nothing is there that nobody sent. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.account import Account, Status
from tests.chaos.checks.anomaly import Anomaly, Kind
from tests.chaos.history import Claimed, History, ReportName, Sending

OPEN = frozenset({"queued", "held", "escalated", "awaiting_confirmation"})
Sent = Mapping[ReportName, Sequence[Sending]]


def check_reports(history: History, account: Account) -> Iterator[Anomaly]:
    sent: dict[ReportName, list[Sending]] = defaultdict(list)
    for sending in history.all(Sending):
        sent[sending.name].append(sending)
    for name, tries in sent.items():
        if any(sending.accepted for sending in tries):
            yield from _told(name, tries)
            yield from _answered(name, tries, account.statuses.get(name))
    yield from _stored(sent, account)
    yield from _cases(account)
    yield from _sandbox(history, account)


def _told(name: ReportName, tries: Sequence[Sending]) -> Iterator[Anomaly]:
    """The same id every time, and of each body its own subject."""
    accepted = [sending for sending in tries if sending.accepted]
    ids = {sending.report_id for sending in accepted}
    if len(ids) > 1:
        yield Anomaly(Kind.ID_CHANGED, f"{name} was told the ids {sorted(map(str, ids))}")
    for sending in accepted:
        if sending.told_subject != sending.subject_id:
            said = f"{name} is about {sending.subject_id}, the answer says {sending.told_subject}"
            yield Anomaly(Kind.STATUS_DIFFERS, said)


def _answered(
    name: ReportName, tries: Sequence[Sending], status: Status | None
) -> Iterator[Anomaly]:
    """What the platform is told of a report that was accepted, when it asks."""
    if status is None:
        yield Anomaly(Kind.LOST, f"{name} was accepted and is not known")
        return
    if status.state == "quarantined":
        yield Anomaly(Kind.QUARANTINED, f"{name} was accepted and set aside")
        return
    if status.report_id not in {sending.report_id for sending in tries if sending.accepted}:
        yield Anomaly(Kind.ID_CHANGED, f"{name} has another id, {status.report_id}")
    yield from _bodies(name, tries, status)


def _bodies(name: ReportName, tries: Sequence[Sending], status: Status) -> Iterator[Anomaly]:
    """The first body stands and the others are shown as conflicts."""
    accepted = {sending.body for sending in tries if sending.accepted}
    bodies = {sending.body: sending.subject_id for sending in tries}
    if status.conflicts < len(accepted) - 1:
        shown = f"{name} was accepted with {len(accepted)} bodies, {status.conflicts} conflicts"
        yield Anomaly(Kind.CONFLICT_NOT_SHOWN, shown)
    if status.conflicts > len(bodies) - 1:
        shown = f"{name} was sent with {len(bodies)} bodies, {status.conflicts} conflicts"
        yield Anomaly(Kind.CONFLICT_FROM_NOWHERE, shown)
    first = _first_for_sure(tries)
    if first is not None and status.subject_id != first.subject_id:
        stands = f"{name} was first accepted on {first.subject_id}, {status.subject_id} stands"
        yield Anomaly(Kind.FIRST_DID_NOT_STAND, stands)


def _first_for_sure(tries: Sequence[Sending]) -> Sending | None:
    """One that was accepted before any other body was on its way; None where nobody can know."""
    first = min((sending for sending in tries if sending.accepted), key=lambda one: one.ended)
    others = [sending for sending in tries if sending.body != first.body]
    return first if all(first.ended < other.began for other in others) else None


def _stored(sent: Sent, account: Account) -> Iterator[Anomaly]:
    for name, times in Counter(report.name for report in account.reports).items():
        if times > 1:
            yield Anomaly(Kind.DOUBLED, f"{name} is there {times} times")
    for report in account.reports:
        subjects = {sending.subject_id for sending in sent.get(report.name, ())}
        if report.subject_id not in subjects:
            yield Anomaly(Kind.PHANTOM, f"{report.name} on {report.subject_id} was never sent")


def _cases(account: Account) -> Iterator[Anomaly]:
    """Cases count their reports truly, and there is one open case on a subject at most."""
    counted = Counter(report.case_id for report in account.reports)
    opened: Counter[tuple[object, str]] = Counter()
    for case in account.cases:
        there = counted[case.case_id]
        if case.report_count != there:
            kind = Kind.DOUBLED if case.report_count > there else Kind.MISCOUNTED
            yield Anomaly(kind, f"case {case.case_id} of {there} counts {case.report_count}")
        if case.state in OPEN:
            opened[case.tenant, case.subject_id] += 1
            if case.tenant.environment == "live" and not case.offered:
                yield Anomaly(Kind.NOT_OFFERED, f"case {case.case_id} waits and is in no queue")
    for (tenant, subject_id), cases in opened.items():
        if cases > 1:
            yield Anomaly(Kind.DOUBLED, f"{cases} cases are open on {subject_id} of {tenant}")


def _sandbox(history: History, account: Account) -> Iterator[Anomaly]:
    tests = {case.case_id for case in account.cases if case.tenant.environment != "live"}
    for claim in history.all(Claimed):
        for case_id in tests.intersection(claim.case_ids):
            yield Anomaly(Kind.SANDBOX_LEAKED, f"{claim.reviewer} was given {case_id}")
    for case in account.cases:
        if case.case_id in tests and case.offered:
            yield Anomaly(Kind.SANDBOX_LEAKED, f"case {case.case_id} is in a queue")
