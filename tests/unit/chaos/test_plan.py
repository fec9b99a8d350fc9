"""The plan of a run is its seed's, and leaves no role out."""

import pytest

from tests.chaos.plan import LEAST_IN_FLIGHT, Options, Role, plan


@pytest.mark.parametrize("seed", range(20))
def test_every_role_dies_before_any_dies_twice(seed: int) -> None:
    steps = plan(Options(seed=seed, kills=17))
    assert len(steps) >= 17
    assert {step.role for step in steps[: len(Role) + 1]} == set(Role)


@pytest.mark.parametrize("seed", range(20))
def test_the_edge_dies_while_the_broker_is_away(seed: int) -> None:
    steps = plan(Options(seed=seed))
    broker = next(place for place, step in enumerate(steps) if step.role is Role.BROKER)
    assert steps[broker].at_once
    assert steps[broker + 1].role is Role.INGEST


def test_the_same_seed_kills_in_the_same_order_and_another_in_another() -> None:
    assert plan(Options(seed=3)) == plan(Options(seed=3))
    assert plan(Options(seed=3)) != plan(Options(seed=4))


def test_a_run_that_would_spare_a_role_is_refused() -> None:
    with pytest.raises(ValueError, match="one for each role"):
        Options(kills=len(Role) - 1)


def test_no_role_may_die_while_nothing_is_in_flight() -> None:
    assert set(LEAST_IN_FLIGHT) == set(Role)
    assert min(LEAST_IN_FLIGHT.values()) > 0
