"""Dead letters as lines for people and as objects for programs. Pure.

Only `record_lines` and `record_object` tell what a record holds.
"""

import base64
from collections.abc import Sequence
from datetime import datetime

from pydantic import JsonValue

from services.review.dead_letters.originals import Original
from services.review.dead_letters.rules import Group, Letter, State
from services.review.dead_letters.service import Shown
from shared.kafka.dead_letters import RawRecord
from shared.times import time_text

LONGEST_LINE = 16_384
NOTHING = "-"


def letter_object(letter: Letter) -> dict[str, JsonValue]:
    return {
        "id": str(letter.place),
        "state": str(letter.state),
        "cause": letter.cause,
        "error": letter.error,
        "stack": letter.stack_hash,
        "origin": str(letter.origin),
        "first": str(letter.first),
        "key": letter.key,
        "platform": letter.platform,
        "environment": letter.environment,
        "report_id": letter.report_id,
        "external_id": letter.external_id,
        "since": time_text(letter.since),
        "closed_at": _optional_time(letter.closed_at),
        "replays": letter.replays,
        "replay_requested_at": _optional_time(letter.replay_requested_at),
        "replay_requested_by": letter.replay_requested_by,
    }


def group_object(group: Group) -> dict[str, JsonValue]:
    return {
        "count": group.count,
        "topic": group.topic,
        "cause": group.cause,
        "error": group.error,
        "stack": group.stack_hash,
        "oldest": time_text(group.oldest),
        "newest": time_text(group.newest),
        "example": str(group.example),
    }


def shown_object(shown: Shown, *, with_value: bool) -> dict[str, JsonValue]:
    return {
        **letter_object(shown.letter),
        "letters_of_the_record": [str(letter.place) for letter in shown.of_record],
        "record": record_object(shown.original, with_value=with_value),
    }


def record_object(original: Original, *, with_value: bool) -> dict[str, JsonValue]:
    record = original.record
    if record is None:
        return {"kept": False, "left_out": original.left_out, "missing": original.missing}
    found: dict[str, JsonValue] = {
        "kept": True,
        "left_out": original.left_out,
        "headers": [{"name": name, **_bytes_object(value)} for name, value in record.headers],
        "value_bytes": None if record.value is None else len(record.value),
    }
    if with_value:
        found["value"] = None if record.value is None else _bytes_object(record.value)
    return found


def letter_lines(letters: Sequence[Letter]) -> list[str]:
    """A table of one line a letter."""
    rows = [
        ("ID", "CAUSE", "ERROR", "ORIGIN", "PLATFORM", "REPORT", "SINCE", "REPLAYS", "STATE"),
        *(
            (
                str(letter.place),
                letter.cause,
                letter.error,
                str(letter.origin),
                letter.platform or NOTHING,
                " ".join(filter(None, (letter.report_id, letter.external_id))) or NOTHING,
                _second(letter.since),
                str(letter.replays),
                str(letter.state),
            )
            for letter in letters
        ),
    ]
    return aligned(rows)


def group_lines(groups: Sequence[Group]) -> list[str]:
    """A table of one line a group."""
    rows = [
        ("COUNT", "TOPIC", "CAUSE", "ERROR", "STACK", "OLDEST", "NEWEST", "EXAMPLE"),
        *(
            (
                f"{group.count:,}",
                group.topic,
                group.cause,
                group.error,
                group.stack_hash,
                _second(group.oldest),
                _second(group.newest),
                str(group.example),
            )
            for group in groups
        ),
    ]
    return aligned(rows)


def shown_lines(shown: Shown, *, with_value: bool) -> list[str]:
    letter = shown.letter
    facts = [
        ("id", str(letter.place)),
        ("state", str(letter.state)),
        ("cause", letter.cause),
        ("error", letter.error),
        ("stack", letter.stack_hash),
        ("origin", str(letter.origin)),
        ("platform", " ".join(filter(None, (letter.platform, letter.environment))) or NOTHING),
        ("report", letter.report_id or NOTHING),
        ("external id", letter.external_id or NOTHING),
        ("key", letter.key or NOTHING),
        ("since", _second(letter.since)),
        ("replays", _replays(letter)),
    ]
    if letter.closed_at is not None:
        facts.append(("closed", _second(letter.closed_at)))
    others = [one for one in shown.of_record if one.place != letter.place]
    facts += [("same record", f"{one.place} ({one.state})") for one in others]
    return [*aligned(facts), *record_lines(shown.original, with_value=with_value)]


def record_lines(original: Original, *, with_value: bool) -> list[str]:
    record = original.record
    if record is None:
        return [f"The record cannot be had: {original.missing}."]
    lines = []
    if original.left_out:
        lines.append("It was too large for a dead letter; this is from its origin.")
    lines += [f"header {name}: {_printable(value)}" for name, value in record.headers]
    if record.value is None:
        lines.append("value: none")
    elif with_value:
        lines += ["value:", *_value_lines(record)]
    else:
        size = len(record.value)
        lines.append(f"value: {size:,} bytes; --value shows it, and it may hold what people wrote")
    return lines


def counted(shown: int, total: int, state: State, *, more: str) -> str:
    """The last line: how many there are, and where the rest is."""
    kind = "" if state is State.ALL else f"{state} "
    line = f"{total:,} {kind}dead letter{'' if total == 1 else 's'}"
    return f"{line}, {shown:,} shown; {more}" if shown < total else line


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest; never cut, so that an id can be copied."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _second(moment: datetime) -> str:
    return time_text(moment.replace(microsecond=0))


def _replays(letter: Letter) -> str:
    if letter.replay_requested_at is None:
        return str(letter.replays)
    asked = _second(letter.replay_requested_at)
    return f"{letter.replays}, last asked by {letter.replay_requested_by} at {asked}"


def _value_lines(record: RawRecord) -> list[str]:
    text = _printable(record.value or b"")
    if len(text) <= LONGEST_LINE:
        return [text]
    return [
        text[:LONGEST_LINE],
        f"and {len(text) - LONGEST_LINE:,} characters more; --json has all",
    ]


def _printable(value: bytes) -> str:
    """For a terminal: what could steer it is written as its number."""
    text = value.decode("utf-8", "backslashreplace")
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def _bytes_object(value: bytes) -> dict[str, JsonValue]:
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _optional_time(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)
