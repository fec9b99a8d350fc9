"""In which order cases are reviewed: by the harm that a minute of waiting does. Pure.

Waiting costs H = severity x P(violation) x reach per hour, for each minute of the reviewer's time
that the queue takes: with waiting costs that grow linearly, the greatest cost per unit of service
time goes first (the c-mu rule).

The order key is static, `tau x log2(H / H0) - accepted_at`: a doubling of harm is worth tau seconds
of waiting, and nothing is rewritten as time passes. H is clamped, so nobody is overtaken by cases
that came more than `LONGEST_OVERTAKING` later.
"""

import math
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from pydantic import JsonValue

from services.review.cases.precedents import odds_factor
from services.review.cases.reliability import NO_RECORD, Record
from shared.contracts.report import Urgency

FORMULA = 2
TAU = timedelta(hours=1)
HARM_ZERO = 1.0
# A model is never so sure that nothing else is heard.
LEAST_CHANCE = 0.001
LEAST_HARM = 2.0**-4
MOST_HARM = 2.0**20
LONGEST_OVERTAKING = TAU * math.log2(MOST_HARM / LEAST_HARM)

# Views an hour of a post of which nothing is known, and what one independent reporter an hour adds.
UNKNOWN_REACH = 20.0
REACH_PER_REPORTER = 30.0
SHARE_IN_VIEWS = 40.0
FOLLOWER_IN_VIEWS_PER_HOUR = 0.01
YOUNGEST = timedelta(minutes=15)
# Reports are counted by the hour over at least so long: two within a minute are no stampede.
SHORTEST_REPORTING = timedelta(hours=1)
# Weight of reporters beyond which more of them say nothing new: a brigade gains little.
ENOUGH_REPORTERS = 8.0


class Lane(IntEnum):
    """Lower goes first, whatever the key."""

    ORDERS = 0
    IMMINENT_HARM = 1
    NORMAL = 2


class Facts(NamedTuple):
    """What is known of a case. `reporter_weight` sums independent reporters, each by what their
    reports have been worth (0.5 for an unknown user), `record` what became of those. `precedents`
    is the weight of decisions on matching content.
    """

    severity: float
    violation: float
    minutes_per_case: float
    opened_at: datetime
    seen_at: datetime
    published_at: datetime | None
    urgency: Urgency
    reporter_count: int
    reporter_weight: float
    views: int | None
    shares: int | None
    followers: int | None
    record: Record = NO_RECORD
    precedents: float = 0.0


class Factor(NamedTuple):
    """One reason for the place in the queue. `sentence` is English; the desk says the same in the
    reviewer's language from `name`, `value` and, where the value is a part, `of` how many.
    """

    name: str
    value: float
    sentence: str
    of: int | None = None

    def as_json(self) -> dict[str, JsonValue]:
        stored: dict[str, JsonValue] = {
            "name": self.name,
            "value": round(self.value, 4),
            "sentence": self.sentence,
        }
        return stored if self.of is None else {**stored, "of": self.of}


class Priority(NamedTuple):
    """`score` is H; `key` orders within a lane, greatest first."""

    score: float
    key: float
    lane: Lane
    factors: tuple[Factor, ...]

    def as_json(self) -> dict[str, JsonValue]:
        """As it is stored and shown."""
        return {
            "score": round(self.score, 4),
            "key": self.key,
            "lane": int(self.lane),
            "formula": FORMULA,
            "factors": [factor.as_json() for factor in self.factors],
        }


def priority(facts: Facts) -> Priority:
    """Place of a case in the order, with its reasons."""
    chance = revised_chance(facts.violation, facts.reporter_weight, facts.precedents)
    reach = reach_per_hour(facts)
    harm = facts.severity * chance * reach / facts.minutes_per_case
    return Priority(
        score=harm,
        key=order_key(harm, facts.opened_at),
        lane=Lane.IMMINENT_HARM if facts.urgency is Urgency.IMMINENT_HARM else Lane.NORMAL,
        factors=_factors(facts, chance, reach),
    )


