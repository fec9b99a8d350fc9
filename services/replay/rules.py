"""From a row of a table to a report, with ids that are the same on every run. Pure.

The subjects are made up, so their ids lie where no platform has any: they can never meet a real
report. Two files, or two rows of one, never share a subject.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

LONGEST_TEXT = 100_000  # characters, as the edge takes them
MOST_ROWS = 10**10 - 1
PREFIXES = {"x": "x", "youtube": "yt", "telegram": "tg", "facebook": "fb", "whatsapp": "wa"}
_BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


@dataclass(frozen=True)
class Unsendable:
    """Why a row cannot be made into a report."""

    code: str
    reason: str


@dataclass(frozen=True)
class Table:
    """What all reports of one table have in common. `digest` is the SHA-256 of the file in
    hexadecimal digits.
    """

    platform: str
    policy: str
    digest: str
    reported_at: datetime

    @property
    def number(self) -> int:
        """Of the file, of 8 digits."""
        return int(self.digest[:16], 16) % 10**8


def report_of(table: Table, row: int, text: str) -> bytes | Unsendable:
    """One line of JSON in the edge's form. Rows are counted from 1.

    `text` may hold the lone surrogates that `surrogateescape` leaves of broken UTF-8.
    """
    if row > MOST_ROWS:
        return Unsendable("too_many_rows", f"only the first {MOST_ROWS} rows have ids")
    broken = next((char for char in text if "\udc80" <= char <= "\udcff"), None)
    if broken is not None:
        return Unsendable("not_utf8", f"the byte 0x{ord(broken) - 0xDC00:02x} is not UTF-8")
    if not text.strip():
        return Unsendable("empty_text", "there is no text in it")
    if len(text) > LONGEST_TEXT:
        return Unsendable("too_long", f"the text has more than {LONGEST_TEXT} characters")
    return orjson.dumps(
        {
            "external_id": f"replay-{table.digest[:24]}-{row}",
            "reported_at": table.reported_at.isoformat(),
            "reason": {"policy_id": table.policy},
            "subject": {"kind": "content", **made_up_subject(table, row)},
            "content": {
                "kind": "video" if table.platform == "youtube" else "post",
                "text": text,
            },
        }
    )


def made_up_subject(table: Table, row: int) -> dict[str, str]:
    """By URL where the platform's URLs are known: the edge then refuses a key of another one."""
    make = _URLS.get(table.platform)
    if make is None:
        return {"platform_id": f"mizan-replay-{table.number:08d}-{row}"}
    return {"url": make(table.number, row)}


def is_subject_of(platform: str, subject_id: str) -> bool:
    return subject_id.startswith(f"{PREFIXES.get(platform, platform)}:")


def _x(file: int, row: int) -> str:
    """Twenty digits from 99 on: past the 64 bits of a real id."""
    return f"https://x.com/i/status/99{file:08d}{row:010d}"


def _youtube(file: int, row: int) -> str:
    """Ten digits of base 64 and `_`: a real id is 64 bits long, so its last digit is even."""
    number = file * 10**10 + row
    code = "".join(_BASE64[number >> shift & 63] for shift in range(54, -1, -6))
    return f"https://www.youtube.com/watch?v={code}_"


def _telegram(file: int, row: int) -> str:
    """A real chat has at most thirteen digits."""
    return f"https://t.me/c/99{file:08d}0000000000/{row}"


def _facebook(file: int, row: int) -> str:
    """Twenty digits from 99 on, as for X."""
    return f"https://www.facebook.com/99{file:08d}0000000000/posts/{row}"


def _whatsapp(file: int, row: int) -> str:
    """Posts of a channel that WhatsApp gave to nobody."""
    return f"https://whatsapp.com/channel/0029MizanReplay{file:08d}/{row}"


_URLS: Mapping[str, Callable[[int, int], str]] = {
    "x": _x,
    "youtube": _youtube,
    "telegram": _telegram,
    "facebook": _facebook,
    "whatsapp": _whatsapp,
}
