"""Whether platforms are told what was decided, and whether it stands in the audit trail."""

from deploy.monitoring.board import Board, Row, lines, verdict
from deploy.monitoring.promql import quantile, rate
from shared.promises import SEQUENCED, TOLD

RELEASE = Row(
    "Release",
    (
        lines(
            "Outbox and topic",
            "s",
            "Outbox grows: the relay has no leader or the database is slow. Topic grows alone: "
            "Kafka is away, webhooks go on without it.",
            ("max (mizan_outbox_age_seconds)", "oldest event not released"),
            ("max (mizan_events_unpublished_age_seconds)", "oldest not on the topic"),
        ),
        lines(
            "Events by type",
            "ops",
            "None while reviewers decide: see Outbox and topic. Many decision.reversed: appeals "
            "succeed, tell the policy lead.",
            (rate("mizan_events_released_total", "type"), "{{type}}"),
        ),
        lines(
            "Drafts that fit no event",
            "short",
            "Any at all is a fault of ours: the log event draft_broken names the field; the row "
            "stays in the outbox.",
            ("sum (increase(mizan_drafts_broken_total[1h]))", "in an hour"),
        ),
    ),
)
WEBHOOKS = Row(
    "Webhooks",
    (
        lines(
            "Oldest delivery that is due",
            "s",
            "How late the sender is over all living endpoints. Growing: it has no leader, or too "
            "many endpoints hang at once, see Attempts by outcome.",
            ("max (mizan_webhook_oldest_due_seconds)", "late by"),
        ),
        lines(
            "Attempts by outcome",
            "ops",
            "Many `retry` at one platform: its endpoint fails, tell it. At all of them at once: "
            "look at our own way out.",
            (rate("mizan_webhook_attempts_total", "outcome"), "{{outcome}}"),
        ),
        lines(
            "Endpoints by state",
            "short",
            "Failing for long: tell the platform; `GET /v1/webhooks/{id}/deliveries` says what its "
            "endpoint answered. Disabled ones answered 410 and get nothing more.",
            ("max by (platform, state) (mizan_webhook_endpoints)", "{{platform}} {{state}}"),
        ),
        lines(
            "Release to taken",
            "s",
            "Growing for all: the sender. Growing at the top alone: some endpoints fail and are "
            "tried again.",
            (quantile(0.5, "mizan_webhook_delivery_seconds"), "half of them"),
            (quantile(0.95, "mizan_webhook_delivery_seconds"), "95 %"),
        ),
        lines(
            "Given up and disabled",
            "short",
            "In an hour. Tell the platform: what was given up after 75 hours it can replay itself, "
            "a disabled endpoint it has to make anew.",
            ("sum (increase(mizan_webhook_failed_total[1h]))", "events given up"),
            ("sum (increase(mizan_webhook_disabled_total[1h]))", "endpoints disabled"),
        ),
    ),
)
AUDIT = Row(
    "Audit trail",
    (
        lines(
            "Oldest act without a place",
            "s",
            "Above five seconds: see whether the duty audit-sequencer has a leader on Overview, "
            "and what its log says.",
            ("max (mizan_audit_waiting_age_seconds)", "waits for"),
        ),
        lines(
            "Acts recorded",
            "ops",
            "Stands still while cases are decided: the duty audit-sequencer has no leader.",
            (rate("mizan_audit_entries_total"), "entries"),
        ),
        lines(
            "Faults in the trail",
            "short",
            "Any at all: the trail is not what was written. Keep the database as it is and follow "
            "the runbook of AuditBroken.",
            ("max (mizan_audit_faults)", "places"),
        ),
        lines(
            "Since the trail was verified",
            "s",
            "A pass over the whole trail takes a second for 500 entries. Above a day: see whether "
            "the duty audit-verifier has a leader on Overview.",
            ("time() - max (mizan_audit_verified_timestamp_seconds > 0)", "last pass"),
        ),
    ),
)

BOARD = Board(
    uid="mizan-delivery",
    title="Mizan: Delivery",
    description="Whether platforms are told what was decided, and whether it stands in the audit "
    "trail.",
    verdicts=(verdict(TOLD), verdict(SEQUENCED)),
    rows=(RELEASE, WEBHOOKS, AUDIT),
)
