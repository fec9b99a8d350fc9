"""One signed request to one endpoint, and what came back. Raises for nothing an endpoint does."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx
from standardwebhooks import Webhook

from services.review.webhooks.egress import Forbidden, Guard, Unresolved
from services.review.webhooks.rules import Answer
from shared.observability.traces import TRACEPARENT

TOTAL_SECONDS = 15.0
MOST_ANSWER_BYTES = 64 * 1024
KEPT_CHARACTERS = 500


@dataclass(frozen=True)
class Signed:
    """A request to be made. `secrets` are one, or two while an old one still counts."""

    url: str
    secrets: tuple[str, ...]
    event_id: str
    body: str
    traceparent: str | None = None


def signature(secrets: Sequence[str], event_id: str, body: str, at: datetime) -> str:
    """The header `webhook-signature` of Standard Webhooks 1.0: one signature a secret."""
    return " ".join(Webhook(secret).sign(event_id, at, body) for secret in secrets)


class Sender:
    """Each request has a connection of its own: nothing of one endpoint reaches another."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext | None = None) -> None:
        self._guard = guard
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls or ssl.create_default_context(),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def close(self) -> None:
        await self._transport.aclose()

    async def send(self, signed: Signed, at: datetime) -> Answer:
        """Follows no redirect, unpacks nothing, reads at most 64 KiB, ends after 15 seconds."""
        began = time.monotonic()

        def answer(status: int | None, error: str | None = None) -> Answer:
            return Answer(status, int((time.monotonic() - began) * 1000), error)

        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await self._exchange(signed, at, began)
        except Forbidden as error:
            return answer(None, f"not allowed: {error}")
        except Unresolved:
            return answer(None, "the name has no address")
        except TimeoutError:
            return answer(None, "no answer within 15 s")
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as error:
            return answer(None, f"no answer: {type(error).__name__}")

    async def _exchange(self, signed: Signed, at: datetime, began: float) -> Answer:
        target = self._guard.target(signed.url)
        address = await self._guard.address(target)
        host = f"[{address}]" if ":" in address else address
        request = httpx.Request(
            "POST",
            f"{target.scheme}://{host}:{target.port}{target.path}",
            headers=_headers(signed, at, target.authority),
            content=signed.body.encode(),
            extensions={"sni_hostname": target.host, "timeout": _timeouts()},
        )
        response = await self._transport.handle_async_request(request)
        try:
            text = await _beginning(response)
        finally:
            await response.aclose()
        return Answer(
            status=response.status_code,
            milliseconds=int((time.monotonic() - began) * 1000),
            retry_after=response.headers.get("retry-after"),
            text=text,
        )


def _headers(signed: Signed, at: datetime, authority: str) -> dict[str, str]:
    headers = {
        "host": authority,
        "content-type": "application/json",
        "user-agent": "mizan-webhooks/1",
        "connection": "close",
        "webhook-id": signed.event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature(signed.secrets, signed.event_id, signed.body, at),
    }
    if signed.traceparent:
        headers[TRACEPARENT] = signed.traceparent
    return headers


def _timeouts() -> dict[str, float]:
    return dict.fromkeys(("connect", "read", "write", "pool"), TOTAL_SECONDS)


async def _beginning(response: httpx.Response) -> str:
    """As it came on the wire: a compressed bomb stays packed."""
    data = bytearray()
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)
    async for chunk in stream:
        data += chunk
        if len(data) >= MOST_ANSWER_BYTES:
            break
    text = data[: 4 * KEPT_CHARACTERS].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text[:KEPT_CHARACTERS]
