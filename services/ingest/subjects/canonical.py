"""The subject of a report, whichever platform it is on. Pure; nothing here raises but
SubjectRefused.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from services.ingest.subjects import facebook, telegram, whatsapp, x, youtube
from services.ingest.subjects.names import ANY, Name
from services.ingest.subjects.phones import Phones
from services.ingest.subjects.urls import Url, split_url
from shared.contracts.identifiers import PlatformId, SubjectId
from shared.contracts.report import Identity, SubjectKind
from shared.errors import Permanent


class SubjectProblem(StrEnum):
    """Why a subject is refused."""

    INVALID_URL = "invalid_url"
    NOT_THIS_PLATFORM = "not_this_platform"
    KIND_MISMATCH = "subject_kind_mismatch"


class SubjectWarning(StrEnum):
    OPAQUE = "opaque_subject"
    URL_DIFFERS = "subject_url_differs"


class SubjectRefused(Permanent):
    """The subject cannot be that of a report of this platform."""

    def __init__(self, problem: SubjectProblem, field: str) -> None:
        super().__init__(f"{problem} in {field}")
        self.problem = problem
        self.field = field


class CanonicalSubject(NamedTuple):
    """The fields of the contract `Subject`: plain, because each report has one."""

    subject_id: SubjectId
    kind: SubjectKind
    identity: Identity
    url: str | None
    platform_id: str | None
    aliases: tuple[SubjectId, ...]


class Canonical(NamedTuple):
    """`warnings` are pairs of the field of the subject and what is to be known of it."""

    subject: CanonicalSubject
    warnings: tuple[tuple[str, SubjectWarning], ...] = ()


# What stands in the ids of no platform: they are short, in ASCII, and no number begins with 0.
_NO_ID = re.compile(r"[\s/?+%]|[^\x00-\x7f]|:[^:]*[0-9]{7}|^0[0-9]{2,4}[.\-]?[0-9]{3}")

# What is no telephone number and holds none, where numbers need their + or 00.
_ID_ALONE = re.compile(r"[A-Za-z1-9][A-Za-z0-9_\-]*")


def _no_scheme(_scheme: str) -> bool:
    return False


@dataclass(frozen=True)
class _Platform:
    prefix: str
    owns: Callable[[str], bool]
    name_url: Callable[[Url, Phones], Name | None]
    name_id: Callable[[SubjectKind, str, Phones], Name | None]
    name_handle: Callable[[str], Name | None]
    owns_scheme: Callable[[str], bool] = _no_scheme


_PLATFORMS = {
    PlatformId("x"): _Platform(x.PREFIX, x.owns, x.name_url, x.name_id, x.name_handle),
    PlatformId("youtube"): _Platform(
        youtube.PREFIX, youtube.owns, youtube.name_url, youtube.name_id, youtube.name_handle
    ),
    PlatformId("telegram"): _Platform(
        telegram.PREFIX,
        telegram.owns,
        telegram.name_url,
        telegram.name_id,
        telegram.name_handle,
        telegram.owns_scheme,
    ),
    PlatformId("facebook"): _Platform(
        facebook.PREFIX, facebook.owns, facebook.name_url, facebook.name_id, facebook.name_handle
    ),
    PlatformId("whatsapp"): _Platform(
        whatsapp.PREFIX,
        whatsapp.owns,
        whatsapp.name_url,
        whatsapp.name_id,
        whatsapp.name_handle,
        whatsapp.owns_scheme,
    ),
}


def is_known_platform(platform: PlatformId) -> bool:
    """Whether its URLs can be read here."""
    return platform in _PLATFORMS


def canonical_subject(
    platform: PlatformId,
    kind: SubjectKind,
    *,
    url: str | None,
    platform_id: str | None,
    phones: Phones,
) -> Canonical:
    """Subject of a report; one of `url` and `platform_id` is given, the id outranks the URL.

    Raises SubjectRefused for another platform's URL and for a kind that the name rules out.
    """
    by_url = None if url is None else name_url(platform, url, phones)
    by_id = None if platform_id is None else name_id(platform, kind, platform_id, phones)
    name = by_id or by_url
    if name is None:
        raise SubjectRefused(SubjectProblem.INVALID_URL, "url")
    if by_id is not None and kind not in by_id.kinds:
        raise SubjectRefused(SubjectProblem.KIND_MISMATCH, "platform_id")
    if by_url is not None and kind not in by_url.kinds:
        raise SubjectRefused(SubjectProblem.KIND_MISMATCH, "url")
    warnings: list[tuple[str, SubjectWarning]] = []
    if name.identity is Identity.OPAQUE:
        warnings.append(("url" if by_id is None else "platform_id", SubjectWarning.OPAQUE))
    aliases: tuple[SubjectId, ...] = ()
    if by_id and by_url and by_id.subject_id != by_url.subject_id:
        if by_id.identity is by_url.identity is Identity.STABLE:
            warnings.append(("url", SubjectWarning.URL_DIFFERS))
        else:
            aliases = (by_url.subject_id,)
    subject = CanonicalSubject(
        subject_id=name.subject_id,
        kind=kind,
        identity=name.identity,
        url=None if url is None else phones.redacted_url(url),
        platform_id=None if platform_id is None else shown_id(platform, platform_id, phones),
        aliases=aliases,
    )
    return Canonical(subject, tuple(warnings))


def name_url(platform: PlatformId, text: str, phones: Phones) -> Name:
    """Name by a URL. Raises SubjectRefused where it is none or is not on the platform."""
    known = _PLATFORMS.get(platform)
    if text.startswith("@") and known is not None:
        named = known.name_handle(text)
        if named is not None:
            return named
    url = split_url(text)
    if url is None:
        raise SubjectRefused(SubjectProblem.INVALID_URL, "url")
    if known is None:
        return _hashed(f"{platform}:url:", _normalised(url, phones))
    if url.scheme in {"http", "https"}:
        if not known.owns(url.host):
            raise SubjectRefused(SubjectProblem.NOT_THIS_PLATFORM, "url")
    elif not known.owns_scheme(url.scheme):
        raise SubjectRefused(SubjectProblem.NOT_THIS_PLATFORM, "url")
    return known.name_url(url, phones) or _hashed(f"{known.prefix}:url:", _normalised(url, phones))


def name_id(platform: PlatformId, kind: SubjectKind, text: str, phones: Phones) -> Name:
    """Name by the platform's own id. A form nobody knows gives an opaque name."""
    known = _PLATFORMS.get(platform)
    text = text.strip()
    if known is None:
        return Name(
            SubjectId(f"{platform}:{kind}:{shown_id(platform, text, phones)}"),
            (kind,),
            Identity.STABLE,
        )
    return known.name_id(kind, text, phones) or _hashed(f"{known.prefix}:id:", f"{kind}:{text}")


