"""Which face and line a text of others needs, told from its letters: what a platform says of its
language is often absent, or the language of the person rather than of the text. Pure.
"""

import unicodedata

# Letters that Urdu writes and Arabic and Persian do not.
URDU_LETTERS = frozenset("ٹڈڑںھےۓہۂۃ")
ARABIC_SCRIPT = ("ar", "fa", "ps", "ckb", "ur", "ug", "sd")
ENOUGH = 400
MOST = 0.5


def language_of(text: str, stated: str | None) -> str | None:
    """A language tag for the text: the stated one where its letters can be that, else one that
    names the script alone. None where there is nothing to say.
    """
    language = None if stated in (None, "", "und") else stated
    primary = (language or "").split("-")[0]
    letters = [character for character in text[:ENOUGH] if character.isalpha()]
    if not letters:
        return language
    if _share(letters, "ARABIC") >= MOST:
        if primary in ARABIC_SCRIPT:
            return language
        return "ur" if URDU_LETTERS.intersection(letters) else "ar"
    if language is None or primary in ARABIC_SCRIPT:
        return f"{primary or 'und'}-Latn" if _share(letters, "LATIN") >= MOST else None
    return language


def _share(letters: list[str], script: str) -> float:
    return sum(unicodedata.name(letter, "").startswith(script) for letter in letters) / len(letters)
