"""Telephone numbers: keyed hashes in place of them in ids and URLs, nothing in texts."""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

SHORTEST, LONGEST = 7, 15
REDACTED = "[phone]"

_UNSEEN = r"\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_GAP = rf"[\s.\-()/\u2010-\u2015{_UNSEEN}]"
# Behind a + nothing but a telephone number is written so, whatever stands between the digits.
_WIDE_GAP = rf"[\s.,\-()/_*~|\u00b7\u2010-\u2015\u2022{_UNSEEN}]"
_NUMBER = re.compile(rf"(?:tel:)?\s*(\+|00)?{_GAP}*(\d(?:{_GAP}*\d){{6,14}})", re.IGNORECASE)
_JID = re.compile(r"(\d{7,15})(?::\d+)?@(?:s\.whatsapp\.net|c\.us)")
_HASHED = re.compile(r"phone-[0-9a-f]{32}")
_SAYS_SO = (
    r"(?:tel|sms|smsto|callto|phone|phone[ _]?n(?:o|umber)|mobile|cell|msisdn|whats?app)\b"
    r"[:=# ]{1,3}|[?&](?:number|tel)=|wa\.me/(?:c/)?"
)
# In a text: what is written as a telephone number. Bare digits count from ten on (shorter ones
# are prices and dates), and not inside a longer token or a path, where they are ids.
_IN_TEXT = re.compile(
    rf"(?:(?<![\w+])|(?<=\b00)|(?:{_SAYS_SO}))(?:\+|%2b|00){_WIDE_GAP}*\d(?:{_WIDE_GAP}*\d){{6,14}}(?!\d)"
    rf"|(?:{_SAYS_SO})(?:\+|%2b)?(?:%20|{_GAP})*\d(?:(?:%20|{_GAP})*\d){{6,14}}(?!\d)"
    rf"|(?<![\w/=#&?.\-+])(?<!\d\s)\(?0\d{{2,4}}\)?{_GAP}{{1,2}}\d{{2,8}}(?:{_GAP}\d{{2,8}}){{0,3}}(?![\d\w])"
    r"|(?<![\w/=#&?.\-+:])\d{1,3}[ .\-]\d{2,4}[ .\-]\d{6,8}(?![\w/])"
    r"|(?<![\w/=#&?.\-+:])\(?\d{3}\)?[ .\-]\d{3}[.\-]\d{4}(?![\w/.\-])"
    r"|(?<![\w/=#&?.\-+:])\d{10,15}(?![\w/])"
    r"|\d{7,15}(?::\d+)?@(?:s\.whatsapp\.net|c\.us)",
    re.IGNORECASE,
)
_IN_URL = re.compile(
    r"(?i)(?P<before>tel:|sms:|callto:|[?&](?:tel|mobile|number)=|phone(?:[_-]?number)?=|wa\.me/(?:c/)?)?"
    r"(?P<plus>\+|%2b)?(?P<digits>\d(?:(?:[-.()]|%20|%2[89d]|\+)*\d){6,14})(?![\d])"
)
_WHATSAPP = re.compile(r"(?i)wa\.me/|whatsapp")  # whose ids are telephone numbers
_BARE = re.compile(r"(?<![A-Za-z0-9\-])\d{7,15}(?![A-Za-z0-9])")
# Quick looks, because most texts and URLs hold no number. The first sees each character where a
# digit could stand, and takes all beyond the basic plane for one: a class without categories is a
# table. The class in front of the second lets it skip from digit to digit.
_DIGITS = "".join(char for char in map(chr, range(0x10000)) if char.isdecimal())
_DIGIT = re.compile(f"[%{_DIGITS}\U00010000-\U0010ffff]")
_SEVERAL_DIGITS = re.compile(r"[\d%](?:(?<=\d)[\d\W_]{5,}\d|(?<=%)[d-fD-F][0-9a-fA-F]%)")
_ESCAPES = re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE)


@dataclass(frozen=True)
class Phones:
    """Hashes with one secret key. The same number gives the same hash whatever way it is
    written; nobody without the key can try numbers against it.
    """

    key: bytes = field(repr=False)

    def hashed(self, digits: str) -> str:
        """32 hexadecimal digits."""
        return hmac.new(self.key, digits.encode(), hashlib.sha256).hexdigest()[:32]

    def token(self, text: str, *, bare: bool) -> str | None:
        """`phone-<hash>` when all of the text is a telephone number, else None. Without `bare` a
        number needs its + or 00, because elsewhere digits alone are ids. A token is its own token.
        """
        text = text.strip()
        if text.startswith("phone-") and _HASHED.fullmatch(text):
            return text
        jid = "@" in text and _JID.fullmatch(text)
        if jid:
            return f"phone-{self.hashed(jid[1])}"
        found = _NUMBER.fullmatch(text)
        if not found or not (found[1] or bare or text[:4].lower() == "tel:"):
            return None
        return f"phone-{self.hashed(digits_of(found[2]))}"

    def redacted_url(self, url: str) -> str:
        """The URL with each telephone number in it replaced by its token. Digits without a sign
        that they are a telephone number stay: they are ids.
        """
        if url.isascii() and not _has_phone_sign(url.lower()):
            return url
        url = _with_plain_digits(url)
        url = _IN_URL.sub(self._replace_in_url, url)
        if _WHATSAPP.search(url):
            url = _BARE.sub(lambda found: f"phone-{self.hashed(digits_of(found[0]))}", url)
        return url

    def redacted_link(self, text: str) -> str:
        """As `redacted_url`; a text that is no URL as it would be anywhere else."""
        if "/" in text or ":" in text:
            return self.redacted_url(text)
        return self.token(text, bare=True) or redacted_text(text)

    def _replace_in_url(self, found: re.Match[str]) -> str:
        before = found["before"] or ""
        if not before and not found["plus"]:
            return found[0]
        return f"{before}phone-{self.hashed(digits_of(_ESCAPES.sub('', found['digits'])))}"


def _has_phone_sign(url: str) -> bool:
    """Whether anything in a URL in lower case could say that digits are a telephone number. Each
    URL of a report is asked this, and a loop over the signs costs three times as much.
    """
    return (
        "+" in url
        or "%" in url
        or "phone" in url
        or "tel" in url
        or "sms" in url
        or "callto" in url
        or "mobile" in url
        or "number" in url
        or "wa.me" in url
        or "whatsapp" in url
    )


def digits_of(text: str) -> str:
    """ASCII digits of the text, without an international prefix."""
    ascii_digits = "".join(str(unicodedata.digit(char)) for char in text if char.isdecimal())
    return ascii_digits.removeprefix("00")


def redacted_text(text: str) -> str:
    """The text without telephone numbers."""
    first = _DIGIT.search(text)
    if first is None or not _SEVERAL_DIGITS.search(text, first.start()):
        return text
    return _IN_TEXT.sub(REDACTED, _with_plain_digits(text) if "%" in text else text)


def _with_plain_digits(text: str) -> str:
    """The text with percent-encoded digits of any script as themselves."""
    return _ESCAPES.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    try:
        shown = unquote(found[0], errors="strict")
    except UnicodeDecodeError:
        return found[0]
    if not any(char.isdecimal() for char in shown):
        return found[0]
    return "".join(char if char.isdecimal() else quote(char, safe="") for char in shown)
