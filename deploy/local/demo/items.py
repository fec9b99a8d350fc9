"""What is complained of: a piece of content, an account or a group, with its author and reach."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from deploy.local.demo.people import Author, account_id, author, hexadecimal, moment
from deploy.local.demo.phrasebook import Phrasebook, link
from deploy.local.demo.subjects import (
    CONTENT_KINDS,
    WITH_GROUPS,
    Subject,
    account_subject,
    content_subject,
    group_subject,
)

MEDIA_OF = {
    "image": ("image", "image/jpeg"),
    "video": ("video", "video/mp4"),
    "stream": ("video", "video/mp4"),
    "audio": ("audio", "audio/ogg"),
}
CONTAINERS = {"x": "profile", "facebook": "profile", "whatsapp": "profile"}
REPLIES = frozenset({"comment", "message"})
WITH_PICTURE = 0.15


@dataclass(frozen=True)
class Item:
    platform: str
    language: str
    policy_id: str
    subject: Subject
    content: dict[str, JsonValue]
    owner: Author
    context: dict[str, JsonValue] | None
    reach: dict[str, JsonValue] | None

    @property
    def text(self) -> str:
        return str(self.content.get("text") or "")


def content_item(
    platform: str,
    policy_id: str,
    text: str | None,
    *,
    book: Phrasebook,
    chance: random.Random,
    now: datetime,
    kind: str | None = None,
    owner: Author | None = None,
) -> Item:
    """A post, comment, message or recording. Without a text it is known by its media alone."""
    weights = CONTENT_KINDS[platform]
    if text is None:
        weights = {name: weight for name, weight in weights.items() if name in MEDIA_OF}
    kind = kind or chance.choices(list(weights), list(weights.values()))[0]
    owner = owner or author(platform, book, chance, now)
    published = now - timedelta(minutes=3 + int(chance.lognormvariate(4.5, 1.5)) % 4000)
    heard = text is not None and kind == "audio"
    content: dict[str, JsonValue] = {
        "kind": kind,
        "text": None if heard else text,
        "language": book.language,
        "published_at": moment(published),
        "media": _media(kind, text, book, chance),
        "links": [link(chance)] if text and "https://" in text else [],
    }
    return Item(
        platform=platform,
        language=book.language,
        policy_id=policy_id,
        subject=content_subject(platform, kind, owner, chance),
        content=content,
        owner=owner,
        context=_context(platform, kind, book, chance, published),
        reach=reach(platform, chance, now, now - published),
    )


def holder_item(
    platform: str,
    policy_id: str,
    about: str,
    *,
    book: Phrasebook,
    chance: random.Random,
    now: datetime,
    group: bool = False,
    owner: Author | None = None,
) -> Item:
    """An account, or a group where the platform has any; `about` is what it says of itself."""
    group = group and platform in WITH_GROUPS
    owner = owner or author(platform, book, chance, now)
    if not group:
        owner = replace(owner, bio=about)
    kind = "group" if group else CONTAINERS.get(platform, "channel")
    subject = group_subject(platform, chance) if group else account_subject(platform, owner)
    content: dict[str, JsonValue] = {"kind": kind, "text": about, "language": book.language}
    if owner.avatar_pdq:
        content["media"] = [{"kind": "image", "pdq": owner.avatar_pdq, "pdq_quality": 80}]
    return Item(
        platform=platform,
        language=book.language,
        policy_id=policy_id,
        subject=subject,
        content=content,
        owner=owner,
        context=None,
        reach=None,
    )


def reach(
    platform: str, chance: random.Random, now: datetime, age: timedelta
) -> dict[str, JsonValue] | None:
    """What a platform counted; a messenger counts nothing but how often it was passed on."""
    hours = age / timedelta(hours=1)
    views = int(chance.lognormvariate(4.2, 1.6) * (0.2 + hours**0.7))
    shares = int(views * chance.uniform(0, 0.02))
    if platform == "whatsapp":
        return {"shares": shares + 1, "observed_at": moment(now)} if shares else None
    if chance.random() < 0.12:
        return None
    return {"views": views, "shares": shares, "observed_at": moment(now)}


def _media(kind: str, text: str | None, book: Phrasebook, chance: random.Random) -> list[JsonValue]:
    """Hashes alone: there is no picture behind any of them. A recording of a text speaks it, a
    video has something said in it beside the text.
    """
    if kind not in MEDIA_OF:
        if kind == "comment" or chance.random() >= WITH_PICTURE:
            return []
        kind = "image"
    name, mime = MEDIA_OF[kind]
    seen = name == "image"
    spoken = text if name == "audio" else None
    if name == "video" and text:
        spoken = chance.choice(book.replies)
    return [
        {
            "kind": name,
            "sha256": hexadecimal(chance),
            "pdq": hexadecimal(chance) if seen else None,
            "pdq_quality": chance.randrange(50, 101) if seen else None,
            "mime": mime,
            "transcript": spoken,
            "ocr_text": None,
        }
    ]


def _context(
    platform: str, kind: str, book: Phrasebook, chance: random.Random, published: datetime
) -> dict[str, JsonValue] | None:
    if kind not in REPLIES or chance.random() < 0.25:
        return None

    def post(lines: tuple[str, ...], earlier: int) -> dict[str, JsonValue]:
        return {
            "author_id": account_id(platform, chance),
            "text": book.filled(chance.choice(lines), chance),
            "published_at": moment(published - timedelta(minutes=earlier)),
        }

    thread: list[JsonValue] = [
        post(book.replies, 2 + number) for number in range(chance.choice((0, 0, 1, 2)))
    ]
    return {"parent": post(book.parents, chance.randrange(10, 400)), "thread": thread}
