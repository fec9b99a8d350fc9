"""Pictures, video and sound of others: from where they may be loaded, and on whose terms they are
shown once they are uncovered. Pure.
"""

from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit


class Term(StrEnum):
    """Each holds on its own. `STILL`: nothing plays by itself."""

    BLUR = "blur"
    GREY = "grey"
    MUTE = "mute"
    STILL = "still"


Terms = frozenset[Term]

# Which of them say anything about a kind of media.
TERMS_OF: Mapping[str, tuple[Term, ...]] = {
    "image": (Term.BLUR, Term.GREY),
    "video": tuple(Term),
    "audio": (Term.MUTE, Term.STILL),
}


def terms_named(names: str) -> Terms:
    """Of the organisation's setting."""
    return frozenset(Term(name) for name in names.split())


def own_terms(usual: Terms, own: Mapping[Term, bool]) -> Terms:
    """The organisation's terms but for what the reader set otherwise."""
    return frozenset(term for term in Term if own.get(term, term in usual))


def differences(usual: Terms, chosen: Terms) -> dict[Term, bool]:
    """What the reader set otherwise: the rest goes on following the organisation."""
    return {term: term in chosen for term in Term if (term in chosen) != (term in usual)}


def may_load(url: str | None, origins: str) -> bool:
    """Whether a page may load that address; `origins` as the setting and the browser's policy say
    it, `*` for any subdomain or port.
    """
    try:
        parts = urlsplit(url or "")
        origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return False
    return any(fnmatchcase(origin, known) for known in origins.split())
