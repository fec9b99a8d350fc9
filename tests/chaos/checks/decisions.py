"""One lease at a time, one decision under a lease, and an undo that is one. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.account import Account, StoredDecision
from tests.chaos.checks.anomaly import Anomaly, Kind
from tests.chaos.history import Claimed, Deciding, Heard, History, Released, Undoing

FINAL = "final"
TAKEN_BACK = "undone"


def check_decisions(history: History, account: Account) -> Iterator[Anomaly]:
    stored = {decision.decision_id: decision for decision in account.decisions}
    tries: dict[str, list[Deciding]] = defaultdict(list)
    for deciding in history.all(Deciding):
        tries[deciding.lease_id].append(deciding)
    yield from _leases(history, tries)
    yield from _answers(history, tries, stored)
    yield from _stored(history, tries, account)
    yield from _undone(history, stored, account)
    yield from _shown(account)


def _leases(history: History, tries: dict[str, list[Deciding]]) -> Iterator[Anomaly]:
    """Nobody is given a case that somebody else has and has not begun to give up."""
    given_up: dict[str, float] = {}
    for lease_id, began in (
        *((one.lease_id, one.began) for every in tries.values() for one in every),
        *((one.lease_id, one.began) for one in history.all(Released)),
    ):
        given_up[lease_id] = min(began, given_up.get(lease_id, began))
    holders: dict[str, list[Claimed]] = defaultdict(list)
    for claim in history.all(Claimed):
        for case_id in claim.case_ids:
            for earlier in holders[case_id]:
                last = min(earlier.until, given_up.get(earlier.lease_id, earlier.until))
                if earlier.reviewer != claim.reviewer and claim.ended < last:
                    both = f"{case_id} was with {earlier.reviewer} and given to {claim.reviewer}"
                    yield Anomaly(Kind.LEASED_TWICE, both)
            holders[case_id].append(claim)


def _answers(
    history: History, tries: dict[str, list[Deciding]], stored: dict[str, StoredDecision]
) -> Iterator[Anomaly]:
    """What reviewers were told stands as they were told."""
    tried_to_undo = {one for undoing in history.all(Undoing) for one in undoing.decision_ids}
    ends = {claim.lease_id: claim.until for claim in history.all(Claimed)}
    for lease_id, every in tries.items():
        told: dict[str, set[str]] = defaultdict(set)
        for deciding in every:
            for case_id, decision_id in deciding.decisions:
                told[case_id].add(decision_id)
        late = min(deciding.began for deciding in every) > ends.get(lease_id, float("inf"))
        if late and told:
            yield Anomaly(Kind.DECIDED_TOO_LATE, f"lease {lease_id} had run out before")
        for case_id, ids in told.items():
            if len(ids) > 1:
                yield Anomaly(Kind.DECIDED_TWICE, f"{case_id} under lease {lease_id}: {len(ids)}")
            for decision_id in ids:
                found = stored.get(decision_id)
                if found is None or (found.case_id, found.lease_id) != (case_id, lease_id):
                    yield Anomaly(Kind.DECISION_LOST, f"{decision_id} on {case_id}")
                elif found.state == TAKEN_BACK and decision_id not in tried_to_undo:
                    yield Anomaly(Kind.DECISION_LOST, f"{decision_id} was undone by nobody")


def _stored(
    history: History, tries: dict[str, list[Deciding]], account: Account
) -> Iterator[Anomaly]:
    under = Counter((decision.case_id, decision.lease_id) for decision in account.decisions)
    finals = Counter(one.case_id for one in account.decisions if one.state == FINAL)
    for (case_id, lease_id), times in under.items():
        if times > 1:
            yield Anomaly(Kind.DECIDED_TWICE, f"{case_id} {times} times under lease {lease_id}")
    for case_id, times in finals.items():
        if times > 1:
            yield Anomaly(Kind.DECIDED_TWICE, f"{case_id} has {times} standing decisions")
    for decision in account.decisions:
        if all(_refused(deciding) for deciding in tries.get(decision.lease_id, ())):
            yield Anomaly(Kind.DECISION_FROM_NOWHERE, f"{decision.decision_id}")


def _refused(deciding: Deciding) -> bool:
    """An answer that says for sure that nothing was done."""
    return deciding.status is not None and 400 <= deciding.status < 500


def _undone(
    history: History, stored: dict[str, StoredDecision], account: Account
) -> Iterator[Anomaly]:
    sent = {told.decision_id: "the feed" for feed in account.feeds.values() for told in feed}
    sent |= {heard.decision_id: "a webhook" for heard in history.all(Heard)}
    undone = {
        one for undoing in history.all(Undoing) if undoing.done for one in undoing.decision_ids
    }
    for decision_id in sorted(undone):
        found = stored.get(decision_id)
        if found is None or found.state != TAKEN_BACK:
            state = found.state if found else "missing"
            yield Anomaly(Kind.UNDO_LOST, f"{decision_id} was undone and is {state}")
    gone = {one.decision_id for one in account.decisions if one.state == TAKEN_BACK}
    for decision_id in sorted(undone | gone):
        if decision_id in sent:
            yield Anomaly(Kind.UNDONE_BUT_SENT, f"{decision_id} by {sent[decision_id]}")


def _shown(account: Account) -> Iterator[Anomaly]:
    """The status of each report shows the standing decision of its case, and no other."""
    standing = {one.case_id: one.decision_id for one in account.decisions if one.state == FINAL}
    for case in account.cases:
        if case.state == "decided" and case.decision_id != standing.get(case.case_id):
            yield Anomaly(Kind.STATUS_DIFFERS, f"{case.case_id} names {case.decision_id}")
    for name, status in account.statuses.items():
        if status.case_id is None:
            continue
        expected = standing.get(status.case_id)
        decided = status.state == "decided"
        if decided != (expected is not None) or (decided and status.decision_id != expected):
            shown = f"{name} is {status.state} by {status.decision_id}, decided by {expected}"
            yield Anomaly(Kind.STATUS_DIFFERS, shown)
