"""A report of harm is not lost for a bad detail: optional fields that are wrong are left out and
named; only a required one refuses the report.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from services.ingest.errors import FieldProblem, Refused
from services.ingest.fields import ONE_LINE, WITHOUT_CONTROLS, without_controls
from services.ingest.problems import Problem

F = TypeVar("F")
Place = tuple[str | int, ...]

ROUNDS = 8
MOST_NAMED = 100
CONTROL_CHARACTERS = "control_characters"
_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "enum": "unknown_value",
    "literal_error": "unknown_value",
    "too_long": "too_long",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "string_pattern_mismatch": "malformed",
    "time": "malformed",
    "printable": "malformed",
}
_SAYS = {
    "missing": "is required",
    "unknown_field": "is not a field here; it was left out",
    "unknown_value": "is none of the known values",
    "too_long": "is longer than allowed",
    "too_short": "must not be empty",
    "out_of_range": "is out of range",
    "wrong_type": "is of the wrong type",
    "malformed": "is not in its form",
    CONTROL_CHARACTERS: "held control characters; they were replaced by U+FFFD",
}


class Form(Generic[F]):
    """What a body must look like, and where nothing can be left out."""

    def __init__(self, adapter: TypeAdapter[F], required: Iterable[Place]) -> None:
        self.adapter = adapter
        self.required = frozenset(required)
        self.validated: Callable[[JsonValue], F] = adapter.validator.validate_python


class Read(NamedTuple, Generic[F]):
    form: F
    warnings: tuple[FieldProblem, ...]


def read_form(form: Form[F], document: JsonValue) -> Read[F]:
    """The form, without what was wrong in its optional fields. Raises Refused."""
    warnings: list[FieldProblem] = []
    for _ in range(ROUNDS):
        try:
            return Read(form.validated(document), tuple(warnings[:MOST_NAMED]))
        except ValidationError as error:
            found = error.errors(include_url=False)
        if not isinstance(document, dict):
            raise Refused(Problem.INVALID, "The body must be an object.")
        fatal = [detail for detail in found if _is_fatal(detail["loc"], form.required)]
        if fatal:
            named = [_named(detail) for detail in fatal] + warnings
            raise Refused(Problem.INVALID, errors=named[:MOST_NAMED])
        # null in an optional field is its absence: nothing to name
        warnings += [_named(detail) for detail in found if detail["input"] is not None]
        document = _mended(document, {_within(document, d["loc"]): d for d in found})
    raise Refused(Problem.INVALID, errors=warnings[:MOST_NAMED])


def pointer(place: Sequence[str | int]) -> str:
    """RFC 6901."""
    return "".join("/" + str(part)[:100].replace("~", "~0").replace("/", "~1") for part in place)


def _is_fatal(place: Place, required: frozenset[Place]) -> bool:
    return not place or place in required


def _named(detail: ErrorDetails) -> FieldProblem:
    code = _code(detail)
    own = detail["type"] in {"missing", "time", "printable"} and detail["msg"]
    if _pattern(detail) == ONE_LINE:
        own = "must be one line without control characters"
    message = own if own and own != "Field required" else _SAYS[code]
    return FieldProblem(pointer(detail["loc"]), code, message)


def _code(detail: ErrorDetails) -> str:
    if _pattern(detail) == WITHOUT_CONTROLS:
        return CONTROL_CHARACTERS
    return _CODES.get(detail["type"], "wrong_type")


def _pattern(detail: ErrorDetails) -> str | None:
    """The pattern that a text does not match."""
    return detail.get("ctx", {}).get("pattern")


def _within(document: JsonValue, place: Place) -> Place:
    """The longest part of the place that is there."""
    value = document
    for depth, part in enumerate(place):
        in_object = isinstance(value, dict) and part in value
        in_list = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if not in_object and not in_list:
            return place[:depth]
        value = value[part]  # type: ignore[index]  # one of the two, by the line above
    return place


def _mended(value: JsonValue, wrong: Mapping[Place, ErrorDetails], place: Place = ()) -> JsonValue:
    """The value without the wrong places; a list that is too long is cut, control characters are
    replaced.
    """
    if isinstance(value, dict):
        return {
            name: _mended(child, wrong, (*place, name))
            for name, child in value.items()
            if _kept(child, wrong.get((*place, name)))
        }
    if isinstance(value, list):
        limit = wrong[place].get("ctx", {}).get("max_length") if place in wrong else None
        return [
            _mended(child, wrong, (*place, index))
            for index, child in enumerate(value[:limit])
            if _kept(child, wrong.get((*place, index)))
        ]
    if isinstance(value, str) and place in wrong:
        return without_controls(value)
    return value


def _kept(value: JsonValue, detail: ErrorDetails | None) -> bool:
    if detail is None:
        return True
    if isinstance(value, list):
        return detail["type"] == "too_long"
    return _code(detail) == CONTROL_CHARACTERS
