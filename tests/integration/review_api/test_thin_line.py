"""Log in, claim, decide, see it."""

from tests.integration.review_api.parts import add_cases, opened


async def test_a_claimed_case_is_decided_and_shows_its_decision(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        answer = await amal.decide(claim)
        assert answer.status_code == 201, answer.text
        case = (await amal.get("/api/v1/cases/one")).json()
        assert case["state"] == "decided"
        assert [d["finding"] for d in case["decisions"]] == ["violation"]
        assert case["decisions"][0]["by"]["name"] == "Amal"
        assert await desk.fetch("select count(*) from outbox") == [(1,)]
        assert await desk.fetch("select entry_id from queue_entries") == []
