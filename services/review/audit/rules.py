"""What an audit entry looks like, byte for byte. Pure.

An entry is canonical JSON (RFC 8785 for what it holds: ASCII keys, sorted, no floats), so that its
hash can be checked by anybody. What is private enters only as
`SHA-256(0x6d71 || salt || canonical JSON)` and can be destroyed without breaking the chain.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydantic import JsonValue

from services.review.audit.models import Act

_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
)
COMMITMENT_PREFIX = b"\x6d\x71"
ENTRY_VERSION = 1


class Waiting(NamedTuple):
    """An entry that has no place in the order yet."""

    audit_id: str
    case_id: str | None
    platform: str | None
    environment: str | None
    entry: str
    salt: bytes
    private: str


def canonical(value: JsonValue) -> str:
    """The one JSON text of the value: sorted keys, no blanks, ASCII."""
    return _CANONICAL.encode(value) if value != {} else "{}"


def commitment(salt: bytes, private: str) -> str:
    """Binds to the private part without telling it: hexadecimal SHA-256."""
    return hashlib.sha256(COMMITMENT_PREFIX + salt + private.encode()).hexdigest()


def waiting_entry(act: Act, *, audit_id: str, salt: bytes, at: datetime) -> Waiting:
    """The entry of an act, without its place in the order."""
    private = canonical(act.private)
    entry: dict[str, JsonValue] = {
        "v": ENTRY_VERSION,
        "id": audit_id,
        "t": int(at.timestamp() * 1_000_000),
        "action": act.action,
        "actor": str(act.actor),
        "roles": list(act.actor.roles),
        "case": act.case_id,
        "case_version": act.case_version,
        "platform": act.platform,
        "environment": act.environment,
        "before": act.before,
        "after": act.after,
        "reason": act.reason_code,
        "c": commitment(salt, private),
    }
    return Waiting(
        audit_id=audit_id,
        case_id=act.case_id,
        platform=act.platform,
        environment=act.environment,
        entry=canonical(entry),
        salt=salt,
        private=private,
    )


def entry_hash(previous_hash: str, entry: str) -> str:
    """Hash of an entry in its chain: hexadecimal SHA-256 over the previous hash and the entry."""
    return hashlib.sha256(previous_hash.encode() + b"\x00" + entry.encode()).hexdigest()


WITHOUT_CASE = ""


@dataclass(frozen=True)
class Unplaced:
    """A waiting act as the sequencer reads it. Acts without a case share one chain."""

    audit_id: str
    case_id: str | None
    entry: str

    @property
    def chain(self) -> str:
        return self.case_id or WITHOUT_CASE


@dataclass(frozen=True)
class Placed:
    """An entry in its place. `sequence` counts from 1 without gaps over all chains;
    `previous_hash` is empty for the first of a chain.
    """

    sequence: int
    audit_id: str
    case_id: str | None
    entry: str
    previous_hash: str
    hash: str

    @property
    def chain(self) -> str:
        return self.case_id or WITHOUT_CASE


def placed(
    waiting: Sequence[Unplaced], *, size: int, lasts: Mapping[str, str]
) -> tuple[Placed, ...]:
    """The next entries of a trail of `size`, whose chains end in `lasts`."""
    ends = dict(lasts)
    entries: list[Placed] = []
    for sequence, act in enumerate(waiting, start=size + 1):
        previous = ends.get(act.chain, "")
        ends[act.chain] = digest = entry_hash(previous, act.entry)
        entries.append(Placed(sequence, act.audit_id, act.case_id, act.entry, previous, digest))
    return tuple(entries)
