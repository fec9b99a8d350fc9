"""The one strict reading of JSON in front of everything.

The parsers at hand take what is not JSON or what readers disagree about: repeated keys, NaN,
halves of characters. Here each of them is a refusal with its reason, and so is all that would
cost too much: depth, keys, size.
"""

import json
import re
from collections.abc import Iterator
from typing import NoReturn

import orjson
from pydantic import JsonValue

from services.ingest.errors import Refused
from services.ingest.problems import Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_KEYS = 1000

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLANK = b" \t\r\n"
_LEAST_KEY = len(b'"":0')


def parse(data: bytes) -> JsonValue:
    """The document. Raises Refused with the reason; its detail never repeats what was sent."""
    if len(data) > MAX_BYTES:
        raise Refused(Problem.TOO_LARGE, f"More than {MAX_BYTES} bytes.")
    try:
        document: JsonValue = orjson.loads(data)
    except orjson.JSONDecodeError:
        return parse_strictly(data)
    return document if _is_exact(document, data) else parse_strictly(data)


def _is_exact(document: JsonValue, data: bytes) -> bool:
    """Whether this can be seen to be all that the bytes say, and within the limits: written again
    it gives the same but for blanks. A repeated key or a number that was rounded would not.
    """
    if (
        (b"\\" in data and b"\\u" in data)
        or (len(data) > MAX_KEYS * _LEAST_KEY and data.count(b":") > MAX_KEYS)
        or data.count(b"{") + data.count(b"[") > MAX_DEPTH
    ):
        return False
    try:
        again = orjson.dumps(document, option=orjson.OPT_STRICT_INTEGER)
    except orjson.JSONEncodeError:
        return False
    return again == data or again.translate(None, _BLANK) == data.translate(None, _BLANK)


def parse_strictly(data: bytes) -> JsonValue:
    """As `parse`, for what is wrong or might be."""
    if not data.strip(_BLANK):
        raise Refused(Problem.JSON_EMPTY)
    try:
        document: JsonValue = _DECODER.decode(_decoded(data))
    except json.JSONDecodeError as error:
        raise _syntax(error) from None
    except RecursionError:
        raise Refused(Problem.JSON_DEPTH) from None
    # Counting signs is an upper bound that nearly every document stays under, so the walks below
    # are for the few that might be over it.
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH and _depth(document) > MAX_DEPTH:
        raise Refused(Problem.JSON_DEPTH)
    if data.count(b":") > MAX_KEYS and _count_keys(document) > MAX_KEYS:
        raise Refused(Problem.TOO_MANY_KEYS)
    if b"\\u" in data:
        _check_characters(document)
    return document


def _decoded(data: bytes) -> str:
    if data.startswith(_BOMS) or b"\x00" in data[:4]:
        raise Refused(Problem.JSON_ENCODING, "Not UTF-8, or with a byte order mark.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused(Problem.JSON_ENCODING, f"Not UTF-8 at byte {error.start}.") from None


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused(Problem.JSON_DUPLICATE_KEY)
    return fields


def _integer(text: str) -> int:
    if len(text) > 20 or not -(2**63) <= (number := int(text)) < 2**63:
        raise Refused(Problem.JSON_NUMBER, "An integer that does not fit 64 bits.")
    return number


def _float(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise Refused(Problem.JSON_NUMBER, "A number that is too large.")
    return number


def _constant(_text: str) -> NoReturn:
    raise Refused(Problem.JSON_NUMBER, "NaN and Infinity are no JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def _syntax(error: json.JSONDecodeError) -> Refused:
    problem = Problem.JSON_SYNTAX
    if error.msg.startswith("Extra data"):
        problem = Problem.JSON_TRAILING_TEXT
    return Refused(problem, f"At line {error.lineno}, column {error.colno}.")


def _depth(document: JsonValue) -> int:
    deepest = 0
    level: list[JsonValue] = [document]
    while level := [value for value in level if isinstance(value, (dict, list))]:
        deepest += 1
        level = [child for value in level for child in _children(value)]
    return deepest


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _walk(document: JsonValue) -> Iterator[JsonValue]:
    waiting: list[JsonValue] = [document]
    while waiting:
        value = waiting.pop()
        yield value
        waiting.extend(_children(value))


def _count_keys(document: JsonValue) -> int:
    return sum(len(value) for value in _walk(document) if isinstance(value, dict))


def _check_characters(document: JsonValue) -> None:
    for value in _walk(document):
        texts = value if isinstance(value, dict) else (value,)
        for text in texts:
            if not isinstance(text, str):
                continue
            if _SURROGATE.search(text):
                raise Refused(Problem.JSON_SURROGATE)
            if "\x00" in text:
                raise Refused(Problem.NUL_CHARACTER)
