"""Answers as bytes: what was accepted, and problems by RFC 9457."""

from collections.abc import Sequence
from datetime import datetime

import orjson
from pydantic import BaseModel, Field
from starlette.responses import Response

from services.ingest.bulk import Result
from services.ingest.errors import FieldProblem, Refused, Unavailable
from services.ingest.limits import Allowance
from services.ingest.problems import ABOUT, Problem, type_of
from services.ingest.reading import Receipt
from services.ingest.requests import NDJSON

PROBLEM = "application/problem+json"


class FieldProblemBody(BaseModel):
    pointer: str = Field(description="JSON Pointer into the body.")
    code: str
    message: str


class ProblemBody(BaseModel):
    type: str = Field(description="Path that serves an explanation.")
    title: str
    status: int
    detail: str | None = None
    code: str
    errors: list[FieldProblemBody] | None = None


class Explanation(BaseModel):
    type: str
    code: Problem
    status: int
    title: str
    explanation: str


class ReportAccepted(BaseModel):
    report_id: str
    external_id: str
    subject_id: str
    accepted_at: datetime = Field(description="The log's time of the record.")
    status_url: str
    warnings: list[FieldProblemBody] = Field(description="What was left out, and why.")


class AppealAccepted(BaseModel):
    appeal_id: str
    external_id: str
    status_url: str
    warnings: list[FieldProblemBody]


class BulkLine(BaseModel):
    line: int
    status: int
    report_id: str | None = None
    external_id: str | None = None
    subject_id: str | None = None
    warnings: list[FieldProblemBody] | None = None
    problem: ProblemBody | None = None


class Json(Response):
    media_type = "application/json"


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def report_accepted(receipt: Receipt, accepted_at: datetime, review_url: str) -> bytes:
    return orjson.dumps(
        {
            "report_id": receipt.report_id,
            "external_id": receipt.external_id,
            "subject_id": receipt.subject_id,
            "accepted_at": time_text(accepted_at),
            "status_url": f"{review_url}/v1/reports/{receipt.report_id}",
            "warnings": field_problems(receipt.warnings),
        }
    )


def field_problems(problems: Sequence[FieldProblem]) -> list[dict[str, str]]:
    return [{"pointer": one.pointer, "code": one.code, "message": one.message} for one in problems]


def problem_content(
    problem: Problem, *, detail: str = "", errors: Sequence[FieldProblem] = ()
) -> dict[str, object]:
    about = ABOUT[problem]
    content: dict[str, object] = {
        "type": type_of(problem),
        "title": about.title,
        "status": about.status,
        "detail": detail or about.text,
        "code": problem,
    }
    if errors:
        content["errors"] = field_problems(errors)
    return content


def refusal_content(error: Refused | Unavailable) -> dict[str, object]:
    errors = error.errors if isinstance(error, Refused) else ()
    return problem_content(error.problem, detail=error.detail, errors=errors)


def problem_response(error: Refused | Unavailable) -> Response:
    headers = {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(error.retry_after)
    status = ABOUT[error.problem].status
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps(refusal_content(error)), status, headers, PROBLEM)


def bulk_body(results: Sequence[Result]) -> bytes:
    """One JSON document a line."""
    return b"".join(
        orjson.dumps(_bulk_line(result), option=orjson.OPT_APPEND_NEWLINE) for result in results
    )


def bulk_response(results: Sequence[Result]) -> Response:
    return Response(bulk_body(results), 200, media_type=NDJSON)


def _bulk_line(result: Result) -> dict[str, object]:
    if result.receipt is not None:
        return {
            "line": result.line.number,
            "status": 202,
            "report_id": result.receipt.report_id,
            "external_id": result.receipt.external_id,
            "subject_id": result.receipt.subject_id,
            "warnings": field_problems(result.receipt.warnings),
        }
    assert result.error is not None
    return {
        "line": result.line.number,
        "status": ABOUT[result.error.problem].status,
        "external_id": external_id_of(result.line.data),
        "problem": refusal_content(result.error),
    }


def external_id_of(data: bytes) -> str | None:
    """The external id of a refused line, so that the client finds it again; None where there is
    none to be read.
    """
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    found = document.get("external_id") if isinstance(document, dict) else None
    return found if isinstance(found, str) and 0 < len(found) <= 128 else None


def with_allowance(response: Response, allowance: Allowance) -> Response:
    response.raw_headers.extend(allowance.headers())
    return response
