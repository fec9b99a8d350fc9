"""Skip, hold, escalate, assign."""

import pytest

from services.review.jobs.lease_expiry import resume_holds
from services.review.reviewers.rules import Role
from tests.integration.review_api.parts import add_cases, held, opened

STATE = "select state from cases where case_id = 'one'"


async def test_who_skips_is_not_offered_it_again_until_somebody_else_skips_too(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one", "two")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        claim = await amal.claim_one()
        assert claim.case_id == "one"
        skipped = await amal.post(
            "/api/v1/cases/one/skip", {"lease_token": claim.token, "reason": "not my topic"}
        )
        assert skipped.status_code == 200, skipped.text
        assert [c["case_id"] for c in await amal.claim(size=9)] == ["two"]
        theirs = await sana.claim_one()
        assert theirs.case_id == "one"
        await sana.post("/api/v1/cases/one/skip", lease=theirs.token)
        assert [c["case_id"] for c in await amal.claim(size=9)] == ["one"]


async def test_a_held_case_waits_for_its_holder_who_takes_it_up_again(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        senior = await desk.reviewer("Omar", Role.SENIOR)
        claim = await amal.claim_one()
        answer = await amal.post("/api/v1/cases/one/hold", {"hours": 2}, lease=claim.token)
        assert answer.status_code == 200, answer.text
        assert await desk.fetch(STATE) == [("held",)]
        assert await sana.claim() == []
        assert (await amal.decide(claim)).json()["what"] == "held"
        refused = await sana.post("/api/v1/cases/one/claim")
        assert (refused.status_code, refused.json()["code"]) == (409, "held")
        assert refused.json()["by"]["name"] == "Amal"
        again = held((await amal.post("/api/v1/cases/one/claim")).json())
        assert again.case["state"] == "queued"
        await amal.post("/api/v1/cases/one/hold", {"hours": 2}, lease=again.token)
        assert (await senior.post("/api/v1/cases/one/claim")).status_code == 200


async def test_a_hold_that_is_over_brings_the_case_back(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        claim = await amal.claim_one()
        await amal.post("/api/v1/cases/one/hold", lease=claim.token)
        await desk.execute("update cases set held_until = now() - interval '1 s'")
        async with desk.database.as_worker() as session:
            assert await resume_holds(session) == 1
        assert (await sana.claim_one()).case_id == "one"


async def test_an_escalated_cluster_goes_to_those_who_may_take_it(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one", "more", cluster="k")
        amal, senior = await desk.reviewer("Amal"), await desk.reviewer("Omar", Role.SENIOR)
        claim = await amal.claim_one()
        silent = await amal.post("/api/v1/cases/one/escalate", lease=claim.token)
        assert silent.json()["errors"][0]["pointer"] == "/reason"
        answer = await amal.post(
            "/api/v1/cases/one/escalate", {"reason": "a threat?"}, lease=claim.token
        )
        assert answer.json()["case_ids"] == ["more", "one"]
        assert await desk.fetch("select distinct state, queue_id from cases") == [
            ("escalated", "escalations")
        ]
        assert await amal.claim() == []
        assert (await amal.post("/api/v1/cases/one/claim")).status_code == 403
        theirs = await senior.claim_one("escalations")
        assert (await senior.decide(theirs)).status_code == 201


async def test_an_assigned_case_is_offered_to_that_person_first_and_to_nobody_else(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "graver", "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        lena = await desk.reviewer("Lena")
        claim = held((await amal.post("/api/v1/cases/one/claim")).json())
        answer = await amal.post(
            "/api/v1/cases/one/assign", {"reviewer_id": "sana@example.org"}, lease=claim.token
        )
        assert answer.json()["assigned_to"]["name"] == "Sana"
        assert [c["case_id"] for c in await lena.claim(size=9)] == ["graver"]
        refused = await lena.post("/api/v1/cases/one/claim")
        assert (refused.status_code, refused.json()["by"]["name"]) == (409, "Sana")
        assert (await sana.claim_one()).case_id == "one"


async def test_a_case_is_assigned_only_to_who_may_take_it(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        auditor = await desk.reviewer("Omar", Role.AUDITOR)
        elsewhere = await desk.reviewer("Sana", platforms=("yt",))
        claim = await amal.claim_one()
        for person in (auditor.reviewer_id, elsewhere.reviewer_id, "nobody"):
            answer = await amal.post(
                "/api/v1/cases/one/assign", {"reviewer_id": person}, lease=claim.token
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "not_assignable")
        assert (await amal.decide(claim)).status_code == 201


@pytest.mark.parametrize("verb", ["skip", "hold", "escalate", "assign"])
async def test_without_the_lease_nothing_is_done(database_url: str, verb: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        claim = await amal.claim_one()
        body = {"reason": "because", "reviewer_id": amal.reviewer_id}
        path = f"/api/v1/cases/one/{verb}"
        assert (await sana.post(path, body, lease=claim.token)).status_code == 409
        assert (await sana.post(path, body, lease="made up")).status_code == 409
        assert (await sana.post(path, body)).status_code == 422
        assert await desk.fetch(STATE) == [("queued",)]
        assert (await amal.post(path, body, lease=claim.token)).status_code == 200
        assert (await amal.post(path, body, lease=claim.token)).status_code == 409
