"""Drafts of events and the state that their sum orders."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.review.decisions.events import (
    CaseFacts,
    DecisionFacts,
    applied_draft,
    draft_rows,
    effective_after,
)
from shared.contracts.decision import (
    Action,
    ActionKind,
    DecisionData,
    EffectiveAction,
    EventType,
    Finding,
    ReportRef,
    SubjectRef,
)
from shared.contracts.identifiers import (
    CaseId,
    DecisionId,
    Environment,
    ExternalId,
    PlatformId,
    PolicyId,
    ReportId,
    SubjectId,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
POST = SubjectId("x:post:1")
ACCOUNT = SubjectId("x:user:7")


def case(reports: int = 1) -> CaseFacts:
    refs = tuple(
        ReportRef(report_id=ReportId(f"rep_{n}"), external_id=ExternalId(f"ext-{n}"))
        for n in range(reports)
    )
    return CaseFacts(
        case_id=CaseId("case_1"),
        cluster_id=None,
        platform=PlatformId("x"),
        environment=Environment.LIVE,
        subject_id=POST,
        subject_ref=SubjectRef(kind="content", url="https://x.com/a/status/1"),
        reports=refs,
        reports_total=reports,
        references={ACCOUNT: SubjectRef(kind="account", platform_id="7")},
        platform_codes={PolicyId("spam"): "S-1"},
    )


def decision(
    name: str = "dec_1", actions: tuple[Action, ...] = (), reverses: str | None = None
) -> DecisionFacts:
    return DecisionFacts(
        decision_id=DecisionId(name),
        group_id=f"group_{name}",
        finding=Finding.VIOLATION if actions else Finding.NO_VIOLATION,
        actions=actions,
        policies=(),
        ground=None,
        legal_basis=None,
        reason=None,
        decided_at=NOW,
        undo_until=NOW + timedelta(seconds=10),
        appeal_until=None,
        reverses=DecisionId(reverses) if reverses else None,
    )


def released(draft: dict[str, object]) -> DecisionData:
    return DecisionData.model_validate({**draft, "subject_version": 1, "effective": ()})


def test_each_subject_that_an_action_touches_gets_an_event_of_its_own() -> None:
    remove = Action(action=ActionKind.REMOVE, subject_id=POST)
    strike = Action(action=ActionKind.STRIKE, subject_id=ACCOUNT)
    drafts = draft_rows(case(), decision(actions=(remove, strike)))
    bodies = {draft.subject_id: released({**draft.data}) for draft in drafts}
    assert list(bodies) == [POST, ACCOUNT]
    assert bodies[POST].actions == (remove, strike)
    assert bodies[ACCOUNT].actions == (strike,)
    assert bodies[ACCOUNT].subject_ref == SubjectRef(kind="account", platform_id="7")
    assert len({draft.event_id for draft in drafts}) == 2
    assert {draft.group_id for draft in drafts} == {"group_dec_1"}


def test_a_reversal_tells_every_subject_that_the_reversed_decision_had_touched() -> None:
    strike = Action(action=ActionKind.STRIKE, subject_id=ACCOUNT)
    facts = decision("dec_2", reverses="dec_1")
    told = draft_rows(case(), DecisionFacts(**{**vars(facts), "withdrawn": (strike,)}))
    assert [draft.subject_id for draft in told] == [POST, ACCOUNT]
    assert {draft.type for draft in told} == {EventType.DECISION_REVERSED}


def test_a_draft_has_at_most_a_hundred_reports_and_the_whole_count() -> None:
    data = released({**draft_rows(case(reports=230), decision())[0].data})
    assert (len(data.reports), data.reports_total) == (100, 230)


def test_a_draft_waits_for_the_end_of_the_undo_window_and_leaves_the_state_to_its_release() -> None:
    draft = draft_rows(case(), decision())[0]
    assert draft.release_at == NOW + timedelta(seconds=10)
    assert draft.data.keys().isdisjoint({"subject_version", "effective"})


def test_the_same_decision_always_gives_the_same_event_ids() -> None:
    first, again = (draft_rows(case(), decision())[0].event_id for _ in range(2))
    assert first == again
    assert first != draft_rows(case(), decision("dec_2"))[0].event_id


def test_each_report_that_meets_a_standing_decision_is_an_event_of_its_own() -> None:
    refs = case(2).reports
    one, two = (applied_draft(case(), decision(), [ref]) for ref in refs)
    assert one.event_id != two.event_id
    assert one.group_id == two.group_id == "group_dec_1"
    assert released({**one.data}).reports == (refs[0],)


def data_of(facts: DecisionFacts, subject: SubjectId = POST) -> DecisionData:
    draft = next(draft for draft in draft_rows(case(), facts) if draft.subject_id == subject)
    return released({**draft.data})


def test_two_decisions_that_order_the_same_are_reversed_one_by_one() -> None:
    remove = Action(action=ActionKind.REMOVE, subject_id=POST)
    made, reversed_ = EventType.DECISION_MADE, EventType.DECISION_REVERSED
    state = effective_after((), made, data_of(decision("a", (remove,))), at=NOW)
    state = effective_after(state, made, data_of(decision("b", (remove,))), at=NOW)
    state = effective_after(state, reversed_, data_of(decision("c", reverses="b")), at=NOW)
    assert [action.decision_id for action in state] == ["a"]


def test_applying_a_decision_anew_brings_nothing_back() -> None:
    remove = Action(action=ActionKind.REMOVE, subject_id=POST)
    data = data_of(decision("a", (remove,)))
    assert effective_after((), EventType.DECISION_APPLIED, data, at=NOW) == ()


def test_what_has_run_out_is_not_in_the_state_any_more() -> None:
    suspend = Action(action=ActionKind.SUSPEND, subject_id=POST, until=NOW + timedelta(days=1))
    made = EventType.DECISION_MADE
    state = effective_after((), made, data_of(decision("a", (suspend,))), at=NOW)
    assert len(state) == 1
    later = NOW + timedelta(days=2)
    assert effective_after(state, made, data_of(decision("b")), at=later) == ()


kinds = st.sampled_from([ActionKind.REMOVE, ActionKind.LABEL, ActionKind.DEMOTE])
# Each step makes a decision with these actions, reversing an earlier one or none.
steps = st.lists(
    st.tuples(st.lists(kinds, max_size=2), st.none() | st.integers(0, 9)), min_size=1, max_size=12
)


@given(steps, st.randoms(use_true_random=False))
def test_the_highest_version_is_the_sum_of_standing_decisions_in_any_order_of_arrival(
    made: list[tuple[list[ActionKind], int | None]], chance: object
) -> None:
    state: tuple[EffectiveAction, ...] = ()
    events: list[tuple[int, tuple[EffectiveAction, ...]]] = []
    standing: dict[str, list[ActionKind]] = {}
    for number, (actions, earlier) in enumerate(made):
        reverses = f"dec_{earlier}" if earlier is not None and earlier < number else None
        if reverses:
            standing.pop(reverses, None)
        ordered = tuple(Action(action=kind, subject_id=POST) for kind in actions)
        facts = decision(f"dec_{number}", ordered, reverses)
        kind = EventType.DECISION_REVERSED if reverses else EventType.DECISION_MADE
        state = effective_after(state, kind, data_of(facts), at=NOW)
        standing[f"dec_{number}"] = actions
        events.append((number, state))
    chance.shuffle(events)  # type: ignore[attr-defined] # Hypothesis' own random
    _, last = max(events, key=lambda event: event[0])
    expected = [(name, kind) for name, kinds in standing.items() for kind in kinds]
    assert sorted((a.decision_id, a.action) for a in last) == sorted(expected)
