"""Who is called when, and what is told. Each has the page docs/runbooks/<name>.md.

`mizan_..._seconds` gauges of duties are looked at with `max`: only the leader shows them.
"""

from deploy.monitoring.promql import against_limits, any_of
from deploy.monitoring.recording import burn, events
from deploy.monitoring.rules import Alert, Group, Severity
from shared.promises import LANE_LIMITS, AgainstLimits

PAGE, TICKET = Severity.PAGE, Severity.TICKET
PROCESSES = ("ingest", "scoring-score", "scoring-match", "review-api", "review-worker")
DEAD = f'max by (job) (up{{job=~"{"|".join(PROCESSES)}"}}) == 0'
LAGS = any_of(("mizan_scoring_lag_seconds", "mizan_consumer_lag_seconds"))
# Of a duty that fails at each turn the lag is shown only while it tries.
LAG = f"max by (consumer) (max_over_time({LAGS}[5m]))"
LANES = AgainstLimits("mizan_lane_oldest_age_seconds", "lane", LANE_LIMITS)
CLOCK = "mizan_clock_timestamp_seconds"


def burning(rate: float, long: str, short: str, fewest: int) -> str:
    """The long window says that it matters, the short one that it goes on. Below `fewest` events
    in the long one a single miss would look like a fire.
    """
    return (
        f"{burn(long)} > {rate:g} and on (slo) {burn(short)} > {rate:g}"
        f" and on (slo) {events(long)} >= {fewest}"
    )


