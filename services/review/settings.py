"""Settings of the review service."""

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read once at start by both roles, `api` and `worker`."""

    database_url: SecretStr = Field(description="PostgreSQL, as postgresql://user@host/name.")
    cursor_key: SecretStr = Field(
        min_length=16, description="Secret that signs cursors of lists; 16 characters or more."
    )
    review_port: int = Field(8401, ge=1, le=65535, description="Port of the review API and desk.")
    review_admin_port: int = Field(
        8413, ge=1, le=65535, description="Admin port of the review API and desk."
    )
    review_worker_admin_port: int = Field(
        8414, ge=1, le=65535, description="Admin port of the review worker."
    )
    review_url: str = Field(
        "http://127.0.0.1:8401", description="Address of the review API as others reach it."
    )
    ingest_url: str = Field(
        "http://127.0.0.1:8400", description="Address of the report edge as others reach it."
    )
    undo_seconds: float = Field(
        10, ge=0, le=3600, description="How long a decision can be taken back before it is sent."
    )
    lease_seconds: float = Field(
        300, ge=1, le=86400, description="How long a case stays with a reviewer without a sign."
    )
    imminent_share: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Part of the reviewers at work in a queue that imminent harm has while others"
        " wait.",
    )
    session_hours: float = Field(
        12, gt=0, le=168, description="How long a reviewer stays logged in."
    )
    platform_calls_per_second: float = Field(
        500,
        gt=0,
        le=100_000,
        description="Status calls and receipts of one key; ten seconds' burst.",
    )
    webhook_calls_per_second: float = Field(
        5, gt=0, le=10_000, description="Changes of webhooks by one key; ten seconds' burst."
    )
    webhook_allow_loopback: bool = Field(
        default=False, description="Development only: webhooks may go to loopback addresses."
    )
    media_origins: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9.*-]+(:[0-9*]+)?( |$))*$",
        description="Origins, with blanks between, from which reviewers' browsers may load media"
        " (https://pbs.example https://*.cdn.example). None: the desk links to the platform.",
    )
    media_terms: str = Field(
        "blur grey mute still",
        pattern=r"^((blur|grey|mute|still)( |$))*$",
        description="How media is shown once uncovered, unless a reviewer chose otherwise.",
    )
    database_pool: int = Field(
        10, ge=2, le=200, description="Most connections that one process opens."
    )
