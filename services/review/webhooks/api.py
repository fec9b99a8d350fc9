"""Webhooks as a platform manages them."""

import base64
import secrets
from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, JsonValue, StringConstraints
from sqlalchemy import RowMapping
from starlette.requests import Request
from starlette.responses import Response

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.cursors import read_cursor, signed_cursor
from services.review.database.session import Session
from services.review.errors import Conflict, FieldError, NotFound, Unacceptable
from services.review.json_bodies import read_json
from services.review.parameters import only_parameters
from services.review.parts import HasParts, Parts
from services.review.platforms.access import Tenant, WebhooksTenant
from services.review.webhooks import repository
from services.review.webhooks.egress import Forbidden, Guard, Unresolved
from shared.contracts.decision import API_VERSION, EventType
from shared.times import Moment, time_text

router = APIRouter(prefix="/v1/webhooks")

Limit = Annotated[int, Query(ge=1, le=200)]


class NewWebhook(BaseModel):
    url: Annotated[str, StringConstraints(min_length=1, max_length=2048)]
    events: Annotated[list[EventType], Field(min_length=1, max_length=20)]


class Replay(BaseModel):
    since: Moment | None = None
    event_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None


@router.post("", status_code=201)
async def add_webhook(request: Request, tenant: WebhooksTenant, parts: HasParts) -> Response:
    """The secret is shown here and at a rotation, never again."""
    wanted = await read_json(request, NewWebhook)
    await _check_url(wanted.url, parts)
    webhook_id, secret = parts.new_id("whk"), _new_secret()
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        if await repository.count_webhooks(session) >= repository.MOST_WEBHOOKS:
            raise Conflict("too_many_webhooks", "A platform has at most 10 webhooks.")
        events = sorted({str(event) for event in wanted.events})
        made = await repository.insert_webhook(
            session, webhook_id=webhook_id, url=wanted.url, events=events, secret=secret
        )
        if not made:
            raise Conflict("webhook_exists", "There is a webhook for this URL.")
        after: dict[str, JsonValue] = {"webhook": webhook_id, "events": [*events]}
        private: dict[str, JsonValue] = {"url": wanted.url}
        await audit.record(session, [_act(tenant, "webhook_added", after, private)])
    return _json(
        {"webhook_id": webhook_id, "secret": secret, "api_version": API_VERSION}, status=201
    )


@router.get("", dependencies=[Depends(only_parameters("cursor", "limit"))])
async def list_webhooks(
    tenant: WebhooksTenant, parts: HasParts, cursor: str | None = None, limit: Limit = 50
) -> Response:
    key, scope = _key(parts), f"webhooks {tenant.list_owner}"
    after = str(read_cursor(key, scope, cursor)[0]) if cursor else ""
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        rows = await repository.list_webhooks(session, after, limit)
    full = len(rows) == limit
    following = signed_cursor(key, scope, [rows[-1]["webhook_id"]]) if full else None
    return _json({"items": [_view(row) for row in rows], "next_cursor": following})


@router.delete("/{webhook_id}", status_code=204)
async def delete_webhook(webhook_id: str, tenant: WebhooksTenant, parts: HasParts) -> Response:
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        if not await repository.delete_webhook(session, webhook_id):
            raise _absent()
        await audit.record(session, [_act(tenant, "webhook_deleted", {"webhook": webhook_id})])
    return Response(status_code=204)


@router.post("/{webhook_id}/rotate")
async def rotate(webhook_id: str, tenant: WebhooksTenant, parts: HasParts) -> Response:
    """For a day every event is signed with both secrets."""
    secret = _new_secret()
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        until = await repository.rotate_secret(session, webhook_id, secret)
        if until is None:
            raise _absent()
        facts: dict[str, JsonValue] = {"webhook": webhook_id, "previous_until": time_text(until)}
        await audit.record(session, [_act(tenant, "webhook_secret_rotated", facts)])
    return _json(
        {"webhook_id": webhook_id, "secret": secret, "previous_secret_until": time_text(until)}
    )


