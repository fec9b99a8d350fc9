"""Use, saturation and errors of the processes."""

from deploy.monitoring.board import Board, Row, lines, verdict
from deploy.monitoring.promql import quantile, rate
from shared.promises import LED, TAKEN

OURS = '{job=~"ingest|scoring-.*|review-.*"}'

# Who led before still shows its last turn.
TURN_OF_THE_LEADER = (
    "mizan_duty_last_turn_timestamp_seconds and on (instance, duty) mizan_duty_leader == 1"
)

USE = Row(
    "Use",
    (
        lines(
            "Processor",
            "short",
            "Cores in use by each process; every process of ours uses one at most. Near 1 for "
            "long: add a copy of that process, see its row in docs/runbooks.",
            (
                f"sum by (job, instance) (rate(process_cpu_seconds_total{OURS}[$__rate_interval]))",
                "{{job}} {{instance}}",
            ),
        ),
        lines(
            "Memory",
            "bytes",
            "A match shard grows with its keys: add shards before its limit. Any other process "
            "that grows for hours has a leak: restart it and tell its owner.",
            (
                f"sum by (job, instance) (process_resident_memory_bytes{OURS})",
                "{{job}} {{instance}}",
            ),
        ),
        lines(
            "Open files, of the limit",
            "percentunit",
            "Above 0.8: connections are not closed, or too many clients come at once. Find which "
            "kind with `ss -tnp`, then raise the limit.",
            (f"process_open_fds{OURS} / process_max_fds{OURS}", "{{job}} {{instance}}"),
        ),
    ),
)
DATABASE = Row(
    "Database and requests",
    (
        lines(
            "Connections to the database, of the most",
            "percentunit",
            "At 1 for longer than a moment requests wait for a connection: look for slow "
            "statements in PostgreSQL's log, then raise MIZAN_DATABASE_POOL.",
            (
                "mizan_database_connections / mizan_database_connections_most",
                "{{job}} {{instance}}",
            ),
        ),
        lines(
            "Requests to review",
            "ops",
            "`failed` is a fault of ours: the log event of that moment names it. Many `refused` on "
            "one surface: a client does something wrong.",
            (
                rate("mizan_review_request_seconds_count", "surface, outcome"),
                "{{surface}} {{outcome}}",
            ),
        ),
        lines(
            "Slowest 5 % of requests",
            "s",
            "Slow for all surfaces: see Connections to the database. Slow for one: look at its "
            "statements.",
            (quantile(0.95, "mizan_review_request_seconds", by="surface"), "{{surface}}"),
        ),
    ),
)
ERRORS = Row(
    "Errors",
    (
        lines(
            "Duties that gave up a turn",
            "short",
            "In five minutes. A steady rise: what the duty depends on is away, or a record wedges "
            "it; the log event duty_failed names the error.",
            (
                "sum by (duty, error) (increase(mizan_duty_failures_total[5m]))",
                "{{duty}} {{error}}",
            ),
        ),
        lines(
            "Last turn of each duty",
            "s",
            "Since the loop of a leader last turned. Above a minute it is stuck: restart that "
            "process, the duty moves elsewhere.",
            (
                f"max by (duty) (time() - ({TURN_OF_THE_LEADER}))",
                "{{duty}}",
            ),
        ),
        lines(
            "Crashed requests at the edge",
            "short",
            "In five minutes. Any at all is a fault in the edge: read the log event "
            "request_crashed.",
            ("sum (increase(mizan_ingest_crashes_total[5m]))", "in 5 min"),
        ),
        lines(
            "Clock against Prometheus",
            "s",
            "More than two seconds: mend the time service of that machine; until then ages and "
            "lags are wrong by as much.",
            (
                "mizan_clock_timestamp_seconds - timestamp(mizan_clock_timestamp_seconds)",
                "{{job}} {{instance}}",
            ),
        ),
        lines(
            "Up for",
            "s",
            "Falls to 0 when a process was started. Falling again and again: read the end of its "
            "log from before.",
            (f"time() - process_start_time_seconds{OURS}", "{{job}} {{instance}}"),
        ),
    ),
)

BOARD = Board(
    uid="mizan-resources",
    title="Mizan: Resources",
    description="Use, saturation and errors of the processes.",
    verdicts=(verdict(TAKEN), verdict(LED)),
    rows=(USE, DATABASE, ERRORS),
)
