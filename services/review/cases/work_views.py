"""What skip, hold, escalate and assign give back."""

from datetime import datetime

from services.review.cases.views import PersonView, View


class MovedView(View):
    """`case_ids` are all cases that moved together."""

    case_ids: list[str]
    queue: str
    held_until: datetime | None = None
    assigned_to: PersonView | None = None
