"""Kinds of fields: what each may hold, and how long it may be. Limits count code points."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from services.ingest.subjects.phones import redacted_text
from shared.contracts.identifiers import ExternalId

CONTROL_CHARACTERS = "control_characters"

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LINE_BREAKERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def without_controls(text: str) -> str:
    """The text with U+FFFD in place of each control character but tab and line ends."""
    return _CONTROLS.sub("\ufffd", text)


def _text(value: str) -> str:
    if _CONTROLS.search(value):
        raise PydanticCustomError(CONTROL_CHARACTERS, "must not hold control characters")
    return redacted_text(value)


def _line(value: str) -> str:
    if _LINE_BREAKERS.search(value):
        raise PydanticCustomError("line", "must be one line without control characters")
    return value


def _printable(value: str) -> str:
    if not value.isprintable() or value.isspace():
        raise PydanticCustomError("printable", "must be printable characters")
    return value


OwnId = Annotated[
    ExternalId, StringConstraints(min_length=1, max_length=128), AfterValidator(_printable)
]
Id = Annotated[str, StringConstraints(min_length=1, max_length=512), AfterValidator(_line)]
Link = Annotated[str, StringConstraints(min_length=1, max_length=2048), AfterValidator(_line)]
Short = Annotated[
    str, StringConstraints(max_length=256), AfterValidator(_line), AfterValidator(redacted_text)
]
Text = Annotated[str, StringConstraints(max_length=100_000), AfterValidator(_text)]
Bio = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(_text)]
Statement = Annotated[
    str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_text)
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
