"""Policies as decisions and events name them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.review.policies.models import Policy
from shared.contracts.decision import AppliedPolicy
from shared.contracts.identifiers import PolicyId


def in_force(policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """Those that a new decision may name."""
    return {policy_id: policy for policy_id, policy in policies.items() if policy.active}


def appeal_until(policies: Sequence[Policy], decided_at: datetime) -> datetime:
    """As long as the most patient of them says."""
    return decided_at + timedelta(days=max(policy.appeal_days for policy in policies))


def applied(policies: Sequence[Policy]) -> tuple[AppliedPolicy, ...]:
    """In the revision that was in force."""
    return tuple(
        AppliedPolicy(
            policy_id=PolicyId(policy.policy_id), version=policy.revision, title=policy.title
        )
        for policy in policies
    )