def waiting(opened_at: datetime, now: datetime) -> Factor:
    """The factor that grows by itself, so it is told when somebody looks and never stored."""
    hours = max((now - opened_at) / TAU, 0.0)
    return Factor(
        "waiting", hours, f"Has waited {hours:.1f} h; each hour counts as much as twice the harm"
    )


def order_key(harm: float, accepted_at: datetime) -> float:
    """Static key in seconds; greater goes first."""
    clamped = min(max(harm, LEAST_HARM), MOST_HARM)
    return TAU.total_seconds() * math.log2(clamped / HARM_ZERO) - accepted_at.timestamp()


def revised_chance(violation: float, reporter_weight: float, precedents: float = 0.0) -> float:
    """The model's chance after hearing the reporters, each of whom adds less than the one before,
    and what was decided on matching content.
    """
    chance = min(max(violation, LEAST_CHANCE), 1.0 - LEAST_CHANCE)
    heard = min(reporter_weight, ENOUGH_REPORTERS)
    odds = chance / (1.0 - chance) * (1.0 + 0.25 * math.log2(1.0 + heard))
    odds *= odds_factor(precedents)
    return odds / (1.0 + odds)


def reach_per_hour(facts: Facts) -> float:
    """Views an hour, at least what the speed of independent reports is a sign of."""
    since = facts.published_at or facts.opened_at
    hours = max(facts.seen_at - since, YOUNGEST) / timedelta(hours=1)
    watched = ((facts.views or 0) + SHARE_IN_VIEWS * (facts.shares or 0)) / hours
    followed = FOLLOWER_IN_VIEWS_PER_HOUR * (facts.followers or 0)
    reporting = max(facts.seen_at - facts.opened_at, SHORTEST_REPORTING) / timedelta(hours=1)
    heard = min(facts.reporter_weight, ENOUGH_REPORTERS)
    signs = UNKNOWN_REACH + REACH_PER_REPORTER * heard / reporting
    return max(watched, followed, signs)


def _factors(facts: Facts, chance: float, reach: float) -> tuple[Factor, ...]:
    people = "1 person" if facts.reporter_count == 1 else f"{facts.reporter_count} people"
    factors = [
        Factor("violation", chance, f"{_likelihood(chance)} a violation of the reported policy"),
        Factor("severity", facts.severity, f"The policy weighs {facts.severity:g} of 100"),
        Factor("reach", reach, f"Seen about {round(reach):,} times an hour"),
        Factor("reporters", float(facts.reporter_count), f"Reported by {people}"),
        *_record_factor(facts.record),
        *_precedent_factor(facts.precedents),
        Factor(
            "effort",
            facts.minutes_per_case,
            f"A case of this queue takes about {facts.minutes_per_case:g} min",
        ),
    ]
    if facts.urgency is Urgency.IMMINENT_HARM:
        factors.insert(0, Factor("imminent_harm", 1.0, "Somebody may come to harm at once"))
    return tuple(factors)


def _record_factor(record: Record) -> tuple[Factor, ...]:
    if record.decided == 0:
        return ()
    reports = "report" if record.decided == 1 else "reports"
    sentence = (
        f"Reviewers confirmed {record.violations} of the last {record.decided} decided {reports}"
        " by those who reported this"
    )
    return (Factor("record", float(record.violations), sentence, of=record.decided),)


def _precedent_factor(weight: float) -> tuple[Factor, ...]:
    if weight == 0:
        return ()
    found = "a violation" if weight > 0 else "to be no violation"
    return (Factor("precedent", weight, f"Matching content was found {found} before"),)


def _likelihood(chance: float) -> str:
    words = ((0.9, "Very likely"), (0.7, "Likely"), (0.4, "Possibly"), (0.15, "Less likely"))
    return next((word for least, word in words if chance >= least), "Unlikely")
