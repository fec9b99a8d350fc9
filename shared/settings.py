"""How settings are read: once, from the environment, and a bad one stops the start."""

import sys
from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "MIZAN_"


class ServiceSettings(BaseSettings):
    """What every process needs. Fields are read from `MIZAN_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    kafka: str = Field("127.0.0.1:9092", description="Bootstrap servers of the Kafka cluster.")
    host: str = Field("127.0.0.1", description="Address that HTTP ports are bound to.")
    log_level: str = Field(
        "info",
        pattern="^(debug|info|warning|error)$",
        description="Least severe level that is logged.",
    )


S = TypeVar("S", bound=ServiceSettings)


def read_settings(kind: type[S]) -> S:
    """Settings of one service from the environment.

    Ends the process with status 2 and one line naming the variable when one is missing or bad.
    The bad value is not repeated: it may be a secret.
    """
    try:
        return kind()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        variable = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        sys.exit(_refusal(variable, first["msg"]))


def _refusal(variable: str, reason: str) -> int:
    print(f"mizan: setting {variable}: {reason}", file=sys.stderr)
    return 2
