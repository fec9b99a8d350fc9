"""Secrets of one stack: made at its first start, kept in `var/secrets.json`, never in the code."""

import json
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deploy.local.state import write_private


class Platform(BaseModel):
    """A demo tenant with its live and its sandbox key."""

    model_config = ConfigDict(frozen=True)

    platform_id: str
    name: str
    api_key: str
    test_key: str


class Reviewer(BaseModel):
    """A demo log-in."""

    model_config = ConfigDict(frozen=True)

    email: str
    name: str
    password: str
    roles: tuple[str, ...]
    languages: tuple[str, ...]
    locale: str


class Credentials(BaseModel):
    """All secrets of a stack. `subject_key` hashes telephone numbers, `cursor_key` signs pages."""

    model_config = ConfigDict(frozen=True)

    subject_key: str
    cursor_key: str
    database_password: str
    platforms: tuple[Platform, ...]
    reviewers: tuple[Reviewer, ...]

    def seed(self) -> dict[str, object]:
        """What `python -m services.review seed` reads."""
        seed = self.model_dump(mode="json", include={"platforms", "reviewers"})
        for platform in seed["platforms"]:
            platform["organisations"] = [
                {"organisation_id": organisation_id, "name": name, "kind": kind}
                for organisation_id, name, kind in ORGANISATIONS
            ]
        return seed


PLATFORMS = {
    "x": "X",
    "whatsapp": "WhatsApp",
    "youtube": "YouTube",
    "telegram": "Telegram",
    "facebook": "Facebook",
}
# id, name, kind; registered with every platform
ORGANISATIONS = (
    ("marvand-interior", "Ministry of the Interior of Marvand", "authority"),
    ("clear-waters", "Clear Waters Hotline", "trusted_flagger"),
)
ALL_LANGUAGES = ("en", "ur", "ur-Latn", "ar", "hi", "fr", "und")
# name, role, languages, locale of the desk
REVIEWERS = (
    ("Amina Rahman", "reviewer", ALL_LANGUAGES, "en"),
    ("Bilal Khan", "reviewer", ALL_LANGUAGES, "ur"),
    ("Celine Moreau", "senior", ALL_LANGUAGES, "en"),
    ("Dawood Haddad", "senior", ALL_LANGUAGES, "ar"),
    ("Esther Njoroge", "policy_lead", ALL_LANGUAGES, "en"),
    ("Farid Nazari", "auditor", ALL_LANGUAGES, "en"),
    ("Grace Obi", "admin", ALL_LANGUAGES, "en"),
)


def load_or_make(path: Path) -> Credentials:
    """The secrets of this state folder; makes and keeps them when there are none."""
    if path.exists():
        return Credentials.model_validate_json(path.read_bytes())
    made = _make()
    write_private(path, json.loads(made.model_dump_json()))
    return made


def _make() -> Credentials:
    return Credentials(
        subject_key=secrets.token_hex(32),
        cursor_key=secrets.token_hex(32),
        database_password=secrets.token_hex(16),
        platforms=tuple(
            Platform(
                platform_id=platform_id,
                name=name,
                api_key=f"mz_live_{secrets.token_urlsafe(24)}",
                test_key=f"mz_test_{secrets.token_urlsafe(24)}",
            )
            for platform_id, name in PLATFORMS.items()
        ),
        reviewers=tuple(
            Reviewer(
                email=f"{name.split()[0].lower()}@mizan.example",
                name=name,
                password=secrets.token_urlsafe(9),
                roles=(role,),
                languages=languages,
                locale=locale,
            )
            for name, role, languages, locale in REVIEWERS
        ),
    )
