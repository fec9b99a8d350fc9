"""What a run was, in a few lines and as JSON. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from tests.chaos.account import Account
from tests.chaos.checks.anomaly import Anomaly, Kind
from tests.chaos.freezing import Freeze
from tests.chaos.history import Deciding, Heard, History, Sending, Undoing
from tests.chaos.killing import Shot
from tests.chaos.outages import Outage

SHOWN = 20


@dataclass(frozen=True)
class Outcome:
    """Of a whole run. `failures` counts the ways in which the receiver of webhooks failed;
    `invariants` is empty when they hold, else what the command said.
    """

    seed: int
    seconds: float
    shots: Sequence[Shot]
    freeze: Freeze
    outages: Sequence[Outage]
    failures: Mapping[str, int]
    figures: dict[str, int]
    anomalies: Sequence[Anomaly]
    invariants: str

    @property
    def good(self) -> bool:
        return not (self.anomalies or self.invariants)

    def text(self) -> str:
        deaths = ", ".join(f"{shot.role} ({shot.in_flight} in flight)" for shot in self.shots)
        figures = ", ".join(f"{name} {count}" for name, count in self.figures.items())
        lines = [
            f"chaos, seed {self.seed}, {self.seconds:.0f} s",
            f"killed: {deaths}",
            f"frozen: the leader of the duties ({self.freeze.in_flight} in flight)",
            *(
                f"stood still: {outage.role} for {outage.seconds:.0f} s"
                f" ({outage.accepted} reports accepted meanwhile)"
                for outage in self.outages
            ),
            f"{sum(self.failures.values())} webhooks failed in {len(self.failures)} ways",
            figures,
            *(str(anomaly) for anomaly in self.anomalies[:SHOWN]),
        ]
        if len(self.anomalies) > SHOWN:
            lines.append(f"and {len(self.anomalies) - SHOWN} more")
        lines.append(self.invariants or "invariants hold")
        return "\n".join(lines)

    def document(self) -> dict[str, JsonValue]:
        return {
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "kills": [{"role": shot.role, "in_flight": shot.in_flight} for shot in self.shots],
            "frozen_in_flight": self.freeze.in_flight,
            "taken_over_after_seconds": round(self.freeze.seconds, 1),
            "outages": [
                {
                    "role": outage.role,
                    "seconds": round(outage.seconds, 1),
                    "accepted": outage.accepted,
                }
                for outage in self.outages
            ],
            "webhooks_failed": dict(self.failures),
            **self.figures,
            "anomalies": [str(anomaly) for anomaly in self.anomalies],
            "invariants": self.invariants or "hold",
        }


def figures(
    history: History, account: Account, anomalies: Sequence[Anomaly], broken: int
) -> dict[str, int]:
    """`broken` is how many calls never got an answer."""
    named = Counter(anomaly.kind for anomaly in anomalies)
    sendings = list(history.all(Sending))
    return {
        "posted": len({sending.name for sending in sendings}),
        "tries": len(sendings),
        "accepted": len({sending.name for sending in sendings if sending.accepted}),
        "lost": named[Kind.LOST],
        "doubled": named[Kind.DOUBLED],
        "phantom": named[Kind.PHANTOM],
        "conflicts": sum(status.conflicts for status in account.statuses.values()),
        "decisions": len(account.decisions),
        "undone": len(
            {one for undo in history.all(Undoing) if undo.done for one in undo.decision_ids}
        ),
        "refused decisions": sum(deciding.status == 409 for deciding in history.all(Deciding)),
        "events": sum(map(len, account.feeds.values())),
        "webhooks": sum(heard.taken for heard in history.all(Heard)),
        "calls without an answer": broken,
    }
