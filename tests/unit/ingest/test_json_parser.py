"""What readers of JSON disagree about is refused, with its reason."""

import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.errors import Refused
from services.ingest.json_parser import MAX_BYTES, MAX_DEPTH, MAX_KEYS, parse, parse_strictly
from services.ingest.problems import ABOUT, Problem

REFUSED: list[tuple[str, bytes, Problem]] = [
    ("empty", b"", Problem.JSON_EMPTY),
    ("blanks", b" \n\t", Problem.JSON_EMPTY),
    ("truncated", b'{"a": 1', Problem.JSON_SYNTAX),
    ("trailing comma", b'{"a": 1,}', Problem.JSON_SYNTAX),
    ("trailing text", b"{} x", Problem.JSON_TRAILING_TEXT),
    ("two documents", b"{}{}", Problem.JSON_TRAILING_TEXT),
    ("comment", b'{"a": 1 /* x */}', Problem.JSON_SYNTAX),
    ("single quotes", b"{'a': 1}", Problem.JSON_SYNTAX),
    ("bare key", b"{a: 1}", Problem.JSON_SYNTAX),
    ("NaN", b"[NaN]", Problem.JSON_NUMBER),
    ("Infinity", b"[Infinity]", Problem.JSON_NUMBER),
    ("-Infinity", b"[-Infinity]", Problem.JSON_NUMBER),
    ("too large float", b"[1e999]", Problem.JSON_NUMBER),
    ("leading zero", b"[01]", Problem.JSON_SYNTAX),
    ("plus", b"[+1]", Problem.JSON_SYNTAX),
    ("hexadecimal", b"[0x1]", Problem.JSON_SYNTAX),
    ("no fraction", b"[1.]", Problem.JSON_SYNTAX),
    ("no integer", b"[.5]", Problem.JSON_SYNTAX),
    ("control character", b'["\x01"]', Problem.JSON_SYNTAX),
    ("bad escape", b'["\\x41"]', Problem.JSON_SYNTAX),
    ("high surrogate", b'["\\ud800"]', Problem.JSON_SURROGATE),
    ("low surrogate", b'["\\udc00"]', Problem.JSON_SURROGATE),
    ("surrogate in a key", b'{"\\uD800": 1}', Problem.JSON_SURROGATE),
    ("duplicate key", b'{"a": 1, "a": 1}', Problem.JSON_DUPLICATE_KEY),
    ("duplicate by escape", b'{"a": 1, "\\u0061": 1}', Problem.JSON_DUPLICATE_KEY),
    ("duplicate deep inside", b'[{"b": {"a": 1, "a": 2}}]', Problem.JSON_DUPLICATE_KEY),
    ("byte order mark", b"\xef\xbb\xbf{}", Problem.JSON_ENCODING),
    ("UTF-16", "{}".encode("utf-16"), Problem.JSON_ENCODING),
    ("UTF-16 without mark", "{}".encode("utf-16-le"), Problem.JSON_ENCODING),
    ("UTF-32", "{}".encode("utf-32"), Problem.JSON_ENCODING),
    ("invalid UTF-8", b'["\xff"]', Problem.JSON_ENCODING),
    ("overlong UTF-8", b'["\xc0\xaf"]', Problem.JSON_ENCODING),
    ("CESU-8", b'["\xed\xa0\x80\xed\xb0\x80"]', Problem.JSON_ENCODING),
    ("one level too deep", b"[" * 33 + b"]" * 33, Problem.JSON_DEPTH),
    ("far too deep", b"[" * 100_000 + b"]" * 100_000, Problem.JSON_DEPTH),
    ("too many keys", json.dumps(dict.fromkeys(map(str, range(1001)))).encode(),
     Problem.TOO_MANY_KEYS),
    ("too many bytes", b'"' + b"x" * MAX_BYTES + b'"', Problem.TOO_LARGE),
    ("above 64 bits", b"[9223372036854775808]", Problem.JSON_NUMBER),
    ("below 64 bits", b"[-9223372036854775809]", Problem.JSON_NUMBER),
    ("5,000 digits", b"[" + b"1" * 5000 + b"]", Problem.JSON_NUMBER),
    ("NUL", b'["\\u0000"]', Problem.NUL_CHARACTER),
    ("NUL in a key", b'{"a\\u0000": 1}', Problem.NUL_CHARACTER),
]  # fmt: skip

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(characters, max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(characters, max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "problem"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_it_is_refused_with_its_reason(data: bytes, problem: Problem) -> None:
    with pytest.raises(Refused) as caught:
        parse(data)
    assert caught.value.problem is problem
    assert 400 <= ABOUT[problem].status < 500


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b" {} ", {}),
        (b"[-0]", [0]),
        (b"[1e-400]", [0.0]),
        (b"[9223372036854775807, -9223372036854775808]", [2**63 - 1, -(2**63)]),
        (b'["\\ud83d\\ude00"]', ["😀"]),
        (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
        (b"[" + b"[]," * 100 + b"[]]", [[]] * 101),
        (json.dumps([":" * 2000]).encode(), [":" * 2000]),
    ],
)
def test_what_is_json_within_the_limits_is_read(data: bytes, value: object) -> None:
    assert parse(data) == value


def test_a_thousand_keys_are_allowed() -> None:
    document = dict.fromkeys(map(str, range(MAX_KEYS)))
    assert parse(json.dumps(document).encode()) == document


@given(json_values, st.booleans())
def test_every_document_within_the_limits_is_read_as_it_is(value: object, ascii_only: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200))
def test_nothing_but_a_refusal_is_ever_raised(data: bytes) -> None:
    with contextlib.suppress(Refused):
        parse(data)


def outcome(read: Callable[[bytes], object], data: bytes) -> str:
    """What comes of it, with the type of each number."""
    try:
        return repr(read(data))
    except Refused as error:
        return f"{error.problem}: {error.detail}"


scalars = st.sampled_from(
    ["1", "-0", "1.0", "1e2", "1E400", "0.1000000000000000055", "9007199254740993",
     "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616",
     "null", "true", "NaN", '""', '"a:b"', '" "', '"\\n"', '"\\/"', '"\\u0000"', '"\\ud800"', '"é"']
)  # fmt: skip
keys = st.sampled_from(['"a"', '"b"', '"a:"', '" a"', '"\\u0061"'])
blanks = st.sampled_from(["", "", " ", "\n"])


def written(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """An object, as anybody might write it, or a list."""
    pairs = st.tuples(keys, blanks, st.just(":"), blanks, inner).map("".join)
    return st.lists(pairs, max_size=3).map(lambda all_: "{" + ",".join(all_) + "}") | st.lists(
        inner, max_size=2
    ).map(lambda all_: "[ " + ",".join(all_) + "]")


@given(written(scalars | written(scalars)))
def test_the_quick_reading_says_what_the_strict_one_says(text: str) -> None:
    data = text.encode()
    assert outcome(parse, data) == outcome(parse_strictly, data)
