"""A flood of reports that are marked imminent does not keep everything else waiting."""

import asyncio

from tests.integration.review_api.parts import Desk, add_cases, opened

FLOOD = tuple(f"imminent{number:03}" for number in range(60))


async def flooded(desk: Desk, *others: str) -> None:
    """Sixty imminent cases, more than a claim reads of a lane, and milder ones that are older."""
    await add_cases(desk, *FLOOD, key=1000.0)
    await desk.execute("update queue_entries set lane = 1")
    await add_cases(desk, *others, key=-1000.0)


async def test_an_old_mild_case_under_a_flood_is_reached_within_the_share(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await flooded(desk, "mild")
        people = [await desk.reviewer(f"Person{number}") for number in range(5)]
        claimed = [(await person.claim_one()).case_id for person in people]
        assert claimed[0] == "imminent000"
        assert "mild" in claimed


async def test_somebody_alone_is_given_milder_cases_too(database_url: str) -> None:
    async with opened(database_url, draw=0.9) as desk:
        await flooded(desk, "mild")
        amal = await desk.reviewer("Amal")
        assert (await amal.claim_one()).case_id == "mild"


async def test_of_twenty_at_work_the_flood_has_four_in_five(database_url: str) -> None:
    async with opened(database_url) as desk:
        await flooded(desk, *(f"mild{number:02}" for number in range(40)))
        amal = await desk.reviewer("Amal")
        claimed = [str(claim["case_id"]) for claim in await amal.claim(size=15)]
        claimed += [(await amal.claim_one()).case_id for _ in range(5)]
        assert len([case for case in claimed if case.startswith("imminent")]) == 16
        assert [case for case in claimed if case.startswith("mild")] == [
            f"mild{number:02}" for number in range(4)
        ]


async def test_with_nothing_else_waiting_imminent_harm_gets_everybody(database_url: str) -> None:
    async with opened(database_url) as desk:
        await flooded(desk)
        amal = await desk.reviewer("Amal")
        assert len(await amal.claim(size=20)) == 20
        assert len({(await amal.claim_one()).case_id for _ in range(10)}) == 10


async def test_who_may_take_no_imminent_case_gets_the_rest_and_the_other_way_round(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await flooded(desk)
        await add_cases(desk, "urdu0", "urdu1", language="ur")
        sana = await desk.reviewer("Sana", languages=("ur",))
        assert [claim["case_id"] for claim in await sana.claim(size=5)] == ["urdu0", "urdu1"]
        amal = await desk.reviewer("Amal", languages=("en",))
        assert len(await amal.claim(size=5)) == 5


async def test_claims_at_the_same_moment_never_get_the_same_case_nor_lose_one(
    database_url: str,
) -> None:
    async with opened(database_url) as desk:
        await flooded(desk, *(f"mild{number}" for number in range(10)))
        people = [await desk.reviewer(f"Person{number}") for number in range(7)]
        claims = await asyncio.gather(*(people[n % 7].claim(size=2) for n in range(35)))
        got = [str(claim["case_id"]) for each in claims for claim in each]
        assert len(got) == len(set(got)) == 70
