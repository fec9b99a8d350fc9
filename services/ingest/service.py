"""One request from its bytes to the acknowledgement of the log."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.ingest import metrics
from services.ingest.auth import Grant, Keys
from services.ingest.backlog import Backlog
from services.ingest.errors import FieldProblem, Refused, Unavailable
from services.ingest.forms import APPEAL
from services.ingest.gathering import Gathering
from services.ingest.json_parser import parse
from services.ingest.leniency import read_form
from services.ingest.problems import Problem
from services.ingest.publisher import Publisher
from services.ingest.reading import Posted, Ready, Receipt, read_reports
from services.ingest.rules import Reading, appeal_of
from services.ingest.subjects.phones import Phones
from shared.clock import Clock
from shared.contracts.appeal import Appeal
from shared.contracts.codec import encode
from shared.contracts.reference import PlatformRecord, PolicyRecord, Scope
from shared.contracts.topics import APPEALS
from shared.kafka.batches import Record
from shared.kafka.reference import ReferenceView

MOST_TOGETHER = 32  # bodies; of the largest size they are a bulk request


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
        self._gathering = Gathering(self.read_reports, MOST_TOGETHER)

    def grant(self, authorization: Sequence[str], scope: Scope) -> Grant:
        """Errors as of `Keys.grant` and `Reference.keys`."""
        return self._reference.keys().grant(authorization, scope)

    def check_backlog(self) -> None:
        """Raises Unavailable while what is accepted could expire before it is read."""
        if self._backlog.late is not None:
            raise Unavailable(Problem.BACKLOG, 60)

    def read_reports(self, posted: Sequence[Posted]) -> list[Ready | Refused]:
        """What is in each body, as things stand."""
        return read_reports(posted, self._reading())

    async def report(self, posted: Posted) -> tuple[Receipt, datetime]:
        """Returns when the log has it, with the broker's time. Raises Refused, Unavailable."""
        ready = await self._gathering.ask(posted)
        if isinstance(ready, Refused):
            raise ready
        accepted_at = await self._publisher.publish(ready.record)
        count(posted.head.sender.platform, ready.receipt.warnings)
        return ready.receipt, accepted_at

    async def appeal(self, posted: Posted) -> tuple[Appeal, tuple[FieldProblem, ...]]:
        """Returns when the log has it. Raises Refused, Unavailable."""
        sender, strict, headers = posted.head
        read = read_form(APPEAL, parse(posted.body))
        if strict and read.warnings:
            raise Refused(Problem.STRICT, errors=read.warnings)
        appeal = appeal_of(read.form, sender, self._reading())
        record = Record(APPEALS.name, appeal.decision_id.encode(), encode(appeal), headers)
        await self._publisher.publish(record)
        count(appeal.platform, read.warnings, kind="appeal")
        return appeal, read.warnings

    def _reading(self) -> Reading:
        return Reading(self._phones, self._reference.policies(), self._clock())


def count(
    platform: str, warnings: Sequence[FieldProblem], *, kind: str = "report", accepted: int = 1
) -> None:
    """What was accepted, in the metrics."""
    metrics.ACCEPTED.labels(platform, kind).inc(accepted)
    for warning in warnings:
        metrics.WARNED.labels(platform, warning.code).inc()
