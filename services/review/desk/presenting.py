"""From a case as the services see it to the values that a page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from services.review.cases.views import AppealView as Appeal
from services.review.cases.views import CaseView as Case
from services.review.cases.views import DecisionView as Decision
from services.review.cases.views import HistoryView as Step
from services.review.desk.choices import choices_for, policies_for
from services.review.desk.presenting_content import (
    author_view,
    content_of,
    context_posts,
    factor_views,
    media_views,
    model_view,
    report_view,
    web_address,
)
from services.review.desk.safe_text import Mark, pieces, plain
from services.review.desk.views import (
    AppealView,
    CaseView,
    DecisionView,
    DraftView,
    EventView,
    MatchView,
    MemberView,
    NoteView,
)
from services.review.policies.models import Policy
from shared.contracts.report import Author
from shared.contracts.scored_report import Scores

LANES = {"orders": 0, "imminent_harm": 1, "normal": 2}


@dataclass(frozen=True)
class Around:
    """What a page shows of a case besides the case. `names` are of reviewers, by id."""

    policies: Mapping[str, Policy]
    members: Sequence[Case] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    viewers: tuple[str, ...] = ()
    reporters: int = 0
    author_decisions: int = 0
    author_open: int = 0
    media_origins: str = ""
    draft: DraftView = field(default_factory=DraftView)


def case_page(case: Case, around: Around) -> CaseView:
    scores = Scores.model_validate(case.scores)
    content = content_of(case.content)
    author = _author(case)
    marks = [Mark(span.start, span.end, span.label, span.score) for span in scores.spans]
    marks += [Mark(hit.start, hit.end, "watch_list", 1.0) for hit in scores.watch_list]
    return CaseView(
        case_id=case.case_id,
        version=case.case_version,
        content_digest=case.content_digest,
        cluster_version=case.cluster.cluster_version if case.cluster else 0,
        subject_id=case.subject_id,
        subject_url=web_address(case.subject_url),
        kind=case.kind,
        content_kind=content.kind if case.kind == "content" else case.kind,
        identity=case.identity,
        platform=case.platform,
        state=case.state,
        queue_id=case.queue,
        queue_title=case.queue,
        opened_at=case.received_at,
        language=case.language,
        text=pieces(content.text or "", marks),
        published_at=content.published_at,
        views=case.reach.views,
        shares=case.reach.shares,
        links=tuple(plain(link) for link in content.links),
        media=media_views(content, around.media_origins),
        posts=context_posts(case.context),
        author=author_view(author, case, around.author_decisions, around.author_open)
        if author
        else None,
        model=model_view(scores),
        factors=factor_views(case.priority.factors),
        lane=LANES.get(case.priority.lane, 2),
        deadline=case.priority.deadline,
        reports=tuple(report_view(report, around.policies) for report in case.reports),
        report_count=case.report_count,
        reporter_count=around.reporters,
        matches=tuple(
            MatchView(
                method=match.method,
                similarity=match.similarity,
                subject_id=match.subject_id,
                case_id=match.case_id,
                finding=match.finding,
            )
            for match in case.matches
        ),
        members=tuple(_member(member) for member in around.members),
        policies=policies_for(case, around),
        choices=choices_for(case, around),
        events=tuple(_event(step, around.names) for step in reversed(case.history)),
        notes=tuple(NoteView(note.at, note.by.name, pieces(note.text)) for note in case.notes),
        decisions=tuple(decision_page(decision) for decision in reversed(case.decisions)),
        viewers=around.viewers,
        held_by=case.held_by.name if case.held_by else None,
        leased_by=case.lease.by.name if case.lease and not case.lease.mine else None,
        previous_case_id=case.previous_case_id,
        draft=around.draft,
    )


def appeal_page(appeal: Appeal) -> AppealView:
    assert appeal.decision is not None, "an appeal that a reviewer sees has its decision"
    return AppealView(
        appeal_id=appeal.appeal_id,
        appellant=appeal.appellant,
        text=pieces(appeal.text),
        language=appeal.language,
        submitted_at=appeal.submitted_at,
        state=appeal.state,
        outcome=appeal.outcome,
        decision=decision_page(appeal.decision),
    )


def decision_page(decision: Decision) -> DecisionView:
    return DecisionView(
        decision_id=decision.decision_id,
        at=decision.decided_at,
        reviewer=decision.by.name if decision.by else None,
        state=decision.state,
        finding=decision.finding,
        actions=tuple(str(action.get("action")) for action in decision.actions),
        policies=tuple(str(policy.get("policy_id")) for policy in decision.policies),
        reason=pieces(decision.reason or ""),
    )


def handle_of(case: Case) -> str | None:
    author = _author(case)
    return (author.handle or author.display_name) if author else None


def _author(case: Case) -> Author | None:
    if case.author is None:
        return None
    try:
        return Author.model_validate(case.author)
    except ValidationError:
        # an author written by a later version: better none than no page
        return None


def _member(case: Case) -> MemberView:
    text = content_of(case.content).text or ""
    handle = handle_of(case)
    return MemberView(case.case_id, case.subject_id, handle and plain(handle), pieces(text[:300]))


def _event(step: Step, names: Mapping[str, str]) -> EventView:
    kind, _, who = step.actor.partition(":")
    return EventView(
        at=step.at,
        event=step.event,
        actor=names.get(who) if kind == "reviewer" else None,
        reason=step.reason,
    )
