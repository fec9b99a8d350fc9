"""The one way from a message to bytes and back."""

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.contracts.decision import AppealEvent, DecisionEvent, Event, QuarantineEvent
from shared.contracts.message import Message
from shared.errors import Permanent

M = TypeVar("M", bound=Message)

_EVENT: TypeAdapter[DecisionEvent | AppealEvent | QuarantineEvent] = TypeAdapter(Event)


class Undecodable(Permanent):
    """These bytes are not a message of the contract, and waiting does not change that."""


def encode(message: Message) -> bytes:
    """UTF-8 JSON without the fields that are None."""
    # what `model_dump_json` makes a string of, for us to make bytes of it again
    return message.__pydantic_serializer__.to_json(message, exclude_none=True)


def decode(contract: type[M], data: bytes | None) -> M:
    """Message of the contract.

    Raises Undecodable with the place and kind of the first error, never with the data itself.
    """
    if data is None:
        raise Undecodable("the record has no value")
    try:
        return contract.model_validate_json(data)
    except ValidationError as error:
        raise Undecodable(_first_error(error)) from None


def decode_event(data: bytes | None) -> DecisionEvent | AppealEvent | QuarantineEvent:
    """Event of any type; errors as in `decode`."""
    if data is None:
        raise Undecodable("the record has no value")
    try:
        return _EVENT.validate_json(data)
    except ValidationError as error:
        raise Undecodable(_first_error(error)) from None


def _first_error(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = "/".join(str(part) for part in first["loc"])
    return f"/{place}: {first['type']}"
