"""All problems that the edge answers with; each is explained under `/problems/<code>`."""

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    # 400
    BAD_REQUEST = "bad_request"
    JSON_EMPTY = "json_empty"
    JSON_SYNTAX = "json_syntax"
    JSON_TRAILING_TEXT = "json_trailing_text"
    JSON_DUPLICATE_KEY = "json_duplicate_key"
    JSON_NUMBER = "json_number"
    JSON_ENCODING = "json_encoding"
    JSON_SURROGATE = "json_surrogate"
    JSON_DEPTH = "json_depth"
    BAD_COMPRESSION = "bad_compression"
    KEY_IN_QUERY = "key_in_query"
    # 401, 403, 404, 405, 406
    NO_KEY = "no_key"
    BAD_KEY = "bad_key"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_ACCEPTABLE = "not_acceptable"
    # 408, 413, 414, 415, 417
    HEAD_TIMEOUT = "head_timeout"
    BODY_TIMEOUT = "body_timeout"
    TOO_LARGE = "too_large"
    TOO_MANY_KEYS = "too_many_keys"
    URL_TOO_LONG = "url_too_long"
    UNSUPPORTED_TYPE = "unsupported_type"
    EXPECTATION = "expectation"
    # 422
    INVALID = "invalid"
    NUL_CHARACTER = "nul_character"
    INVALID_URL = "invalid_url"
    NOT_THIS_PLATFORM = "not_this_platform"
    SUBJECT_KIND_MISMATCH = "subject_kind_mismatch"
    STRICT = "strict"
    # 429, 431
    RATE_LIMITED = "rate_limited"
    HEAD_TOO_LARGE = "head_too_large"
    # 500, 503
    FAULT = "fault"
    NOT_READY = "not_ready"
    KAFKA_AWAY = "kafka_away"
    OVERLOADED = "overloaded"
    BACKLOG = "backlog"


@dataclass(frozen=True)
class About:
    status: int
    title: str
    text: str


ABOUT: dict[Problem, About] = {
    Problem.BAD_REQUEST: About(
        400,
        "The request is not HTTP as it is spoken here",
        "One Host, one length or chunks that end, no Upgrade; by RFC 9112, without its old forms.",
    ),
    Problem.JSON_EMPTY: About(400, "The body is empty", "Send one JSON document."),
    Problem.JSON_SYNTAX: About(
        400,
        "The body is not JSON",
        "It must be one document by RFC 8259; detail says where it ends.",
    ),
    Problem.JSON_TRAILING_TEXT: About(
        400,
        "Text follows the JSON document",
        "Send one document a request, or a line for each in bulk.",
    ),
    Problem.JSON_DUPLICATE_KEY: About(
        400,
        "A key comes twice in one object",
        "Readers disagree about which one counts, so none does.",
    ),
    Problem.JSON_NUMBER: About(
        400,
        "A number is out of range",
        "Integers must fit 64 bits with sign; NaN, Infinity and numbers that overflow are no JSON.",
    ),
    Problem.JSON_ENCODING: About(
        400, "The body is not UTF-8", "Send UTF-8 without a byte order mark."
    ),
    Problem.JSON_SURROGATE: About(
        400,
        "Half a character",
        "A \\u escape names one half of a surrogate pair: there is no such character.",
    ),
    Problem.JSON_DEPTH: About(400, "The document is nested too deeply", "At most 32 levels."),
    Problem.BAD_COMPRESSION: About(
        400, "The gzip body cannot be read", "One gzip member, complete, with nothing behind it."
    ),
    Problem.KEY_IN_QUERY: About(
        400,
        "A key is in the URL",
        "URLs are written to logs on the way. Replace this key, and send it as a header.",
    ),
    Problem.NO_KEY: About(401, "A key is needed", "Send `Authorization: Bearer mz_live_...`."),
    Problem.BAD_KEY: About(401, "The key is not valid", "It is unknown or was revoked."),
    Problem.NOT_ALLOWED: About(
        403, "The key may not do this", "Its scopes do not cover it, or its platform is not active."
    ),
    Problem.NOT_FOUND: About(404, "There is nothing here", "See /openapi.json for all there is."),
    Problem.METHOD_NOT_ALLOWED: About(
        405, "Not with this method", "The header Allow names others."
    ),
    Problem.NOT_ACCEPTABLE: About(
        406, "The answer would be JSON", "The header Accept does not allow it."
    ),
    Problem.HEAD_TIMEOUT: About(
        408, "The head did not come in time", "It must be complete within ten seconds."
    ),
    Problem.BODY_TIMEOUT: About(
        408, "The body did not come in time", "It must be complete within ten seconds."
    ),
    Problem.TOO_LARGE: About(
        413,
        "The body is too large",
        "A report: 256 KiB. Bulk: 8 MiB, decompressed too, 5,000 lines.",
    ),
    Problem.TOO_MANY_KEYS: About(413, "The document has too many keys", "At most 1,000."),
    Problem.URL_TOO_LONG: About(414, "The URL is too long", "At most 8 KiB with its query."),
    Problem.UNSUPPORTED_TYPE: About(
        415,
        "The type of the body is not supported",
        "application/json, in bulk application/x-ndjson; UTF-8; gzip in bulk alone.",
    ),
    Problem.EXPECTATION: About(
        417, "An expectation that is not met here", "Expect may be 100-continue, or absent."
    ),
    Problem.INVALID: About(
        422, "A required field is absent or wrong", "`errors` names each with its place."
    ),
    Problem.NUL_CHARACTER: About(
        422, "A string holds the NUL character", "It cannot be stored, in no field."
    ),
    Problem.INVALID_URL: About(
        422,
        "The URL of the subject is not one",
        "A complete http or https URL, or give platform_id.",
    ),
    Problem.NOT_THIS_PLATFORM: About(
        422,
        "The URL is not on this platform",
        "The key belongs to one platform, whose content alone it can report.",
    ),
    Problem.SUBJECT_KIND_MISMATCH: About(
        422,
        "The subject is of another kind",
        "The URL or id names a post where `kind` says account, or the other way round.",
    ),
    Problem.STRICT: About(
        422,
        "There were warnings, and strict handling was asked for",
        "Without `Prefer: handling=strict` the request would have been taken without these fields.",
    ),
    Problem.RATE_LIMITED: About(
        429,
        "Too many requests",
        "Wait for the seconds in Retry-After; RateLimit tells what is left.",
    ),
    Problem.HEAD_TOO_LARGE: About(
        431, "The head of the request is too large", "At most 100 headers and 8 KiB in all."
    ),
    Problem.FAULT: About(
        500,
        "Something broke here",
        "A fault of ours, not of the request. It may be sent again; name the X-Request-Id to us.",
    ),
    Problem.NOT_READY: About(
        503, "Not ready yet", "This edge is still reading which keys exist, or has lost touch."
    ),
    Problem.KAFKA_AWAY: About(
        503,
        "Not stored for certain",
        "The log did not acknowledge in time. The record may exist: send the same id again.",
    ),
    Problem.OVERLOADED: About(
        503, "Too much at once", "Nothing was stored. Send the same id again later."
    ),
    Problem.BACKLOG: About(
        503,
        "Processing is too far behind",
        "What is accepted now could expire before it is read, so nothing is accepted.",
    ),
}


def type_of(problem: Problem) -> str:
    """Path that serves the explanation."""
    return f"/problems/{problem}"
