"""What all messages have in common."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Instant = AwareDatetime


class Value(BaseModel):
    """Immutable part of a message. Unknown fields of a newer writer are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")


class Message(Value):
    """A record on a topic. Its meaning never changes: a new meaning is a new class and number."""

    schema_version: int
