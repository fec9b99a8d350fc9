"""What is posted: reports as platforms send them, about 1 KB each, each with an id of its own."""

import random
from dataclasses import dataclass

import orjson

VARIETIES = 64
_PLACE = b"<external id>"
_TEXT = (
    "they said the market would open again on friday but nobody came and the road was closed "
    "until the evening when two men from the other street began to shout at everyone who passed "
    "یہ لوگ کل پھر آئیں گے اور سب کو بتا دیں گے کہ کیا ہوا تھا "
    "هؤلاء الناس سيعودون غدا ويقولون للجميع ما حدث في السوق"
)


@dataclass(frozen=True)
class Bodies:
    """The same bodies in every run."""

    halves: tuple[tuple[bytes, bytes], ...]

    def report(self, prefix: str, number: int) -> bytes:
        before, after = self.halves[number % len(self.halves)]
        return b"%b%b-%d%b" % (before, prefix.encode(), number, after)

    def lines(self, prefix: str, first: int, count: int) -> bytes:
        """As many reports for one bulk request."""
        return b"\n".join(self.report(prefix, first + place) for place in range(count))

    @property
    def mean_bytes(self) -> float:
        return sum(len(before) + len(after) for before, after in self.halves) / len(self.halves)


def make_bodies(seed: int = 1) -> Bodies:
    chance = random.Random(seed)
    return Bodies(tuple(_halves(chance) for _ in range(VARIETIES)))


def _halves(chance: random.Random) -> tuple[bytes, bytes]:
    before, _, after = orjson.dumps(_report(chance)).partition(_PLACE)
    return before, after


def _report(chance: random.Random) -> dict[str, object]:
    post = chance.randrange(10**18, 2 * 10**18)
    handle = f"handle_{chance.randrange(10**6)}"
    return {
        "external_id": _PLACE.decode(),
        "reported_at": "2026-11-20T09:14:03Z",
        "urgency": "normal",
        "reason": {"policy_id": "terrorism", "platform_code": "T-12", "text": _text(chance, 6)},
        "reporter": {"id": f"u-{post % 9973}", "kind": "user", "language": "ur", "country": "PK"},
        "subject": {"kind": "content", "url": f"https://x.com/{handle}/status/{post}"},
        "content": {
            "kind": "post",
            "text": _text(chance, 40),
            "language": "ur",
            "published_at": "2026-11-20T08:00:00Z",
            "links": [f"https://example.org/{post % 977}"],
        },
        "author": {
            "id": str(post % 10**9 + 1),
            "handle": handle,
            "display_name": _text(chance, 2),
            "bio": _text(chance, 8),
            "created_at": "2026-11-19T00:00:00Z",
            "followers": post % 5000,
        },
        "reach": {
            "views": post % 99_991,
            "shares": post % 331,
            "observed_at": "2026-11-20T09:10:00Z",
        },
    }


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_TEXT.split(), k=words))
