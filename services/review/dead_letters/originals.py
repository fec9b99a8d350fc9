"""The records that dead letters were made of, as they were before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.review.dead_letters.records import fetch_records
from services.review.dead_letters.rules import Letter, Place
from shared.kafka.dead_letters import (
    RawRecord,
    Verdict,
    find_verdict,
    is_left_out,
    original_headers,
    original_key,
)

GONE = "Kafka keeps the dead letter no longer"
NO_ORIGIN = "its headers do not say whence it comes"
TOO_LARGE_AND_GONE = "it was too large for a dead letter, and Kafka keeps its origin no longer"


@dataclass(frozen=True)
class Original:
    """`record` has the key, value and headers that it had before it was set aside, and the topic
    and partition that it goes back to; None where `missing` says why it cannot be had. `verdict`
    is what the dead letter says, `left_out` that it was too large for one.
    """

    record: RawRecord | None
    verdict: Verdict | None
    missing: str | None = None
    left_out: bool = False


async def fetch_originals(bootstrap: str, letters: Sequence[Letter]) -> dict[Place, Original]:
    """One for each letter. Raises BrokerAway when Kafka does not answer."""
    kept = await fetch_records(bootstrap, [letter.place for letter in letters])
    origins = await fetch_records(
        bootstrap,
        [letter.origin for letter in letters if _is_left_out(kept.get(letter.place))],
    )
    return {
        letter.place: _original(kept.get(letter.place), origins.get(letter.origin))
        for letter in letters
    }


def _is_left_out(record: RawRecord | None) -> bool:
    return record is not None and is_left_out(record.headers)


def _original(letter: RawRecord | None, origin: RawRecord | None) -> Original:
    if letter is None:
        return Original(None, None, GONE)
    verdict = find_verdict(letter.headers)
    if verdict is None:
        return Original(None, None, NO_ORIGIN)
    left_out = is_left_out(letter.headers)
    if not left_out:
        origin = replace(letter, key=original_key(letter))
    elif origin is None or origin.coordinates.timestamp != verdict.origin.timestamp:
        # a topic that was made anew has another record at the same place
        return Original(None, verdict, TOO_LARGE_AND_GONE, left_out)
    record = replace(
        origin,
        topic=verdict.origin.topic,
        partition=verdict.origin.partition,
        headers=original_headers(origin.headers),
    )
    return Original(record, verdict, None, left_out)
