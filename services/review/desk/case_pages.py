"""A case: to work on under a lease, to read without one."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.review.appeals.reading import view_appeal
from services.review.cases import leases, service, work
from services.review.cases.reading import view_case, view_cases
from services.review.cases.views import AppealView as Appeal
from services.review.cases.views import CaseView as Case
from services.review.cases.views import LeaseView as Lease
from services.review.database.session import Session
from services.review.desk import held_leases, repository
from services.review.desk.counted import visible_queues
from services.review.desk.failures import DeskRoute
from services.review.desk.fates import lost_sentence, news_sentence, others_sentence
from services.review.desk.forms import read_form
from services.review.desk.keymap import Scope
from services.review.desk.media import TERMS_OF, own_terms, terms_named
from services.review.desk.presenting import Around, appeal_page, case_page, handle_of
from services.review.desk.rendering import Page, respond
from services.review.desk.safe_text import plain
from services.review.desk.views import CaseView, ColleagueView, DraftView, LeaseView, QueueView
from services.review.desk.visits import HasVisit, Visit, by_name
from services.review.desk.words import plain_text
from services.review.errors import Conflict, Forbidden, NotFound
from services.review.policies.repository import list_policies
from services.review.reviewers.models import APPEALS
from services.review.reviewers.rules import Right

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

MOST_MEMBERS = 20
POLICIES_SHOWN = 3
NO_DRAFT = DraftView()


@router.get("/cases/{case_id}")
async def page_of_case(case_id: str, request: Request, visit: HasVisit) -> Response:
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        return await show_case(session, request, visit, case_id)


@router.post("/cases/{case_id}/claim")
async def claim(case_id: str, request: Request, visit: HasVisit) -> Response:
    await read_form(request, visit.viewer)
    if not visit.viewer.may(Right.REVIEW):
        raise Forbidden("no_right", "None of your roles may do this.")
    database = visit.parts.database
    try:
        async with database.as_reviewer(visit.viewer.platforms) as session:
            lease = await service.lease_case(
                session, visit.viewer, case_id, lease_seconds=visit.parts.settings.lease_seconds
            )
    except Conflict as lost:
        if lost.code != "not_claimable":
            raise
        async with database.as_reviewer(visit.viewer.platforms) as session:
            return await show_case(session, request, visit, case_id, lost=lost)
    answer = RedirectResponse(f"/cases/{case_id}", 303)
    held_leases.remember(request, answer, lease)
    return answer


@router.post("/cases/{case_id}/notes")
async def add_note(case_id: str, request: Request, visit: HasVisit) -> Response:
    form = await read_form(request, visit.viewer)
    content = form.one("note").strip()[:10_000]
    if not visit.viewer.may(Right.NOTE):
        raise Forbidden("no_right", "None of your roles may do this.")
    if content:
        async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
            await work.add_note(session, visit.viewer, case_id, content, new_id=visit.parts.new_id)
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/cases/{case_id}/presence")
async def presence(case_id: str, request: Request, visit: HasVisit) -> Response:
    """Who else looks at it, and what became of it since the page was made, as sentences."""
    form = await read_form(request, visit.viewer)
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        await repository.stamp_viewing(session, case_id, visit.viewer.reviewer_id)
        names = await repository.list_viewers(session, case_id, visit.viewer.reviewer_id)
        now = await repository.load_standing(session, case_id, visit.viewer.reviewer_id)
    news = news_sentence(visit.words, now, state=form.one("state"), taken=form.one("taken"))
    others = others_sentence(visit.words, names)
    return JSONResponse({"others": plain_text(others), "news": news and plain_text(news)})


@router.post("/leases/{lease_id}/heartbeat")
async def heartbeat(lease_id: str, request: Request, visit: HasVisit) -> Response:
    await read_form(request, visit.viewer)
    seconds = visit.parts.settings.lease_seconds
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        try:
            await leases.heartbeat(
                session,
                visit.viewer,
                lease_id,
                request.headers.get("lease-token", ""),
                seconds=seconds,
            )
        except Conflict as lost:
            return JSONResponse({"say": plain_text(lost_sentence(visit.words, lost))}, 409)
    return JSONResponse({"seconds": seconds})


@router.get("/appeals/{appeal_id}")
async def page_of_appeal(appeal_id: str, request: Request, visit: HasVisit) -> Response:
    async with visit.parts.database.as_reviewer(visit.viewer.platforms) as session:
        return await show_appeal(session, request, visit, appeal_id)


async def show_case(
    session: Session,
    request: Request,
    visit: Visit,
    case_id: str,
    *,
    draft: DraftView = NO_DRAFT,
    lost: Conflict | None = None,
) -> Response:
    """The case as it is now; with a lease that this browser holds, to work on."""
    case = await view_case(session, visit.viewer, case_id)
    return await _show(session, request, visit, case, draft=draft, lost=lost)


async def show_appeal(
    session: Session,
    request: Request,
    visit: Visit,
    appeal_id: str,
    *,
    draft: DraftView = NO_DRAFT,
    lost: Conflict | None = None,
) -> Response:
    appeal = await view_appeal(session, visit.viewer, appeal_id)
    if appeal.case_id is None or appeal.decision is None:
        raise NotFound("appeal_not_found", "The appeal was refused; there is nothing to decide.")
    (case,) = await view_cases(session, visit.viewer, [appeal.case_id])
    return await _show(session, request, visit, case, appeal=appeal, draft=draft, lost=lost)


async def _show(
    session: Session,
    request: Request,
    visit: Visit,
    case: Case,
    *,
    appeal: Appeal | None = None,
    draft: DraftView,
    lost: Conflict | None,
) -> Response:
    await repository.stamp_viewing(session, case.case_id, visit.viewer.reviewer_id)
    shown = await _case_view(session, visit, case, draft, with_members=appeal is None)
    bar, facts = await visit.bar(session)
    lease = _lease(request, visit, appeal.lease if appeal else case.lease, facts)
    people = await repository.list_colleagues(session, visit.viewer.reviewer_id) if lease else []
    chosen = next((policy for policy in shown.policies if policy.chosen), None)
    words, settings = visit.words, visit.parts.settings
    values: Mapping[str, object] = {
        "case": shown,
        "appeal": appeal_page(appeal) if appeal else None,
        "lease": lease,
        "lost": lost and lost_sentence(words, lost),
        "was_mine": lost is not None and lost.code == "lease_lost",
        "claimable": appeal is None and visit.viewer.may(Right.REVIEW) and _is_free(shown),
        "terms_of": TERMS_OF,
        "media_terms": own_terms(terms_named(settings.media_terms), facts.preferences.media),
        "others": others_sentence(words, shown.viewers),
        "who_markup": by_name(_named(case)),
        "where": await _where(visit, case.queue if appeal is None else APPEALS),
        "queue_id": request.query_params.get("queue") or case.queue,
        "colleagues": [ColleagueView(*person) for person in people],
        "shown_policies": POLICIES_SHOWN,
        "chosen_policy": words.or_else(f"policy.{chosen.policy_id}", chosen.title)
        if chosen
        else "",
        "appeal_days": chosen.appeal_days if chosen else 180,
        "undo_seconds": settings.undo_seconds,
        "path": request.url.path if request.method == "GET" else "/queues",
    }
    scope = Scope.APPEAL if appeal else Scope.CASE
    own, origins = facts.preferences, settings.media_origins
    page = Page(words, scope, facts.now, bar, values, own, media_origins=origins)
    return respond("case.html", page, 409 if lost else 200)


async def _where(visit: Visit, queue_id: str) -> QueueView | None:
    """The queue that the page belongs to, where it is one of the reader's."""
    queues = await visible_queues(visit)
    return next((queue for queue in queues if queue.queue_id == queue_id), None)


