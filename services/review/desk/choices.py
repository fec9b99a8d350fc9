"""What the reader may do with a case, in the order in which the page offers it. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from services.review.cases.views import CaseView as Case
from services.review.decisions.requests import ActionRequest
from services.review.decisions.rules import changeable
from services.review.desk.views import ChoicesView, PolicyView
from services.review.policies.models import Policy
from shared.contracts.decision import ActionKind
from shared.contracts.report import Identity, SubjectKind

SUSPENSION = timedelta(days=7)
MOST_DIGITS = 9
# The strongest first: that one gets the button on top.
BY_STRENGTH = (
    ActionKind.REMOVE,
    ActionKind.DISABLE,
    ActionKind.SUSPEND,
    ActionKind.RESTRICT,
    ActionKind.AGE_RESTRICT,
    ActionKind.LABEL,
    ActionKind.DEMOTE,
    ActionKind.LIMIT_INTERACTION,
    ActionKind.DEMONETISE,
    ActionKind.STRIKE,
    ActionKind.WARN,
)
# Beside a decision on the content: what is usual for its author first.
FOR_THE_ACCOUNT = (ActionKind.SUSPEND, ActionKind.DISABLE, ActionKind.STRIKE, ActionKind.WARN)


class KnowsPolicies(Protocol):
    @property
    def policies(self) -> Mapping[str, Policy]: ...


def choices_for(case: Case, around: KnowsPolicies) -> ChoicesView:
    policy = around.policies.get(case.policy.policy_id)
    terms = policy.actions if policy else case.policy.actions
    own = set(terms.get(case.kind, ()))
    if case.identity != Identity.STABLE:
        own.discard(ActionKind.DISABLE)
    account = set(terms.get(SubjectKind.ACCOUNT, ()))
    if case.kind != SubjectKind.CONTENT or case.author_account is None:
        account = set()
    elif changeable(case.author_account):
        account.discard(ActionKind.DISABLE)
    return ChoicesView(
        subject=tuple(str(action) for action in BY_STRENGTH if action in own),
        account=tuple(str(action) for action in FOR_THE_ACCOUNT if action in account),
        account_id=case.author_account,
    )


def policies_for(case: Case, around: KnowsPolicies) -> tuple[PolicyView, ...]:
    """The policy of the case first, then what else was alleged, then the rest by weight."""
    alleged = {report.policy_id for report in case.reports}
    chosen = case.policy.policy_id
    ordered = sorted(
        (policy for policy in around.policies.values() if policy.active),
        key=lambda policy: (
            policy.policy_id != chosen,
            policy.policy_id not in alleged,
            -policy.severity,
            policy.policy_id,
        ),
    )
    return tuple(
        PolicyView(
            policy_id=policy.policy_id,
            version=policy.revision,
            title=policy.title,
            text=policy.text,
            alleged=policy.policy_id in alleged,
            chosen=policy.policy_id == chosen,
            digit=place if place <= MOST_DIGITS else None,
            appeal_days=policy.appeal_days,
        )
        for place, policy in enumerate(ordered, start=1)
    )


def action_request(
    name: str, *, subject_id: str | None, now: datetime, countries: tuple[str, ...] = ()
) -> ActionRequest:
    """One action as the decision names it. Raises ValueError for a name that is no action."""
    action = ActionKind(name)
    return ActionRequest(
        action=action,
        subject_id=subject_id,
        countries=countries or None if action is ActionKind.RESTRICT else None,
        until=now + SUSPENSION if action is ActionKind.SUSPEND else None,
    )
