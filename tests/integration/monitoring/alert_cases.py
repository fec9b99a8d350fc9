"""For every alert, series that must make it fire and series that must not, in promtool's notation:
`0+1x60` is 61 samples, a step apart, each greater by 1.
"""

from dataclasses import dataclass, field

Series = dict[str, str]
EVERYBODY = ("ingest", "scoring-score", "scoring-match", "review-api", "review-worker")


@dataclass(frozen=True)
class Case:
    """With `firing` the alert has fired by `at`, with these labels besides its severity; with
    `silent` it has not. `step` is the time from sample to sample.
    """

    alert: str
    at: str
    firing: Series
    silent: Series
    labels: dict[str, str] = field(default_factory=dict)
    step: str = "1m"


def queued(within: str, all_of_them: str) -> Series:
    """Of the promise `queued`: what came within ten seconds, and all."""
    page = 'job="review-worker",instance="w",platform="x"'
    return {
        f'mizan_time_to_queue_seconds_bucket{{{page},le="10.0"}}': within,
        f"mizan_time_to_queue_seconds_count{{{page}}}": all_of_them,
    }


def up(dead: str = "", unknown: str = "") -> Series:
    return {
        f'up{{job="{job}"}}': "0x10" if job == dead else "1x10"
        for job in EVERYBODY
        if job != unknown
    }


def simple(alert: str, at: str, series: str, *, firing: str, silent: str, **labels: str) -> Case:
    return Case(alert, at, {series: firing}, {series: silent}, labels)


