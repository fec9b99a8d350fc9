"""What the release of events counts."""

from prometheus_client import Counter, Gauge, Histogram

OUTBOX_AGE = Gauge(
    "mizan_outbox_age_seconds",
    "Age of the oldest event that is due and not released, 0 when there is none. If it grows, the"
    " relay has no leader or the database is slow: look at mizan_duty_leader for outbox-relay.",
)
UNPUBLISHED_AGE = Gauge(
    "mizan_events_unpublished_age_seconds",
    "Age of the oldest released event that is not on the topic decisions yet, 0 when all are."
    " If it grows, Kafka is away; webhooks go on without it.",
)
EVENTS_RELEASED = Counter(
    "mizan_events_released_total",
    "Events released to platforms, by type. None while reviewers decide: see"
    " mizan_outbox_age_seconds.",
    ["type"],
)
DRAFTS_BROKEN = Counter(
    "mizan_drafts_broken_total",
    "Drafts set aside because no event could be made of them. Any at all is a fault of ours: they"
    " are the rows of outbox with release_at = infinity; the log names the field.",
)
TIME_TO_DECISION = Histogram(
    "mizan_time_to_decision_seconds",
    "From the acceptance of a case's first report to the decision that settled it, told once its"
    " undo window is over; of live traffic. This is the promise to platforms: if it grows, see"
    " mizan_queue_oldest_age_seconds and move reviewers to the queue.",
    ["queue"],
    buckets=(10, 60, 300, 900, 1800, 3600, 14400, 43200, 86400, 172800, 259200, 604800),
)
