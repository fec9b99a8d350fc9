"""What the user may choose about the local stack."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import PREFIX


class StackSettings(BaseSettings):
    """Settings of `make run`. Those of the services pass through the environment to them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    var: Path = Field(Path("var"), description="Folder of all state of this stack.")
    port_base: int = Field(
        8400,
        ge=1024,
        le=65000,
        description="First port: admin ports from +10, Kafka +20 and +21, PostgreSQL +22.",
    )
    kafka: str | None = Field(
        None, description="Bootstrap servers to use instead of a broker here."
    )
    database_url: str | None = Field(
        None,
        pattern="^postgresql://",
        description="PostgreSQL database to use instead of a server here.",
    )
    demo: bool = Field(default=True, description="Whether demo traffic is played.")
    undo_seconds: float = Field(10, ge=0, le=3600, description="How long a decision can be undone.")
    lease_seconds: float = Field(
        300, ge=1, le=86400, description="How long a claim lasts unrenewed."
    )


@dataclass(frozen=True)
class Ports:
    """Every port of a stack, from its base."""

    base: int

    @property
    def ingest(self) -> int:
        return self.base

    @property
    def review(self) -> int:
        return self.base + 1

    @property
    def ingest_admin(self) -> int:
        return self.base + 10

    @property
    def score_admin(self) -> int:
        return self.base + 11

    @property
    def match_admin(self) -> int:
        return self.base + 12

    @property
    def review_admin(self) -> int:
        return self.base + 13

    @property
    def review_worker_admin(self) -> int:
        return self.base + 14

    @property
    def kafka(self) -> int:
        return self.base + 20

    @property
    def kafka_controller(self) -> int:
        return self.base + 21

    @property
    def postgres(self) -> int:
        return self.base + 22


@dataclass(frozen=True)
class Endpoints:
    """Where everything is reached."""

    ports: Ports
    kafka: str
    database_url: str

    @property
    def ingest_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.ingest}"

    @property
    def review_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.review}"

    @property
    def admin_ports(self) -> dict[str, int]:
        """By the name of the process."""
        return {
            "ingest": self.ports.ingest_admin,
            "scoring-score": self.ports.score_admin,
            "scoring-match": self.ports.match_admin,
            "review-api": self.ports.review_admin,
            "review-worker": self.ports.review_worker_admin,
        }