def account_of(
    platform: PlatformId, *, author_id: str | None, author_handle: str | None, phones: Phones
) -> Name | None:
    """Name of an author's account, by the id where there is one that is understood."""
    known = _PLATFORMS.get(platform)
    if author_id:
        name = name_id(platform, SubjectKind.ACCOUNT, author_id, phones)
        if name.understood and SubjectKind.ACCOUNT in name.kinds:
            return name
    if author_handle and known is not None:
        return known.name_handle(author_handle)
    return None


def shown_id(platform: PlatformId, text: str, phones: Phones) -> str:
    """A platform's id as it may leave the edge: telephone numbers as their tokens."""
    on_whatsapp = platform == "whatsapp"
    if not on_whatsapp and _ID_ALONE.fullmatch(text):
        return text
    token = phones.token(text, bare=on_whatsapp)
    if token:
        return token
    if on_whatsapp:
        text = whatsapp.message_id(text, phones)
    return phones.redacted_link(text) if _NO_ID.search(text) else text


def _hashed(prefix: str, text: str) -> Name:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Name(SubjectId(prefix + digest), ANY, Identity.OPAQUE, understood=False)


def _normalised(url: Url, phones: Phones) -> str:
    path = "/".join(url.segments)
    query = "&".join(f"{name}={value}" for name, value in sorted(url.query.items()))
    return phones.redacted_url(f"{url.scheme}://{url.host}/{path}?{query}")
