"""A decision moves the cases on matching content that are open, and its end moves them back."""

import asyncpg

from services.review.jobs.precedents import weigh_decisions
from tests.integration.review_api.parts import Desk, Held, Person, add_cases, opened
from tests.integration.review_api.test_appeals import ADD_APPEAL, ADD_ENTRY, PATH

# Too late for one cluster: somebody had one of the two when the match came.
MATCH = """
insert into matches (match_id, environment, method, similarity, younger, younger_platform, elder,
  elder_platform, found_at, proposal)
values ('m', 'live', 'exact', 1, 'x:post:other', 'x', 'x:post:one', 'x', now(), true)
"""
PRECEDENT = """
select c.precedents, (select f ->> 'sentence' from jsonb_array_elements(c.priority -> 'factors') f
    where f ->> 'name' = 'precedent'), q.key = (c.priority ->> 'key')::float8
from cases c join queue_entries q on q.entry_id = c.cluster_id where case_id = 'other'
"""
DUE = "select count(*) from decisions where not weighed"
GUILTY = (1.0, "Matching content was found a violation before", True)
INNOCENT = (-1.0, "Matching content was found to be no violation before", True)
NEITHER = (0.0, None, True)


async def decided(desk: Desk, decider: Person, **changes: object) -> str:
    """Two cases that match, the first of them decided; the decision's id."""
    await add_cases(desk, "one", "other")
    await desk.execute(MATCH)
    answer = await decider.decide(await decider.claim_one(), **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["decision_id"])


async def weigh(desk: Desk) -> int:
    async with desk.database.as_worker() as session:
        return await weigh_decisions(session)


async def test_a_decision_moves_the_open_case_that_it_matches_once(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal")
        await decided(desk, amal)
        assert await weigh(desk) == 1
        assert await desk.fetch(PRECEDENT) == [GUILTY]
        assert await weigh(desk) == 0
        moved = "select case_id, actor from case_events where event = 'precedents_changed'"
        assert await desk.fetch(moved) == [("other", "system:precedents")]
        said = (await amal.get("/api/v1/cases/other")).json()["priority"]["factors"]
        assert GUILTY[1] in [factor["sentence"] for factor in said]


async def test_an_acquittal_moves_it_down(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal")
        await decided(desk, amal, finding="no_violation", actions=None, ground=None)
        await weigh(desk)
        assert await desk.fetch(PRECEDENT) == [INNOCENT]


async def test_an_undo_moves_it_back(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal")
        decision = await decided(desk, amal)
        await weigh(desk)
        undone = await amal.post(f"/api/v1/decisions/{decision}/undo", {})
        assert undone.status_code == 200, undone.text
        assert await weigh(desk) == 1
        assert await desk.fetch(PRECEDENT) == [NEITHER]


async def test_an_overturned_decision_moves_it_to_the_other_side(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        decision = await decided(desk, amal)
        await weigh(desk)
        await desk.execute(ADD_APPEAL, decision)
        await desk.execute("insert into queue_lanes values ('appeals', 'en', 1, 'x')")
        await desk.execute(ADD_ENTRY)
        claim = await sana.claim_one("appeals")
        answer = await sana.post(PATH, overturning(claim))
        assert answer.status_code == 200, answer.text
        assert await weigh(desk) == 2
        assert await desk.fetch(PRECEDENT) == [INNOCENT]


def overturning(claim: Held) -> dict[str, object]:
    return {"lease_token": claim.token, "outcome": "overturned", "reason": "looked again"}


async def test_a_decision_that_changes_while_it_is_weighed_is_weighed_again(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await decided(desk, await desk.reviewer("Amal"))
        changing = await asyncpg.connect(desk.url)
        await changing.execute("begin")
        await changing.execute("select 1 from decisions for update")
        await weigh(desk)
        await changing.close()
        assert await desk.fetch(DUE) == [(1,)]
        await weigh(desk)
        assert await desk.fetch(DUE) == [(0,)]
