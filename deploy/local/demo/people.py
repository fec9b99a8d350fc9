"""Authors and reporters. All are invented; numbers are outside of what the platforms give today,
and telephone numbers are from the range that is kept free for stories.
"""

import random
import string
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from deploy.local.demo.phrasebook import Phrasebook
from shared.contracts.report import ReporterKind

AUTHORITY = "marvand-interior"
TRUSTED_FLAGGER = "clear-waters"
HANDLE_WORDS = (
    "amber", "cedar", "copper", "delta", "dune", "ember", "falcon", "field", "fig", "harbor",
    "indigo", "iron", "lantern", "linen", "maple", "marble", "mint", "olive", "orchid", "paper",
    "pepper", "plain", "quiet", "raven", "river", "saffron", "salt", "silver", "stone", "velvet",
)  # fmt: skip
KINDS = (
    (ReporterKind.USER, 86),
    (ReporterKind.AUTOMATED, 6),
    (ReporterKind.TRUSTED_FLAGGER, 5),
    (ReporterKind.AUTHORITY, 3),
)
ANONYMOUS = 0.06
_CODE64 = string.ascii_letters + string.digits + "-_"


@dataclass(frozen=True)
class Author:
    """`handle` is None where the platform has none."""

    account_id: str
    handle: str | None
    display_name: str
    bio: str
    country: str
    created_at: datetime
    followers: int
    avatar_pdq: str | None

    def as_json(self, platform: str) -> dict[str, JsonValue]:
        return {
            "id": self.account_id,
            "handle": f"@{self.handle}" if self.handle and platform == "youtube" else self.handle,
            "display_name": self.display_name,
            "bio": self.bio,
            "country": self.country,
            "created_at": moment(self.created_at),
            "followers": None if platform == "whatsapp" else self.followers,
            "avatar_pdq": self.avatar_pdq,
        }


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def digits(chance: random.Random, length: int) -> str:
    """A number of that many digits that begins with a nine."""
    return "9" + "".join(chance.choices(string.digits, k=length - 1))


def letters(chance: random.Random, length: int, alphabet: str = _CODE64) -> str:
    return "".join(chance.choices(alphabet, k=length))


def hexadecimal(chance: random.Random) -> str:
    """64 digits, as a SHA-256 or a PDQ hash has."""
    return f"{chance.getrandbits(256):064x}"


def account_id(platform: str, chance: random.Random) -> str:
    match platform:
        case "youtube":
            return "UC" + letters(chance, 22)
        case "telegram":
            return digits(chance, 11)
        case "whatsapp":
            return f"+447700900{chance.randrange(1000):03d}"
        case "facebook":
            return digits(chance, 17)
        case _:
            return digits(chance, 19)


def handle_for(platform: str, chance: random.Random) -> str | None:
    first, second = chance.sample([word for word in HANDLE_WORDS if len(word) < 6], 2)
    joint = "." if platform == "facebook" else "_"
    return None if platform == "whatsapp" else f"{first}{joint}{second}{chance.randrange(100):02d}"


def author(platform: str, book: Phrasebook, chance: random.Random, now: datetime) -> Author:
    days = int(chance.lognormvariate(5.5, 1.6)) % 4000 + 1
    return Author(
        account_id=account_id(platform, chance),
        handle=handle_for(platform, chance),
        display_name=f"{chance.choice(book.names)} {chance.choice(book.surnames)}",
        bio=book.filled(chance.choice(book.bios), chance),
        country=chance.choice(book.countries),
        created_at=now - timedelta(days=days, minutes=chance.randrange(1440)),
        followers=int(chance.lognormvariate(5, 2)) % 900_000,
        avatar_pdq=hexadecimal(chance) if chance.random() < 0.6 else None,
    )


def mirror_of(original: Author, platform: str, chance: random.Random, now: datetime) -> Author:
    """Another account that is to be taken for the same one, made a moment ago."""
    return replace(
        original,
        account_id=account_id(platform, chance),
        handle=None if original.handle is None else _look_alike(original.handle, chance),
        display_name=chance.choice(
            (
                original.display_name,
                original.display_name.replace(" ", "  "),
                f"{original.display_name} {chance.randrange(2, 9)}",
            )
        ),
        created_at=now - timedelta(minutes=chance.randrange(20, 3000)),
        followers=chance.randrange(3, 400),
    )


def _look_alike(handle: str, chance: random.Random) -> str:
    letter, digit = chance.choice((("o", "0"), ("i", "1"), ("e", "3"), ("l", "1")))
    swapped = handle[0] + handle[1:].replace(letter, digit)
    return swapped if swapped != handle else f"{handle[:-1]}{chance.randrange(10)}"


def reporter(book: Phrasebook, chance: random.Random) -> dict[str, JsonValue]:
    kind = chance.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])[0]
    match kind:
        case ReporterKind.AUTHORITY:
            return {"kind": "authority", "organisation_id": AUTHORITY, "id": "desk-7"}
        case ReporterKind.TRUSTED_FLAGGER:
            return {"kind": "trusted_flagger", "organisation_id": TRUSTED_FLAGGER}
        case ReporterKind.AUTOMATED:
            return {"kind": "automated", "id": f"scan-{chance.randrange(1, 5)}"}
        case _:
            return user(book, chance)


def user(book: Phrasebook, chance: random.Random) -> dict[str, JsonValue]:
    named = chance.random() >= ANONYMOUS
    return {
        "kind": "user",
        "id": f"u-{chance.randrange(10_000, 99_999)}" if named else None,
        "language": book.language,
        "country": chance.choice(book.countries),
    }
