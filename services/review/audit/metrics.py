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
AUDIT_FAULTS = Gauge(
    "mizan_audit_faults",
    "Places where the audit trail is not what was written, in the last pass over it. Any at all:"
    " keep the database as it is, see docs/runbooks/audit-broken.md.",
)
AUDIT_VERIFIED = Gauge(
    "mizan_audit_verified_timestamp_seconds",
    "When a pass over the whole audit trail last ended, in seconds since 1970; 0 when none has"
    " since this process began. If it stands still for a day, the duty audit-verifier has no"
    " leader or fails.",
)
