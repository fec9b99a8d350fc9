"""Is every promise kept?"""

from deploy.monitoring.board import Board, Row, lines, verdict
from deploy.monitoring.promql import against_limits, quantile
from deploy.monitoring.recording import burn
from shared.promises import LANE_LIMITS, PROMISES, AgainstLimits

LANES = AgainstLimits("mizan_lane_oldest_age_seconds", "lane", LANE_LIMITS)

BUDGETS = Row(
    "What the promises may miss",
    (
        lines(
            "Budget left, 30 days",
            "percentunit",
            "At 0 the promise is broken over thirty days: put changes off and mend what Burn now "
            "shows until it rises again.",
            (f"1 - {burn('30d')}", "{{slo}}"),
        ),
        lines(
            "Burn now",
            "short",
            "How many times faster than allowed a promise is being missed. Above 1 for long, see "
            "the runbook of SloBurn; above 14.4 somebody is called.",
            (burn("1h"), "{{slo}} 1 h"),
            (burn("5m"), "{{slo}} 5 min"),
        ),
        lines(
            "First report to decision",
            "s",
            "The promise to platforms. If it grows while Oldest wait does not, cases are decided "
            "out of turn; if both grow, move reviewers to the queues that Flow shows growing.",
            (quantile(0.5, "mizan_time_to_decision_seconds", window="1h"), "half of them"),
            (quantile(0.95, "mizan_time_to_decision_seconds", window="1h"), "95 %"),
        ),
    ),
)
STANDING = Row(
    "How things stand",
    (
        lines(
            "Oldest wait by lane, of its limit",
            "percentunit",
            "At 1 a case has waited as long as its lane allows: claim from the queue that Flow "
            "names under Oldest age by queue.",
            (against_limits(LANES), "{{lane}}"),
        ),
        lines(
            "Processes that answer",
            "short",
            "0 is a process that cannot be reached: see the runbook of ProcessDown.",
            ('sum by (job) (up{job=~"ingest|scoring-.*|review-.*"})', "{{job}}"),
        ),
        lines(
            "Leaders by duty",
            "short",
            "1 is right. At 0 nobody does that work: read the log of the review workers for that "
            "duty and see whether the database answers.",
            ("sum by (duty) (mizan_duty_leader)", "{{duty}}"),
        ),
    ),
)

BOARD = Board(
    uid="mizan-overview",
    title="Mizan: Overview",
    description="Whether every promise is kept. Red in the first row: its description says where "
    "to look next.",
    verdicts=tuple(verdict(promise) for promise in PROMISES),
    rows=(BUDGETS, STANDING),
)
