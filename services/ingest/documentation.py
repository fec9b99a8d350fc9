"""What /openapi.json says of each call, beyond its path."""

from dataclasses import dataclass, field

from pydantic import BaseModel, JsonValue

from services.ingest.forms import AppealForm, ReportForm
from services.ingest.responses import AppealAccepted, BulkLine, ProblemBody, ReportAccepted

Responses = dict[int | str, dict[str, object]]

_RATE_HEADERS: dict[str, object] = {
    "X-Request-Id": {"schema": {"type": "string"}},
    "RateLimit": {"schema": {"type": "string"}, "description": "What is left of the bucket."},
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": "Size and window of it."},
}
_RETRY: dict[str, object] = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."},
    "X-Request-Id": {"schema": {"type": "string"}},
}
_SAYS = {
    400: "The body cannot be parsed, or a key stands in the URL.",
    401: "No key, or none that is valid.",
    403: "The key may not do this.",
    406: "The answer would be JSON, which Accept does not allow.",
    408: "The body did not come within ten seconds.",
    413: "The body is too large.",
    415: "Another type or coding of the body.",
    422: "Parsed, but a required field is absent or wrong.",
    429: "Too many requests.",
    503: "Unknown whether stored: send the same id again.",
}
STRICT_PARAMETER: dict[str, JsonValue] = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`handling=strict` turns each warning into a 422.",
    "schema": {"type": "string"},
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
        answer: dict[str, object] = {
            "description": text,
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": f"#/components/schemas/{ProblemBody.__name__}"}
                }
            },
        }
        if code in {429, 503}:
            answer["headers"] = _RETRY
        responses[code] = answer
    return responses


def _content(media_type: str, model: type[BaseModel]) -> dict[str, JsonValue]:
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _body(media_type: str, model: type[BaseModel]) -> dict[str, JsonValue]:
    return {"required": True, "content": _content(media_type, model)}


REPORT_CALL = CallText(
    "Report content, an account or a group",
    "Answered once the log has the report. The same `external_id` again is the same report. A "
    "malformed optional field is left out and named in `warnings`.",
    202,
    _body("application/json", ReportForm),
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
    _body("application/x-ndjson", ReportForm),
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
    _body("application/json", AppealForm),
    _responses(
        202,
        {"description": "Stored.", "content": _content("application/json", AppealAccepted)},
    ),
)
DOCUMENTED: tuple[type[BaseModel], ...] = (
    ReportForm,
    AppealForm,
    ReportAccepted,
    AppealAccepted,
    BulkLine,
    ProblemBody,
)
