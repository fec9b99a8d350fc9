"""All that is wrong with a run, by name. Pure: it sees nothing but the history and the account."""

from tests.chaos.account import Account
from tests.chaos.checks.anomaly import Anomaly
from tests.chaos.checks.decisions import check_decisions
from tests.chaos.checks.events import check_events
from tests.chaos.checks.reports import check_reports
from tests.chaos.history import History


def anomalies(history: History, account: Account) -> list[Anomaly]:
    """Empty for a run that kept every promise."""
    return [
        *check_reports(history, account),
        *check_decisions(history, account),
        *check_events(history, account),
    ]
