"""The promises that a running system must keep, over sets that were fetched before. Pure.

Each check yields one sentence for each thing that is broken, and nothing when all is well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from services.review.dead_letters.rules import FirstPlace
from services.review.decisions.events import effective_after
from shared.contracts.decision import DecisionEvent, EffectiveAction

SubjectKey = tuple[str, str]  # environment, subject id


class Place(NamedTuple):
    """Of a record in a topic."""

    partition: int
    offset: int


class Body(NamedTuple):
    """One of the bodies that were sent under a report id."""

    report_id: str
    body_hash: str

    def __str__(self) -> str:
        return f"report {self.report_id} (body {self.body_hash[:12]})"


@dataclass(frozen=True)
class Letter:
    """A dead letter at `place`, of the record that lay at `origin` then, and at `first` before it
    was ever put back.
    """

    place: Place
    origin: Place
    first: FirstPlace


@dataclass(frozen=True)
class Log:
    """What a topic holds in a range of offsets. `unreadable` are records of no known body."""

    bodies: Mapping[Place, Body]
    unreadable: frozenset[Place] = frozenset()


@dataclass(frozen=True)
class Subject:
    version: int
    effective: tuple[EffectiveAction, ...]


def set_aside(letters: Iterable[Letter], closed: AbstractSet[Place]) -> frozenset[Place]:
    """Places of records that an open dead letter stands for: their own or a later one, where they
    were put back and could not be read again. `closed` are places of letters.
    """
    every = list(letters)
    standing = {letter.first for letter in every if letter.place not in closed}
    return frozenset(letter.origin for letter in every if letter.first in standing)


def every_report_is_scored(
    reports: Log, scored: AbstractSet[Body], dead: AbstractSet[Place]
) -> Iterator[str]:
    """`reports` up to where the scorer has come; `dead` are places that an open dead letter
    stands for."""
    places: dict[Body, list[Place]] = {}
    for place, body in reports.bodies.items():
        places.setdefault(body, []).append(place)
    for body, where in places.items():
        if body not in scored and not dead & set(where):
            yield f"{body} at {_named('reports', where[0])} was neither scored nor set aside"
    for place in sorted(reports.unreadable - dead):
        yield f"the unreadable record at {_named('reports', place)} was not set aside"


def every_score_is_applied_once(
    scored: Log,
    reports: AbstractSet[Body],
    conflicts: AbstractSet[Body],
    dead: AbstractSet[Place],
) -> Iterator[str]:
    """`scored` up to where the sink has come, the rows as of the same moment."""
    places: dict[Body, list[Place]] = {}
    for place, body in scored.bodies.items():
        places.setdefault(body, []).append(place)
    for body, where in places.items():
        ends = [
            name
            for name, there in (
                ("a report", body in reports),
                ("a conflict", body in conflicts),
                ("an open dead letter", set(where) <= dead),
            )
            if there
        ]
        if len(ends) != 1:
            yield f"{body} is {' and '.join(ends) or 'lost'} behind the sink"
    for place in sorted(scored.unreadable - dead):
        yield f"the unreadable record at {_named('scored-reports', place)} was not set aside"


def no_report_came_from_nowhere(
    rows: Mapping[Place, Body], log: Mapping[Place, Body], begins: Mapping[int, int]
) -> Iterator[str]:
    """Rows by the place on `reports` that they name, as far as the log still goes back."""
    for place, body in rows.items():
        if place.offset >= begins.get(place.partition, 0) and log.get(place) != body:
            yield f"{body} is in the database, but not at {_named('reports', place)}"


def effective_is_the_sum_of_events(
    events: Iterable[DecisionEvent], subjects: Mapping[SubjectKey, Subject]
) -> Iterator[str]:
    """`events` by subject and version. Each tells the whole state that holds after it."""
    states: dict[SubjectKey, Subject] = {}
    for event in events:
        data = event.data
        key = (str(data.environment), str(data.subject_id))
        before = states.get(key, Subject(0, ()))
        summed = effective_after(before.effective, event.type, data, at=event.timestamp)
        if data.subject_version != before.version + 1:
            yield f"subject {key[1]} goes from version {before.version} to {data.subject_version}"
        if data.effective != summed:
            yield f"event {event.event_id} tells another state than the sum of the events so far"
        states[key] = Subject(data.subject_version, summed)
    for key in sorted(states.keys() | subjects.keys()):
        if subjects.get(key, Subject(0, ())) != states.get(key, Subject(0, ())):
            yield f"subject {key[1]} is not in the state that its events sum up to"


def the_feed_has_no_gaps(*, count: int, first: int, last: int) -> Iterator[str]:
    """`first` and `last` are positions in the feed, 0 where it is empty."""
    if count and (first, last) != (1, count):
        yield f"the feed has {count} events at positions {first} to {last}"


def _named(topic: str, place: Place) -> str:
    return f"{topic}/{place.partition}:{place.offset}"


@dataclass(frozen=True)
class Finding:
    """Of one check: how many things it looked at, and what of them is broken."""

    name: str
    looked_at: int
    broken: Sequence[str]
