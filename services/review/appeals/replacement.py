"""The decision that an outcome puts in the place of the one appealed against. Pure but for ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.review.appeals.rules import new_finding
from services.review.cases.view_repository import AnyRow
from services.review.decisions.event_facts import actions_of
from services.review.decisions.events import DecisionFacts
from services.review.decisions.policies import appeal_until, applied
from services.review.decisions.repository import Member, NewDecision
from services.review.decisions.requests import OutcomeRequest, request_hash
from services.review.decisions.rules import Said, decided_actions
from services.review.policies.models import Policy
from services.review.reviewers.models import Viewer
from shared.clock import NewId
from shared.contracts.decision import Finding, Ground
from shared.contracts.identifiers import DecisionId


@dataclass(frozen=True)
class Appealed:
    """The appeal with its original decision, its case, and the policies in force."""

    appeal: AnyRow
    original: AnyRow
    case: Member
    policies: Mapping[str, Policy]
    now: datetime


def replacement(
    facts: Appealed, viewer: Viewer, request: OutcomeRequest, lease_id: str, new_id: NewId
) -> NewDecision | None:
    """None where the original is upheld. Told at once: it cannot be undone.

    Raises Unacceptable for an outcome or actions that do not fit.
    """
    original = facts.original
    finding = new_finding(
        request.outcome, Finding(original.finding), has_actions=bool(request.actions)
    )
    if finding is None:
        return None
    policy_ids = request.policy_ids or _policy_ids(facts)
    said = Said(
        finding=finding,
        actions=request.actions or (),
        policy_ids=policy_ids,
        ground=Ground(original.ground) if original.ground else None,
        legal_basis=original.legal_basis,
    )
    open_actions = {policy_id: policy.actions for policy_id, policy in facts.policies.items()}
    actions = decided_actions(said, facts.case.target, (), open_actions, now=facts.now)
    chosen = [facts.policies[policy_id] for policy_id in dict.fromkeys(policy_ids)]
    return NewDecision(
        case_id=facts.case.target.case_id,
        reviewer_id=viewer.reviewer_id,
        lease_id=lease_id,
        request_hash=request_hash(request),
        internal_note=None,
        appeal_id=facts.appeal.appeal_id,
        facts=DecisionFacts(
            decision_id=DecisionId(new_id("dec")),
            group_id=new_id("grp"),
            finding=finding,
            actions=actions[facts.case.target.case_id],
            policies=applied(chosen),
            ground=said.ground,
            legal_basis=said.legal_basis,
            reason=request.reason,
            decided_at=facts.now,
            undo_until=facts.now,
            appeal_until=appeal_until(chosen, facts.now),
            reverses=DecisionId(original.decision_id),
            withdrawn=actions_of(original.actions),
        ),
    )


def _policy_ids(facts: Appealed) -> tuple[str, ...]:
    """Those of the original that are still in force, else that of the case."""
    said = [policy["policy_id"] for policy in facts.original.policies]
    found = tuple(policy_id for policy_id in said if policy_id in facts.policies)
    return found or (facts.case.policy_id,)
