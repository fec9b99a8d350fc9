"""Gauges that only the leader of a duty can know.

Whoever leads no more takes them off: else they would stand still on its page and be believed.
"""

from prometheus_client import Gauge

from services.review.audit.metrics import AUDIT_FAULTS, AUDIT_WAITING_AGE
from services.review.decisions.metrics import OUTBOX_AGE, UNPUBLISHED_AGE
from services.review.metrics import (
    CONSUMER_LAG,
    CONSUMER_LAG_RECORDS,
    DEAD_LETTERS,
    LANE_OLDEST,
    LEASES,
    QUEUE_DEPTH,
    QUEUE_OLDEST,
    REKEYING_LEFT,
)
from services.review.webhooks.metrics import ENDPOINTS, WEBHOOK_AGE

# With labels: they go. Without: 0 is what a process says that has nothing to say.
_LABELLED: dict[str, tuple[Gauge, ...]] = {
    "lease-expiry": (QUEUE_DEPTH, QUEUE_OLDEST, LANE_OLDEST, LEASES),
    "webhook-sender": (ENDPOINTS,),
    "open-dead-letters": (DEAD_LETTERS,),
}
_PLAIN: dict[str, tuple[Gauge, ...]] = {
    "audit-verifier": (AUDIT_FAULTS,),
    "lateness": (OUTBOX_AGE, UNPUBLISHED_AGE, WEBHOOK_AGE, AUDIT_WAITING_AGE),
    "rekeying": (REKEYING_LEFT,),
}


def take_off(duty: str) -> None:
    """This process does not lead the duty any more."""
    for gauge in _LABELLED.get(duty, ()):
        gauge.clear()
    for gauge in _PLAIN.get(duty, ()):
        gauge.set(0)
    for lag in (CONSUMER_LAG, CONSUMER_LAG_RECORDS):
        lag.remove_by_labels({"consumer": duty})
