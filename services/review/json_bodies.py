"""Bodies of requests: one strict parser of JSON, then the model of the call.

The stock parser takes duplicate keys, NaN, lone surrogates and endless numbers, and the database
then fails on them. Here each is a 400 before anything is read.
"""

import json
import math
from typing import NoReturn, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError
from starlette.requests import Request

from services.review.errors import FieldError, Malformed, TooLarge, Unacceptable, WrongType

MOST_BYTES = 256 * 1024
MOST_DEPTH = 32
MOST_DIGITS = 18

M = TypeVar("M", bound=BaseModel)


async def read_json(request: Request, model: type[M]) -> M:
    """The body as the model.

    Raises WrongType, TooLarge, Malformed (cannot be parsed) or Unacceptable (names the fields).
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise WrongType("wrong_content_type", "Send the body as application/json.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise WrongType("wrong_content_encoding", "Send the body uncompressed.")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BYTES:
            raise TooLarge("body_too_large", f"A body has at most {MOST_BYTES} bytes.")
    return validated(model, parsed(bytes(data)))


def parsed(data: bytes) -> JsonValue:
    """The one JSON value in the bytes. Raises Malformed saying what is wrong with them."""
    try:
        value: JsonValue = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        raise _malformed("The body is not UTF-8.") from None
    except RecursionError:
        raise _malformed("The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"The body is not JSON: {error.msg} at byte {error.pos}.") from None
    _check(value, MOST_DEPTH)
    return value


def validated(model: type[M], value: JsonValue) -> M:
    """The value as the model. Raises Unacceptable with a pointer for each field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Unacceptable(
            "invalid_body", "Some fields of the body are wrong.", errors=field_errors(error)
        ) from None


def field_errors(error: ValidationError) -> list[FieldError]:
    """Without the values themselves."""
    return [
        FieldError(_pointer(found["loc"]), found["type"], found["msg"])
        for found in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _pointer(location: tuple[int | str, ...]) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in location)
    return "".join(f"/{step}" for step in steps)


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _malformed("An object names a key twice.")
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise _malformed("A number has too many digits.")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _malformed("A number is too large.")
    return number


def _constant(name: str) -> NoReturn:
    raise _malformed(f"{name} is not JSON.")


def _check(value: JsonValue, depth: int) -> None:
    if depth < 0:
        raise _malformed("The body is nested too deeply.")
    match value:
        case str():
            _check_text(value)
        case list():
            for item in value:
                _check(item, depth - 1)
        case dict():
            for key, item in value.items():
                _check_text(key)
                _check(item, depth - 1)


def _check_text(value: str) -> None:
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _malformed("A text holds NUL or half of a surrogate pair.")


def _malformed(detail: str) -> Malformed:
    return Malformed("malformed_json", detail)
