"""Where a running system is: as the environment says, else as the local stack's ready.json says."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import Permanent


class NotRunning(Permanent):
    """Nothing says where the system is."""


class PlatformKey(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    api_key: str


class Running(BaseModel):
    """What nobody said is None. `api_key` is the key to use whatever the platform."""

    model_config = ConfigDict(frozen=True)

    kafka: str | None = None
    database_url: str | None = None
    ingest_url: str | None = None
    review_url: str | None = None
    api_key: str | None = None
    platforms: tuple[PlatformKey, ...] = ()
    metrics_urls: dict[str, str] = {}

    def need(self, name: str) -> str:
        """Raises NotRunning naming the variable that is missing."""
        value: str | None = {
            "kafka": self.kafka,
            "database_url": self.database_url,
            "ingest_url": self.ingest_url,
            "review_url": self.review_url,
        }[name]
        if value is None:
            raise NotRunning(
                "nothing is known to run: `make run` starts a stack; else set"
                f" MIZAN_{name.upper()}, or MIZAN_VAR to the folder of a running stack"
            )
        return value

    def key_of(self, platform: str) -> str | None:
        """The platform's live key; `api_key` outranks what ready.json says."""
        known = (key.api_key for key in self.platforms if key.name == platform)
        return self.api_key or next(known, None)


def find_running(environment: Mapping[str, str]) -> Running:
    """Each variable of the environment outranks what ready.json in MIZAN_VAR says.

    Raises NotRunning for a ready.json that cannot be read.
    """
    file = Path(environment.get("MIZAN_VAR", "var")) / "ready.json"
    try:
        known = Running.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        known = Running()
    except (OSError, ValidationError) as error:
        raise NotRunning(f"{file} cannot be read: {type(error).__name__}") from error
    said = {
        name: environment[variable]
        for name in ("kafka", "database_url", "ingest_url", "review_url", "api_key")
        if (variable := f"MIZAN_{name.upper()}") in environment
    }
    return known.model_copy(update=said)
