"""Facebook: a post by owner and number. pfbid, share and fb.watch codes tell nothing by themselves
and are kept as opaque names, never equated with a number.
"""

import re

from services.ingest.subjects.names import ACCOUNT, CONTENT, GROUP, Name, handle, opaque, stable
from services.ingest.subjects.phones import Phones
from services.ingest.subjects.urls import Url, host_without, is_below
from shared.contracts.report import SubjectKind

PREFIX = "fb"
HOSTS = frozenset({"facebook.com", "fb.com"})
SHORT_HOST, WATCH_HOST, MESSENGER_HOST = "fb.me", "fb.watch", "m.me"

_ID = re.compile(r"[1-9][0-9]{0,24}")
_PFBID = re.compile(r"pfbid[A-Za-z0-9]{10,100}")
_CODE = re.compile(r"[A-Za-z0-9_\-]{4,64}")
_HANDLE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9.]{5,50}")
_SURELY_A_HANDLE = re.compile(r"[a-z.]{5,50}")  # a short code would have capitals or digits
_LOCALE = re.compile(r"[a-z]{2}-[a-z]{2}\.")
_SHARED = {"p": CONTENT, "r": CONTENT, "v": CONTENT, "g": GROUP}
_ACCOUNT_TAILS = frozenset(
    {
        "about",
        "followers",
        "following",
        "friends",
        "mentions",
        "photos",
        "posts",
        "reels",
        "reviews",
        "videos",
    }
)
_RESERVED = frozenset(
    {
        "about", "ads", "bookmarks", "business", "checkpoint", "composer", "dialog", "events",
        "friends", "games", "gaming", "groups", "hashtag", "help", "home", "l.php", "legal", "live",
        "login", "marketplace", "media", "memories", "messages", "notes", "notifications",
        "onthisday", "pages", "people", "permalink.php", "photo", "photo.php", "photos", "plugins",
        "policies", "posts", "privacy", "profile.php", "public", "recover", "reel", "reels",
        "saved", "search", "settings", "share", "sharer", "sharer.php", "stories", "story.php",
        "tr", "video", "video.php", "videos", "watch", "weather",
    }
)  # fmt: skip


def owns(host: str) -> bool:
    plain = _plain(host)
    return plain in HOSTS | {SHORT_HOST, WATCH_HOST, MESSENGER_HOST} or is_below(plain, HOSTS)


def name_url(url: Url, _phones: Phones) -> Name | None:
    host = _plain(url.host)
    if host == WATCH_HOST:
        return _code("watch", url.segments[0]) if len(url.segments) == 1 else None
    if host == SHORT_HOST:
        sure = len(url.segments) == 1 and _SURELY_A_HANDLE.fullmatch(url.segments[0])
        return name_handle(url.segments[0]) if sure else None
    if host not in HOSTS:
        return None
    if "comment_id" in url.query or "reply_comment_id" in url.query:
        return _comment(url)
    return _content(url) or _place(url)


def name_id(kind: SubjectKind, text: str, _phones: Phones) -> Name | None:
    """`owner_post` is the form of Facebook's own interfaces."""
    if kind is SubjectKind.CONTENT:
        owner, underscore, post = text.partition("_")
        if underscore:
            return _post(owner, post) if _ID.fullmatch(owner) else None
        return _numbered("post", text) or _pfbid(text)
    if kind is SubjectKind.GROUP:
        return _group(text)
    return _account(text)


def name_handle(text: str) -> Name | None:
    """Facebook tells apart neither letter case nor dots."""
    if not _HANDLE.fullmatch(text) or text.lower() in _RESERVED or text.lower().endswith(".php"):
        return None
    return handle(f"fb:handle:{text.lower().replace('.', '')}")


def _plain(host: str) -> str:
    plain = host_without(host, "www.", "m.", "mbasic.", "web.", "touch.", "mobile.")
    return _LOCALE.sub("", plain) if plain.endswith(".facebook.com") else plain


def _content(url: Url) -> Name | None:  # noqa: C901, PLR0911 — a table of URL forms
    match url.segments:
        case ("story.php" | "permalink.php",):
            return _post(url.get("id"), url.get("story_fbid"))
        case ("groups", group, "posts" | "permalink", post) if _group(group):
            return _post(group, post)
        case ("photo" | "photo.php",):
            return _numbered("photo", url.get("fbid"))
        case ("watch",) | ("watch", "live") | ("video.php",):
            return _numbered("video", url.get("v"))
        case ("reel" | "reels", video):
            return _numbered("video", video)
        case ("stories", owner, story) if _ID.fullmatch(owner):
            return opaque(f"fb:story:{owner}/{story}") if _CODE.fullmatch(story) else None
        case ("share", "p" | "r" | "v" | "g" as kind, code) if _CODE.fullmatch(code):
            return opaque(f"fb:share:{kind}/{code}", _SHARED[kind])
        case ("events", event):
            return _numbered("event", event)
        case ("marketplace", "item", item):
            return _numbered("item", item)
        case (owner, "posts", post) | (owner, "posts", _, post) if _account(owner):
            return _post(owner, post)
        case (owner, "photos", photo) | (owner, "photos", _, photo) if _account(owner):
            return _numbered("photo", photo)
        case (owner, "videos", video) | (owner, "videos", _, video) if _account(owner):
            return _numbered("video", video)
    return None


def _place(url: Url) -> Name | None:
    """Accounts, pages and groups."""
    match url.segments:
        case ("profile.php",) if "story_fbid" not in url.query:
            return _numbered("account", url.get("id"), account=True)
        case ("people" | "pages", _, number) | ("pages", "category", _, number):
            return _numbered("account", number, account=True)
        case ("pg", name) | ("pg", name, _):
            return _account(name)
        case ("groups", group) if "multi_permalinks" not in url.query:
            return _group(group)
        case (name,):
            return _account(name)
        case (name, tail) if tail in _ACCOUNT_TAILS:
            return _account(name)
    return None


def _account(text: str) -> Name | None:
    return _numbered("account", text, account=True) or name_handle(text)


def _numbered(kind: str, text: str, *, account: bool = False) -> Name | None:
    if not _ID.fullmatch(text):
        return None
    return stable(f"fb:{kind}:{text}", ACCOUNT if account else CONTENT)


def _post(owner: str, post: str) -> Name | None:
    if _PFBID.fullmatch(post):
        return _pfbid(post)
    if not _ID.fullmatch(post) or not re.fullmatch(r"[A-Za-z0-9.]{1,50}", owner):
        return None
    return stable(f"fb:post:{owner.lower().replace('.', '')}/{post}", CONTENT)


def _pfbid(text: str) -> Name | None:
    return opaque(f"fb:pfbid:{text}") if _PFBID.fullmatch(text) else None


def _code(kind: str, text: str) -> Name | None:
    return opaque(f"fb:{kind}:{text}") if _CODE.fullmatch(text) else None


def _group(text: str) -> Name | None:
    if _ID.fullmatch(text):
        return stable(f"fb:group:{text}", GROUP)
    if not _HANDLE.fullmatch(text):
        return None
    return handle(f"fb:group:{text.lower().replace('.', '')}", GROUP)


def _comment(url: Url) -> Name | None:
    """A link to a comment names the comment, not the post around it."""
    comment = url.get("reply_comment_id") or url.get("comment_id")
    around = _content(url)
    if around is None or not _ID.fullmatch(comment):
        return None
    return stable(f"fb:comment:{comment}", CONTENT)
