"""Puts reports together from chance alone: the same chance gives the same reports."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from deploy.local.demo.items import Item, content_item, holder_item
from deploy.local.demo.people import Author, moment, reporter
from deploy.local.demo.phrasebook import Phrasebook
from deploy.local.demo.subjects import PLATFORMS, WITH_GROUPS

# How common each language and platform is, and how many of a policy's cases are accounts or groups.
LANGUAGES = {"en": 38, "ur": 20, "ar": 17, "hi": 12, "fr": 8, "ur-Latn": 5}
PLATFORM_WEIGHTS = {"x": 28, "youtube": 17, "telegram": 19, "facebook": 20, "whatsapp": 16}
HOLDERS = {"impersonation": 0.75, "child_safety": 0.35, "terrorism": 0.25, "spam": 0.2}
USUAL_HOLDERS = 0.08
GROUPS_AMONG_HOLDERS = 0.3
IMMINENT = {"self_harm": 0.2, "threat": 0.12, "child_safety": 0.1, "terrorism": 0.04}
ATTEMPTS = 60
REMEMBERED = 5000
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Sending:
    """What one request carries: a single report, or several in one bulk call."""

    platform: str
    bodies: tuple[dict[str, JsonValue], ...]


class Writer:
    """Makes reports about `now`. `label` sets the ids of one run apart from those of another."""

    def __init__(
        self, books: Mapping[str, Phrasebook], chance: random.Random, *, label: str, now: datetime
    ) -> None:
        self.books = books
        self.chance = chance
        self.now = now
        self._label = label
        self._count = 0
        self._written: dict[str, None] = {}

    def book(self, policy_id: str | None = None, scene: str | None = None) -> Phrasebook:
        """Of a language that has something to say on the policy or in the scene."""
        open_to = {
            language: weight
            for language, weight in LANGUAGES.items()
            if (policy_id is None or policy_id in self.books[language].policies)
            and (scene is None or scene in self.books[language].scenes)
        }
        return self.books[self.chance.choices(list(open_to), list(open_to.values()))[0]]

    def platform(self) -> str:
        return self.chance.choices(PLATFORMS, [PLATFORM_WEIGHTS[name] for name in PLATFORMS])[0]

    def item(self, policy_id: str) -> Item:
        """Something new to complain of."""
        book, platform = self.book(policy_id), self.platform()
        if self.chance.random() < HOLDERS.get(policy_id, USUAL_HOLDERS):
            group = platform in WITH_GROUPS and self.chance.random() < GROUPS_AMONG_HOLDERS
            return self.holder(platform, policy_id, book=book, group=group)
        text = self.new_text(book, policy_id) if book.policies[policy_id].texts else None
        return self.post(platform, policy_id, text, book=book)

    def post(
        self,
        platform: str,
        policy_id: str,
        text: str | None,
        *,
        book: Phrasebook,
        kind: str | None = None,
        owner: Author | None = None,
    ) -> Item:
        return content_item(
            platform,
            policy_id,
            text,
            book=book,
            chance=self.chance,
            now=self.now,
            kind=kind,
            owner=owner,
        )

    def holder(
        self,
        platform: str,
        policy_id: str,
        *,
        book: Phrasebook,
        group: bool = False,
        owner: Author | None = None,
    ) -> Item:
        return holder_item(
            platform,
            policy_id,
            self._new(lambda: book.about(policy_id, self.chance, group=group)),
            book=book,
            chance=self.chance,
            now=self.now,
            group=group,
            owner=owner,
        )

    def new_text(self, book: Phrasebook, policy_id: str) -> str:
        """A text that was not written lately, as far as the phrasebook has so many."""
        return self._new(lambda: book.text(policy_id, self.chance))

    def _new(self, write: Callable[[], str]) -> str:
        for _ in range(ATTEMPTS):
            text = write()
            said = _said(text)
            if said not in self._written:
                break
        self._written[said] = None
        if len(self._written) > REMEMBERED:
            del self._written[next(iter(self._written))]
        return text

    def report(self, item: Item, **changes: JsonValue) -> Sending:
        """One report on the item by a reporter of its own; `changes` replace top-level fields."""
        return Sending(item.platform, (self.body(item, **changes),))

    def body(self, item: Item, **changes: JsonValue) -> dict[str, JsonValue]:
        book, chance = self.books[item.language], self.chance
        urgent = chance.random() < IMMINENT.get(item.policy_id, 0.0)
        self._count += 1
        evidence: list[JsonValue] = []
        if chance.random() < 0.15:
            evidence.append(f"https://evidence.example/{chance.getrandbits(40):010x}")
        return {
            "external_id": f"demo.{item.language}.{self._label}.{self._count:05d}",
            "reported_at": moment(self.now - timedelta(seconds=chance.randrange(5, 900))),
            "urgency": "imminent_harm" if urgent else "normal",
            "reason": {
                "policy_id": item.policy_id,
                "text": book.reason(item.policy_id, chance) if chance.random() < 0.8 else None,
            },
            "reporter": reporter(book, chance),
            "subject": dict(item.subject),
            "content": dict(item.content),
            "author": item.owner.as_json(item.platform),
            "context": item.context,
            "evidence": evidence,
            "reach": item.reach,
            **changes,
        }

    def reported_again(self, item: Item) -> Item:
        """The same thing a while later: more people have seen it."""
        if item.reach is None or not isinstance(item.reach.get("views"), int):
            return item
        views = int(str(item.reach["views"])) + self.chance.randrange(10, 4000)
        return replace(item, reach={**item.reach, "views": views, "observed_at": moment(self.now)})


def _said(text: str) -> str:
    """What makes two texts the same to a reader: links are passed over."""
    return _LINK.sub("", text).casefold()


def external_language(external_id: str) -> str | None:
    """Language of a report of ours by its id, None for somebody else's."""
    parts = external_id.split(".")
    return parts[1] if len(parts) == 4 and parts[0] == "demo" else None
