"""What the reader does with a case: decide, undo, skip, hold, escalate, give away, appeals."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.review.appeals.service import decide_appeal
from services.review.cases import work
from services.review.database.session import Session
from services.review.decisions import service as decisions
from services.review.decisions.repository import database_time
from services.review.decisions.requests import (
    DecisionRequest,
    OutcomeRequest,
    Seen,
    UndoRequest,
)
from services.review.desk import held_leases
from services.review.desk.case_pages import show_appeal, show_case
from services.review.desk.choices import action_request
from services.review.desk.failures import DeskRoute
from services.review.desk.forms import Form, read_form
from services.review.desk.queue_pages import go_to_next
from services.review.desk.views import DraftView
from services.review.desk.visits import HasVisit, Visit
from services.review.errors import Conflict, Forbidden, Unacceptable
from services.review.reviewers.models import APPEALS
from services.review.reviewers.rules import Right
from shared.contracts.decision import ActionKind, AppealOutcome, Finding, Ground

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

# The lease or what was looked at is not what it was: the page shows the case as it is now.
SHOWN_AGAIN = {"lease_lost", "content_changed", "cluster_changed", "not_claimable"}


@router.post("/cases/{case_id}/decide")
async def decide(case_id: str, request: Request, visit: HasVisit) -> Response:
    form = await _form(request, visit, Right.REVIEW)

    async def act(session: Session) -> None:
        asked = _decision(form, now=await database_time(session))
        undo = timedelta(seconds=visit.parts.settings.undo_seconds)
        terms = decisions.Terms(undo, visit.parts.new_id)
        await decisions.decide(session, visit.viewer, case_id, asked, terms)

    async def show(session: Session, lost: Conflict) -> Response:
        return await show_case(session, request, visit, case_id, draft=_draft(form), lost=lost)

    return await _done(visit, act, show) or await go_to_next(request, visit, form.one("queue"))


@router.post("/decisions/{decision_id}/undo")
async def undo(decision_id: str, request: Request, visit: HasVisit) -> Response:
    await _form(request, visit, Right.REVIEW)
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        undone = await decisions.undo(
            session,
            visit.viewer,
            decision_id,
            UndoRequest(),
            lease_seconds=visit.parts.settings.lease_seconds,
        )
    answer = RedirectResponse(f"/cases/{undone.case_id}", 303)
    if undone.lease is not None:
        held_leases.remember(request, answer, undone.lease)
    return answer


@router.post("/cases/{case_id}/skip")
async def skip(case_id: str, request: Request, visit: HasVisit) -> Response:
    async def act(session: Session, form: Form) -> None:
        await work.skip(session, visit.viewer, case_id, _token(form), reason=_reason(form))

    return await _move(request, visit, case_id, act)


@router.post("/cases/{case_id}/hold")
async def hold(case_id: str, request: Request, visit: HasVisit) -> Response:
    async def act(session: Session, form: Form) -> None:
        hours = form.one("hours")
        await work.hold(
            session,
            visit.viewer,
            case_id,
            _token(form),
            reason=_reason(form),
            keep=timedelta(hours=int(hours) if hours in {"1", "24", "72"} else 1),
        )

    return await _move(request, visit, case_id, act)


@router.post("/cases/{case_id}/escalate")
async def escalate(case_id: str, request: Request, visit: HasVisit) -> Response:
    async def act(session: Session, form: Form) -> None:
        reason = _reason(form)
        if reason is None:
            raise Unacceptable("invalid_body", "Say what a senior should look at.")
        await work.escalate(session, visit.viewer, case_id, _token(form), reason=reason)

    return await _move(request, visit, case_id, act)


@router.post("/cases/{case_id}/assign")
async def assign(case_id: str, request: Request, visit: HasVisit) -> Response:
    async def act(session: Session, form: Form) -> None:
        await work.assign(
            session,
            visit.viewer,
            case_id,
            _token(form),
            to=form.one("reviewer")[:254],
            reason=_reason(form),
        )

    return await _move(request, visit, case_id, act)


@router.post("/appeals/{appeal_id}/outcome")
async def outcome(appeal_id: str, request: Request, visit: HasVisit) -> Response:
    form = await _form(request, visit, Right.DECIDE_APPEALS)

    async def act(session: Session) -> None:
        asked = _outcome(form, now=await database_time(session))
        await decide_appeal(session, visit.viewer, appeal_id, asked, visit.parts.new_id)

    async def show(session: Session, lost: Conflict) -> Response:
        return await show_appeal(session, request, visit, appeal_id, draft=_draft(form), lost=lost)

    return await _done(visit, act, show) or await go_to_next(request, visit, APPEALS)


async def _move(
    request: Request,
    visit: Visit,
    case_id: str,
    act: Callable[[Session, Form], Awaitable[None]],
) -> Response:
    form = await _form(request, visit, Right.REVIEW)

    async def move(session: Session) -> None:
        await act(session, form)

    async def show(session: Session, lost: Conflict) -> Response:
        return await show_case(session, request, visit, case_id, lost=lost)

    return await _done(visit, move, show) or await go_to_next(request, visit, form.one("queue"))


async def _done(
    visit: Visit,
    act: Callable[[Session], Awaitable[None]],
    show: Callable[[Session, Conflict], Awaitable[Response]],
) -> Response | None:
    """Does it in a transaction of its own. The page of the case as it is now where the lease, or
    what was looked at, is not what it was; else None.
    """
    database = visit.parts.database
    try:
        async with database.as_reviewer(visit.viewer.platforms) as session:
            await act(session)
    except Conflict as lost:
        if lost.code not in SHOWN_AGAIN:
            raise
        async with database.as_reviewer(visit.viewer.platforms) as session:
            return await show(session, lost)
    return None


async def _form(request: Request, visit: Visit, right: Right) -> Form:
    form = await read_form(request, visit.viewer)
    if not visit.viewer.may(right):
        raise Forbidden("no_right", "None of your roles may do this.")
    return form


def _decision(form: Form, *, now: datetime) -> DecisionRequest:
    verdict = form.one("verdict")
    violation = verdict in set(ActionKind)
    countries = tuple(
        code.strip().upper() for code in form.one("countries").split(",") if code.strip()
    )
    members = set(form.all("member"))
    cluster_version = int(form.one("cluster_version") or 0)
    try:
        actions = (
            [action_request(verdict, subject_id=None, now=now, countries=countries)]
            if violation
            else []
        )
        if violation and form.one("account_id"):
            actions += [
                action_request(name, subject_id=form.one("account_id"), now=now)
                for name in form.all("account")
            ]
        return DecisionRequest(
            lease_token=_token(form),
            finding=Finding.VIOLATION if violation else Finding(verdict),
            actions=tuple(actions) or None,
            policy_ids=(form.one("policy"),) if violation and form.one("policy") else None,
            ground=Ground.TERMS if violation else None,
            reason=_reason(form) if violation else None,
            left_out=tuple(found for found in form.all("shown") if found not in members) or None,
            seen=Seen(
                content_digest=form.one("content_digest"),
                cluster_version=cluster_version or None,
            ),
        )
    except (ValidationError, ValueError):
        raise Unacceptable("invalid_body", "The form does not fit together.") from None


def _outcome(form: Form, *, now: datetime) -> OutcomeRequest:
    try:
        changed = form.one("outcome") != AppealOutcome.UPHELD
        actions = [
            action_request(name, subject_id=None, now=now) for name in form.all("action") if changed
        ]
        return OutcomeRequest(
            lease_token=_token(form),
            outcome=AppealOutcome(form.one("outcome")),
            actions=tuple(actions) or None,
            reason=_reason(form),
        )
    except (ValidationError, ValueError):
        raise Unacceptable("invalid_body", "The form does not fit together.") from None


def _token(form: Form) -> str:
    return form.one("lease_token")[:200]


def _reason(form: Form) -> str | None:
    return form.one("reason").strip()[:2_000] or None


def _draft(form: Form) -> DraftView:
    return DraftView(reason=form.one("reason"), policy_id=form.one("policy") or None)
