"""What the review service counts. Each help text says what to do when the number moves."""

from prometheus_client import Counter, Gauge, Histogram

DUTY_LEADER = Gauge(
    "mizan_duty_leader",
    "1 where this process leads the duty. The sum over processes stays 1; if it is 0 for longer"
    " than ten seconds, look at the log of the review workers for that duty.",
    ["duty"],
)
DUTY_FAILURES = Counter(
    "mizan_duty_failures_total",
    "Times that a duty gave up its turn because of an error. A steady rise means that its"
    " dependency is away or that a record wedges it: the log names the error.",
    ["duty", "error"],
)
DUTY_LAST_TURN = Gauge(
    "mizan_duty_last_turn_timestamp_seconds",
    "When the loop of a duty last turned, in seconds since 1970. If it stands still while this"
    " process leads, restart the process: the duty moves elsewhere.",
    ["duty"],
)
TIME_TO_QUEUE = Histogram(
    "mizan_time_to_queue_seconds",
    "From the acceptance of a report by the broker to its row in the database. If it grows, look"
    " at the lag of the consumers: scoring first, then the sink.",
    ["platform"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200),
)
CONSUMER_LAG = Gauge(
    "mizan_consumer_lag_seconds",
    "Age of the oldest record that a consumer has not taken yet, 0 when it has all. If it grows"
    " steadily the consumer is too slow or stuck.",
    ["consumer"],
)
CONSUMER_LAG_RECORDS = Gauge(
    "mizan_consumer_lag_records",
    "Records that a consumer has not taken yet. High while mizan_consumer_lag_seconds stays low: a"
    " burst that is being worked off, nothing to do. Both growing: see there.",
    ["consumer"],
)
DEAD_LETTERS = Gauge(
    "mizan_dead_letters_open",
    "Dead letters that have not come right yet. Any at all: `mizan dead-letters list --group` says"
    " why, docs/runbooks/dead-letters.md what to do.",
    ["topic"],
)
QUEUE_DEPTH = Gauge(
    "mizan_queue_depth",
    "Entries that wait in a queue. If it grows from hour to hour, more comes in than goes out: "
    "move reviewers to the queue.",
    ["queue"],
)
QUEUE_OLDEST = Gauge(
    "mizan_queue_oldest_age_seconds",
    "Age of the oldest entry of a queue since its first report. If it passes the promise for that"
    " queue, move reviewers to it.",
    ["queue"],
)
LANE_OLDEST = Gauge(
    "mizan_lane_oldest_age_seconds",
    "Age of the oldest entry of a lane, over all queues, since its first report; 0 when none"
    " waits. Near the limit of its lane: claim from the queue that"
    " mizan_queue_oldest_age_seconds names.",
    ["lane"],
)
REKEYING_LEFT = Gauge(
    "mizan_rekeying_left",
    "Entries that are not in the order that is to be, after a change of the formula, of a severity"
    " or of the minutes of a queue; the old order counts until it is 0. If it stands still, look at"
    " the log of the duty `rekeying`.",
)
LEASES = Gauge(
    "mizan_leases",
    "Entries in the hands of reviewers now. If it is far below the number of reviewers at work "
    "while the queue has entries, they may not take what waits: compare languages, clearance, "
    "platforms.",
    ["queue"],
)
SINK_REPORTS = Counter(
    "mizan_sink_reports_total",
    "Reports by what became of them at the sink. `conflict` means that a platform used one id for"
    " two bodies; tell it.",
    ["outcome"],
)
LEASES_EXPIRED = Counter(
    "mizan_leases_expired_total",
    "Leases tidied after they ran out. Many: reviewers lose their connection or leave cases open.",
)
REQUEST_SECONDS = Histogram(
    "mizan_review_request_seconds",
    "From a request to the head of its answer, by who asks and how it ended. `failed` is a fault of"
    " ours: the log event names it. Slow for all: see mizan_database_connections.",
    ["surface", "outcome"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
DATABASE_CONNECTIONS = Gauge(
    "mizan_database_connections",
    "Connections to the database in use by this process. At mizan_database_connections_most for"
    " longer than a moment: requests wait for one; look for slow statements, then raise"
    " MIZAN_DATABASE_POOL.",
)
DATABASE_CONNECTIONS_MOST = Gauge(
    "mizan_database_connections_most",
    "Most connections that this process opens, as MIZAN_DATABASE_POOL says.",
)
