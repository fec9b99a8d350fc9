"""Claims and leases: who gets what, and what a lease is worth."""

import asyncio

import pytest

from services.review.reviewers.rules import Role
from tests.integration.review_api.parts import Desk, Json, add_cases, held, opened

CLAIMERS = 64


async def _why(desk: Desk, token: str, queue: str = "other") -> object:
    answer = await desk.client(token).post(f"/api/v1/queues/{queue}/claims", json={"size": 1})
    body = answer.json()
    assert body["claims"] == []
    return body["reason"]


async def _expire(desk: Desk) -> None:
    """As if the leases had run out a moment ago."""
    await desk.execute(
        "update queue_entries set lease_expires_at = now() - interval '1 second'"
        " where lease_id is not null"
    )


async def test_many_claimers_at_once_never_get_the_same_case(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, *(f"case{number:02}" for number in range(40)))
        people = [await desk.reviewer(f"Person{number}") for number in range(8)]

        async def one(number: int) -> list[Json]:
            return await people[number % 8].claim(size=1)

        claims = await asyncio.gather(*(one(number) for number in range(CLAIMERS)))
        got = [str(claim["case_id"]) for each in claims for claim in each]
        assert len(got) == len(set(got)) == 40
        tokens = await desk.fetch("select count(distinct lease_token_sha256) from queue_entries")
        assert tokens == [(40,)]


async def test_a_claim_is_filled_from_behind_what_others_are_just_taking(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, *(f"case{number:02}" for number in range(20)))
        amal = await desk.reviewer("Amal")
        async with desk.connection.transaction():
            await desk.execute(
                "select from queue_entries order by key desc, entry_id limit 9 for update"
            )
            assert len(await amal.claim(size=3)) == 3


async def test_the_graver_case_is_claimed_first_across_languages(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "mild", key=1.0)
        await add_cases(desk, "grave", language="ur", key=100.0)
        await add_cases(desk, "middle", language="ar", key=50.0)
        amal = await desk.reviewer("Amal")
        claims = await amal.claim(size=3)
        assert [claim["case_id"] for claim in claims] == ["grave", "middle", "mild"]


async def test_a_claim_says_why_it_gave_nothing(database_url: str) -> None:
    async with opened(database_url) as desk:
        english = await desk.reviewer("Amal", languages=("en",))
        urdu = await desk.reviewer("Sana", languages=("ur",))
        assert await _why(desk, english.token) == "empty"
        await add_cases(desk, "ur1", language="ur")
        assert await _why(desk, english.token) == "not_eligible"
        await urdu.claim_one()
        assert await _why(desk, urdu.token) == "all_leased"
        assert await _why(desk, english.token) == "not_eligible"


async def test_a_queue_that_is_not_there_or_not_granted_is_refused(database_url: str) -> None:
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal", queues=("other",))
        for queue, status in [("none", 404), ("escalations", 403), ("appeals", 403)]:
            answer = await amal.post(f"/api/v1/queues/{queue}/claims", {"size": 1})
            assert answer.status_code == status, queue
        for size in (0, 21, 1.5, "2", True):
            answer = await amal.post("/api/v1/queues/other/claims", {"size": size})
            assert answer.status_code == 422, size


