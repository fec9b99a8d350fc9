"""What is asked one by one is done together, and each is answered for itself."""

import asyncio
from collections.abc import Sequence

import pytest

from services.ingest.gathering import Gathering
from tests.unit.ingest.edge_parts import EdgeUnderTest, body, headers


class Halving:
    """Cannot halve what is odd."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append([*numbers])
        if any(number % 2 for number in numbers):
            raise ValueError("an odd number")
        return [number // 2 for number in numbers]


async def test_what_is_asked_in_one_turn_is_done_together_and_answered_in_order() -> None:
    halving = Halving()
    gathering = Gathering(halving, most=5)
    assert await asyncio.gather(*map(gathering.ask, (2, 4, 6))) == [1, 2, 3]
    assert await gathering.ask(8) == 4
    assert halving.asked == [[2, 4, 6], [8]]


async def test_other_work_gets_its_turn_after_so_many() -> None:
    halving = Halving()
    gathering = Gathering(halving, most=2)
    seen: list[int] = []
    answers = [gathering.ask(number) for number in (2, 4, 6, 8, 10)]
    while not all(answer.done() for answer in answers):
        await asyncio.sleep(0)
        seen.append(sum(answer.done() for answer in answers))
    assert seen == [2, 4, 5]
    assert halving.asked == [[2, 4], [6, 8], [10]]


async def test_what_fails_for_one_fails_for_that_one() -> None:
    gathering = Gathering(Halving(), most=5)
    first, second, third = await asyncio.gather(
        *map(gathering.ask, (2, 3, 4)), return_exceptions=True
    )
    assert (first, third) == (1, 2)
    assert isinstance(second, ValueError)
    with pytest.raises(ValueError, match="odd"):
        await gathering.ask(5)
    assert await gathering.ask(6) == 3


async def test_nobody_waits_in_vain_for_one_who_no_longer_waits() -> None:
    gathering = Gathering(Halving(), most=5)
    gone, fails, stays = (gathering.ask(number) for number in (2, 3, 4))
    gone.cancel()
    fails.cancel()
    assert await stays == 2


async def test_of_reports_that_come_together_each_is_answered_for_itself(
    edge: EdgeUnderTest,
) -> None:
    strict = {"prefer": "handling=strict"}
    posted = [
        (headers("mz_live_x"), body(external_id="together", colour="red")),
        (headers("mz_live_x", **strict), body(external_id="strict", colour="red")),
        (headers("mz_live_youtube"), body(external_id="foreign")),
        (headers("mz_test_x"), body(external_id="together")),
        (headers("mz_live_x"), {}),
    ]
    answers = await asyncio.gather(
        *(edge.client.post("/v1/reports", headers=head, json=sent) for head, sent in posted)
    )
    assert [answer.status_code for answer in answers] == [202, 422, 422, 202, 422]
    assert answers[1].json()["code"] == "strict"
    assert answers[2].json()["code"] == "not_this_platform"
    first, fourth = answers[0].json(), answers[3].json()
    assert [one["pointer"] for one in first["warnings"]] == ["/colour"]
    assert fourth["warnings"] == []
    assert first["report_id"] != fourth["report_id"]
    assert [record.key.decode() for record in edge.sent] == [
        first["report_id"],
        fourth["report_id"],
    ]
