"""Topics are made once, waited for, and never taken for what they are not."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from shared.contracts.topics import MATCHES, POLICIES, REPORTS, Topic
from shared.errors import Transient
from shared.kafka import admin
from shared.kafka.admin import TopicMismatch, check_partitions, ensure_topics

UNKNOWN_TOPIC = 3
Entry = dict[str, object]


@dataclass
class _Made:
    topic_errors: list[tuple[str, int, str]]


@dataclass
class SlowBroker:
    """Stands in for aiokafka's admin client: it names a topic that it was told to make only when
    it was asked `slow` times, and has no partitions for it at first.
    """

    partitions: dict[str, int] = field(default_factory=dict)
    slow: int = 0
    made: list[str] = field(default_factory=list)

    async def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def list_topics(self) -> list[str]:
        return list(self.partitions)

    async def create_topics(self, new: Sequence[object]) -> _Made:
        for topic in new:
            name, count = getattr(topic, "name"), getattr(topic, "num_partitions")  # noqa: B009 — of no known type
            self.made.append(name)
            self.partitions[name] = count
        return _Made([(name, 0, "") for name in self.made])

    async def describe_topics(self, names: Sequence[str]) -> list[Entry]:
        self.slow -= 1
        return [self._entry(name) for name in names]

    def _entry(self, name: str) -> Entry:
        if name not in self.partitions or (name in self.made and self.slow > 0):
            return {"topic": name, "error_code": UNKNOWN_TOPIC, "partitions": []}
        bare = name in self.made and self.slow == 0
        count = 0 if bare else self.partitions[name]
        return {"topic": name, "error_code": 0, "partitions": list(range(count))}


def standing_in(monkeypatch: pytest.MonkeyPatch, broker: SlowBroker) -> None:
    monkeypatch.setattr(admin, "AIOKafkaAdminClient", lambda **_: broker)
    monkeypatch.setattr(admin, "LOOK_SECONDS", 0)


async def test_a_topic_that_was_just_made_is_waited_for_until_it_has_its_partitions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = SlowBroker({POLICIES.name: POLICIES.partitions}, slow=5)
    standing_in(monkeypatch, broker)
    await ensure_topics("", [REPORTS, POLICIES, MATCHES])
    assert sorted(broker.made) == [MATCHES.name, REPORTS.name]
    assert broker.slow < 0


async def test_a_topic_that_is_never_named_is_told_as_something_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standing_in(monkeypatch, SlowBroker(slow=1_000_000))
    monkeypatch.setattr(admin, "NAMED_WITHIN_SECONDS", 0)
    with pytest.raises(Transient, match="topic reports was made and the broker does not name it"):
        await asyncio.wait_for(ensure_topics("", [REPORTS]), 5)


@pytest.mark.parametrize("count", [1, 3, 5])
async def test_another_number_of_partitions_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    standing_in(monkeypatch, SlowBroker({REPORTS.name: count}))
    for check in (ensure_topics, check_partitions):
        with pytest.raises(TopicMismatch, match=f"reports has {count} partitions, .* says 4"):
            await check("", [REPORTS])


@pytest.mark.parametrize("topic", [REPORTS, POLICIES])
async def test_a_reader_is_told_of_a_topic_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, topic: Topic
) -> None:
    standing_in(monkeypatch, SlowBroker())
    with pytest.raises(TopicMismatch, match=f"topic {topic.name} has 0 partitions"):
        await check_partitions("", [topic])
