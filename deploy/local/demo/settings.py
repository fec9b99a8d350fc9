"""Settings of the demo traffic."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import PREFIX


class DemoSettings(BaseSettings):
    """Read from `MIZAN_<FIELD>`. Addresses and keys come from `ready.json` in the state folder."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    var: Path = Field(Path("var"), description="Folder of all state of this stack.")
    demo_seed: int = Field(
        1, ge=0, description="Demo traffic: the same seed gives the same first wave."
    )
