"""Metrics of the scoring worker, both roles. The help says what to do when one moves."""

from prometheus_client import Counter, Gauge, Histogram

LAG_SECONDS = Gauge(
    "mizan_scoring_lag_seconds",
    "Age of the oldest record not yet dealt with, 0 when there is none. Growing: add score "
    "processes up to the number of partitions of `reports`, or look for a broker that is away.",
    ["consumer"],
)
LAG_RECORDS = Gauge(
    "mizan_scoring_lag_records",
    "Records not yet dealt with. High while mizan_scoring_lag_seconds stays low: a burst that is "
    "being worked off, nothing to do. Both growing: see there.",
    ["consumer"],
)
SECONDS = Histogram(
    "mizan_scoring_seconds",
    "From the acceptance of a report by the broker to the acknowledgement of its scores. Growing: "
    "see mizan_scoring_lag_seconds; when that is low too, the model or the broker is slow.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200),
)
REBALANCES = Counter(
    "mizan_scoring_rebalances_total",
    "Times that the group gave this process partitions. Rising while nobody starts or stops score "
    "processes: one of them is killed or stalls for ten seconds; see its log.",
)
PARTITIONS = Gauge(
    "mizan_scoring_partitions",
    "Partitions of `reports` that this process has. The sum is the number of partitions; less for "
    "longer than half a minute: reports of the missing ones wait, start score processes again.",
)
DEAD_LETTERS = Counter(
    "mizan_scoring_dead_letters_total",
    "Records set aside because they can never be read. Any at all: read them with "
    "`mizan dead-letters list`, mend the writer, replay.",
    ["topic", "cause"],
)
REPORTS_SCORED = Counter(
    "mizan_scoring_reports_total",
    "Reports sent on, by whether the model judged them. `unscored` growing: the model fails; see "
    "the log event model_failed. Reports still reach the queue, with the prior.",
    ["outcome"],
)
BATCH_SIZE = Histogram(
    "mizan_scoring_batch_size",
    "Reports dealt with together. Always at the top: the worker is saturated, add processes.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)
MODEL_SECONDS = Histogram(
    "mizan_scoring_model_seconds",
    "Time of the model for one batch. Growing at equal batch sizes: the processor is shared or "
    "texts have grown.",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
SEND_RETRIES = Counter(
    "mizan_scoring_send_retries_total",
    "Times that results could not be sent and were tried again with a fresh producer. Growing: "
    "Kafka refuses or is away.",
)
MATCHES = Counter(
    "mizan_scoring_matches_total",
    "Matches sent, by method. A sudden rise is a campaign of copies.",
    ["method"],
)
INDEX_KEYS = Gauge(
    "mizan_scoring_index_keys",
    "Keys in the index of this match shard. Near the limit of memory: add shards.",
)
REPLAY_REMAINING = Gauge(
    "mizan_scoring_replay_remaining",
    "Records still to be replayed before this match shard is ready. Not falling: the broker is "
    "away.",
)
