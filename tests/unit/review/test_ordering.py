"""When a new order of the queue begins, and which keys belong to which."""

from services.review.cases.ordering import Column, Inputs, Order, best_key
from services.review.cases.priority import FORMULA

NOW = Inputs(formula=FORMULA, severities={"threat": 50, "spam": 1}, minutes={"threats": 2})
GRAVER = Inputs(formula=FORMULA, severities={"threat": 80, "spam": 1}, minutes={"threats": 2})
OTHER_FORMULA = NOW.model_copy(update={"formula": FORMULA - 1})
STEADY = Order(Column.FIRST, 7, NOW, None, None)


def test_nothing_begins_while_nothing_has_changed() -> None:
    assert STEADY.beginning(NOW) is None
    assert Order(Column.FIRST, 7, GRAVER, 8, NOW).beginning(NOW) is None


def test_what_an_untouched_queue_is_keyed_by_is_noted_and_moves_nothing() -> None:
    assert Order(Column.FIRST, 1, None, None, None).beginning(NOW) == Order(
        Column.FIRST, 1, NOW, None, None
    )


def test_another_formula_severity_or_number_of_minutes_begins_an_order() -> None:
    slower = NOW.model_copy(update={"minutes": {"threats": 3}})
    for before in (GRAVER, OTHER_FORMULA, slower):
        begun = Order(Column.SECOND, 7, before, None, None).beginning(NOW)
        assert begun == Order(Column.SECOND, 7, before, 8, NOW)


def test_a_policy_or_queue_more_moves_nothing() -> None:
    more = NOW.model_copy(update={"severities": {**NOW.severities, "fraud": 5}})
    assert STEADY.beginning(more) == Order(Column.FIRST, 7, more, None, None)
    making = Order(Column.FIRST, 7, GRAVER, 8, NOW)
    assert making.beginning(more) == Order(Column.FIRST, 7, GRAVER, 8, more)


def test_a_change_while_an_order_is_made_begins_the_next_and_keys_of_it_are_no_use() -> None:
    making = Order(Column.FIRST, 7, NOW, 8, GRAVER)
    assert making.beginning(NOW) == Order(Column.FIRST, 7, NOW, 9, NOW)


def test_the_columns_take_turns() -> None:
    making = Order(Column.FIRST, 7, NOW, 8, GRAVER)
    standing, coming = making.standing(GRAVER), making.coming()
    assert standing is not None
    assert coming is not None
    assert (standing.column, standing.number, standing.inputs) == (Column.FIRST, 7, NOW)
    assert (coming.column, coming.number, coming.inputs) == (Column.SECOND, 8, GRAVER)
    assert making.switched() == Order(Column.SECOND, 8, GRAVER, None, None)


def test_no_key_is_made_for_an_order_of_another_formula() -> None:
    assert Order(Column.FIRST, 7, OTHER_FORMULA, None, None).standing(NOW) is None
    assert Order(Column.FIRST, 7, NOW, 8, OTHER_FORMULA).coming() is None


def test_a_cluster_waits_where_the_best_of_its_members_does() -> None:
    assert best_key([{"key": -5.5}, {"key": 3}]) == 3
    assert best_key([]) is None
