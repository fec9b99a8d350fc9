"""Who may do what. Pure: what the table below does not name is refused."""

from collections.abc import Iterable
from enum import StrEnum

ALL = "*"


class Role(StrEnum):
    REVIEWER = "reviewer"
    SENIOR = "senior"
    POLICY_LEAD = "policy_lead"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(StrEnum):
    VIEW = "view"  # queues, cases, accounts, appeals; their audit trail without private parts
    REVIEW = "review"  # claim, decide, undo one's own, skip, hold, escalate, assign
    NOTE = "note"
    DECIDE_APPEALS = "decide_appeals"
    TAKE_ESCALATED = "take_escalated"
    OVERRULE_HOLDS = "overrule_holds"  # take what others hold or were assigned; undo their decision
    READ_PRIVATE_AUDIT = "read_private_audit"
    EDIT_POLICIES = "edit_policies"
    ADMINISTER = "administer"  # platforms, keys, reviewers


_REVIEWER = frozenset({Right.VIEW, Right.REVIEW, Right.NOTE, Right.DECIDE_APPEALS})
_SENIOR = _REVIEWER | {Right.TAKE_ESCALATED, Right.OVERRULE_HOLDS}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.REVIEWER: _REVIEWER,
    Role.SENIOR: _SENIOR,
    Role.POLICY_LEAD: _SENIOR | {Right.EDIT_POLICIES, Right.READ_PRIVATE_AUDIT},
    Role.AUDITOR: frozenset({Right.VIEW, Right.READ_PRIVATE_AUDIT}),
    Role.ADMIN: frozenset({Right.VIEW, Right.ADMINISTER}),
}


def may(roles: Iterable[Role], right: Right) -> bool:
    """Whether one of the roles has the right."""
    return any(right in RIGHTS[role] for role in roles)


def granted(grants: Iterable[str], wanted: str) -> bool:
    """Whether a list of grants, where '*' stands for all, names what is wanted."""
    return any(grant in (ALL, wanted) for grant in grants)
