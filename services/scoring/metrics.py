"""Metrics of the scoring worker, both roles. The help says what to do when one moves."""

from prometheus_client import Counter, Gauge, Histogram

LAG_SECONDS = Gauge(
    "mizan_scoring_lag_seconds",
    "Age of the oldest record not yet dealt with, 0 when there is none. Growing: add score "
    "processes up to the number of partitions of `reports`, or look for a broker that is away.",
    ["consumer"],
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
