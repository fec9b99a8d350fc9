"""Which keys may stand in one order: those made by one formula of the same severities and the same
minutes a case. Pure.

An order has a number. When what it was made of changes, keys of the next one are made in the other
column, and it counts when none is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, JsonValue

from services.review.cases.folding import CaseFold, place_of
from services.review.cases.priority import FORMULA, Priority
from services.review.policies.models import Policy, Queue


class Column(IntEnum):
    """Where keys of an order stand in a queue entry."""

    FIRST = 1
    SECOND = 2

    @property
    def key(self) -> str:
        return "key" if self is Column.FIRST else "second_key"

    @property
    def other(self) -> "Column":
        return Column.SECOND if self is Column.FIRST else Column.FIRST


class Inputs(BaseModel):
    """What the keys of an order are made of, besides the facts of each case."""

    model_config = ConfigDict(frozen=True)

    formula: int
    severities: Mapping[str, float]
    minutes: Mapping[str, float]

    def fits(self, other: "Inputs") -> bool:
        """Whether keys made of both may stand in one order. What one of them does not know has
        no key by it.
        """
        return self.formula == other.formula and all(
            mine[name] == theirs[name]
            for mine, theirs in (
                (self.severities, other.severities),
                (self.minutes, other.minutes),
            )
            for name in mine.keys() & theirs.keys()
        )


class Making(NamedTuple):
    """An order that keys are made for, and the column that they go into."""

    column: Column
    number: int
    inputs: Inputs


@dataclass(frozen=True)
class Order:
    """The order that counts, and the one to come while it is being made."""

    counts: Column
    number: int
    inputs: Inputs | None
    next_number: int | None
    next_inputs: Inputs | None

    def standing(self, now: Inputs) -> Making | None:
        """For keys of the order that counts; None where this code has another formula. An order
        in which nothing was keyed yet is made of what there is now.
        """
        inputs = self.inputs or now
        if inputs.formula != FORMULA:
            return None
        return Making(self.counts, self.number, inputs)

    def coming(self) -> Making | None:
        """For keys of the next order; None where none is being made or by another formula."""
        if self.next_number is None or self.next_inputs is None:
            return None
        if self.next_inputs.formula != FORMULA:
            return None
        return Making(self.counts.other, self.next_number, self.next_inputs)

    def beginning(self, now: Inputs) -> "Order | None":
        """The order as it has to become because of what holds now; None where it stays."""
        known = self.next_inputs or self.inputs
        if known == now:
            return None
        if known is None:
            return Order(self.counts, self.number, now, None, None)
        if known.fits(now):
            inputs = now if self.next_inputs is None else self.inputs
            next_inputs = now if self.next_inputs is not None else None
            return Order(self.counts, self.number, inputs, self.next_number, next_inputs)
        return Order(
            self.counts, self.number, self.inputs, (self.next_number or self.number) + 1, now
        )

    def switched(self) -> "Order":
        """The next order counts, and the column of the one before is free."""
        assert self.next_number is not None
        return Order(self.counts.other, self.next_number, self.next_inputs, None, None)


class Ranks(NamedTuple):
    """Places of a case in the order that counts and in the next one; None where it has none.
    `shown` is one of them, or what it would be by this code.
    """

    standing: dict[str, JsonValue] | None
    coming: dict[str, JsonValue] | None
    shown: dict[str, JsonValue]


def inputs_now(policies: Mapping[str, Policy], queues: Mapping[str, Queue]) -> Inputs:
    return Inputs(
        formula=FORMULA,
        severities={policy_id: policy.severity for policy_id, policy in policies.items()},
        minutes={queue_id: queue.minutes_per_case for queue_id, queue in queues.items()},
    )


@dataclass(frozen=True)
class Ranker:
    """Makes keys, for intake and for a new order alike. `policies` and `queues` as they are now."""

    policies: Mapping[str, Policy]
    queues: Mapping[str, Queue]

    @cached_property
    def inputs_now(self) -> Inputs:
        return inputs_now(self.policies, self.queues)

    def priority(self, case: CaseFold, inputs: Inputs, *, seen_at: datetime) -> Priority:
        severity = inputs.severities.get(case.policy_id)
        if severity is None:
            severity = self.inputs_now.severities[case.policy_id]
        minutes = inputs.minutes.get(case.queue_id)
        if minutes is None:
            minutes = self.inputs_now.minutes[case.queue_id]
        return place_of(case, severity=severity, minutes_per_case=minutes, now=seen_at)

    def stored(self, case: CaseFold, making: Making, *, seen_at: datetime) -> dict[str, JsonValue]:
        """As a case keeps it: with its order, and with the time that its facts are of, so that
        the same facts give the same place whenever it is made anew.
        """
        priority = self.priority(case, making.inputs, seen_at=seen_at)
        return {
            **priority.as_json(),
            "order": making.number,
            "seen_at": seen_at.isoformat(),
        }

    def ranks(self, case: CaseFold, order: Order, *, seen_at: datetime) -> Ranks:
        now = self.inputs_now
        standing, coming = (
            self.stored(case, making, seen_at=seen_at) if making is not None else None
            for making in (order.standing(now), order.coming())
        )
        unplaced = Making(order.counts, 0, now)
        shown = standing or coming or self.stored(case, unplaced, seen_at=seen_at)
        return Ranks(standing, coming, shown)


def best_key(stored: Sequence[Mapping[str, JsonValue]]) -> float | None:
    """Of the members of a cluster; None without any."""
    keys = [key for one in stored if isinstance(key := one["key"], float | int)]
    return max(keys, default=None)
