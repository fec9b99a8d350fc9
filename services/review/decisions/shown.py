"""Whether what a reviewer decides is what they were shown. Pure."""

from collections.abc import Mapping

from services.review.decisions.repository import Member
from services.review.decisions.requests import DecisionRequest
from services.review.errors import Conflict, FieldError, Unacceptable
from shared.contracts.identifiers import CaseId


def decided_members(
    case_id: CaseId,
    members: Mapping[CaseId, Member],
    cluster_version: int,
    request: DecisionRequest,
) -> list[Member]:
    """The open cases that the request decides, the one looked at first.

    A report more changes nothing here. Raises Conflict when the content or the cluster is another
    than the one seen, and Unacceptable for cases in `except` that do not belong to it.
    """
    if case_id not in members:
        raise Conflict("not_claimable", "The case is not open any more.")
    case = members[case_id]
    if request.seen.content_digest != case.content_digest:
        raise Conflict(
            "content_changed",
            "The content is not the one you looked at.",
            facts={"content_digest": case.content_digest},
        )
    if not request.whole_cluster:
        return [case]
    seen = request.seen.cluster_version
    if seen != cluster_version and not (seen is None and len(members) == 1):
        raise Conflict(
            "cluster_changed",
            "Other cases belong to it than those that you looked at.",
            facts={"cluster_version": cluster_version, "case_ids": [*sorted(members)]},
        )
    left_out = [CaseId(left) for left in request.left_out or ()]
    wrong = [
        FieldError(f"/except/{number}", "not_in_cluster", "No other open case of this cluster.")
        for number, left in enumerate(left_out)
        if left not in members or left == case_id
    ]
    if wrong:
        raise Unacceptable("invalid_decision", "See `errors`.", errors=wrong)
    others = [
        member
        for other_id, member in sorted(members.items())
        if other_id != case_id and other_id not in left_out
    ]
    return [case, *others]
