"""The processes of the stack, and how one sees that each is ready."""

import ssl
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import asyncpg
import httpx

from deploy.local import launch
from deploy.local.credentials import Credentials
from deploy.local.kafka import Broker
from deploy.local.launch import Launch
from deploy.local.postgres import Server
from deploy.local.settings import Endpoints, StackSettings
from deploy.local.supervisor import Part

DATABASE = "mizan"
SERVICES: dict[str, tuple[str, ...]] = {
    "ingest": ("services.ingest",),
    "scoring-score": ("services.scoring", "score"),
    "scoring-match": ("services.scoring", "match"),
    "review-api": ("services.review", "api"),
    "review-worker": ("services.review", "worker"),
}
SERVER_STAGE, SERVICE_STAGE, TRAFFIC_STAGE = 0, 1, 2


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *arguments)


def broker_part(broker: Broker) -> Part:
    async def ready() -> bool:
        return launch.listening(broker.port)

    return Part(
        name="kafka",
        launch=broker.launch(),
        ready=ready,
        stage=SERVER_STAGE,
        prepare=broker.prepare,
    )


def database_part(server: Server) -> Part:
    async def ready() -> bool:
        return await database_answers(server.url("postgres"))

    return Part(
        name="postgres",
        launch=server.launch(),
        ready=ready,
        stage=SERVER_STAGE,
        prepare=server.prepare,
    )


def service_part(
    name: str, *, endpoints: Endpoints, environment: Mapping[str, str], logs: Path
) -> Part:
    return Part(
        name=name,
        launch=Launch(python(*SERVICES[name]), logs / f"{name}.log", environment),
        ready=http_ok(f"http://127.0.0.1:{endpoints.admin_ports[name]}/readyz"),
        stage=SERVICE_STAGE,
    )


def demo_part(var: Path, logs: Path) -> Part:
    """Demo traffic. It reads addresses and keys from `ready.json`, and is ready by running: nothing
    waits for it.
    """

    async def ready() -> bool:
        return True

    return Part(
        name="demo",
        launch=Launch(python("deploy.local.demo"), logs / "demo.log", {"MIZAN_VAR": str(var)}),
        ready=ready,
        stage=TRAFFIC_STAGE,
    )


def service_environment(
    settings: StackSettings, endpoints: Endpoints, credentials: Credentials
) -> dict[str, str]:
    """What every service is told. Each reads only the part that its own settings name."""
    ports = endpoints.ports
    return {
        "MIZAN_KAFKA": endpoints.kafka,
        "MIZAN_DATABASE_URL": endpoints.database_url,
        "MIZAN_INGEST_PORT": str(ports.ingest),
        "MIZAN_INGEST_ADMIN_PORT": str(ports.ingest_admin),
        "MIZAN_SCORE_ADMIN_PORT": str(ports.score_admin),
        "MIZAN_MATCH_ADMIN_PORT": str(ports.match_admin),
        "MIZAN_REVIEW_PORT": str(ports.review),
        "MIZAN_REVIEW_ADMIN_PORT": str(ports.review_admin),
        "MIZAN_REVIEW_WORKER_ADMIN_PORT": str(ports.review_worker_admin),
        "MIZAN_INGEST_URL": endpoints.ingest_url,
        "MIZAN_REVIEW_URL": endpoints.review_url,
        "MIZAN_SUBJECT_KEY": credentials.subject_key,
        "MIZAN_CURSOR_KEY": credentials.cursor_key,
        "MIZAN_UNDO_SECONDS": str(settings.undo_seconds),
        "MIZAN_LEASE_SECONDS": str(settings.lease_seconds),
        "MIZAN_WEBHOOK_ALLOW_LOOPBACK": "true",
    }


def loopback_client() -> httpx.AsyncClient:
    """Speaks plain HTTP only. Reading certificates for TLS would cost more than all the probes of a
    start, each of which has its own client.
    """
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(trust_env=False, timeout=3, verify=no_certificates)


def http_ok(url: str) -> Callable[[], Awaitable[bool]]:
    """Probe that is true when the URL answers 200."""

    async def ready() -> bool:
        try:
            async with loopback_client() as client:
                return (await client.get(url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    return ready


async def database_answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=3)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await connection.close()
    return True


async def ensure_database(server: Server) -> None:
    """Makes the product's database in a new cluster."""
    connection = await asyncpg.connect(server.url("postgres"), timeout=5)
    try:
        known = await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE)
        if not known:
            await connection.execute(f"create database {DATABASE}")
    finally:
        await connection.close()


async def keys_known(endpoints: Endpoints, credentials: Credentials) -> bool:
    """The edge knows every demo key: an empty report is refused for what it lacks, not for its
    key. Nothing is accepted by asking.
    """
    async with loopback_client() as client:
        for platform in credentials.platforms:
            try:
                answer = await client.post(
                    f"{endpoints.ingest_url}/v1/reports",
                    headers={"authorization": f"Bearer {platform.api_key}"},
                    json={},
                )
            except httpx.HTTPError:
                return False
            if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
                return False
    return True
