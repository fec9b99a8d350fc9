"""Who dies, in which order: made from a seed. Pure."""

import random
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Processes by the names that ready.json gives them."""

    INGEST = "ingest"
    SCORE = "scoring-score"
    MATCH = "scoring-match"
    REVIEW_API = "review-api"
    REVIEW_WORKER = "review-worker"
    BROKER = "kafka"
    DATABASE = "postgres"


# Below this a death proves nothing. What is counted is told in `killing.py`.
LEAST_IN_FLIGHT = {
    Role.INGEST: 10,
    Role.SCORE: 40,
    Role.MATCH: 10,
    Role.REVIEW_API: 2,
    Role.REVIEW_WORKER: 20,
    Role.BROKER: 10,
    Role.DATABASE: 3,
}


@dataclass(frozen=True)
class Options:
    """Of a run. `kills` is at least one a role; some bring others with them. Broker and database
    stand still for `outage_seconds` each.
    """

    seed: int = 1
    reports: int = 3000
    kills: int = len(Role)
    outage_seconds: float = 10.0

    def __post_init__(self) -> None:
        if self.kills < len(Role):
            raise ValueError(f"at least {len(Role)} kills: one for each role")


SHORT = Options()
LONG = Options(reports=80_000, kills=500, outage_seconds=60.0)


@dataclass(frozen=True)
class Step:
    """One death. `at_once`: the next comes without waiting until this one is healed."""

    role: Role
    at_once: bool


def plan(options: Options) -> list[Step]:
    """Each role once, in an order of chance, then all over again in another.

    With each broker the edge dies too, while the broker is away: what it holds in memory then, and
    has not been acknowledged, must never have been accepted.
    """
    chance = random.Random(options.seed)
    roles: list[Role] = []
    while len(roles) < options.kills:
        roles += chance.sample(list(Role), k=len(Role))
    steps: list[Step] = []
    for role in roles[: options.kills]:
        if role is Role.BROKER:
            steps.append(Step(role, at_once=True))
            steps.append(Step(Role.INGEST, at_once=False))
        else:
            steps.append(Step(role, chance.random() < 0.5))
    return steps
