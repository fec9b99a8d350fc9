"""What the sender of webhooks counts."""

from prometheus_client import Counter, Gauge, Histogram

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
ENDPOINTS = Gauge(
    "mizan_webhook_endpoints",
    "Endpoints of a platform: `taking`, `failing` while a delivery is being tried again, or"
    " `disabled`. Failing for long: tell the platform; its deliveries say what it answers.",
    ["platform", "state"],
)
DELIVERY_SECONDS = Histogram(
    "mizan_webhook_delivery_seconds",
    "From the release of an event to the answer with which an endpoint took it. Growing for all:"
    " the sender; growing for some: their endpoints, see mizan_webhook_endpoints.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600, 21600, 86400, 259200),
)
