"""What the sender of webhooks counts."""

from prometheus_client import Counter, Gauge

WEBHOOK_AGE = Gauge(
    "mizan_webhook_oldest_due_seconds",
    "How late the oldest due delivery is, over all living endpoints. If it grows, the sender has no"
    " leader or too many endpoints hang at once: see mizan_webhook_attempts_total.",
)
ATTEMPTS = Counter(
    "mizan_webhook_attempts_total",
    "Attempts to deliver an event, by outcome. Many `retry`: endpoints fail, see their deliveries;"
    " all of them at once: look at our own way out.",
    ["outcome"],
)
FAILED = Counter(
    "mizan_webhook_failed_total",
    "Events given up after 75 hours. Tell the platform; it can replay them once it is back.",
)
DISABLED = Counter(
    "mizan_webhook_disabled_total",
    "Endpoints that answered 410 and get nothing more. Tell the platform if it did not mean it.",
)
