"""Which of two columns of keys counts is one row: claims, views and places given back go by it."""

import pytest

from tests.integration.review_api.parts import Desk, add_cases, opened

OLD, NEW = ["one", "two", "three"], ["three", "two", "one"]
# As the duty leaves it: every case has a place in the next order, the other way round.
KEYED = """
update cases set next_priority = jsonb_build_object('score', 2.0, 'lane', 2, 'formula', 1,
  'order', 2, 'key', -cast(priority ->> 'key' as float8),
  'factors', '[{"name": "severity", "value": 9.0, "sentence": "Nine"}]'::jsonb);
update queue_entries set second_key = -key, second_key_order = 2;
update queue_order set next_number = 2,
  next_inputs = '{"formula": 1, "severities": {}, "minutes": {}}'
"""
SWITCHED = "update queue_order set counts = 2, number = 2, next_number = null, next_inputs = null"

# Undoing gives the case back to who undid it.
GIVEN_BACK = (
    "update queue_entries set lease_id = null, lease_token_sha256 = null, lease_owner = null,"
    " lease_expires_at = null"
)


async def keyed(desk: Desk, *, switched: bool) -> None:
    await add_cases(desk, *OLD)
    await desk.execute(KEYED + (f";{SWITCHED}" if switched else ""))


@pytest.mark.parametrize(("switched", "order"), [(False, OLD), (True, NEW)])
async def test_claims_go_by_the_column_that_counts(
    database_url: str, switched: bool, order: list[str]
) -> None:
    async with opened(database_url) as desk:
        await keyed(desk, switched=switched)
        amal = await desk.reviewer("Amal")
        assert [(await amal.claim_one()).case_id for _ in order] == order


@pytest.mark.parametrize(("switched", "sentences"), [(False, []), (True, ["Nine"])])
async def test_a_case_gives_the_reasons_of_the_key_that_counts(
    database_url: str, switched: bool, sentences: list[str]
) -> None:
    async with opened(database_url) as desk:
        await keyed(desk, switched=switched)
        amal = await desk.reviewer("Amal")
        factors = (await amal.get("/api/v1/cases/one")).json()["priority"]["factors"]
        assert [one["sentence"] for one in factors if one["name"] != "waiting"] == sentences


async def decide_and_undo(desk: Desk, *meanwhile: str) -> None:
    """The first case, which is free afterwards; the statements run between the two."""
    amal = await desk.reviewer("Amal")
    decided = (await amal.decide(await amal.claim_one())).json()["decision_id"]
    for statement in meanwhile:
        await desk.execute(statement)
    assert (await amal.post(f"/api/v1/decisions/{decided}/undo")).status_code == 200
    await desk.execute(GIVEN_BACK)


async def test_an_undone_decision_gives_back_the_place_in_the_order_that_counts(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await keyed(desk, switched=True)
        await decide_and_undo(desk)
        sana = await desk.reviewer("Sana")
        assert [(await sana.claim_one()).case_id for _ in NEW] == NEW


async def test_what_was_placed_by_an_older_order_goes_last_until_it_is_made_anew(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await keyed(desk, switched=True)
        await decide_and_undo(
            desk,
            "update queue_order set number = 3",
            "update queue_entries set second_key_order = 3",
        )
        sana = await desk.reviewer("Sana")
        claimed = [(await sana.claim_one()).case_id for _ in NEW]
        assert claimed == ["two", "one", "three"]
