"""Whether a report on a decided subject belongs to the decision that stands. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.review.cases.arrivals import Arrival
from services.review.cases.folding import CaseFold
from services.review.cases.rules import CaseState
from services.review.policies.models import Policy
from shared.contracts.report import ReporterKind, Urgency


@dataclass(frozen=True)
class KnownCase:
    """The case that a subject stands for, and what standing it has where it is decided.
    `reporters_since` are those who first reported it after the decision.
    """

    fold: CaseFold
    decision_id: str | None
    decided_at: datetime | None
    decision_stands: bool
    reporters_since: int


def meets_standing_decision(
    known: KnownCase, arrival: Arrival, policy: Policy, *, new_reporters: int, now: datetime
) -> bool:
    """Same content, same alleged policy, a decision young enough, no authority, no danger at once,
    and no more new independent reporters (with this one) than would open the case anew.
    """
    report = arrival.report
    changed = report.content is not None and arrival.digest != known.fold.content_digest
    return (
        _holds(known, days=policy.standing_days, now=now)
        and not changed
        and policy.policy_id == known.fold.policy_id
        and report.reporter.kind is not ReporterKind.AUTHORITY
        and report.urgency is Urgency.NORMAL
        and new_reporters <= policy.reopen_reporters
    )


def _holds(known: KnownCase, *, days: int, now: datetime) -> bool:
    return (
        known.decision_stands
        and known.decided_at is not None
        and known.fold.state is CaseState.DECIDED
        and now - known.decided_at <= timedelta(days=days)
    )
