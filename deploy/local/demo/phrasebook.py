"""What is written in one language: templates with slots, from a file of `texts/`."""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

TEXTS = Path(__file__).parent / "texts"
HOSTILE, SELLING, TELLING, QUIET = "hostile", "selling", "telling", "quiet"
TONES = {
    "terrorism": HOSTILE,
    "violence": HOSTILE,
    "threat": HOSTILE,
    "hate": HOSTILE,
    "harassment": HOSTILE,
    "intimate_images": HOSTILE,
    "self_harm": QUIET,
    "sexual": SELLING,
    "fraud": SELLING,
    "spam": SELLING,
    "illegal_goods": SELLING,
    "trafficking": SELLING,
    "intellectual_property": SELLING,
    "privacy": TELLING,
    "elections": TELLING,
    "misinformation": TELLING,
}
FRAMED = 0.55  # how often a sentence is put before a text, and how often one behind it
ALONE = 0.7  # how often an account says only what its policy is about
MANY = range(11, 49)  # from eleven on Arabic counts in the singular
AMOUNTS = range(100, 2000, 100)
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LINK_WORDS = ("win", "help", "gift", "best", "my-page", "secure", "club", "fast")

_SLOT = re.compile(r"\{([a-z]+)\}")
_BEGINS = re.compile(r"(?:^|(?<=[.!?]\s))(?!https://)[a-z]")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Topic(_Strict):
    """`texts` break the policy, or are said to; `reasons` are what reporters write. A topic
    without texts is reported by its media alone.
    """

    texts: tuple[str, ...]
    reasons: tuple[str, ...]


class Frame(_Strict):
    """Sentences that stand before and behind a text whatever it says."""

    before: tuple[str, ...]
    after: tuple[str, ...]


class AppealTexts(_Strict):
    owner: tuple[str, ...]
    reporter: tuple[str, ...]


class Phrasebook(_Strict):
    """Each list has at least one phrase. Insertions never change the grammar around a slot."""

    language: str
    currency: str
    countries: tuple[str, ...]
    names: tuple[str, ...]
    surnames: tuple[str, ...]
    bios: tuple[str, ...]
    groups: tuple[str, ...]
    parents: tuple[str, ...]
    replies: tuple[str, ...]
    slots: Mapping[str, tuple[str, ...]]
    tones: Mapping[str, Frame]
    policies: Mapping[str, Topic]
    accounts: Mapping[str, tuple[str, ...]]
    scenes: Mapping[str, str]
    appeals: AppealTexts

    def filled(self, template: str, chance: random.Random) -> str:
        """The template with each slot filled and each sentence begun with a capital."""
        return _begun(_SLOT.sub(lambda slot: self._word(slot[1], chance), template))

    def text(self, policy_id: str, chance: random.Random) -> str:
        """One text on a policy that has texts, with or without its frame."""
        parts = [chance.choice(self.policies[policy_id].texts)]
        frame = self.tones.get(TONES.get(policy_id, ""))
        if frame and chance.random() < FRAMED:
            parts.insert(0, chance.choice(frame.before))
        behind = frame.after if frame else self.replies if policy_id == "other" else ()
        if behind and chance.random() < FRAMED:
            parts.append(chance.choice(behind))
        return self.filled(" ".join(parts), chance)

    def reason(self, policy_id: str, chance: random.Random) -> str:
        topic = self.policies.get(policy_id) or self.policies["other"]
        return chance.choice(topic.reasons)

    def about(self, policy_id: str, chance: random.Random, *, group: bool = False) -> str:
        """How an account or a group describes itself."""
        own = self.accounts.get(policy_id, ())
        usual = self.groups if group else self.bios
        if own and chance.random() < ALONE:
            return self.filled(chance.choice(own), chance)
        parts = [chance.choice(own or usual), chance.choice(usual)]
        return self.filled(" ".join(dict.fromkeys(parts)), chance)

    def _word(self, slot: str, chance: random.Random) -> str:
        match slot:
            case "n":
                return str(chance.choice(MANY))
            case "amount":
                return f"{chance.choice(AMOUNTS)} {self.currency}"
            case "code":
                return code(chance)
            case "link":
                return link(chance)
            case _:
                return chance.choice(self.slots[slot])


def code(chance: random.Random, length: int = 5) -> str:
    return "".join(chance.choices(CODE_LETTERS, k=length))


def link(chance: random.Random) -> str:
    """On a name that is reserved for examples: it leads nowhere."""
    return f"https://{chance.choice(LINK_WORDS)}.example/{code(chance).lower()}"


def load_phrasebooks(folder: Path = TEXTS) -> Mapping[str, Phrasebook]:
    """By language, in a fixed order."""
    books: Sequence[Phrasebook] = [
        Phrasebook.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted(folder.glob("*.toml"))
    ]
    return {book.language: book for book in books}


def _begun(text: str) -> str:
    return _BEGINS.sub(lambda letter: letter[0].upper(), text)
