"""How each platform names what is complained of."""

import random
import string
from collections.abc import Mapping

from pydantic import JsonValue

from deploy.local.demo.people import Author, digits, letters

Subject = dict[str, JsonValue]
# Kinds of content on a platform, and how common each is.
CONTENT_KINDS: Mapping[str, Mapping[str, int]] = {
    "x": {"post": 66, "comment": 20, "video": 8, "image": 6},
    "youtube": {"comment": 52, "video": 40, "stream": 8},
    "telegram": {"message": 72, "video": 12, "image": 10, "audio": 6},
    "facebook": {"post": 46, "comment": 30, "image": 14, "video": 10},
    "whatsapp": {"message": 74, "image": 12, "audio": 8, "post": 6},
}
PLATFORMS = tuple(CONTENT_KINDS)
WITH_GROUPS = frozenset(PLATFORMS) - {"youtube"}
_ALPHANUMERIC = string.ascii_letters + string.digits


def content_subject(platform: str, kind: str, owner: Author, chance: random.Random) -> Subject:
    match platform:
        case "youtube":
            return _on_youtube(kind, chance)
        case "telegram":
            url = f"https://t.me/{owner.handle}/{chance.randrange(20, 9000)}"
        case "facebook":
            url = _on_facebook(kind, owner, chance)
        case "whatsapp" if kind != "post":
            return _named("content", platform_id="3EB0" + letters(chance, 18, "0123456789ABCDEF"))
        case "whatsapp":
            channel = "0029Va" + letters(chance, 18, _ALPHANUMERIC)
            url = f"https://whatsapp.com/channel/{channel}/{chance.randrange(100, 999)}"
        case _:
            url = f"https://x.com/{owner.handle}/status/{digits(chance, 19)}"
    return _named("content", url)


def account_subject(platform: str, owner: Author) -> Subject:
    match platform:
        case "youtube":
            return _named("account", f"https://www.youtube.com/channel/{owner.account_id}")
        case "telegram":
            return _named("account", f"https://t.me/{owner.handle}")
        case "facebook":
            return _named("account", f"https://www.facebook.com/profile.php?id={owner.account_id}")
        case "whatsapp":
            return _named("account", platform_id=owner.account_id)
        case _:
            return _named("account", f"https://x.com/{owner.handle}", owner.account_id)


def group_subject(platform: str, chance: random.Random) -> Subject:
    """Only for a platform that has groups."""
    match platform:
        case "telegram":
            return _named("group", "https://t.me/+" + letters(chance, 16, _ALPHANUMERIC))
        case "facebook":
            return _named("group", f"https://www.facebook.com/groups/{digits(chance, 16)}")
        case "whatsapp":
            return _named(
                "group", "https://chat.whatsapp.com/" + letters(chance, 22, _ALPHANUMERIC)
            )
        case _:
            return _named("group", f"https://x.com/i/communities/{digits(chance, 19)}")


def _named(kind: str, url: str | None = None, platform_id: str | None = None) -> Subject:
    return {"kind": kind, "url": url, "platform_id": platform_id}


def _on_youtube(kind: str, chance: random.Random) -> Subject:
    video = letters(chance, 11, _ALPHANUMERIC)
    if kind == "comment":
        comment = "Ug" + letters(chance, 24, _ALPHANUMERIC)
        return _named("content", f"https://www.youtube.com/watch?v={video}&lc={comment}")
    page = "live/" if kind == "stream" else "watch?v="
    return _named("content", f"https://www.youtube.com/{page}{video}")


def _on_facebook(kind: str, owner: Author, chance: random.Random) -> str:
    number = digits(chance, 17)
    match kind:
        case "image":
            return f"https://www.facebook.com/photo?fbid={number}"
        case "video":
            return f"https://www.facebook.com/reel/{number}"
        case "comment":
            post = f"https://www.facebook.com/{owner.account_id}/posts/{number}"
            return f"{post}?comment_id={digits(chance, 17)}"
        case _:
            return f"https://www.facebook.com/{owner.account_id}/posts/{number}"
