"""Which language and script a text is in. Small and honest: `und` when it cannot be known.

Arabic-script languages are told apart by letters that only some of them use and by their commonest
words; Roman Urdu (`ur-Latn`) by its commonest words.
"""

import re
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SCRIPTS = {
    "Arab": (
        *(range(0x0600, 0x0700), range(0x0750, 0x0780), range(0x08A0, 0x0900)),
        *(range(0xFB50, 0xFE00), range(0xFE70, 0xFF00)),
    ),
    "Deva": (range(0x0900, 0x0980),),
    "Latn": (range(0x41, 0x5B), range(0x61, 0x7B), range(0x00C0, 0x0250)),
    "Cyrl": (range(0x0400, 0x0500),),
}
_WORD = re.compile(r"[^\W\d_]+")


def _script_of_each() -> NDArray[np.uint8]:
    """By code point, the place of its script in `_SCRIPTS`, and past the last for every other."""
    places = np.full(sys.maxunicode + 1, len(_SCRIPTS), dtype=np.uint8)
    for place, blocks in enumerate(_SCRIPTS.values()):
        for block in blocks:
            places[block.start : block.stop] = place
    return places


_SCRIPT_OF = _script_of_each()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LETTERS = {
    "ps": "ټډړږښڅځڼېۍ",
    "sd": "ٻٿٽڀڃڄڇڊڌڍڏڙڦڪڱڳڻ",
    "ur": "ٹڈڑںےہھ",
    "fa": "",
    "ar": "ةىأإؤئكي",
}
_WORDS = {
    "ur": "ہے ہیں کا کی کے کو میں اور سے نے یہ وہ پر نہیں کر تھا گیا ایک بھی ہو",
    "ar": "في من على أن إلى لا ما هذا التي الذي كان عن مع هو يا كل الله ان هذه",
    "fa": "است که در به را با این از برای آن می شود یک ها خود هم تا نیست بود اند",
    "ps": "دی په چې او نه کې ته د له هغه سره دا يې شي شو وي کړي هم",
    "sd": "۾ جي جو آهي کي ۽ سان تي هن نه آهن ڪري ڪيو به هو",
}
_ROMAN_URDU = _words(
    "hai hain ka ki ke ko mein main nahi nahin kya yeh ye woh wo aur se ne par bhi kar raha "
    "rahi tha thi ho hum tum aap mera meri tera teri koi kuch phir abhi bohat bahut acha kyun "
    "kyu kaise jab tak sab apna apni apne wala wali gaya gayi karo karna kro ap mat yaar bhai"
)
_ENGLISH = _words(
    "the a an and or of to in is are was were it this that you i he she they we my your for "
    "on with not be have has do does did at by from as but if so what who all just me him her "
    "them will can would get go out up like about no when how"
)
_WORD_SETS = {language: _words(words) for language, words in _WORDS.items()}
_TELLING = frozenset().union(*_WORD_SETS.values())
_ENOUGH_LETTERS = 3


@dataclass(frozen=True)
class Language:
    """BCP 47 tag or `und`; ISO 15924 script, `Zyyy` without letters and `Mixed` for several."""

    tag: str
    script: str


def language_of(text: str) -> Language:
    """Language and script of the original text (normalising would fold the letters that tell)."""
    counts = _script_counts(text)
    total = sum(counts.values())
    if total < _ENOUGH_LETTERS:
        return Language("und", "Zyyy" if not total else max(counts, key=counts.__getitem__))
    script = max(counts, key=counts.__getitem__)
    shown = script if counts[script] >= 0.8 * total else "Mixed"
    words = [*map(str.lower, _WORD.findall(text))]
    match script:
        case "Arab":
            return Language(_arabic_script_language(text, words), shown)
        case "Deva":
            return Language("hi", shown)
        case "Latn":
            return Language(_latin_script_language(words), shown)
        case _:
            return Language("und", shown)


def _script_counts(text: str) -> dict[str, int]:
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    counts: list[int] = np.bincount(_SCRIPT_OF[points], minlength=len(_SCRIPTS)).tolist()
    return dict(zip(_SCRIPTS, counts, strict=False))


def _arabic_script_language(text: str, words: list[str]) -> str:
    letters = {language: sum(map(text.count, letters)) for language, letters in _LETTERS.items()}
    telling = [*filter(_TELLING.__contains__, words)]
    points = {
        language: 2.0 * letters[language] + 3.0 * _count(telling, known)
        for language, known in _WORD_SETS.items()
    }
    # the letters of Arabic itself are used by others too, and so say less
    points["ar"] -= 1.5 * letters["ar"]
    best = max(points, key=points.__getitem__)
    return best if points[best] > 0 else "und"


def _count(words: list[str], known: frozenset[str]) -> int:
    return sum(map(known.__contains__, words))


def _latin_script_language(words: list[str]) -> str:
    if not words:
        return "und"
    roman, english = _count(words, _ROMAN_URDU), _count(words, _ENGLISH)
    if roman > english:
        return "ur-Latn"
    return "en" if english or len(words) <= 3 else "und"
