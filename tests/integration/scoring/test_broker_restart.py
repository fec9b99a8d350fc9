"""A broker that dies and comes back is waited for: nothing is lost and nothing is dead-lettered."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

from deploy.local.kafka import Broker
from deploy.local.launch import listening, start
from deploy.local.warm_start import ensure_kafka
from shared.contracts.topics import FINGERPRINTS, REPORTS
from tests.integration.scoring.parts import read, send, worker
from tests.integration.scoring.test_score_role import reports, scored_ids
from tests.ports import free_port
from tests.real_parts import make_topics
from tests.waiting import eventually, eventually_true


@contextlib.contextmanager
def running(broker: Broker) -> Iterator[None]:
    """Until the end of the block, then dead without a warning."""
    process = start(broker.launch())
    try:
        eventually_true(lambda: listening(broker.port))
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


async def test_both_roles_outlive_a_broker_that_is_killed(tmp_path: Path) -> None:
    broker = Broker(
        folder=tmp_path / "kafka",
        jars=ensure_kafka(),
        port=free_port(),
        controller_port=free_port(),
        log=tmp_path / "kafka.log",
    )
    broker.prepare()
    sent = reports(400)
    with contextlib.ExitStack() as roles:
        with running(broker):
            await make_topics(broker.bootstrap)
            await send(broker.bootstrap, REPORTS, sent[:200])
            score, match = (
                roles.enter_context(worker(broker.bootstrap, tmp_path, "services.scoring", role))
                for role in ("score", "match")
            )
            score.wait_ready()
            match.wait_ready()
        with running(broker):
            await make_topics(broker.bootstrap)
            await send(broker.bootstrap, REPORTS, sent[200:])

            async def all_scored() -> bool:
                return await scored_ids(broker.bootstrap) == {key.decode() for key, _ in sent}

            await eventually(all_scored)
            for process in (score, match):
                process.wait_ready()
                assert process.metric("mizan_scoring_dead_letters_total") == 0
                assert process.terminate() == 0
            for topic in (REPORTS, FINGERPRINTS):
                assert await read(broker.bootstrap, topic.dead_letter, topic.partitions) == []