CASES = (
    # a fifth is late: twenty times what one in a hundred allows
    Case(
        "SloBurnFast",
        "70m",
        queued("0+8x70", "0+10x70"),
        queued("0+90x70", "0+100x70"),
        {"slo": "queued"},
    ),
    Case(
        "SloBurnSlow",
        "7h",
        queued("0+92x84", "0+100x84"),
        queued("0+96x84", "0+100x84"),
        {"slo": "queued"},
        step="5m",
    ),
    Case(
        "SloBurnLasting",
        "80h",
        queued("0+98x160", "0+100x160"),
        queued("0+995x160", "0+1000x160"),
        {"slo": "queued"},
        step="30m",
    ),
    simple(
        "OldestWaitPastPromise",
        "10m",
        'mizan_lane_oldest_age_seconds{lane="imminent_harm"}',
        firing="3700+60x10",
        silent="2000+60x10",
        lane="imminent_harm",
    ),
    Case("ProcessDown", "5m", up(dead="scoring-match"), up(), {"job": "scoring-match"}),
    Case("ProcessDown", "5m", up(unknown="ingest"), up(), {"job": "ingest"}),
    Case(
        "DutyWithoutLeader",
        "5m",
        {'mizan_duty_leader{duty="sink",instance="a"}': "0x10"},
        {
            'mizan_duty_leader{duty="sink",instance="a"}': "0x10",
            'mizan_duty_leader{duty="sink",instance="b"}': "1x10",
        },
        {"duty": "sink"},
    ),
    # a database that was away for a minute, after which all is well
    simple(
        "DutyFailing",
        "15m",
        'mizan_duty_failures_total{duty="sink",error="DBAPIError"}',
        firing="0+3x15",
        silent="0 0 5 10x15",
        duty="sink",
    ),
    Case(
        "DutyStuck",
        "10m",
        {
            'mizan_duty_leader{duty="sink",instance="a"}': "1x10",
            'mizan_duty_last_turn_timestamp_seconds{duty="sink",instance="a"}': "60x10",
        },
        # who led before and turns no more
        {
            'mizan_duty_leader{duty="sink",instance="a"}': "0x10",
            'mizan_duty_last_turn_timestamp_seconds{duty="sink",instance="a"}': "60x10",
        },
        {"duty": "sink", "instance": "a"},
    ),
    simple(
        "ClockSkew",
        "10m",
        'mizan_clock_timestamp_seconds{instance="a"}',
        firing="5+60x10",
        silent="1+60x10",
        instance="a",
    ),
    simple(
        "ConsumerStalled",
        "12m",
        'mizan_consumer_lag_seconds{consumer="sink"}',
        firing="0+60x12",
        silent="400+10x12",
        consumer="sink",
    ),
    # it fails at each turn, and its line comes in pieces
    simple(
        "ConsumerStalled",
        "12m",
        'mizan_consumer_lag_seconds{consumer="sink"}',
        firing="0 stale 120 stale stale 300 360 stale 480 stale 600 stale stale",
        silent="0 stale 70 stale stale 60 50 stale 40 stale 30 stale stale",
        consumer="sink",
    ),
    simple(
        "ConsumerBehind",
        "30m",
        'mizan_scoring_lag_seconds{consumer="scoring"}',
        firing="400x30",
        silent="400x10 0x20",
        consumer="scoring",
    ),
    simple(
        "EdgeRefusesForBacklog",
        "5m",
        'mizan_ingest_backlog{group="scoring"}',
        firing="1x10",
        silent="0x10",
        group="scoring",
    ),
    simple(
        "ReferenceDataOld",
        "5m",
        'mizan_ingest_reference_age_seconds{instance="a"}',
        firing="11+60x10",
        silent="3x10",
        instance="a",
    ),
    simple(
        "DeadLetters",
        "5m",
        'mizan_dead_letters_open{topic="reports.dead-letter"}',
        firing="2x10",
        silent="0x10",
        topic="reports.dead-letter",
    ),
    Case(
        "ModelFailing",
        "20m",
        {
            'mizan_scoring_reports_total{outcome="scored"}': "0+90x20",
            'mizan_scoring_reports_total{outcome="unscored"}': "0+10x20",
        },
        {
            'mizan_scoring_reports_total{outcome="scored"}': "0+1000x20",
            'mizan_scoring_reports_total{outcome="unscored"}': "0+1x20",
        },
    ),
    simple("EdgeCrashes", "5m", "mizan_ingest_crashes_total", firing="0 0 1x5", silent="1x10"),
    simple(
        "ReviewFailing",
        "10m",
        'mizan_review_request_seconds_count{surface="desk",outcome="failed"}',
        firing="0+2x10",
        silent="0 0 1x10",
    ),
    simple("OutboxLate", "5m", "mizan_outbox_age_seconds", firing="61+60x10", silent="3x10"),
    simple(
        "DecisionsUnpublished",
        "15m",
        "mizan_events_unpublished_age_seconds",
        firing="301+60x15",
        silent="200x15",
    ),
    simple(
        "WebhooksLate",
        "10m",
        "mizan_webhook_oldest_due_seconds",
        firing="61+60x10",
        silent="61 0 61 0 61 0x10",
    ),
    simple(
        "WebhookEndpointFailing",
        "20m",
        'mizan_webhook_endpoints{platform="x",state="failing"}',
        firing="1x20",
        silent="1x10 0x10",
        platform="x",
    ),
    Case(
        "WebhookEventsLost",
        "10m",
        {"mizan_webhook_failed_total": "0x10", "mizan_webhook_disabled_total": "0 0 1x10"},
        {"mizan_webhook_failed_total": "4x10", "mizan_webhook_disabled_total": "1x10"},
    ),
    simple("DraftsBroken", "10m", "mizan_drafts_broken_total", firing="0 0 1x10", silent="1x10"),
    simple(
        "AuditBehind", "5m", "mizan_audit_waiting_age_seconds", firing="31+60x10", silent="2x10"
    ),
    simple("AuditBroken", "5m", "mizan_audit_faults", firing="0 0 1x10", silent="0x10"),
    # never since the process began, and all the time
    Case(
        "AuditNotVerified",
        "40h",
        {"mizan_audit_verified_timestamp_seconds": "0x80"},
        {"mizan_audit_verified_timestamp_seconds": "0+1800x80"},
        step="30m",
    ),
)
# Whose numbers are those of a fire, but of too few to tell.
TOO_FEW = queued("0x70", "0+0.5x70")
