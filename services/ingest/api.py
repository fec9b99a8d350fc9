"""The calls of the report edge."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from services.ingest import json_parser, metrics
from services.ingest.auth import Grant
from services.ingest.bulk import MAX_BYTES, BulkIntake, decompressed, lines_of
from services.ingest.documentation import (
    APPEAL_CALL,
    BULK_CALL,
    PROBLEM_CODE_PARAMETER,
    PROBLEM_RESPONSES,
    PROBLEM_SUMMARY,
    REPORT_CALL,
    STRICT_PARAMETER,
)
from services.ingest.errors import Refused, Unavailable
from services.ingest.limits import Allowance, Bucket, Limits
from services.ingest.problems import ABOUT, Problem, type_of
from services.ingest.reading import Head, Posted
from services.ingest.requests import (
    JSON,
    NDJSON,
    Fields,
    check_head,
    fields_of,
    is_gzip,
    is_strict,
    read_body,
    record_headers,
)
from services.ingest.responses import (
    Json,
    bulk_response,
    field_problems,
    problem_response,
    report_accepted,
    with_allowance,
)
from services.ingest.service import Intake
from shared.contracts.reference import Scope


@dataclass(frozen=True)
class Edge:
    """What the calls work with."""

    intake: Intake
    bulk: BulkIntake
    limits: Limits
    review_url: str


class RawRoute(APIRoute):
    """Hands the request to the call as it came: FastAPI would read the body with its own, more
    generous parser. Path, method and documentation stay FastAPI's.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # narrower: no coroutine object is needed
        endpoint: Callable[[Request], Awaitable[Response]] = self.endpoint

        return endpoint


Endpoint = Callable[[Request], Awaitable[Response]]


def add_calls(router: APIRouter, edge: Edge) -> dict[str, Endpoint]:
    """Adds the calls of the edge; the router must make `RawRoute`s. The POST calls by path."""
    calls: dict[str, Endpoint] = {}

    async def post_report(request: Request) -> Response:
        return await _answered(edge, request, _report)

    async def post_reports(request: Request) -> Response:
        return await _answered(edge, request, _reports)

    async def post_appeal(request: Request) -> Response:
        return await _answered(edge, request, _appeal)

    for path, call, about in (
        ("/v1/reports", post_report, REPORT_CALL),
        ("/v1/reports/bulk", post_reports, BULK_CALL),
        ("/v1/appeals", post_appeal, APPEAL_CALL),
    ):
        calls[path] = call
        router.add_api_route(
            path,
            call,
            methods=["POST"],
            operation_id=call.__name__,
            summary=about.summary,
            description=about.description,
            status_code=about.status,
            response_model=None,
            responses=about.responses,
            openapi_extra={"requestBody": about.body, "parameters": [STRICT_PARAMETER]},
        )
    router.add_api_route(
        "/problems/{code}",
        get_problem,
        methods=["GET"],
        operation_id="get_problem",
        summary=PROBLEM_SUMMARY,
        response_model=None,
        responses=PROBLEM_RESPONSES,
        openapi_extra={"security": [], "parameters": [PROBLEM_CODE_PARAMETER]},
    )
    return calls


async def get_problem(request: Request) -> Response:
    """What a problem means, in words."""
    try:
        problem = Problem(request.path_params["code"])
    except ValueError:
        return problem_response(Refused(Problem.NOT_FOUND))
    about = ABOUT[problem]
    return Json(
        orjson.dumps(
            {
                "type": type_of(problem),
                "code": problem,
                "status": about.status,
                "title": about.title,
                "explanation": about.text,
            }
        )
    )


@dataclass
class _Call:
    """One request on its way: what is known when it fails names the platform in the metrics."""

    edge: Edge
    request: Request
    fields: Fields
    strict: bool
    platform: str = "unknown"
    allowance: Allowance | None = None

    def admit(self, scope: Scope, media_type: str) -> Grant:
        """Key first: nobody without one learns more than that."""
        grant = self.edge.intake.grant(self.fields.get("authorization", ()), scope)
        self.platform = grant.platform.platform_id
        check_head(self.fields, media_type)
        return grant

    def charge(self, grant: Grant, bucket: Bucket, count: int = 1) -> None:
        """Raises Unavailable for more than the bucket holds; the answer still says what is left."""
        rate = (
            grant.platform.reports_per_second
            if bucket is Bucket.REPORTS
            else grant.platform.appeals_per_second
        )
        self.allowance = self.edge.limits.take(grant.key.key_id, bucket, rate, count=count)
        if self.allowance.retry_after:
            raise Unavailable(Problem.RATE_LIMITED, self.allowance.retry_after)

    async def body(self, most_bytes: int) -> bytes:
        return await read_body(self.request.receive, self.fields, most_bytes)

    def head(self, grant: Grant) -> Head:
        return Head(grant.sender, self.strict, record_headers(self.fields))


Handle = Callable[[_Call], Awaitable[Response]]


async def _answered(edge: Edge, request: Request, handle: Handle) -> Response:
    fields = fields_of(request.scope["headers"])
    call = _Call(edge, request, fields, is_strict(fields))
    try:
        response = await handle(call)
    except (Refused, Unavailable) as error:
        metrics.REFUSED.labels(call.platform, error.problem).inc()
        response = problem_response(error)
    if call.allowance is not None:
        with_allowance(response, call.allowance)
    if call.strict:
        response.headers["preference-applied"] = "handling=strict"
    return response


async def _report(call: _Call) -> Response:
    intake = call.edge.intake
    grant = call.admit(Scope.REPORTS, JSON)
    is_gzip(call.fields, allowed=False)
    call.charge(grant, Bucket.REPORTS)
    intake.check_backlog()
    data = await call.body(json_parser.MAX_BYTES)
    receipt, accepted_at = await intake.report(Posted(data, call.head(grant)))
    return Json(report_accepted(receipt, accepted_at, call.edge.review_url), 202)


async def _reports(call: _Call) -> Response:
    intake = call.edge.intake
    grant = call.admit(Scope.REPORTS, NDJSON)
    gzipped = is_gzip(call.fields, allowed=True)
    intake.check_backlog()
    data = await call.body(MAX_BYTES)
    lines = lines_of(decompressed(data) if gzipped else data)
    call.charge(grant, Bucket.REPORTS, len(lines))
    results = await call.edge.bulk.reports(lines, call.head(grant))
    for result in results:
        if result.error is not None:
            metrics.REFUSED.labels(call.platform, result.error.problem).inc()
    return bulk_response(results)


async def _appeal(call: _Call) -> Response:
    grant = call.admit(Scope.APPEALS, JSON)
    is_gzip(call.fields, allowed=False)
    call.charge(grant, Bucket.APPEALS)
    data = await call.body(json_parser.MAX_BYTES)
    appeal, warnings = await call.edge.intake.appeal(Posted(data, call.head(grant)))
    body = {
        "appeal_id": appeal.appeal_id,
        "external_id": appeal.external_id,
        "status_url": f"{call.edge.review_url}/v1/appeals/{appeal.appeal_id}",
        "warnings": field_problems(warnings),
    }
    return Json(orjson.dumps(body), 202)
