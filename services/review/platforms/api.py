"""The review API for platforms: what became of their reports, decisions and appeals."""

from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import JsonValue
from starlette.requests import Request
from starlette.responses import Response

from services.review.cursors import read_cursor, signed_cursor
from services.review.errors import NotFound, Unacceptable
from services.review.json_bodies import read_json
from services.review.parameters import only_parameters
from services.review.parts import HasParts, Parts
from services.review.platforms import repository
from services.review.platforms.access import (
    AppealsTenant,
    DecisionsTenant,
    ReportsTenant,
    Tenant,
)
from services.review.platforms.receipts import Receipt, take_receipt
from services.review.platforms.statuses import list_statuses
from shared.times import time_text

router = APIRouter(prefix="/v1")

Limit = Annotated[int, Query(ge=1, le=200)]
ReportIds = Annotated[tuple[str, ...], Query(max_length=100)]


@router.get("/reports/{report_id}")
async def get_report(report_id: str, tenant: ReportsTenant, parts: HasParts) -> Response:
    return _one(await list_statuses(parts.database, tenant, report_ids=[report_id]))


@router.get(
    "/reports",
    dependencies=[
        Depends(
            only_parameters("external_id", "decision_id", "cursor", "limit", many=("report_id",))
        )
    ],
)
async def find_reports(
    tenant: ReportsTenant,
    parts: HasParts,
    external_id: str | None = None,
    decision_id: str | None = None,
    report_id: ReportIds = (),
    cursor: str | None = None,
    limit: Limit = 50,
) -> Response:
    """One report by the platform's own name for it; those of a list of report ids that are there;
    or a page of those of a decision.
    """
    named = [name for name in (external_id, decision_id, report_id or None) if name is not None]
    if len(named) != 1 or (cursor is not None and decision_id is None):
        raise Unacceptable(
            "invalid_parameter",
            "Name one of external_id, report_id and decision_id; only the last has pages.",
        )
    if external_id is not None:
        return _one(await list_statuses(parts.database, tenant, external_id=external_id))
    if decision_id is not None:
        return await _page_of(decision_id, tenant, parts, cursor=cursor, limit=limit)
    found = await list_statuses(parts.database, tenant, report_ids=report_id)
    return _json({"items": [*found], "next_cursor": None})


async def _page_of(
    decision_id: str, tenant: Tenant, parts: Parts, *, cursor: str | None, limit: int
) -> Response:
    key, scope = _key(parts), f"reports {tenant.list_owner} {decision_id}"
    after = str(read_cursor(key, scope, cursor)[0]) if cursor else ""
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        if not await repository.was_told(session, decision_id):
            raise NotFound("decision_not_found", "There is no such decision.")
        rows = await repository.list_reports_of(session, decision_id, after, limit)
    full = len(rows) == limit
    items: list[JsonValue] = [{**row} for row in rows]
    following = signed_cursor(key, scope, [rows[-1]["report_id"]]) if full else None
    return _json({"items": items, "next_cursor": following})


@router.get("/decisions", dependencies=[Depends(only_parameters("cursor", "limit"))])
async def list_decisions(
    tenant: DecisionsTenant, parts: HasParts, cursor: str | None = None, limit: Limit = 50
) -> Response:
    """The feed. `next_cursor` is null at its present end; `resume_cursor` goes on from there."""
    key, scope = _key(parts), f"decisions {tenant.list_owner}"
    after = int(read_cursor(key, scope, cursor)[0]) if cursor else 0
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        rows = await repository.list_events(session, after, limit)
    last = rows[-1]["feed_position"] if rows else after
    resume = signed_cursor(key, scope, [last])
    following = resume if len(rows) == limit else None
    bodies = ",".join(row["body"] for row in rows)
    tail = orjson.dumps({"next_cursor": following, "resume_cursor": resume}).decode()[1:]
    return Response(f'{{"items":[{bodies}],{tail}', media_type="application/json")


@router.get("/appeals/{appeal_id}")
async def get_appeal(appeal_id: str, tenant: AppealsTenant, parts: HasParts) -> Response:
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        row = await repository.find_appeal(session, appeal_id)
    if row is None:
        raise NotFound(
            "not_found", "There is no such appeal, or not yet.", facts={"retry_after": 1}
        )
    return _json({name: _value(value) for name, value in row.items()})


@router.post("/decisions/{decision_id}/receipts", status_code=201)
async def add_receipt(
    decision_id: str, request: Request, tenant: DecisionsTenant, parts: HasParts
) -> Response:
    receipt = await read_json(request, Receipt)
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        until = await take_receipt(session, tenant, decision_id, receipt)
    return _json(
        {
            "decision_id": decision_id,
            "external_id": receipt.external_id,
            "outcome": str(receipt.outcome),
            "appeal_until": _value(until),
        },
        status=201,
    )


def _one(found: list[dict[str, JsonValue]]) -> Response:
    if not found:
        raise NotFound(
            "not_found", "There is no such report, or not yet.", facts={"retry_after": 1}
        )
    return _json(found[0])


def _key(parts: Parts) -> bytes:
    return parts.settings.cursor_key.get_secret_value().encode()


def _value(value: JsonValue | datetime) -> JsonValue:
    if isinstance(value, datetime):
        return time_text(value)
    return value


def _json(document: dict[str, JsonValue], status: int = 200) -> Response:
    return Response(orjson.dumps(document), status_code=status, media_type="application/json")
