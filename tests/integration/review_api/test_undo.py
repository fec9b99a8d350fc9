"""A decision is taken back whole, before anybody is told, or not at all."""

import asyncio

from services.review.decisions.release import release_due
from services.review.reviewers.rules import Role
from tests.integration.review_api.parts import Desk, Person, add_cases, opened
from tests.waiting import eventually

WAITING = (
    "select count(*) from pg_stat_activity"
    " where wait_event_type = 'Lock' and datname = current_database()"
)
STATES = "select case_id, state from cases order by case_id"


async def _decided(desk: Desk, person: Person, **changes: object) -> str:
    answer = await person.decide(await person.claim_one(), **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["decision_id"])


async def _release(desk: Desk) -> int:
    async with desk.database.as_worker() as session:
        return await release_due(session, review_url="http://desk", most=100)


async def test_undo_opens_all_that_was_decided_together_and_gives_a_fresh_lease(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", cluster="k")
        amal = await desk.reviewer("Amal")
        decision_id = await _decided(desk, amal)
        answer = await amal.post(f"/api/v1/decisions/{decision_id}/undo", {"reason": "slip"})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["state"], body["case_ids"]) == ("undone", ["a", "b"])
        assert await desk.fetch(STATES) == [("a", "queued"), ("b", "queued")]
        assert await desk.fetch("select count(*) from outbox") == [(0,)]
        assert await desk.fetch("select distinct state from decisions") == [("undone",)]
        case = (await amal.get("/api/v1/cases/a")).json()
        assert case["lease"]["mine"] is True
        seen = {
            "content_digest": case["content_digest"],
            "cluster_version": case["cluster"]["cluster_version"],
        }
        again = await amal.post(
            "/api/v1/cases/a/decisions",
            {
                "lease_token": body["lease"]["token"],
                "finding": "no_violation",
                "seen": seen,
            },
        )
        assert again.status_code == 201, again.text


async def test_an_undone_decision_is_never_sent(database_url: str) -> None:
    async with opened(database_url, undo_seconds=0.5) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        decision_id = await _decided(desk, amal)
        undone = await amal.post(f"/api/v1/decisions/{decision_id}/undo")
        assert undone.status_code == 200, undone.text
        await desk.execute("update outbox set release_at = now() - interval '1 s'")
        assert await _release(desk) == 0
        assert await desk.fetch("select count(*) from events") == [(0,)]


async def test_after_the_window_a_decision_stands(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        decision_id = await _decided(desk, amal)
        await desk.execute("update decisions set undo_until = now() - interval '1 s'")
        answer = await amal.post(f"/api/v1/decisions/{decision_id}/undo")
        assert (answer.status_code, answer.json()["code"]) == (409, "undo_window_over")
        assert await desk.fetch(STATES) == [("one", "decided")]
        assert await desk.fetch("select count(*) from outbox") == [(1,)]


async def test_what_was_released_cannot_be_undone_whatever_the_time(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", cluster="k")
        amal = await desk.reviewer("Amal")
        decision_id = await _decided(desk, amal)
        await desk.execute("update outbox set release_at = now() where subject_id = 'x:post:b'")
        assert await _release(desk) == 1
        answer = await amal.post(f"/api/v1/decisions/{decision_id}/undo")
        assert (answer.status_code, answer.json()["code"]) == (409, "undo_window_over")
        assert await desk.fetch("select distinct state from decisions") == [("final",)]
        assert await desk.fetch("select count(*) from outbox") == [(1,)]


async def test_undo_waits_for_a_release_under_way_and_then_refuses(database_url: str) -> None:
    """The release holds its row lock while the undo begins, and commits only then."""
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        decision_id = await _decided(desk, amal)
        await desk.execute("update outbox set release_at = now() - interval '1 s'")
        async with desk.database.as_worker() as session:
            assert await release_due(session, review_url="http://desk", most=10) == 1
            undoing = asyncio.create_task(amal.post(f"/api/v1/decisions/{decision_id}/undo"))
            await _until_somebody_waits(desk)
        answer = await undoing
        assert (answer.status_code, answer.json()["code"]) == (409, "undo_window_over")
        assert await desk.fetch("select state from decisions") == [("final",)]
        assert await desk.fetch("select count(*) from events") == [(1,)]


async def test_undone_or_released_but_never_both(database_url: str) -> None:
    async with opened(database_url) as desk:
        names = [f"case{number:02}" for number in range(16)]
        await add_cases(desk, *names)
        amal = await desk.reviewer("Amal")
        made = [await _decided(desk, amal) for _ in names]
        await desk.execute("update outbox set release_at = now()")
        undos = [amal.post(f"/api/v1/decisions/{decision_id}/undo") for decision_id in made]
        releasing = asyncio.create_task(_release_often(desk))  # one at a time, as the relay does
        answers = await asyncio.gather(*undos)
        await releasing
        undone = {
            decision_id
            for decision_id, answer in zip(made, answers, strict=True)
            if answer.status_code == 200
        }
        await _release(desk)
        sent = {row[0] for row in await desk.fetch("select decision_id from events")}
        assert undone | sent == set(made)
        assert not undone & sent


async def test_undo_twice_at_once_is_done_once(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        decision_id = await _decided(desk, amal)
        answers = await asyncio.gather(
            *(amal.post(f"/api/v1/decisions/{decision_id}/undo") for _ in range(6))
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
        events = "select count(*) from case_events where event = 'decision_undone'"
        assert await desk.fetch(events) == [(1,)]


async def test_only_who_decided_or_a_senior_may_undo(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        senior = await desk.reviewer("Omar", Role.SENIOR)
        decision_id = await _decided(desk, amal)
        path = f"/api/v1/decisions/{decision_id}/undo"
        assert (await sana.post(path)).status_code == 403
        assert (await senior.post(path)).status_code == 200
        assert (await senior.post("/api/v1/decisions/none/undo")).status_code == 404


async def test_the_old_request_does_not_come_back_to_life_after_an_undo(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        decision_id = (await amal.decide(claim)).json()["decision_id"]
        await amal.post(f"/api/v1/decisions/{decision_id}/undo")
        answer = await amal.decide(claim)
        assert (answer.status_code, answer.json()["code"]) == (409, "decision_undone")


async def test_undo_does_not_open_a_second_case_beside_a_newer_one(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        decision_id = await _decided(desk, amal)
        await add_cases(desk, "newer")
        await desk.execute("update cases set subject_id = 'x:post:one' where case_id = 'newer'")
        answer = await amal.post(f"/api/v1/decisions/{decision_id}/undo")
        assert (answer.status_code, answer.json()["code"]) == (409, "superseded")


async def test_undo_leaves_the_lease_of_who_has_the_rest_and_makes_them_look_again(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", "c", cluster="k")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        decision_id = await _decided(desk, amal, cluster=False)
        theirs = await sana.claim_one()
        answer = (await amal.post(f"/api/v1/decisions/{decision_id}/undo")).json()
        assert answer["lease"] is None
        assert (await sana.decide(theirs)).json()["code"] == "cluster_changed"


async def _release_often(desk: Desk) -> None:
    for _ in range(5):
        await _release(desk)


async def _until_somebody_waits(desk: Desk) -> None:
    async def waiting() -> bool:
        return await desk.fetch(WAITING) != [(0,)]

    await eventually(waiting, what="the undo waits for the lock of the release")
