"""What the audit trail counts."""

from prometheus_client import Counter, Gauge

AUDIT_WAITING_AGE = Gauge(
    "mizan_audit_waiting_age_seconds",
    "Age of the oldest act that has no place in the audit trail yet. Above five seconds: is there a"
    " leader of the duty audit-sequencer, and what does its log say?",
)
AUDIT_ENTRIES = Counter(
    "mizan_audit_entries_total",
    "Acts that were given their place in the audit trail. If it stands still while cases are"
    " decided, the duty audit-sequencer has no leader.",
)
