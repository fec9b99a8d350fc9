"""How often a claim and a decision turn to the database: as often for many cases as for one."""

import pytest
from sqlalchemy import Result, TextClause

from services.review.database.session import Session
from tests.integration.review_api.parts import Desk, add_cases, opened

CLAIM, DECISION = 6, 5


class Counted:
    """Statements since it was last read, those apart that say who asks."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        execute = Session.execute
        self._count = 0

        async def counted(
            session: Session, statement: TextClause, parameters: dict[str, object] | None = None
        ) -> Result[tuple[object, ...]]:
            self._count += "from reviewers join sessions" not in statement.text
            return await execute(session, statement, parameters)

        patch.setattr(Session, "execute", counted)

    def read(self) -> int:
        count, self._count = self._count, 0
        return count


async def test_a_cluster_of_many_takes_no_more_turns_than_one_case(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def turns(desk: Desk, *names: str) -> tuple[int, int]:
        await add_cases(desk, *names, cluster=f"of-{len(names)}")
        counted.read()
        claim = await amal.claim_one()
        claiming = counted.read()
        assert (await amal.decide(claim, cluster=True)).status_code == 201
        return claiming, counted.read()

    counted = Counted(monkeypatch)
    async with opened(database_url) as desk:
        amal = await desk.reviewer("Amal")
        assert await turns(desk, "one") == (CLAIM, DECISION)
        assert await turns(desk, *(f"many{number}" for number in range(20))) == (CLAIM, DECISION)
