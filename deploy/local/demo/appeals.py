"""Who appeals against what: some owners whose things were acted upon, a few reporters who were
told that nothing was found. Pure: a decision is always met in the same way.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from deploy.local.demo.phrasebook import Phrasebook
from deploy.local.demo.writer import external_language

# By finding: owners object to a violation, reporters to none.
INCLINED = {"violation": 0.35, "no_violation": 0.15}
HESITATION_SECONDS = (15.0, 90.0)


@dataclass(frozen=True)
class Appeal:
    """`after_seconds` is how long the appellant thinks it over."""

    after_seconds: float
    body: dict[str, JsonValue]


@dataclass(frozen=True)
class Told:
    """What a platform learns of a decision, as far as an appeal needs it."""

    decision_id: str
    type: str
    finding: str
    report_id: str
    external_id: str


def told(event: Mapping[str, JsonValue]) -> Told | None:
    """None for an event that is no decision on a report."""
    data = event.get("data")
    reports = data.get("reports") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(reports, list) or not reports:
        return None
    first = reports[0]
    if not isinstance(first, dict):
        return None
    return Told(
        decision_id=str(data.get("decision_id")),
        type=str(event.get("type")),
        finding=str(data.get("finding")),
        report_id=str(first.get("report_id")),
        external_id=str(first.get("external_id")),
    )


def appeal_against(decision: Told, books: Mapping[str, Phrasebook], *, seed: int) -> Appeal | None:
    """None where nobody objects, and for reports that are not of the demo."""
    book = books.get(external_language(decision.external_id) or "")
    if book is None or decision.type != "decision.made":
        return None
    chance = random.Random(f"appeal {seed} {decision.decision_id}")
    by_owner = decision.finding == "violation"
    if chance.random() >= INCLINED.get(decision.finding, 0.0):
        return None
    body: dict[str, JsonValue] = {
        "external_id": f"demo.appeal.{decision.decision_id}",
        "decision_id": decision.decision_id,
        "appellant": {"kind": "owner" if by_owner else "reporter", "language": book.language},
        "text": chance.choice(book.appeals.owner if by_owner else book.appeals.reporter),
    }
    if not by_owner:
        body["report_id"] = decision.report_id
    return Appeal(chance.uniform(*HESITATION_SECONDS), body)