async def test_an_expired_lease_is_free_by_the_claim_itself(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        first = await amal.claim_one()
        assert await sana.claim() == []
        await _expire(desk)
        second = await sana.claim_one()
        assert second.case_id == first.case_id
        assert second.token != first.token


async def test_an_expired_lease_can_neither_be_kept_nor_decide(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        claim = await amal.claim_one()
        await _expire(desk)
        beat = await amal.post(f"/api/v1/leases/{claim.lease_id}/heartbeat", lease=claim.token)
        decided = await amal.decide(claim)
        for answer in (beat, decided):
            assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")
            assert answer.json()["what"] == "expired"
        assert await desk.fetch("select count(*) from decisions") == [(0,)]


async def test_a_lost_lease_says_who_has_the_case_and_then_who_decided_it(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        lost = await amal.claim_one()
        await _expire(desk)
        claim = await sana.claim_one()
        path = f"/api/v1/leases/{lost.lease_id}/heartbeat"
        answer = (await amal.post(path, lease=lost.token)).json()
        assert (answer["what"], answer["by"]["name"]) == ("leased", "Sana")
        decision = (await sana.decide(claim)).json()["decision_id"]
        answer = (await amal.post(path, lease=lost.token)).json()
        assert (answer["what"], answer["by"]["name"]) == ("decided", "Sana")
        assert answer["decision_id"] == decision


async def test_a_lost_lease_says_who_decided_though_others_of_the_cluster_are_open(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one", "two", cluster="clu")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        lost = await amal.claim_one()
        await _expire(desk)
        claim = await sana.claim_one()
        made = await sana.decide(claim, cluster=False)
        decision = made.json()["decision_id"]
        late = (await amal.decide(lost)).json()
        assert (late["what"], late["by"]["name"]) == ("decided", "Sana")
        assert late["decision_id"] == decision
        own = await sana.post(f"/api/v1/leases/{claim.lease_id}/heartbeat", lease=claim.token)
        assert (own.json()["what"], own.json()["decision_id"]) == ("decided", decision)
        skipped = await amal.post("/api/v1/cases/two/skip", lease=lost.token)
        assert (skipped.json()["what"], skipped.json()["by"]) == ("expired", None)


async def test_a_heartbeat_keeps_the_lease_and_needs_the_right_token(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        claim = await amal.claim_one()
        path = f"/api/v1/leases/{claim.lease_id}"
        await desk.execute("update queue_entries set lease_expires_at = now() + interval '9 s'")
        ends = (await amal.post(f"{path}/heartbeat", lease=claim.token)).json()["expires_at"]
        ((stored,),) = await desk.fetch(
            "select lease_expires_at > now() + interval '100 s' from queue_entries"
        )
        assert stored is True
        assert ends
        wrong = await amal.post(f"{path}/heartbeat", lease="not-the-token")
        foreign = await sana.post(f"{path}/heartbeat", lease=claim.token)
        assert {wrong.status_code, foreign.status_code} == {409}
        assert (await amal.client.post(f"{path}/heartbeat")).status_code == 422


async def test_a_lease_given_back_is_free_at_once_and_giving_it_back_twice_is_safe(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        claim = await amal.claim_one()
        path, headers = f"/api/v1/leases/{claim.lease_id}", {"Lease-Token": claim.token}
        assert (await amal.client.delete(path, headers=headers)).status_code == 204
        assert (await amal.client.delete(path, headers=headers)).status_code == 204
        await sana.claim_one()
        answer = await amal.client.delete(path, headers=headers)
        assert (answer.status_code, answer.json()["by"]["name"]) == (409, "Sana")


async def test_a_cluster_is_claimed_as_one(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "a", "b", "c", cluster="k")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        claim = await amal.claim_one()
        assert claim.case_id == "a"  # the one that goes first
        assert claim.case["cluster"] == {
            "cluster_id": "k",
            "cluster_version": 1,
            "size": 3,
            "case_ids": ["a", "b", "c"],
        }
        assert await sana.claim() == []
        answer = await sana.post("/api/v1/cases/c/claim")
        assert (answer.status_code, answer.json()["code"]) == (409, "leased")
        assert answer.json()["by"]["name"] == "Amal"


async def test_claiming_a_case_of_ones_own_anew_kills_the_older_token(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        amal = await desk.reviewer("Amal")
        older = await amal.claim_one()
        newer = held((await amal.post("/api/v1/cases/one/claim")).json())
        assert (await amal.decide(older)).json()["code"] == "lease_lost"
        assert (await amal.decide(newer)).status_code == 201


async def test_claiming_by_id_at_once_gives_the_case_to_one_person(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        people = [await desk.reviewer(f"Person{number}") for number in range(8)]
        answers = await asyncio.gather(
            *(person.post("/api/v1/cases/one/claim") for person in people)
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_entries_for_others_are_never_offered(database_url: str) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "excluded", "assigned", "parked", "secret", "free")
        amal, sana = await desk.reviewer("Amal"), await desk.reviewer("Sana")
        for change in (
            f"excluded_reviewers = array['{amal.reviewer_id}'] where entry_id = 'clu-excluded'",
            f"assigned_to = '{sana.reviewer_id}' where entry_id = 'clu-assigned'",
            "parked = true where entry_id = 'clu-parked'",
            "clearance = 2 where entry_id = 'clu-secret'",
        ):
            await desk.execute(f"update queue_entries set {change}")
        await desk.execute(
            "insert into queue_lanes values ('other', 'en', 2, 'x') on conflict do nothing"
        )
        claims = await amal.claim(size=20)
        assert [claim["case_id"] for claim in claims] == ["free"]
        claims = await sana.claim(size=20)
        assert [claim["case_id"] for claim in claims] == ["assigned", "excluded"]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
async def test_who_does_not_review_cannot_claim(database_url: str, role: Role) -> None:
    async with opened(database_url) as desk:
        await add_cases(desk, "one")
        person = await desk.reviewer("Omar", role)
        for path in ("/api/v1/queues/other/claims", "/api/v1/cases/one/claim"):
            answer = await person.post(path, {"size": 1})
            assert (answer.status_code, answer.json()["code"]) == (403, "no_right")
        assert (await person.get("/api/v1/cases/one")).status_code == 200


async def test_with_more_lanes_than_are_read_at_once_every_lane_is_still_found(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        for number in range(70):
            await desk.execute(
                "insert into queue_lanes values ('other', $1, 1, 'x')", f"l{number:02}"
            )
        await add_cases(desk, "last", language="l69")
        amal = await desk.reviewer("Amal")
        assert (await amal.claim_one()).case_id == "last"
