"""The short chaos tier: every process dies while it is at work, and everything is accounted for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.failing import WAYS
from tests.chaos.plan import SHORT, Role
from tests.chaos.run import run


async def test_nothing_is_lost_doubled_or_made_up_while_every_process_dies_at_work(
    tmp_path_factory: pytest.TempPathFactory, record_property: Callable[[str, object], None]
) -> None:
    folder: Path = tmp_path_factory.mktemp("chaos")
    outcome = await run(SHORT, folder, print)
    record_property("summary", outcome.text())
    assert outcome.good, outcome.text()
    assert {shot.role for shot in outcome.shots} == set(Role)
    assert outcome.failures.keys() == {way.name for way in WAYS}
    assert outcome.figures["accepted"] == SHORT.reports
