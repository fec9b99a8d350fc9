"""How far behind each consumer is, and what could not be read."""

from deploy.monitoring.board import Board, Row, lines, verdict
from deploy.monitoring.promql import quantile
from shared.promises import QUEUED, READABLE

LAG = Row(
    "Lag",
    (
        lines(
            "Lag in seconds",
            "s",
            "Age of the oldest record not taken. Rising by a second a second: that consumer stands "
            "still, see the runbook of ConsumerStalled. Rising slower: it is too slow.",
            ("max by (consumer) (mizan_scoring_lag_seconds)", "{{consumer}}"),
            ("max by (consumer) (mizan_consumer_lag_seconds)", "{{consumer}}"),
        ),
        lines(
            "Lag in records",
            "short",
            "A hill that goes down again is a burst, nothing to do; see Lag in seconds before "
            "adding processes. What the edge sees goes on when a consumer is not there to tell.",
            ("max by (consumer) (mizan_scoring_lag_records)", "{{consumer}}"),
            ("max by (consumer) (mizan_consumer_lag_records)", "{{consumer}}"),
            ("max by (group) (mizan_ingest_behind_records)", "{{group}}, seen by the edge"),
        ),
        lines(
            "Too far behind to accept more",
            "short",
            "1: a consumer lags by half of what the topic keeps, and the edge refuses reports. "
            "Bring that consumer back before anything else.",
            ("max by (group) (mizan_ingest_backlog)", "{{group}}"),
        ),
        lines(
            "Partitions in hand",
            "short",
            "The sum is the number of partitions of `reports`. Less for longer than half a minute: "
            "reports of the missing ones wait; start score processes again.",
            ("sum (mizan_scoring_partitions)", "of reports, all score processes"),
        ),
        lines(
            "Rebalances",
            "short",
            "Partitions given to a score process, in five minutes. Rising while nobody starts or "
            "stops one: a process is killed or stalls, read its log.",
            ("sum (increase(mizan_scoring_rebalances_total[5m]))", "in 5 min"),
        ),
        lines(
            "Match shards getting ready",
            "short",
            "Records that a match shard still has to read again after its start. Not falling: the "
            "broker is away. Keys near the limit of memory: add shards.",
            ("max by (instance) (mizan_scoring_replay_remaining)", "to read, {{instance}}"),
            ("max by (instance) (mizan_scoring_index_keys)", "keys, {{instance}}"),
        ),
    ),
)
LETTERS = Row(
    "Dead letters",
    (
        lines(
            "Open by topic",
            "short",
            "Records that nobody could read. `mizan dead-letters list --group` says why, the "
            "runbook of DeadLetters what to do.",
            ("max by (topic) (mizan_dead_letters_open)", "{{topic}}"),
        ),
        lines(
            "Set aside by scoring",
            "short",
            "In five minutes. Many at once: a writer newer than the reader, or broken; stop it "
            "before you replay.",
            (
                "sum by (topic, cause) (increase(mizan_scoring_dead_letters_total[5m]))",
                "{{topic}} {{cause}}",
            ),
        ),
        lines(
            "Reference data at the edge",
            "s",
            "Age of what the edge knows of platforms and policies; past 10 s it answers 503. "
            "Unreadable records: find the writer that is newer than this edge.",
            ("max (mizan_ingest_reference_age_seconds)", "age"),
            ("max (mizan_ingest_reference_unreadable)", "records unreadable"),
        ),
    ),
)
WRITING = Row(
    "Writing",
    (
        lines(
            "Acknowledgement of the broker",
            "s",
            "Past 1.5 s clients are told 503. Growing: the broker's disk or the network to it.",
            (quantile(0.5, "mizan_ingest_ack_seconds"), "half of them"),
            (quantile(0.99, "mizan_ingest_ack_seconds"), "99 %"),
        ),
        lines(
            "In flight at the edge",
            "short",
            "Records without an acknowledgement yet. At MIZAN_INGEST_MAX_IN_FLIGHT the edge "
            "answers 503: the broker is slow or away.",
            ("sum by (instance) (mizan_ingest_in_flight)", "{{instance}}"),
        ),
        lines(
            "Tried again, and producers replaced",
            "short",
            "In five minutes. Rising: the broker refuses or is away. More than one replacement "
            "after the broker is back: check that its log lost nothing.",
            ("sum (increase(mizan_scoring_send_retries_total[5m]))", "scoring sends again"),
            (
                "sum (increase(mizan_ingest_producer_replaced_total[5m]))",
                "edge: new producer",
            ),
        ),
    ),
)

BOARD = Board(
    uid="mizan-kafka",
    title="Mizan: Kafka",
    description="How far behind each consumer is, what could not be read, how writing goes.",
    verdicts=(verdict(QUEUED), verdict(READABLE)),
    rows=(LAG, LETTERS, WRITING),
)
