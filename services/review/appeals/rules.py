"""What an outcome means for the decision appealed against. Pure."""

from services.review.errors import FieldError, Unacceptable
from shared.contracts.decision import AppealOutcome, Finding

# Why an appeal is refused whose decision another appeal has reversed.
ALREADY_REVERSED = "already_reversed"


def new_finding(outcome: AppealOutcome, original: Finding, *, has_actions: bool) -> Finding | None:
    """Finding of the decision that replaces the original; None where that is upheld.

    To overturn a violation is to find none; to overturn anything else is to find one, and needs
    actions; to modify replaces the actions of a violation. Raises Unacceptable.
    """
    violation = original is Finding.VIOLATION
    if outcome is AppealOutcome.UPHELD:
        _refuse(has_actions, "/actions", "not_with_outcome", "Nothing changes when it is upheld.")
        return None
    if outcome is AppealOutcome.OVERTURNED and violation:
        _refuse(has_actions, "/actions", "not_with_outcome", "No violation comes with no action.")
        return Finding.NO_VIOLATION
    if outcome is AppealOutcome.MODIFIED:
        message = "Only actions can be modified, and there were none: overturn it."
        _refuse(not violation, "/outcome", "nothing_to_modify", message)
    _refuse(not has_actions, "/actions", "required", "Say which actions take their place.")
    return Finding.VIOLATION


def _refuse(wrong: bool, pointer: str, code: str, message: str) -> None:  # noqa: FBT001 — a guard
    if wrong:
        errors = [FieldError(pointer, code, message)]
        raise Unacceptable("invalid_decision", "The outcome cannot be as it is.", errors=errors)