def is_free(case: CaseView) -> bool:
    return case.state in {"queued", "held", "escalated"} and case.leased_by is None


async def _case_view(
    session: Session, visit: Visit, case: Case, draft: DraftView, *, with_members: bool
) -> CaseView:
    others = (
        [found for found in case.cluster.case_ids if found != case.case_id] if case.cluster else []
    )
    members = await view_cases(session, visit.viewer, others[:MOST_MEMBERS] if with_members else [])
    actors = {step.actor.partition(":")[2] for step in case.history}
    decisions, open_cases = await repository.load_author_counts(
        session, case.author_account, case.case_id
    )
    around = Around(
        policies=await list_policies(session),
        members=members,
        names=await repository.list_names(session, sorted(actors)),
        viewers=tuple(
            await repository.list_viewers(session, case.case_id, visit.viewer.reviewer_id)
        ),
        reporters=await repository.load_reporter_count(session, case.case_id),
        author_decisions=decisions,
        author_open=open_cases,
        draft=draft,
        media_origins=visit.parts.settings.media_origins,
    )
    return case_page(case, around)


def _is_free(case: CaseView) -> bool:
    return case.state in {"queued", "held", "escalated"} and case.leased_by is None


def _lease(
    request: Request, visit: Visit, lease: Lease | None, facts: repository.BarFacts
) -> LeaseView | None:
    if lease is None or not lease.mine:
        return None
    token = held_leases.token_of(request, lease.lease_id)
    if token is None:
        return None
    return LeaseView(
        lease_id=lease.lease_id,
        token=token,
        seconds=(lease.expires_at - facts.now).total_seconds(),
        total_seconds=visit.parts.settings.lease_seconds,
    )


def _named(case: Case) -> str | None:
    handle = handle_of(case)
    if handle is None:
        return case.subject_id if case.kind != "content" else None
    return "@" + plain(handle).removeprefix("@")
