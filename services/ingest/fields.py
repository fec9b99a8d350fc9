"""Kinds of fields: what each may hold, and how long it may be. Limits count code points."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from services.ingest.subjects.phones import redacted_text
from shared.contracts.identifiers import ExternalId

_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f"
WITHOUT_CONTROLS = rf"^[^{_CONTROL}]*$"
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"

_CONTROLS = re.compile(f"[{_CONTROL}]")


def without_controls(text: str) -> str:
    """The text with U+FFFD in place of each control character but tab and line ends."""
    return _CONTROLS.sub("\ufffd", text)


def _printable(value: str) -> str:
    if not value.isprintable() or value.isspace():
        raise PydanticCustomError("printable", "must be printable characters")
    return value


OwnId = Annotated[
    ExternalId, StringConstraints(min_length=1, max_length=128), AfterValidator(_printable)
]
Id = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=ONE_LINE)]
Link = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=ONE_LINE)]
Short = Annotated[
    str, StringConstraints(max_length=256, pattern=ONE_LINE), AfterValidator(redacted_text)
]
Text = Annotated[
    str,
    StringConstraints(max_length=100_000, pattern=WITHOUT_CONTROLS),
    AfterValidator(redacted_text),
]
Bio = Annotated[
    str,
    StringConstraints(max_length=10_000, pattern=WITHOUT_CONTROLS),
    AfterValidator(redacted_text),
]
Statement = Annotated[
    str,
    StringConstraints(min_length=1, max_length=20_000, pattern=WITHOUT_CONTROLS),
    AfterValidator(redacted_text),
]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,5}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Hex64 = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{64}$", to_lower=True)]
MimeType = Annotated[str, Field(pattern=r"^[a-z]+/[a-zA-Z0-9.+\-]{1,100}$")]
Count = Annotated[int, Field(strict=True, ge=0, le=2**53)]
Percent = Annotated[int, Field(strict=True, ge=0, le=100)]


class ContentKind(StrEnum):
    POST = "post"
    COMMENT = "comment"
    MESSAGE = "message"
    VIDEO = "video"
    IMAGE = "image"
    AUDIO = "audio"
    STORY = "story"
    STREAM = "stream"
    PROFILE = "profile"
    CHANNEL = "channel"
    GROUP = "group"
    OTHER = "other"


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    OTHER = "other"
