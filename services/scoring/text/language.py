"""Which language and script a text is in. Small and honest: `und` when it cannot be known.

Arabic-script languages are told apart by letters that only some of them use and by their commonest
words; Roman Urdu (`ur-Latn`) by its commonest words.
"""

import re
from collections import Counter
from dataclasses import dataclass

_SCRIPTS = (
    ("Arab", re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")),
    ("Deva", re.compile(r"[\u0900-\u097f]")),
    ("Latn", re.compile(r"[A-Za-z\u00c0-\u024f]")),
    ("Cyrl", re.compile(r"[\u0400-\u04ff]")),
)
_WORD = re.compile(r"[^\W\d_]+")


class _Scripts(dict[str, str | None]):
    """The script of a character, of those that are told apart; worked out once for each."""

    def __missing__(self, character: str) -> str | None:
        found = next((name for name, pattern in _SCRIPTS if pattern.match(character)), None)
        if len(self) < 100_000:
            self[character] = found
        return found


_SCRIPT_OF = _Scripts()


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
_ENOUGH_LETTERS = 3


@dataclass(frozen=True)
class Language:
    """BCP 47 tag or `und`; ISO 15924 script, `Zyyy` without letters and `Mixed` for several."""

    tag: str
    script: str


def language_of(text: str) -> Language:
    """Language and script of the original text (normalising would fold the letters that tell)."""
    letters = Counter(text)
    counts = dict.fromkeys((name for name, _ in _SCRIPTS), 0)
    for letter, times in letters.items():
        name = _SCRIPT_OF[letter]
        if name is not None:
            counts[name] += times
    total = sum(counts.values())
    if total < _ENOUGH_LETTERS:
        return Language("und", "Zyyy" if not total else max(counts, key=counts.__getitem__))
    script = max(counts, key=counts.__getitem__)
    shown = script if counts[script] >= 0.8 * total else "Mixed"
    words = [*map(str.lower, _WORD.findall(text))]
    match script:
        case "Arab":
            return Language(_arabic_script_language(letters, words), shown)
        case "Deva":
            return Language("hi", shown)
        case "Latn":
            return Language(_latin_script_language(words), shown)
        case _:
            return Language("und", shown)


def _arabic_script_language(letters: Counter[str], words: list[str]) -> str:
    points = {
        language: 2.0 * sum(letters[letter] for letter in _LETTERS[language])
        + 3.0 * _count(words, _WORD_SETS[language])
        for language in _WORD_SETS
    }
    # the letters of Arabic itself are used by others too, and so say less
    points["ar"] -= 1.5 * sum(letters[letter] for letter in _LETTERS["ar"])
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
