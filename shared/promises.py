"""What Mizan promises of a running system, in figures: the one place that dashboards, alerts and
`mizan top` take their thresholds from.

A promise names a metric and how it is read, so that PromQL over many processes and a reader of
their pages come to the same figure.
"""

from dataclasses import dataclass
from enum import StrEnum

HOUR = 3600.0
# The longest that a case may wait for its first decision, by lane.
LANE_LIMITS = {"orders": HOUR, "imminent_harm": HOUR, "normal": 24 * HOUR}
# What the edge answers when the fault is on this side.
OWN_FAULTS = ("kafka_away", "overloaded", "backlog", "not_ready")


class Unit(StrEnum):
    """In Grafana's words."""

    SECONDS = "s"
    PART = "percentunit"
    COUNT = "short"


class State(StrEnum):
    KEPT = "kept"
    AT_RISK = "at risk"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ShareWithin:
    """Part (0 to 1) of what a histogram saw that took no longer than `seconds`, one of its
    buckets.
    """

    histogram: str
    seconds: float


@dataclass(frozen=True)
class ShareGood:
    """Part (0 to 1) of all that was good; bad is what has one of `values` in `label`."""

    good: str
    bad: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Largest:
    """The largest sample of all these gauges."""

    gauges: tuple[str, ...]


@dataclass(frozen=True)
class AgainstLimits:
    """The largest sample as a part of the limit that its label names: 1 is the limit."""

    gauge: str
    label: str
    limits: dict[str, float]


@dataclass(frozen=True)
class Total:
    """Sum of all samples."""

    gauge: str


@dataclass(frozen=True)
class Unled:
    """How many values of `label` sum up to 0 over all processes."""

    gauge: str
    label: str


Measure = ShareWithin | ShareGood | Largest | AgainstLimits | Total | Unled


@dataclass(frozen=True)
class Promise:
    """`warn` and `limit` are on the same side: below them where a share is promised, above them
    elsewhere, it is at risk or broken. `remedy` says what to do, to somebody who just came.
    """

    name: str
    title: str
    measure: Measure
    unit: Unit
    warn: float
    limit: float
    remedy: str

    @property
    def falling(self) -> bool:
        """Whether low is bad."""
        return isinstance(self.measure, ShareWithin | ShareGood)

    def state(self, value: float | None) -> State:
        """How the promise stands; None is a figure that nobody gives."""
        if value is None:
            return State.UNKNOWN
        sign = -1 if self.falling else 1
        if sign * value > sign * self.limit:
            return State.BROKEN
        return State.AT_RISK if sign * value > sign * self.warn else State.KEPT


TAKEN = Promise(
    "taken",
    "Reports taken",
    ShareGood("mizan_ingest_accepted_total", "mizan_ingest_refused_total", "code", OWN_FAULTS),
    Unit.PART,
    warn=0.9995,
    limit=0.999,
    remedy="The edge turned reports away for a fault of ours. See Refused by reason on Flow: "
    "kafka_away and overloaded mean the broker, backlog a consumer, not_ready the reference data.",
)
QUEUED = Promise(
    "queued",
    "In the queue within 10 s",
    ShareWithin("mizan_time_to_queue_seconds", 10.0),
    Unit.PART,
    warn=0.995,
    limit=0.99,
    remedy="Reports reach reviewers late. See Lag in seconds on Kafka: the consumer with the lag "
    "is the stage to look at, scoring first, then the sink.",
)
DECIDED = Promise(
    "decided",
    "Decided within 24 h",
    ShareWithin("mizan_time_to_decision_seconds", 86400.0),
    Unit.PART,
    warn=0.97,
    limit=0.95,
    remedy="Platforms wait too long for decisions. See Time to drain on Flow and move reviewers to "
    "the queues that grow.",
)
WAITING = Promise(
    "waiting",
    "Oldest wait, of its limit",
    AgainstLimits("mizan_lane_oldest_age_seconds", "lane", LANE_LIMITS),
    Unit.PART,
    warn=0.75,
    limit=1.0,
    remedy="A case has waited longer than its lane allows. See Oldest wait by lane, then claim "
    "from the queue that Oldest age by queue on Flow names.",
)
TOLD = Promise(
    "told",
    "Events told late by",
    Largest(
        (
            "mizan_outbox_age_seconds",
            "mizan_webhook_oldest_due_seconds",
            "mizan_events_unpublished_age_seconds",
        )
    ),
    Unit.SECONDS,
    warn=30.0,
    limit=60.0,
    remedy="Decisions do not reach platforms. See Delivery: what grows there is the relay, the "
    "topic, or the sender of webhooks.",
)
SEQUENCED = Promise(
    "sequenced",
    "Audit trail behind by",
    Largest(("mizan_audit_waiting_age_seconds",)),
    Unit.SECONDS,
    warn=5.0,
    limit=30.0,
    remedy="Acts have no place in the audit trail yet. See Duties without a leader and the log of "
    "the duty audit-sequencer.",
)
READABLE = Promise(
    "readable",
    "Dead letters open",
    Total("mizan_dead_letters_open"),
    Unit.COUNT,
    warn=0.0,
    limit=10.0,
    remedy="Records could not be read; their reports are seen by nobody. Run `mizan dead-letters "
    "list --group` and follow docs/runbooks/dead-letters.md.",
)
LED = Promise(
    "led",
    "Duties without a leader",
    Unled("mizan_duty_leader", "duty"),
    Unit.COUNT,
    warn=0.0,
    limit=0.0,
    remedy="Work that one process does for all is done by none. See the log of the review workers "
    "and whether the database answers.",
)

PROMISES = (TAKEN, QUEUED, DECIDED, WAITING, TOLD, SEQUENCED, READABLE, LED)