BURN = (
    Alert(
        "SloBurnFast",
        burning(14.4, "1h", "5m", 50),
        "1m",
        PAGE,
        'The promise {{ $labels.slo }} is missed {{ $value | printf "%.1f" }} times faster than '
        "allowed: in an hour it uses up two per cent of what thirty days allow.",
        page="SloBurn",
    ),
    Alert(
        "SloBurnSlow",
        burning(6, "6h", "30m", 100),
        "5m",
        PAGE,
        'The promise {{ $labels.slo }} is missed {{ $value | printf "%.1f" }} times faster than '
        "allowed for hours.",
        page="SloBurn",
    ),
    Alert(
        "SloBurnLasting",
        burning(1, "3d", "6h", 200),
        "30m",
        TICKET,
        "The promise {{ $labels.slo }} will be broken over thirty days: missed "
        '{{ $value | printf "%.1f" }} times faster than allowed.',
        page="SloBurn",
    ),
    Alert(
        "OldestWaitPastPromise",
        f"({against_limits(LANES)}) > 1",
        "5m",
        PAGE,
        'The oldest entry of lane {{ $labels.lane }} has waited {{ $value | printf "%.1f" }} '
        "times as long as promised.",
    ),
)
ALIVE = (
    Alert(
        "ProcessDown",
        " or ".join((DEAD, *(f'absent(up{{job="{job}"}})' for job in PROCESSES))),
        "1m",
        PAGE,
        "No process {{ $labels.job }} answers, or none is known ({{ $value }}).",
    ),
    Alert(
        "DutyWithoutLeader",
        "sum by (duty) (mizan_duty_leader) == 0",
        "1m",
        PAGE,
        "{{ $value }} processes lead the duty {{ $labels.duty }}; its work is done by nobody.",
    ),
    # One turn of a duty that cannot succeed takes less than a minute, with the pause after it.
    Alert(
        "DutyFailing",
        "sum by (duty) (increase(mizan_duty_failures_total[10m])) > 12",
        "2m",
        PAGE,
        "The duty {{ $labels.duty }} was given up "
        '{{ $value | printf "%.0f" }} times in ten minutes.',
    ),
    Alert(
        "DutyStuck",
        "time() - mizan_duty_last_turn_timestamp_seconds > 120"
        " and on (instance, duty) mizan_duty_leader == 1",
        "1m",
        PAGE,
        "The leader of {{ $labels.duty }} has not turned for {{ $value | humanizeDuration }}.",
    ),
    Alert(
        "ClockSkew",
        f"abs({CLOCK} - timestamp({CLOCK})) > 2",
        "2m",
        TICKET,
        "The clock of {{ $labels.instance }} is {{ $value | humanizeDuration }} off.",
    ),
)
STREAM = (
    Alert(
        "ConsumerStalled",
        f"{LAG} > 60 and max by (consumer) (deriv({LAGS}[5m])) > 0.8",
        "2m",
        PAGE,
        "{{ $labels.consumer }} takes nothing: its oldest record is "
        "{{ $value | humanizeDuration }} old and ages by a second a second.",
    ),
    Alert(
        "ConsumerBehind",
        f"{LAG} > 300",
        "15m",
        TICKET,
        "{{ $labels.consumer }} is {{ $value | humanizeDuration }} behind and does not catch up.",
    ),
    Alert(
        "EdgeRefusesForBacklog",
        "max by (group) (mizan_ingest_backlog) == 1",
        "1m",
        PAGE,
        "The edge refuses reports: {{ $labels.group }} lags by half of what its topic keeps "
        "({{ $value }}).",
    ),
    Alert(
        "ReferenceDataOld",
        "max by (instance) (mizan_ingest_reference_age_seconds) > 10",
        "1m",
        PAGE,
        "The edge at {{ $labels.instance }} has not heard of platforms and policies for "
        "{{ $value | humanizeDuration }} and answers 503.",
    ),
    Alert(
        "DeadLetters",
        "max by (topic) (mizan_dead_letters_open) > 0",
        "1m",
        TICKET,
        "{{ $value }} records of {{ $labels.topic }} could not be read and wait for a replay.",
    ),
    Alert(
        "ModelFailing",
        'sum(rate(mizan_scoring_reports_total{outcome="unscored"}[10m]))'
        " / sum(rate(mizan_scoring_reports_total[10m])) > 0.01",
        "5m",
        TICKET,
        "{{ $value | humanizePercentage }} of reports reach the queue without scores.",
    ),
    Alert(
        "EdgeCrashes",
        "sum(increase(mizan_ingest_crashes_total[15m])) > 0",
        "0m",
        TICKET,
        '{{ $value | printf "%.0f" }} requests to the edge ended in a fault of ours.',
    ),
    Alert(
        "ReviewFailing",
        'sum(increase(mizan_review_request_seconds_count{outcome="failed"}[15m])) > 5',
        "0m",
        TICKET,
        '{{ $value | printf "%.0f" }} requests to review ended in a fault of ours.',
    ),
)
TELLING = (
    Alert(
        "OutboxLate",
        "max(mizan_outbox_age_seconds) > 60",
        "2m",
        PAGE,
        "The oldest event that is due has not been released for {{ $value | humanizeDuration }}.",
    ),
    Alert(
        "DecisionsUnpublished",
        "max(mizan_events_unpublished_age_seconds) > 300",
        "5m",
        TICKET,
        "The topic decisions lacks events for {{ $value | humanizeDuration }}.",
    ),
    Alert(
        "WebhooksLate",
        "max(mizan_webhook_oldest_due_seconds) > 60",
        "5m",
        PAGE,
        "The oldest delivery is {{ $value | humanizeDuration }} late.",
    ),
    Alert(
        "WebhookEndpointFailing",
        'max by (platform) (mizan_webhook_endpoints{state="failing"}) > 0',
        "15m",
        TICKET,
        "{{ $value }} endpoints of {{ $labels.platform }} do not take what they are sent.",
    ),
    Alert(
        "WebhookEventsLost",
        "sum(increase(mizan_webhook_failed_total[1h]))"
        " + sum(increase(mizan_webhook_disabled_total[1h])) > 0",
        "0m",
        TICKET,
        '{{ $value | printf "%.0f" }} events were given up or endpoints disabled.',
    ),
    Alert(
        "DraftsBroken",
        "sum(increase(mizan_drafts_broken_total[1h])) > 0",
        "0m",
        TICKET,
        '{{ $value | printf "%.0f" }} decisions cannot be told to their platform.',
    ),
    Alert(
        "AuditBehind",
        "max(mizan_audit_waiting_age_seconds) > 30",
        "2m",
        PAGE,
        "The oldest act has waited {{ $value | humanizeDuration }} for its place in the audit "
        "trail.",
    ),
    Alert(
        "AuditBroken",
        "max(mizan_audit_faults) > 0",
        "0m",
        PAGE,
        "The audit trail is not what was written in {{ $value }} places.",
    ),
    Alert(
        "AuditNotVerified",
        "time() - max(mizan_audit_verified_timestamp_seconds) > 86400",
        "12h",
        TICKET,
        "No pass over the audit trail has ended for {{ $value | humanizeDuration }}.",
    ),
)

ALERTS = Group("mizan-alerts", "30s", (*BURN, *ALIVE, *STREAM, *TELLING))
