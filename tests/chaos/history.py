"""What the clients of a chaos run did and were told.

A record is one call or one thing heard, with the times (seconds since 1970) at which it began and
ended; they overlap, because many clients act at once. A status of None means that no answer came:
what was asked may have happened or not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

import orjson

ACCEPTED = 202
DECIDED = 201
UNDONE = 200
# What an undo is told when another try of it came through.
UNDONE_BEFORE = "decision_undone"


class Tenant(NamedTuple):
    """A platform, or its sandbox."""

    platform: str
    environment: str

    def __str__(self) -> str:
        return f"{self.platform} ({self.environment})"


class ReportName(NamedTuple):
    """What a platform itself calls its report."""

    tenant: Tenant
    external_id: str

    def __str__(self) -> str:
        return f"report {self.external_id} of {self.tenant}"


@dataclass(frozen=True)
class Sending:
    """One try to post one body; `body` tells the bodies of one report apart, `subject_id` is the
    canonical subject that the body is about. `told_subject` and `report_id` are of the answer.
    """

    name: ReportName
    body: str
    subject_id: str
    began: float
    ended: float
    status: int | None
    report_id: str | None = None
    told_subject: str | None = None
    bulk: bool = False

    @property
    def accepted(self) -> bool:
        return self.status == ACCEPTED


@dataclass(frozen=True)
class Claimed:
    """A lease that was granted, until a time, on these cases."""

    lease_id: str
    reviewer: str
    case_ids: tuple[str, ...]
    platform: str
    began: float
    ended: float
    until: float


@dataclass(frozen=True)
class Deciding:
    """One try to decide; `request` is the digest of its body. `decisions` are (case, decision)."""

    lease_id: str
    reviewer: str
    case_id: str
    request: str
    began: float
    ended: float
    status: int | None
    code: str | None = None
    decisions: tuple[tuple[str, str], ...] = ()

    @property
    def done(self) -> bool:
        return self.status == DECIDED


@dataclass(frozen=True)
class Undoing:
    """One try to take back a decision and those made with it, `decision_ids`."""

    decision_ids: tuple[str, ...]
    reviewer: str
    began: float
    ended: float
    status: int | None
    code: str | None = None

    @property
    def done(self) -> bool:
        return self.status == UNDONE or self.code == UNDONE_BEFORE


@dataclass(frozen=True)
class Released:
    """One try to give a lease back."""

    lease_id: str
    reviewer: str
    began: float
    ended: float
    status: int | None


@dataclass(frozen=True)
class Heard:
    """A webhook as it came in; `genuine` is whether its signature was right, `answered` the status,
    0 for an answer without one or none at all.
    """

    tenant: Tenant
    event_id: str
    decision_id: str | None
    body: str
    at: float
    genuine: bool
    answered: int

    @property
    def taken(self) -> bool:
        return 200 <= self.answered < 300


@dataclass(frozen=True)
class Followed:
    """An event met by a reader that follows the feed by its cursor, in the order of reading."""

    tenant: Tenant
    event_id: str
    at: float


Record = Sending | Claimed | Deciding | Undoing | Released | Heard | Followed
R = TypeVar("R", Sending, Claimed, Deciding, Undoing, Released, Heard, Followed)


class History:
    """All records in the order in which they were written; each is a line of the file at once."""

    def __init__(self, records: Iterable[Record] = (), file: Path | None = None) -> None:
        self._records = list(records)
        self._file = file.open("ab") if file else None

    def add(self, record: Record) -> None:
        self._records.append(record)
        if self._file is not None:
            line = {"record": type(record).__name__, **asdict(record)}
            # orjson leaves named tuples to its `default`
            self._file.write(orjson.dumps(line, tuple, orjson.OPT_APPEND_NEWLINE))

    def all(self, kind: type[R]) -> Iterator[R]:
        """In the order of writing, which is that of the ends of calls."""
        return (record for record in self._records if isinstance(record, kind))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
