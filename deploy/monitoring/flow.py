"""What comes in, what goes out, and how long each stage takes."""

from deploy.monitoring.board import Board, Row, lines, verdict
from deploy.monitoring.promql import quantile, rate
from shared.promises import DECIDED, QUEUED, TAKEN, WAITING

DECIDED_A_SECOND = "sum by (queue) (rate(mizan_time_to_decision_seconds_count[1h]) > 0)"
DRAIN = f"max by (queue) (mizan_queue_depth) / {DECIDED_A_SECOND}"

IN = Row(
    "In",
    (
        lines(
            "Accepted by platform",
            "ops",
            "Reports and appeals taken. At 0 while a platform says it sends: see Refused by "
            "reason, then its network.",
            (rate("mizan_ingest_accepted_total", "platform, kind"), "{{platform}} {{kind}}"),
        ),
        lines(
            "Refused by reason",
            "ops",
            "One platform and a reason of form: tell it what it sends. kafka_away, overloaded, "
            "backlog, not_ready: the fault is here, see Kafka.",
            (rate("mizan_ingest_refused_total", "platform, code"), "{{platform}} {{code}}"),
        ),
        lines(
            "Left out of what was accepted",
            "ops",
            "Optional fields that were wrong and dropped. Tell the platform: its reports arrive "
            "poorer than it thinks.",
            (rate("mizan_ingest_warned_total", "platform, code"), "{{platform}} {{code}}"),
        ),
        lines(
            "Scored",
            "ops",
            "`unscored` means that the model failed: read the log event model_failed. Reports "
            "still reach the queue, in a worse order.",
            (rate("mizan_scoring_reports_total", "outcome"), "{{outcome}}"),
        ),
        lines(
            "Into cases",
            "ops",
            "What became of reports at the sink. `conflict`: a platform used one id for two "
            "bodies, tell it. Below Scored for long: see Lag in seconds on Kafka.",
            (rate("mizan_sink_reports_total", "outcome"), "{{outcome}}"),
        ),
        lines(
            "Matches found",
            "ops",
            "A sudden rise is a campaign of copies: claim one of the cluster and decide it for "
            "all; expect the same accounts again.",
            (rate("mizan_scoring_matches_total", "method"), "{{method}}"),
        ),
    ),
)
STAGES = Row(
    "Time in each stage",
    (
        lines(
            "Slowest 5 % by stage",
            "s",
            "The stage that grew first is the one to look at; those after it only wait for it.",
            (quantile(0.95, "mizan_ingest_ack_seconds"), "edge to broker"),
            (quantile(0.95, "mizan_scoring_seconds"), "broker to scores"),
            (quantile(0.95, "mizan_time_to_queue_seconds"), "broker to queue"),
            (quantile(0.95, "mizan_webhook_delivery_seconds"), "release to platform"),
        ),
        lines(
            "Accepted to in the queue",
            "s",
            "Ten seconds are promised for 99 in 100. See Lag in seconds on Kafka for the consumer "
            "that is behind.",
            (quantile(0.5, "mizan_time_to_queue_seconds"), "half of them"),
            (quantile(0.95, "mizan_time_to_queue_seconds"), "95 %"),
            (quantile(0.99, "mizan_time_to_queue_seconds"), "99 %"),
        ),
        lines(
            "Model and batches",
            "short",
            "Batches always at their largest (MIZAN_SCORE_BATCH): the workers are saturated, add "
            "score processes up to the number of partitions.",
            (quantile(0.95, "mizan_scoring_batch_size"), "reports in a batch, 95 %"),
            (quantile(0.95, "mizan_scoring_model_seconds"), "seconds of the model, 95 %"),
        ),
    ),
)
QUEUES = Row(
    "Queues",
    (
        lines(
            "Waiting by queue",
            "short",
            "Growing from hour to hour: more comes in than goes out. Move reviewers to the queue.",
            ("max by (queue) (mizan_queue_depth)", "{{queue}}"),
        ),
        lines(
            "Oldest age by queue",
            "s",
            "The queue on top is the one to claim from next. If it is claimed from and still "
            "grows, nobody at work may take what waits: compare languages and clearance.",
            ("max by (queue) (mizan_queue_oldest_age_seconds)", "{{queue}}"),
        ),
        lines(
            "Time to drain",
            "s",
            "What waits, at the pace of the last hour's decisions and if nothing more came. Above "
            "a day: more reviewers, or a queue that its reviewers may not take.",
            (
                DRAIN,
                "{{queue}}",
            ),
        ),
        lines(
            "Decided by queue",
            "ops",
            "Cases settled, told once their undo window is over. At 0 with leases out: reviewers "
            "hold cases without deciding, see Leases by queue.",
            (rate("mizan_time_to_decision_seconds_count", "queue"), "{{queue}}"),
        ),
        lines(
            "Leases by queue",
            "short",
            "Cases in reviewers' hands. Far below the number at work while the queue has entries: "
            "they may not take what waits; compare languages, clearance, platforms.",
            ("max by (queue) (mizan_leases)", "{{queue}}"),
        ),
        lines(
            "Leases that ran out, and places to be made anew",
            "short",
            "Many leases run out: reviewers lose their connection or leave cases open. Places that "
            "do not fall to 0 after a change of policy: read the log of the duty rekeying.",
            ("sum (increase(mizan_leases_expired_total[5m]))", "leases run out in 5 min"),
            ("max (mizan_rekeying_left)", "places to be made anew"),
        ),
    ),
)

BOARD = Board(
    uid="mizan-flow",
    title="Mizan: Flow",
    description="What comes in, what goes out, and where it waits.",
    verdicts=tuple(verdict(promise) for promise in (TAKEN, QUEUED, DECIDED, WAITING)),
    rows=(IN, STAGES, QUEUES),
)
