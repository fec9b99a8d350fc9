"""What platforms report in a run: made from a seed, the same on every run. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pydantic import JsonValue

from tests.chaos.history import ReportName, Tenant

POLICIES = ("threat", "hate", "spam", "other", "terrorism")
PLATFORMS = ("x", "youtube", "telegram", "facebook", "whatsapp")
REPORTED_AT = "2026-11-20T09:14:03Z"
LINES_OF_A_BULK = 25
# Far from the numbers of all that is posted first.
ANOTHER_BODY = 900_000

# Shares of all reports.
ON_A_KNOWN_SUBJECT = 0.25
OF_ANOTHER_POLICY = 0.1
WITH_ANOTHER_SUBJECTS_TEXT = 0.12
SENT_AGAIN = 0.05
SENT_WITH_ANOTHER_BODY = 0.02
OF_THE_SANDBOX = 0.03
IN_BULK = 0.4

_WORDS = (
    *("river", "market", "lantern", "copper", "window", "harvest", "teacher", "bridge"),
    *("winter", "engine", "garden", "letter", "kettle", "marble", "station", "pepper"),
    *("violin", "carpet", "shadow", "ticket", "mountain", "ribbon", "basket", "thunder"),
)


@dataclass(frozen=True)
class Letter:
    """One body of one report. `body` tells the bodies of a report apart."""

    name: ReportName
    body: str
    subject_id: str
    document: dict[str, JsonValue]


@dataclass(frozen=True)
class Envelope:
    """What is posted in one request: a letter alone, or several of one tenant as lines."""

    tenant: Tenant
    letters: tuple[Letter, ...]

    @property
    def bulk(self) -> bool:
        return len(self.letters) > 1


@dataclass(frozen=True)
class _Thing:
    """A subject with what stays the same whenever it is reported."""

    reference: dict[str, JsonValue]
    subject_id: str
    text: str
    policy_id: str


def envelopes(seed: int, reports: int) -> list[Envelope]:
    """So many different reports, and some of them again, in the order of posting."""
    chance = random.Random(seed)
    letters = list(_letters(chance, reports))
    again = [letter for letter in letters if chance.random() < SENT_AGAIN]
    other = [
        _another_body(letter) for letter in letters if chance.random() < SENT_WITH_ANOTHER_BODY
    ]
    for late in (*again, *other):
        letters.insert(chance.randrange(len(letters) + 1), late)
    in_bulk = [chance.random() < IN_BULK for _ in letters]
    packed = [
        *_packed([letter for letter, bulk in zip(letters, in_bulk, strict=True) if bulk]),
        *(
            Envelope(letter.name.tenant, (letter,))
            for letter, bulk in zip(letters, in_bulk, strict=True)
            if not bulk
        ),
    ]
    chance.shuffle(packed)
    return packed


def _letters(chance: random.Random, reports: int) -> Iterator[Letter]:
    things: dict[str, list[_Thing]] = {platform: [] for platform in PLATFORMS}
    for number in range(reports):
        platform = chance.choice(PLATFORMS)
        known = things[platform]
        if known and chance.random() < ON_A_KNOWN_SUBJECT:
            thing = chance.choice(known)
        else:
            thing = _thing(chance, platform, number, known)
            known.append(thing)
        other = chance.random() < OF_ANOTHER_POLICY
        environment = "test" if chance.random() < OF_THE_SANDBOX else "live"
        yield Letter(
            name=ReportName(Tenant(platform, environment), f"chaos-{number}"),
            body="first",
            subject_id=thing.subject_id,
            document=_document(
                f"chaos-{number}",
                thing,
                policy_id=chance.choice(POLICIES) if other else thing.policy_id,
                reporter=f"u-{chance.randrange(reports)}",
            ),
        )


def _thing(chance: random.Random, platform: str, number: int, known: Sequence[_Thing]) -> _Thing:
    reference, subject_id = named(platform, number)
    text = " ".join(chance.choices(_WORDS, k=12))
    if known and chance.random() < WITH_ANOTHER_SUBJECTS_TEXT:
        text = chance.choice(known).text
    return _Thing(reference, subject_id, text, chance.choice(POLICIES))


def named(platform: str, number: int) -> tuple[dict[str, JsonValue], str]:
    """A subject as the platform names it, and the canonical name that it must get."""
    match platform:
        case "x":
            post = 1790000000000000000 + number
            return {"url": f"https://x.com/someone/status/{post}"}, f"x:post:{post}"
        case "youtube":
            video = f"chaos{number:06x}"  # eleven characters
            return {"url": f"https://youtu.be/{video}"}, f"yt:video:{video}"
        case "telegram":
            return {"url": f"https://t.me/some_channel/{number}"}, f"tg:post:some_channel/{number}"
        case "facebook":
            return {"platform_id": f"100044_{number}"}, f"fb:post:100044/{number}"
        case _:
            message = f"3EB0{number:010X}"
            return {"platform_id": message}, f"wa:message:{message}"


def _document(
    external_id: str, thing: _Thing, *, policy_id: str, reporter: str
) -> dict[str, JsonValue]:
    return {
        "external_id": external_id,
        "reported_at": REPORTED_AT,
        "reason": {"policy_id": policy_id},
        "reporter": {"id": reporter, "kind": "user"},
        "subject": {"kind": "content", **thing.reference},
        "content": {"kind": "post", "text": thing.text, "language": "en"},
    }


def _another_body(letter: Letter) -> Letter:
    """The same id, about something else: a mistake of the platform's."""
    platform = letter.name.tenant.platform
    number = int(letter.name.external_id.removeprefix("chaos-"))
    reference, subject_id = named(platform, ANOTHER_BODY + number)
    document = {**letter.document, "subject": {"kind": "content", **reference}}
    return replace(letter, body="other", subject_id=subject_id, document=document)


def _packed(letters: Sequence[Letter]) -> Iterator[Envelope]:
    """Into bulk requests of one tenant each."""
    ordered = sorted(letters, key=lambda letter: letter.name.tenant)
    for tenant, group in groupby(ordered, key=lambda letter: letter.name.tenant):
        mine = list(group)
        for start in range(0, len(mine), LINES_OF_A_BULK):
            yield Envelope(tenant, tuple(mine[start : start + LINES_OF_A_BULK]))
