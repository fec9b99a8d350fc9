"""One request from its bytes to the acknowledgement of the log."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from services.ingest import metrics
from services.ingest.auth import Grant, Keys
from services.ingest.backlog import Backlog
from services.ingest.errors import FieldProblem, Refused, Unavailable
from services.ingest.forms import APPEAL, REPORT
from services.ingest.json_parser import parse
from services.ingest.leniency import read_form
from services.ingest.problems import Problem
from services.ingest.publisher import Publisher
from services.ingest.records import encoded
from services.ingest.rules import (
    Accepted,
    Reading,
    Shown,
    accepted_of,
    appeal_of,
    named_of,
    shown_of,
)
from services.ingest.subjects.phones import Phones
from shared.clock import Clock
from shared.contracts.appeal import Appeal
from shared.contracts.codec import encode
from shared.contracts.reference import PlatformRecord, PolicyRecord, Scope
from shared.contracts.topics import APPEALS, REPORTS
from shared.kafka.batches import Record
from shared.kafka.reference import ReferenceView

A = TypeVar("A")
B = TypeVar("B")
Headers = Sequence[tuple[str, bytes]]


class Receipt(NamedTuple):
    """What the client is told of a report: little, because a bulk request holds thousands."""

    report_id: str
    external_id: str
    subject_id: str
    warnings: tuple[FieldProblem, ...]


class Ready(NamedTuple):
    """A report that may be sent, and what is told of it once it is stored."""

    record: Record
    receipt: Receipt


class Reference:
    """Keys and policies as they stand, derived anew only when a record has changed."""

    def __init__(
        self,
        platforms: ReferenceView[PlatformRecord],
        policies: ReferenceView[PolicyRecord],
        age_seconds: Callable[[], float],
        most_seconds: float,
    ) -> None:
        self._platforms = platforms
        self._policies = policies
        self._age_seconds = age_seconds
        self._most_seconds = most_seconds
        self._platforms_version = self._policies_version = -1
        self._keys = Keys(())
        self._active: frozenset[str] = frozenset()

    def keys(self) -> Keys:
        """Raises Unavailable while nobody can know which keys are valid: never a 401 for that."""
        if self._age_seconds() > self._most_seconds:
            raise Unavailable(Problem.NOT_READY, 2)
        if self._platforms_version != self._platforms.version:
            self._platforms_version = self._platforms.version
            self._keys = Keys(self._platforms.records.values())
        return self._keys

    def policies(self) -> frozenset[str]:
        """Ids of the policies in force."""
        if self._policies_version != self._policies.version:
            self._policies_version = self._policies.version
            records = self._policies.records.values()
            self._active = frozenset(str(one.policy_id) for one in records if one.active)
        return self._active


class Intake:
    """What stands behind the calls of the edge."""

    def __init__(
        self,
        reference: Reference,
        publisher: Publisher,
        backlog: Backlog,
        phones: Phones,
        clock: Clock,
    ) -> None:
        self._reference = reference
        self._publisher = publisher
        self._backlog = backlog
        self._phones = phones
        self._clock = clock

    def grant(self, authorization: list[str], scope: Scope) -> Grant:
        """Errors as of `Keys.grant` and `Reference.keys`."""
        return self._reference.keys().grant(authorization, scope)

    def check_backlog(self) -> None:
        """Raises Unavailable while what is accepted could expire before it is read."""
        if self._backlog.late is not None:
            raise Unavailable(Problem.BACKLOG, 60)

    def read_reports(
        self, bodies: Sequence[bytes], grant: Grant, *, strict: bool, headers: Headers
    ) -> list[Ready | Refused]:
        """What is in each body; with `strict` every warning refuses.

        A step is done for all before the next begins: its code then stays in the processor's
        caches, which makes each report cheaper.
        """
        sender, reading = grant.sender, self._reading()
        documents = _each(parse, list(bodies))
        forms = _each(lambda document: read_form(REPORT, document), documents)
        named = _each(lambda read: named_of(read, sender, reading), forms)
        shown = _each(lambda named: shown_of(named, sender, reading), named)
        if strict:
            shown = _each(_without_warnings, shown)
        accepted = _each(lambda shown: accepted_of(shown, sender), shown)
        return _each(lambda accepted: _ready(accepted, headers), accepted)

    async def report(
        self, data: bytes, grant: Grant, *, strict: bool, headers: Headers
    ) -> tuple[Receipt, datetime]:
        """Returns when the log has it, with the broker's time. Raises Refused, Unavailable."""
        (ready,) = self.read_reports([data], grant, strict=strict, headers=headers)
        if isinstance(ready, Refused):
            raise ready
        accepted_at = await self._publisher.publish(ready.record)
        count(grant.platform.platform_id, ready.receipt.warnings)
        return ready.receipt, accepted_at

    async def appeal(
        self, data: bytes, grant: Grant, *, strict: bool, headers: Headers
    ) -> tuple[Appeal, tuple[FieldProblem, ...]]:
        """Returns when the log has it. Raises Refused, Unavailable."""
        read = read_form(APPEAL, parse(data))
        if strict and read.warnings:
            raise Refused(Problem.STRICT, errors=read.warnings)
        appeal = appeal_of(read.form, grant.sender, self._reading())
        record = Record(APPEALS.name, appeal.decision_id.encode(), encode(appeal), headers)
        await self._publisher.publish(record)
        count(appeal.platform, read.warnings, kind="appeal")
        return appeal, read.warnings

    def _reading(self) -> Reading:
        return Reading(self._phones, self._reference.policies(), self._clock())


def _without_warnings(shown: Shown) -> Shown:
    if shown.warnings:
        raise Refused(Problem.STRICT, errors=shown.warnings)
    return shown


def _each(step: Callable[[A], B], items: list[A | Refused]) -> list[B | Refused]:
    """The step for each item that was not refused before. Empties the list: what a step is done
    with is freed while it is still in the caches, and its memory serves the next.
    """
    found: list[B | Refused] = []
    items.reverse()
    while items:
        item = items.pop()
        if isinstance(item, Refused):
            found.append(item)
            continue
        try:
            found.append(step(item))
        except Refused as error:
            found.append(error)
    return found


def _ready(accepted: Accepted, headers: Headers) -> Ready:
    named, external_id, subject_id, fields, warnings = accepted
    record = Record(REPORTS.name, named.encode(), encoded(fields), headers)
    return Ready(record, Receipt(named, external_id, subject_id, warnings))


def count(
    platform: str, warnings: Sequence[FieldProblem], *, kind: str = "report", accepted: int = 1
) -> None:
    """What was accepted, in the metrics."""
    metrics.ACCEPTED.labels(platform, kind).inc(accepted)
    for warning in warnings:
        metrics.WARNED.labels(platform, warning.code).inc()
