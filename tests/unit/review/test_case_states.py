"""The table of case states: what it allows, and that everything else is refused."""

import itertools

import pytest

from services.review.cases.rules import (
    OPEN_STATES,
    TRANSITIONS,
    CaseEvent,
    CaseState,
    NotPossible,
    diagram,
    is_open,
    next_state,
)

EVERY_PAIR = list(itertools.product([None, *CaseState], CaseEvent))


@pytest.mark.parametrize(("state", "event"), EVERY_PAIR)
def test_a_case_moves_as_the_table_says_and_no_other_way(
    state: CaseState | None, event: CaseEvent
) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
        return
    with pytest.raises(NotPossible) as refusal:
        next_state(state, event)
    assert (refusal.value.state, refusal.value.event) == (state, event)


def test_a_case_begins_only_by_being_opened() -> None:
    assert [event for state, event in TRANSITIONS if state is None] == [CaseEvent.OPENED]


def test_nothing_leaves_a_closed_case() -> None:
    assert not [event for state, event in TRANSITIONS if state is CaseState.CLOSED]


def test_a_decided_case_opens_again_only_by_undoing_its_decision() -> None:
    reopening = {
        event
        for (state, event), after in TRANSITIONS.items()
        if state is CaseState.DECIDED and is_open(after)
    }
    assert reopening == {CaseEvent.DECISION_UNDONE}


def test_open_states_are_those_that_are_neither_decided_nor_closed() -> None:
    assert set(CaseState) - OPEN_STATES == {CaseState.DECIDED, CaseState.CLOSED}


def test_the_diagram_has_an_arrow_for_each_change_of_state() -> None:
    changes = [pair for pair, after in TRANSITIONS.items() if pair[0] is not after]
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert len(lines) - 1 == len(changes)
    assert "    decided --> queued: decision_undone" in lines
