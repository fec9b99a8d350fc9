"""Folding reports into cases. Pure: what a case is before, a report, what it is after.

A fold is commutative where it counts (sums, greatest reach, most severe policy), so reports of one
subject may come from any partition in any order.
"""

from datetime import datetime
from typing import NamedTuple

from pydantic import JsonValue

from services.review.cases.arrivals import Arrival, content_digest
from services.review.cases.priority import Facts, Priority, priority
from services.review.cases.reliability import Record
from services.review.cases.rules import CaseState
from services.review.policies.models import Policy
from shared.contracts.report import Report, Urgency
from shared.contracts.scored_report import ScoredReport

UNKNOWN_POLICY = "other"


class CaseFold(NamedTuple):
    """A case as far as reports change it. A tuple, because it is made anew several times for every
    report, and that is many times dearer with a dataclass of so many fields.
    """

    case_id: str
    cluster_id: str
    platform: str
    environment: str
    subject_id: str
    kind: str
    identity: str
    state: CaseState
    version: int
    policy_id: str
    policy_revision: int
    queue_id: str
    urgency: Urgency
    language: str
    content: dict[str, JsonValue] | None
    content_digest: str
    context: dict[str, JsonValue] | None
    author: dict[str, JsonValue] | None
    author_account: str | None
    scores: dict[str, JsonValue]
    violation: float
    report_count: int
    reporter_count: int
    reporter_weight: float
    record_decided: int
    record_violations: int
    precedents: float
    views: int | None
    shares: int | None
    followers: int | None
    published_at: datetime | None
    opened_at: datetime
    previous_case_id: str | None = None


def policy_of(report: Report, policies: dict[str, Policy]) -> Policy:
    """The alleged policy; one that is not known here is treated as `other`."""
    alleged = policies.get(report.reason.policy_id or UNKNOWN_POLICY)
    return alleged if alleged is not None else policies[UNKNOWN_POLICY]


def opened(
    scored: ScoredReport,
    *,
    subject_id: str,
    case_id: str,
    cluster_id: str,
    policy: Policy,
    previous_case_id: str | None,
) -> CaseFold:
    """A case with nothing folded in yet: `folded` adds its first report."""
    report = scored.report
    return CaseFold(
        case_id=case_id,
        cluster_id=cluster_id,
        platform=report.platform,
        environment=report.environment,
        subject_id=subject_id,
        kind=report.subject.kind,
        identity=report.subject.identity,
        state=CaseState.QUEUED,
        version=0,
        policy_id=policy.policy_id,
        policy_revision=policy.revision,
        queue_id=policy.queue_id,
        urgency=report.urgency,
        language=_language(scored),
        content=None,
        content_digest=content_digest(None),
        context=None,
        author=None,
        author_account=None,
        scores={},
        violation=0.0,
        report_count=0,
        reporter_count=0,
        reporter_weight=0.0,
        record_decided=0,
        record_violations=0,
        precedents=0.0,
        views=None,
        shares=None,
        followers=None,
        published_at=None,
        opened_at=scored.source.timestamp,
        previous_case_id=previous_case_id,
    )


def folded(case: CaseFold, arrival: Arrival, policies: dict[str, Policy]) -> CaseFold:
    """The case after one more report. Reporters are counted by `with_reporter`."""
    scored = arrival.scored
    report = scored.report
    policy = policy_of(report, policies)
    graver = policy.severity > policies[case.policy_id].severity
    # what a person has put somewhere stays there
    moves = graver and case.state is CaseState.QUEUED
    urgent = Urgency.IMMINENT_HARM in (case.urgency, report.urgency)
    content = report.content
    scores_anew = content is not None or not case.scores
    views, shares, followers, author, account = _numbers(case, report)
    return case._replace(
        policy_id=policy.policy_id if graver else case.policy_id,
        policy_revision=policy.revision if graver else case.policy_revision,
        queue_id=policy.queue_id if moves else case.queue_id,
        urgency=Urgency.IMMINENT_HARM if urgent else Urgency.NORMAL,
        language=_language(scored) if scores_anew else case.language,
        content=arrival.content if content else case.content,
        content_digest=arrival.digest if content else case.content_digest,
        context=report.context.model_dump(mode="json") if report.context else case.context,
        author=author,
        author_account=account,
        scores=arrival.scores if scores_anew else case.scores,
        violation=max(case.violation, scored.scores.violation),
        report_count=case.report_count + 1,
        views=views,
        shares=shares,
        followers=followers,
        published_at=(content and content.published_at) or case.published_at,
        opened_at=min(case.opened_at, scored.source.timestamp),
    )


def with_numbers(case: CaseFold, report: Report) -> CaseFold:
    """Fresh numbers of reach and author; a repeated report may bring them too."""
    views, shares, followers, author, account = _numbers(case, report)
    return case._replace(
        views=views, shares=shares, followers=followers, author=author, author_account=account
    )


def with_reporter(case: CaseFold, weight: float, record: Record) -> CaseFold:
    """One more independent reporter."""
    return case._replace(
        reporter_count=case.reporter_count + 1,
        reporter_weight=case.reporter_weight + weight,
        record_decided=case.record_decided + record.decided,
        record_violations=case.record_violations + record.violations,
    )


def place_of(
    case: CaseFold, *, severity: float, minutes_per_case: float, now: datetime
) -> Priority:
    """Its place in the order."""
    facts = Facts(
        severity=severity,
        violation=case.violation,
        minutes_per_case=minutes_per_case,
        opened_at=case.opened_at,
        seen_at=now,
        published_at=case.published_at,
        urgency=case.urgency,
        reporter_count=max(case.reporter_count, 1),
        reporter_weight=case.reporter_weight,
        record=Record(case.record_decided, case.record_violations),
        precedents=case.precedents,
        views=case.views,
        shares=case.shares,
        followers=case.followers,
    )
    return priority(facts)


class _Numbers(NamedTuple):
    views: int | None
    shares: int | None
    followers: int | None
    author: dict[str, JsonValue] | None
    author_account: str | None


def _numbers(case: CaseFold, report: Report) -> _Numbers:
    author, reach = report.author, report.reach
    return _Numbers(
        _greater(case.views, reach.views) if reach else case.views,
        _greater(case.shares, reach.shares) if reach else case.shares,
        _greater(case.followers, author.followers) if author else case.followers,
        author.model_dump(mode="json") if author else case.author,
        (author.account_id if author else None) or case.author_account,
    )


def _language(scored: ScoredReport) -> str:
    content = scored.report.content
    said = content.language if content else None
    return said or scored.scores.language or "und"


def _greater(first: int | None, second: int | None) -> int | None:
    known = [number for number in (first, second) if number is not None]
    return max(known) if known else None
