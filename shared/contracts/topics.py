"""The registry of topics. The local broker and the cluster are both set up from it.

A partition count never changes: growth is a topic of a new version. Topics of parts that are not
built yet (referrals, orders, banks) join with their first producer.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from shared.contracts.appeal import Appeal
from shared.contracts.decision import AppealEvent, DecisionEvent, QuarantineEvent
from shared.contracts.fingerprint import Fingerprint
from shared.contracts.match import Match
from shared.contracts.message import Message
from shared.contracts.reference import PlatformRecord, PolicyRecord, WatchListRecord
from shared.contracts.report import Report
from shared.contracts.scored_report import ScoredReport

DUPLICATE_WINDOW = timedelta(days=30)
DEAD_LETTER_SUFFIX = ".dead-letter"


class Service(StrEnum):
    INGEST = "ingest"
    SCORING = "scoring"
    REVIEW = "review"
    SUBSCRIBERS = "subscribers"


class Kind(StrEnum):
    LOG = "log"
    COMPACTED = "compacted"


@dataclass(frozen=True)
class Topic:
    """`key` says in words what a record is keyed by. A log topic is stamped by the broker
    (LogAppendTime) and, where it has consumers here, has a dead-letter topic.
    """

    name: str
    contracts: tuple[type[Message], ...]
    key: str
    producer: Service
    consumers: tuple[Service, ...]
    partitions: int
    kind: Kind
    retention: timedelta | None

    @cached_property
    def is_dead_letter(self) -> bool:
        return self.name.endswith(DEAD_LETTER_SUFFIX)

    @cached_property
    def dead_letter(self) -> str:
        return self.name + DEAD_LETTER_SUFFIX


def _log(
    name: str,
    *contracts: type[Message],
    key: str,
    producer: Service,
    consumers: tuple[Service, ...],
    partitions: int = 4,
    retention: timedelta = timedelta(days=7),
) -> Topic:
    return Topic(name, contracts, key, producer, consumers, partitions, Kind.LOG, retention)


def _reference(name: str, contract: type[Message], consumers: tuple[Service, ...]) -> Topic:
    return Topic(name, (contract,), "id", Service.REVIEW, consumers, 1, Kind.COMPACTED, None)


REPORTS = _log(
    "reports", Report, key="report id", producer=Service.INGEST, consumers=(Service.SCORING,)
)
APPEALS = _log(
    "appeals",
    Appeal,
    key="decision id",
    producer=Service.INGEST,
    consumers=(Service.REVIEW,),
)
FINGERPRINTS = _log(
    "fingerprints",
    Fingerprint,
    key="exact key",
    producer=Service.SCORING,
    consumers=(Service.SCORING,),
    retention=DUPLICATE_WINDOW,
)
SCORED_REPORTS = _log(
    "scored-reports",
    ScoredReport,
    key="report id",
    producer=Service.SCORING,
    consumers=(Service.REVIEW,),
)
MATCHES = _log(
    "matches",
    Match,
    key="younger subject id",
    producer=Service.SCORING,
    consumers=(Service.REVIEW,),
)
DECISIONS = _log(
    "decisions",
    DecisionEvent,
    AppealEvent,
    QuarantineEvent,
    key="subject id",
    producer=Service.REVIEW,
    consumers=(Service.SUBSCRIBERS,),
    retention=timedelta(days=3650),
)
PLATFORMS = _reference("platforms", PlatformRecord, (Service.INGEST,))
POLICIES = _reference("policies", PolicyRecord, (Service.INGEST, Service.SCORING))
WATCH_LISTS = _reference("watch-lists", WatchListRecord, (Service.SCORING,))

TOPICS: tuple[Topic, ...] = (
    REPORTS,
    APPEALS,
    FINGERPRINTS,
    SCORED_REPORTS,
    MATCHES,
    DECISIONS,
    PLATFORMS,
    POLICIES,
    WATCH_LISTS,
)


def dead_letter_topics() -> tuple[Topic, ...]:
    """One for each log topic that a service here consumes; same key and partitions, 30 days."""
    return tuple(
        Topic(
            topic.dead_letter,
            (),
            topic.key,
            topic.consumers[0],
            (Service.REVIEW,),
            topic.partitions,
            Kind.LOG,
            timedelta(days=30),
        )
        for topic in TOPICS
        if topic.kind is Kind.LOG and Service.SUBSCRIBERS not in topic.consumers
    )


def all_topics() -> tuple[Topic, ...]:
    return TOPICS + dead_letter_topics()
