"""Turns between imminent harm and the rest, as a flood of either comes."""

from collections import Counter

import pytest

from services.review.cases.priority import Lane
from services.review.cases.share_rules import (
    EACH_ITS_OWN,
    EVERYTHING,
    AtWork,
    Candidate,
    Share,
    in_turn,
    spans_to_read,
)

EIGHTY = Share(0.8)
NOBODY = AtWork(imminent=0, others=0, share=EIGHTY)


def waiting(imminent: int = 0, others: int = 0, orders: int = 0) -> list[Candidate]:
    return [
        *(Candidate(f"order{n}", False, Lane.ORDERS) for n in range(orders)),
        *(Candidate(f"imminent{n}", False, Lane.IMMINENT_HARM) for n in range(imminent)),
        *(Candidate(f"other{n}", False, Lane.NORMAL) for n in range(others)),
    ]


def kinds(entry_ids: list[str]) -> Counter[str]:
    return Counter(entry_id.rstrip("0123456789") for entry_id in entry_ids)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("people", [10, 20, 50])
def test_with_both_waiting_each_has_its_share_of_the_reviewers(share: float, people: int) -> None:
    at_work = AtWork(imminent=0, others=0, share=Share(share))
    leased = in_turn(waiting(imminent=100, others=100), at_work)[:people]
    assert kinds(leased) == {
        "imminent": round(share * people),
        "other": round(people * (1 - share)),
    }


def test_imminent_harm_goes_first_until_it_has_its_share() -> None:
    assert in_turn(waiting(imminent=3, others=3), NOBODY)[:2] == ["imminent0", "other0"]
    assert in_turn(waiting(imminent=3, others=3), AtWork(3, 1, EIGHTY))[0] == "imminent0"
    assert in_turn(waiting(imminent=3, others=3), AtWork(4, 1, EIGHTY))[0] == "other0"


def test_the_part_of_imminent_harm_is_never_given_to_the_rest_while_it_waits() -> None:
    at_work = AtWork(imminent=0, others=7, share=EIGHTY)
    leased = in_turn(waiting(imminent=50, others=50), at_work)
    before_any_other = leased.index("other0")
    assert before_any_other == 28  # of 35 at work, seven are the rest's


def test_a_side_that_is_empty_leaves_its_places_to_the_other() -> None:
    full = AtWork(imminent=9, others=0, share=EIGHTY)
    assert kinds(in_turn(waiting(imminent=5), full)) == {"imminent": 5}
    assert kinds(in_turn(waiting(others=5), NOBODY)) == {"other": 5}


def test_orders_and_what_is_meant_for_one_person_go_before_any_share() -> None:
    mine = Candidate("mine", True, Lane.NORMAL)
    found = in_turn([mine, *waiting(imminent=1, others=1, orders=2)], AtWork(9, 0, EIGHTY))
    assert found == ["mine", "order0", "order1", "other0", "imminent0"]


def test_with_the_whole_share_imminent_harm_always_goes_first() -> None:
    found = in_turn(waiting(imminent=5, others=5), AtWork(9, 0, Share(1.0)))
    assert found[:5] == [f"imminent{n}" for n in range(5)]


def test_the_rest_is_read_apart_only_where_its_turn_comes() -> None:
    assert spans_to_read(NOBODY, 1) == EVERYTHING
    assert spans_to_read(NOBODY, 2) == EACH_ITS_OWN
    assert spans_to_read(AtWork(4, 1, EIGHTY), 1) == EACH_ITS_OWN
    assert spans_to_read(AtWork(4, 2, EIGHTY), 1) == EVERYTHING


def test_who_is_alone_is_given_milder_cases_as_often_as_the_share_leaves() -> None:
    draws = [number / 100 for number in range(100)]
    firsts = [
        in_turn(waiting(imminent=9, others=9), AtWork(0, 0, Share(0.8, draw)))[0] for draw in draws
    ]
    assert kinds(firsts) == {"imminent": 81, "other": 19}
    everything = [AtWork(0, 0, Share(1.0, draw)).others_first for draw in draws]
    assert not any(everything)
