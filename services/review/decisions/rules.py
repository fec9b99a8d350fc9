"""What a decision may say: which actions for which finding, policy and kind of subject. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.review.decisions.requests import ActionRequest
from services.review.errors import FieldError, Unacceptable
from shared.contracts.decision import Action, ActionKind, Finding, Ground
from shared.contracts.identifiers import CaseId, SubjectId
from shared.contracts.report import Identity, SubjectKind

LONGEST = timedelta(days=366 * 10)
PERMANENT = frozenset({ActionKind.DISABLE})
# Accounts named by an id that stays with one holder. What is not listed can change hands.
STABLE_ACCOUNTS = (
    "x:user:",
    "yt:channel:",
    "fb:account:",
    "tg:user:",
    "tg:chat:",
    "wa:phone:",
    "wa:channel:",
    "wa:newsletter:",
)


@dataclass(frozen=True)
class Target:
    """A case as far as actions on it are concerned."""

    case_id: CaseId
    subject_id: SubjectId
    kind: SubjectKind
    identity: Identity
    author_account: SubjectId | None


@dataclass(frozen=True)
class Said:
    """What the reviewer said, the same for a decision and for the outcome of an appeal."""

    finding: Finding
    actions: Sequence[ActionRequest]
    policy_ids: Sequence[str]
    ground: Ground | None = None
    legal_basis: str | None = None


# Actions that are open, by kind of subject.
OpenActions = Mapping[str, Sequence[str]]


def decided_actions(
    said: Said,
    case: Target,
    others: Iterable[Target],
    policies: Mapping[str, OpenActions],
    *,
    now: datetime,
) -> dict[CaseId, tuple[Action, ...]]:
    """The actions of each case that is decided: the one looked at, and the others of its cluster.

    An action without a subject is one on the subject of each case. One on the author's account
    belongs to the cases of that author alone: an account is never acted upon because somebody
    else posted the same. Raises Unacceptable naming the fields.
    """
    errors = [*_errors(said, policies), *_action_errors(said, case, policies, now)]
    if errors:
        raise _refusal(errors)
    found = {target.case_id: _actions_of(said, case, target) for target in (case, *others)}
    if said.finding is Finding.VIOLATION:
        bare = [case_id for case_id, actions in found.items() if not actions]
        if bare:
            detail = (
                "Cases of other authors get no action by this: leave them out, or act on the posts"
            )
            raise _refusal([FieldError("/actions", "none_for_others", f"{detail}: {bare[0]}")])
    return found


def changeable(subject_id: str) -> bool:
    """Whether an account's id is a name that can change hands. Fails closed."""
    return not subject_id.startswith(STABLE_ACCOUNTS)


def _errors(said: Said, policies: Mapping[str, OpenActions]) -> list[FieldError]:
    errors = [
        FieldError(f"/policy_ids/{number}", "unknown_policy", "There is no such policy in force.")
        for number, policy_id in enumerate(said.policy_ids)
        if policy_id not in policies
    ]
    if said.finding is Finding.VIOLATION and not said.actions:
        errors.append(FieldError("/actions", "required", "A violation needs an action."))
    if said.finding is not Finding.VIOLATION and said.actions:
        errors.append(
            FieldError("/actions", "not_with_finding", "Only a violation comes with actions.")
        )
    if said.ground is Ground.LAW and not (said.legal_basis or "").strip():
        errors.append(FieldError("/legal_basis", "required", "Name the law."))
    return errors


def _action_errors(
    said: Said, case: Target, policies: Mapping[str, OpenActions], now: datetime
) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[tuple[ActionKind, str]] = set()
    chosen = [policies[policy_id] for policy_id in said.policy_ids if policy_id in policies]
    for number, request in enumerate(said.actions):
        place = f"/actions/{number}"
        subject_id = request.subject_id or case.subject_id
        if (request.action, subject_id) in seen:
            errors.append(FieldError(place, "twice", "The same action on the same subject twice."))
        seen.add((request.action, subject_id))
        errors += _detail_errors(request, place, now)
        if subject_id not in (case.subject_id, case.author_account):
            errors.append(
                FieldError(
                    f"{place}/subject_id",
                    "not_of_this_case",
                    "Neither subject nor author's account.",
                )
            )
            continue
        kind = case.kind if subject_id == case.subject_id else SubjectKind.ACCOUNT
        if not any(request.action in terms.get(kind, ()) for terms in chosen):
            message = f"Not open for {kind} under these policies."
            errors.append(FieldError(f"{place}/action", "not_open", message))
        if request.action in PERMANENT and _may_change_hands(case, SubjectId(subject_id)):
            message = "The account is known by a name that can change hands."
            errors.append(FieldError(f"{place}/subject_id", "needs_stable_id", message))
    return errors


def _detail_errors(request: ActionRequest, place: str, now: datetime) -> list[FieldError]:
    errors: list[FieldError] = []
    if (request.action is ActionKind.RESTRICT) != bool(request.countries):
        message = "A restriction names countries, and nothing else does."
        errors.append(FieldError(f"{place}/countries", "countries", message))
    if request.action is ActionKind.SUSPEND and request.until is None:
        errors.append(FieldError(f"{place}/until", "required", "A suspension ends at a time."))
    if request.until is not None and not now < request.until <= now + LONGEST:
        message = "Must lie in the future, by ten years at most."
        errors.append(FieldError(f"{place}/until", "out_of_reach", message))
    return errors


def _may_change_hands(case: Target, subject_id: SubjectId) -> bool:
    if subject_id == case.subject_id:
        return case.identity is not Identity.STABLE
    return changeable(subject_id)


def _actions_of(said: Said, case: Target, target: Target) -> tuple[Action, ...]:
    found: list[Action] = []
    for request in said.actions:
        own = request.subject_id in (None, case.subject_id)
        subject_id = target.subject_id if own else SubjectId(request.subject_id or "")
        if own or subject_id == target.author_account:
            found.append(
                Action(
                    action=request.action,
                    subject_id=subject_id,
                    countries=request.countries or None,
                    until=request.until,
                )
            )
    return tuple(found)


def _refusal(errors: Sequence[FieldError]) -> Unacceptable:
    codes = {error.code for error in errors}
    code = "needs_stable_id" if codes == {"needs_stable_id"} else "invalid_decision"
    return Unacceptable(code, "The decision cannot be made as it is: see `errors`.", errors=errors)
