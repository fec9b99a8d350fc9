"""Settings of the report edge."""

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from `MIZAN_<FIELD>`."""

    subject_key: SecretStr = Field(
        min_length=16,
        description="Secret with which telephone numbers are hashed; 16 characters or more. "
        "Another key gives other subjects for the same numbers.",
    )
    ingest_port: int = Field(8400, ge=1, le=65535, description="Port of the report edge.")
    ingest_admin_port: int = Field(
        8410, ge=1, le=65535, description="Admin port of the edge: health and metrics."
    )
    review_url: str = Field(
        "http://127.0.0.1:8401",
        pattern="^https?://",
        description="Address of the review API as platforms reach it; status URLs begin with it.",
    )
    ingest_ack_seconds: float = Field(
        1.5,
        gt=0,
        le=30,
        description="Longest wait for Kafka's acknowledgement before a 503; in bulk it is how long "
        "a partition may acknowledge nothing, whoever it owes it to.",
    )
    ingest_max_in_flight: int = Field(
        20_000, ge=1, description="Records without acknowledgement, above which 503 is answered."
    )
    ingest_max_in_flight_bytes: int = Field(
        64 * 1024 * 1024, ge=1024 * 1024, description="The same in bytes of their values."
    )
    ingest_reference_age_seconds: float = Field(
        10.0, gt=0, description="Age of reference data above which 503 is answered."
    )
