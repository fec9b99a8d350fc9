"""Metrics of the report edge. The help says what to do when one moves."""

from prometheus_client import Counter, Gauge, Histogram

ACCEPTED = Counter(
    "mizan_ingest_accepted_total",
    "Reports and appeals that Kafka acknowledged. Falls to zero while requests come: look at "
    "mizan_ingest_refused_total, then at Kafka.",
    ["platform", "kind"],
)
REFUSED = Counter(
    "mizan_ingest_refused_total",
    "Requests and bulk lines refused, by problem. One platform rising: its client changed, tell "
    "it. kafka_away, overloaded, backlog or not_ready: the fault is here.",
    ["platform", "code"],
)
WARNED = Counter(
    "mizan_ingest_warned_total",
    "Optional fields left out of what was accepted, by what was wrong. Rising: tell the platform, "
    "its reports arrive poorer than it thinks.",
    ["platform", "code"],
)
IN_FLIGHT = Gauge(
    "mizan_ingest_in_flight",
    "Records handed to Kafka and not acknowledged yet. At its cap: Kafka is slow or away and new "
    "reports are answered 503.",
)
SECONDS_TO_ACK = Histogram(
    "mizan_ingest_ack_seconds",
    "Time from handing a report to the producer to its acknowledgement. Growing: the broker's "
    "disk or network; past 1.5 s the client is told 503.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0),
)
PRODUCER_REPLACED = Counter(
    "mizan_ingest_producer_replaced_total",
    "Times that the producer was given up for a fresh one. More than once after a broker lost "
    "data: check the log's health.",
)
REFERENCE_AGE = Gauge(
    "mizan_ingest_reference_age_seconds",
    "Since the broker last confirmed that platforms and policies are current. Past 10 s the edge "
    "answers 503, because a revoked key might still seem valid: check Kafka.",
)
REFERENCE_UNREADABLE = Gauge(
    "mizan_ingest_reference_unreadable",
    "Reference records that could not be read since start; the ones before them stand. Any at "
    "all: find the writer that is newer than this edge, or broken.",
)
BACKLOG = Gauge(
    "mizan_ingest_backlog",
    "1 while a consumer lags by more than half of the retention, by group; reports are then "
    "refused. Bring that consumer back.",
    ["group"],
)
BEHIND = Gauge(
    "mizan_ingest_behind_records",
    "Records that a group has not taken yet, as the edge sees it; it goes on when nobody of that "
    "group is left to say so itself. Growing: bring that consumer back.",
    ["group"],
)
CRASHES = Counter(
    "mizan_ingest_crashes_total",
    "Requests that ended in an error of our own (500). Any at all is a fault in the edge: read "
    "the log event request_crashed.",
)