@router.post("/{webhook_id}/test", status_code=202)
async def send_test(webhook_id: str, tenant: WebhooksTenant, parts: HasParts) -> Response:
    """An event of type `webhook.test` goes the way of all others."""
    event_id, delivery_id = parts.new_id("evt"), parts.new_id("dlv")
    event: dict[str, JsonValue] = {
        "event_id": event_id,
        "type": "webhook.test",
        "timestamp": time_text(parts.clock()),
        "api_version": API_VERSION,
        "data": {"webhook_id": webhook_id},
    }
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        await _get_living(session, webhook_id)
        await repository.insert_delivery(
            session,
            delivery_id=delivery_id,
            webhook_id=webhook_id,
            event_id=event_id,
            kind="webhook.test",
            body=orjson.dumps(event).decode(),
        )
    return _json({"event_id": event_id, "delivery_id": delivery_id}, status=202)


@router.post("/{webhook_id}/replay", status_code=202)
async def replay(
    webhook_id: str, request: Request, tenant: WebhooksTenant, parts: HasParts
) -> Response:
    """Events are delivered once more, under their ids."""
    wanted = await read_json(request, Replay)
    if (wanted.since is None) == (wanted.event_id is None):
        raise Unacceptable("invalid_body", "Name one of since and event_id.")
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        await _get_living(session, webhook_id)
        count = await repository.replay_events(
            session, webhook_id, event_id=wanted.event_id, since=wanted.since
        )
        if wanted.event_id is not None and not count:
            raise NotFound("event_not_found", "There is no such event for this webhook.")
        facts: dict[str, JsonValue] = {"webhook": webhook_id, "events": count}
        await audit.record(session, [_act(tenant, "webhook_replayed", facts)])
    return _json({"replayed": count}, status=202)


@router.get("/{webhook_id}/deliveries", dependencies=[Depends(only_parameters("cursor", "limit"))])
async def list_deliveries(
    webhook_id: str,
    tenant: WebhooksTenant,
    parts: HasParts,
    cursor: str | None = None,
    limit: Limit = 50,
) -> Response:
    key, scope = _key(parts), f"deliveries {tenant.list_owner} {webhook_id}"
    before = str(read_cursor(key, scope, cursor)[0]) if cursor else ""
    async with parts.database.as_tenant(tenant.platform, tenant.environment) as session:
        await _get(session, webhook_id)
        rows = await repository.list_deliveries(session, webhook_id, before, limit)
    full = len(rows) == limit
    following = signed_cursor(key, scope, [rows[-1]["delivery_id"]]) if full else None
    return _json({"items": [_view(row) for row in rows], "next_cursor": following})


def _act(
    tenant: Tenant,
    action: str,
    after: dict[str, JsonValue],
    private: dict[str, JsonValue] | None = None,
) -> Act:
    """A URL may name people and carry a token: it is private. The key that was used is not."""
    return Act(
        action=action,
        actor=Actor(ActorKind.PLATFORM, tenant.platform),
        platform=tenant.platform,
        environment=tenant.environment,
        after={**after, "key": tenant.key_id},
        private=private or {},
    )


async def _check_url(url: str, parts: Parts) -> None:
    """A name that does not resolve now may do so later; one that leads inside never may."""
    guard = Guard(allow_loopback=parts.settings.webhook_allow_loopback)
    try:
        await guard.address(guard.target(url))
    except Unresolved:
        return
    except Forbidden as error:
        raise Unacceptable(
            "webhook_url_refused",
            "No webhook can go to this URL.",
            errors=[FieldError("/url", "refused", str(error))],
        ) from None


async def _get(session: Session, webhook_id: str) -> RowMapping:
    row = await repository.find_webhook(session, webhook_id)
    if row is None:
        raise _absent()
    return row


async def _get_living(session: Session, webhook_id: str) -> None:
    """Nothing is sent to one that is disabled, so nothing is promised either."""
    row = await _get(session, webhook_id)
    if row["disabled_at"] is not None:
        raise Conflict(
            "webhook_disabled",
            "The webhook is disabled.",
            facts={"disabled_reason": row["disabled_reason"]},
        )


def _absent() -> NotFound:
    return NotFound("webhook_not_found", "There is no such webhook.")


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _key(parts: Parts) -> bytes:
    return parts.settings.cursor_key.get_secret_value().encode()


def _view(row: RowMapping) -> JsonValue:
    return {
        name: time_text(value) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _json(document: dict[str, JsonValue], status: int = 200) -> Response:
    return Response(orjson.dumps(document), status_code=status, media_type="application/json")
