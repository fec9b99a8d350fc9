"""What deciding gives back."""

from datetime import datetime

from services.review.cases.views import GrantedLease, View


class DecidedCase(View):
    case_id: str
    decision_id: str


class DecidedView(View):
    """`decisions` has all that were decided together, the case asked for first."""

    decision_id: str
    state: str
    undo_until: datetime
    decisions: list[DecidedCase]


class UndoneView(View):
    """`lease` is None where somebody else holds the rest of the cluster: the cases are open again
    and theirs.
    """

    decision_id: str
    state: str
    case_id: str
    case_ids: list[str]
    lease: GrantedLease | None


class OutcomeView(View):
    """`decision_id` is the decision that replaces the appealed one; None when that is upheld."""

    appeal_id: str
    state: str
    outcome: str
    decision_id: str | None
    decided_at: datetime
