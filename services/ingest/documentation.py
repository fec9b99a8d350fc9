"""What /openapi.json says of each call, beyond its path."""

from dataclasses import dataclass, field

import orjson
from pydantic import JsonValue

from services.ingest.examples import APPEAL, REPORT
from services.ingest.forms import AppealForm, ReportForm
from services.ingest.problems import Problem
from services.ingest.responses import (
    AppealAccepted,
    BulkLine,
    Explanation,
    ProblemBody,
    ReportAccepted,
)

Responses = dict[int | str, dict[str, object]]

_REQUEST_ID: dict[str, object] = {"X-Request-Id": {"schema": {"type": "string"}}}
_RATE_HEADERS: dict[str, object] = {
    **_REQUEST_ID,
    "RateLimit": {"schema": {"type": "string"}, "description": "What is left of the bucket."},
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": "Size and window of it."},
}
_RETRY: dict[str, object] = {
    **_REQUEST_ID,
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."},
}
_SAYS = {
    400: "The request or its body cannot be parsed, or a key stands in the URL.",
    401: "No key, or none that is valid.",
    403: "The key may not do this.",
    406: "The answer would be JSON, which Accept does not allow.",
    408: "The head or the body did not come within ten seconds.",
    413: "The body is too large.",
    414: "The URL is too long.",
    415: "Another type or coding of the body.",
    417: "Expect asks for something else than 100-continue.",
    422: "Parsed, but a required field is absent or wrong.",
    429: "Too many requests.",
    431: "The head of the request is too large.",
    500: "A fault of ours.",
    503: "Unknown whether stored: send the same id again.",
}
STRICT_PARAMETER: dict[str, JsonValue] = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`handling=strict` turns each warning into a 422.",
    "schema": {"type": "string"},
}


PROBLEM_CODE_PARAMETER: dict[str, JsonValue] = {
    "name": "code",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": [str(one) for one in Problem]},
}


@dataclass(frozen=True)
class CallText:
    summary: str
    description: str
    status: int
    body: dict[str, JsonValue]
    responses: Responses = field(default_factory=dict)


def _responses(status: int, good: dict[str, object]) -> Responses:
    responses: Responses = {status: {**good, "headers": _RATE_HEADERS}}
    for code, text in _SAYS.items():
        responses[code] = _problem(text, _RETRY if code in {429, 503} else _REQUEST_ID)
    return responses


def _problem(text: str, headers: dict[str, object]) -> dict[str, object]:
    content = _content("application/problem+json", ProblemBody)
    return {"description": text, "content": content, "headers": headers}


def _content(media_type: str, model: type[object]) -> dict[str, JsonValue]:
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _body(media_type: str, model: type[object], example: JsonValue) -> dict[str, JsonValue]:
    schema: JsonValue = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"required": True, "content": {media_type: {"schema": schema, "example": example}}}


REPORT_CALL = CallText(
    "Report content, an account or a group",
    "Answered once the log has the report. The same `external_id` again is the same report. A "
    "malformed optional field is left out and named in `warnings`.",
    202,
    _body("application/json", ReportForm, REPORT),
    _responses(
        202,
        {"description": "Stored.", "content": _content("application/json", ReportAccepted)},
    ),
)
BULK_CALL = CallText(
    "Report many at once",
    "One report a line, at most 5,000 lines and 8 MiB, gzip allowed. One result for each line "
    "that is not empty, in order. Each schema here is that of one line.",
    200,
    _body("application/x-ndjson", ReportForm, orjson.dumps(REPORT).decode()),
    _responses(
        200,
        {"description": "A result a line.", "content": _content("application/x-ndjson", BulkLine)},
    ),
)
APPEAL_CALL = CallText(
    "Appeal against a decision",
    "By the owner of the content or by a reporter. Whether it is in time and the appellant's to "
    "make is decided behind the edge; see `status_url`.",
    202,
    _body("application/json", AppealForm, APPEAL),
    _responses(
        202,
        {"description": "Stored.", "content": _content("application/json", AppealAccepted)},
    ),
)
PROBLEM_SUMMARY = "What a problem means, in words"
PROBLEM_RESPONSES: Responses = {
    200: {
        "description": "The explanation.",
        "content": _content("application/json", Explanation),
        "headers": _REQUEST_ID,
    },
    404: _problem("There is no such problem.", _REQUEST_ID),
}
DOCUMENTED: tuple[type[object], ...] = (
    ReportForm,
    AppealForm,
    ReportAccepted,
    AppealAccepted,
    BulkLine,
    ProblemBody,
    Explanation,
)
