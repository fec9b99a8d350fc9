"""Score processes that join, die and leave under load lose nothing between them."""

import asyncio
import itertools
import signal
from collections import Counter
from pathlib import Path

from services.scoring.worker import GROUP
from shared.contracts.codec import decode
from shared.contracts.scored_report import ScoredReport
from shared.contracts.topics import REPORTS, SCORED_REPORTS
from tests.integration.scoring.parts import Worker, committed, producer, read, worker
from tests.integration.scoring.test_score_role import reports, unscored_but_committed
from tests.waiting import eventually

SCORE = ("services.scoring", "score")
SMALL_BATCHES = {"MIZAN_SCORE_BATCH": "20"}


class Traffic:
    """Reports without end, until told that it is enough."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.sent: set[str] = set()
        self.enough = asyncio.Event()

    async def flow(self) -> None:
        supply = iter(reports(100_000))
        async with producer(self._bootstrap) as client:
            while not self.enough.is_set():
                some = list(itertools.islice(supply, 50))
                sent = [await client.send(REPORTS.name, value, key=key) for key, value in some]
                await asyncio.gather(*sent)
                self.sent |= {key.decode() for key, _ in some}
                await asyncio.sleep(0.05)


async def times_scored(bootstrap: str) -> Counter[str]:
    records = await read(bootstrap, SCORED_REPORTS.name, SCORED_REPORTS.partitions)
    return Counter(decode(ScoredReport, record.value).report.report_id for record in records)


async def until_it_scores(process: Worker) -> None:
    """It has partitions of its own and sends on what is on them."""
    process.wait_ready()
    before = process.metric("mizan_scoring_reports_total")

    async def more() -> bool:
        return process.metric("mizan_scoring_reports_total") > before + 40

    await eventually(more, what=f"it scores; {process.log}")


async def test_a_process_that_joins_is_killed_or_leaves_under_load_loses_nothing(
    fresh_topics: str, tmp_path: Path
) -> None:
    traffic = Traffic(fresh_topics)
    with (
        worker(fresh_topics, tmp_path, *SCORE, settings=SMALL_BATCHES) as first,
        worker(fresh_topics, tmp_path, *SCORE, settings=SMALL_BATCHES) as killed,
    ):
        flowing = asyncio.create_task(traffic.flow())
        await until_it_scores(first)
        await until_it_scores(killed)
        killed.process.send_signal(signal.SIGKILL)

        async def work_is_stranded() -> bool:
            return len(traffic.sent) - len(await times_scored(fresh_topics)) > 40

        await eventually(work_is_stranded, what="the dead one had partitions under load")
        with worker(fresh_topics, tmp_path, *SCORE, settings=SMALL_BATCHES) as joining:
            await until_it_scores(joining)
            assert first.terminate() == 0
            traffic.enough.set()
            await flowing

            async def all_passed() -> bool:
                ends = sum((await committed(fresh_topics, GROUP, REPORTS)).values())
                return ends >= len(traffic.sent)

            await eventually(all_passed)
            assert joining.terminate() == 0
    assert await unscored_but_committed(fresh_topics) == set()
    assert (await times_scored(fresh_topics)).keys() == traffic.sent
