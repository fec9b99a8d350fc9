"""Keys under which equal contents meet. Fixed and versioned: all workers and restarts agree."""

import hashlib

from services.scoring.text.normalise import letters_only
from shared.contracts.fingerprint import Fingerprints
from shared.contracts.report import Content

METHOD = "letters-1"
# Below this many letters and digits, equality says nothing: everybody writes "ok, thanks".
FEWEST_LETTERS = 12


def text_fingerprints(text: str) -> Fingerprints:
    """Keys of a text. `exact` is None where there is too little text to be told by it."""
    letters = letters_only(text)
    exact = (
        hashlib.blake2b(letters.encode(), digest_size=16, person=METHOD.encode()).hexdigest()
        if len(letters) >= FEWEST_LETTERS
        else None
    )
    return Fingerprints(method=METHOD, exact=exact, letters=len(letters))


def shown_text(content: Content) -> str:
    """All that a reader or hearer of the content takes in as words."""
    heard_or_read = [part for media in content.media for part in (media.transcript, media.ocr_text)]
    return "\n".join(part for part in (content.text, *heard_or_read) if part)
