"""What is sent and when: a first wave that fills a new desk, then a trickle that never ends.

Nothing here looks at a clock or does I/O: the same seed, label and times give the same traffic.
"""

import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from deploy.local.demo import scenes
from deploy.local.demo.items import Item
from deploy.local.demo.phrasebook import Phrasebook
from deploy.local.demo.writer import Sending, Writer

# Cases of the first wave by alleged policy; the depth of a queue is the sum of its policies.
FIRST_CASES = {
    "child_safety": 13,
    "trafficking": 9,
    "terrorism": 22,
    "self_harm": 24,
    "threat": 30,
    "violence": 14,
    "hate": 34,
    "harassment": 32,
    "sexual": 18,
    "intimate_images": 12,
    "fraud": 28,
    "spam": 20,
    "illegal_goods": 16,
    "impersonation": 10,
    "privacy": 12,
    "elections": 9,
    "misinformation": 13,
    "intellectual_property": 7,
    "other": 12,
}
SAME_TEXTS = {"fraud": 6, "spam": 9, "hate": 5, "terrorism": 5, "threat": 3, "sexual": 5}
MIRRORED = {"terrorism": 4, "impersonation": 3, "fraud": 3}
REPORTS_OF_A_CASE = ((1, 82), (2, 11), (3, 5), (6, 2))
# What the trickle does next, and how often.
STEPS = {"new": 70, "again": 14, "copy": 6, "burst": 3, "mirror": 3, "careless": 3, "edited": 1}
PAUSE_SECONDS = (2.0, 4.0)
BURST_PAUSE_SECONDS = (0.05, 0.4)
REMEMBERED_ITEMS = 200


@dataclass(frozen=True)
class Beat:
    """What is sent next, and how long to wait before it."""

    pause_seconds: float
    sending: Sending


@dataclass(frozen=True)
class FirstWave:
    """`later` only makes sense once `at_once` has arrived."""

    at_once: tuple[Sending, ...]
    later: tuple[Sending, ...]


def first_wave(books: Mapping[str, Phrasebook], *, seed: int, now: datetime) -> FirstWave:
    """The same ids, subjects, reasons and reporters for a seed, whenever it is: sent again after
    a restart they are the same reports.
    """
    writer = Writer(books, random.Random(f"wave {seed}"), label=f"w{seed}", now=now)
    chance = writer.chance
    edited, reads_now = scenes.edited(writer)
    first_body, other_body = scenes.two_bodies(writer)
    sendings = [edited, first_body, scenes.authority_list(writer, "x")]
    for policy_id, cases in FIRST_CASES.items():
        for _ in range(cases):
            item = writer.item(policy_id)
            sendings += [writer.report(item) for _ in range(_reports_of_a_case(chance))]
    for policy_id, copies in SAME_TEXTS.items():
        sendings += scenes.same_text(writer, policy_id, copies)
    for policy_id, copies in MIRRORED.items():
        sendings += scenes.mirrors(writer, policy_id, copies)
    sendings += scenes.chain_letter(writer, writer.book(scene="chain"), 7)
    sendings += scenes.news_and_support(writer)
    sendings += [scenes.careless(writer) for _ in range(6)]
    sendings += scenes.viral(writer)
    sendings += scenes.brigade(writer)
    chance.shuffle(sendings)
    return FirstWave(tuple(sendings), (reads_now, other_body))


class Trickle:
    """Traffic without an end. `label` must be new for each run."""

    def __init__(
        self, books: Mapping[str, Phrasebook], *, seed: int, label: str, now: datetime
    ) -> None:
        chance = random.Random(f"trickle {seed} {label}")
        self._writer = Writer(books, chance, label=label, now=now)
        self._chance = chance
        self._recent: deque[Item] = deque(maxlen=REMEMBERED_ITEMS)
        self._ahead: deque[Beat] = deque()

    def next(self, now: datetime) -> Beat:
        self._writer.now = now
        if not self._ahead:
            step = self._chance.choices(list(STEPS), list(STEPS.values()))[0]
            pauses = BURST_PAUSE_SECONDS if step == "burst" else PAUSE_SECONDS
            self._ahead.extend(
                Beat(self._chance.uniform(*(pauses if number else PAUSE_SECONDS)), sending)
                for number, sending in enumerate(self._sendings(step))
            )
        return self._ahead.popleft()

    def _sendings(self, step: str) -> list[Sending]:
        writer, chance = self._writer, self._chance
        match step:
            case "again" if self._recent:
                return [writer.report(writer.reported_again(chance.choice(self._recent)))]
            case "copy":
                return scenes.same_text(
                    writer, chance.choice(list(SAME_TEXTS)), chance.randrange(2, 5)
                )
            case "burst":
                item = self._new_item()
                return [writer.report(item) for _ in range(chance.randrange(5, 13))]
            case "mirror":
                return scenes.mirrors(writer, chance.choice(list(MIRRORED)), 1)
            case "careless":
                return [scenes.careless(writer)]
            case "edited":
                return list(scenes.edited(writer))
            case _:
                return [writer.report(self._new_item())]

    def _new_item(self) -> Item:
        policy_id = self._chance.choices(list(FIRST_CASES), list(FIRST_CASES.values()))[0]
        item = self._writer.item(policy_id)
        self._recent.append(item)
        return item


def _reports_of_a_case(chance: random.Random) -> int:
    counts, weights = zip(*REPORTS_OF_A_CASE, strict=True)
    return int(chance.choices(counts, weights)[0])
