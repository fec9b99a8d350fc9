"""Telephone numbers: keyed hashes in place of them in ids and URLs, nothing in texts."""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field

SHORTEST, LONGEST = 7, 15
REDACTED = "[phone]"

_GAP = r"[\s.\-()/\u00a0\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
_NUMBER = re.compile(rf"(?:tel:)?\s*(\+|00)?{_GAP}*(\d(?:{_GAP}*\d){{6,14}})", re.IGNORECASE)
_JID = re.compile(r"(\d{7,15})(?::\d+)?@(?:s\.whatsapp\.net|c\.us)")
_HASHED = re.compile(r"phone-[0-9a-f]{32}")
# In a text: what is written as a telephone number. Bare digits count from ten on (shorter ones
# are prices and dates), and not inside a longer token or a path, where they are ids.
_IN_TEXT = re.compile(
    rf"(?:(?<!\w)(?:tel:|phone=|wa\.me/(?:c/)?)|(?<![\w+]))(?:\+|%2b|00){_GAP}*\d(?:{_GAP}*\d){{6,14}}(?!\d)"
    r"|(?:tel:|phone=|wa\.me/(?:c/)?)\d{7,15}(?!\d)"
    rf"|(?<![\w/=#&?.\-+])\(?0\d{{2,4}}\)?{_GAP}{{1,2}}\d{{2,8}}(?:{_GAP}\d{{2,8}}){{0,3}}(?![\d\w])"
    r"|(?<![\w/=#&?.\-+:])\d{10,15}(?![\w/])"
    r"|\d{7,15}(?::\d+)?@(?:s\.whatsapp\.net|c\.us)",
    re.IGNORECASE,
)
_IN_URL = re.compile(
    r"(?i)(?P<before>tel:|phone(?:number)?=|wa\.me/(?:c/)?)?"
    r"(?P<plus>\+|%2b)?(?P<digits>\d(?:(?:-|%20|\+)?\d){6,14})(?![\d])"
)
_WHATSAPP = re.compile(r"(?i)wa\.me/|whatsapp")  # whose ids are telephone numbers
_BARE = re.compile(r"(?<![A-Za-z0-9\-])\d{7,15}(?![A-Za-z0-9])")
_SEVERAL_DIGITS = re.compile(r"\d[\d\W]{5,}\d")  # a quick look: most texts hold none
_PHONE_SIGNS = re.compile(r"\+|%2b|phone|tel:|wa\.me|whatsapp", re.IGNORECASE)


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
        if _HASHED.fullmatch(text):
            return text
        jid = _JID.fullmatch(text)
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
        if not _PHONE_SIGNS.search(url):
            return url
        url = _IN_URL.sub(self._replace_in_url, url)
        if _WHATSAPP.search(url):
            url = _BARE.sub(lambda found: f"phone-{self.hashed(digits_of(found[0]))}", url)
        return url

    def _replace_in_url(self, found: re.Match[str]) -> str:
        before = found["before"] or ""
        if not before and not found["plus"]:
            return found[0]
        return f"{before}phone-{self.hashed(digits_of(found['digits']))}"


def digits_of(text: str) -> str:
    """ASCII digits of the text, without an international prefix."""
    ascii_digits = "".join(str(unicodedata.digit(char)) for char in text if char.isdecimal())
    return ascii_digits.removeprefix("00")


def redacted_text(text: str) -> str:
    """The text without telephone numbers."""
    if not _SEVERAL_DIGITS.search(text):
        return text
    return _IN_TEXT.sub(REDACTED, text)
