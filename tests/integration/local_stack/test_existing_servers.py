"""`MIZAN_KAFKA` and `MIZAN_DATABASE_URL`: the same product on servers that run already."""

import asyncio
import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from deploy.local import stack as local_stack
from deploy.local.errors import StackError
from deploy.local.postgres import Server
from services.review.database.engine import asyncpg_url
from tests.ports import free_block, free_port
from tests.real_parts import administer, run_apart
from tests.running_stack import ROOT, RunningStack
from tests.waiting import eventually_true

ROLES = "mizan_tenant, mizan_reviewer, mizan_worker"
PASSWORD = "p w/@:%"  # whatever an administrator may choose
REPORT = {
    "external_id": "elsewhere-1",
    "reported_at": "2026-11-20T09:14:03Z",
    "reason": {"policy_id": "spam"},
    "subject": {"kind": "content", "url": "https://x.com/someone/status/1790000000000000001"},
}


def made_for(server: Server, *, roles_granted: bool) -> str:
    """URL of an empty database whose owner is no administrator of the server."""
    name = f"owner_{secrets.token_hex(4)}"
    grant = [f"grant {ROLES} to {name}"] if roles_granted else []
    administer(
        server,
        f"create role {name} login password '{PASSWORD}'",
        *grant,
        f"create database {name} owner {name}",
    )
    address = f"127.0.0.1:{server.port}/{name}?sslmode=disable"
    return f"postgresql://{name}:{quote(PASSWORD, safe='')}@{address}"


@pytest.fixture
def roles(database_template: str) -> None:
    """A server has the product's roles from its first database on."""


def test_a_stack_on_existing_servers_serves_and_leaves_them_running(
    fresh_topics: str, database_server: Server, roles: None, tmp_path: Path
) -> None:
    database_url = made_for(database_server, roles_granted=True)
    stack = RunningStack(
        tmp_path / "var", {"MIZAN_KAFKA": fresh_topics, "MIZAN_DATABASE_URL": database_url}
    )
    try:
        ready = stack.start()
        assert (ready["kafka"], ready["database_url"]) == (fresh_topics, database_url)
        assert {process["name"] for process in ready["processes"]} == set(ready["metrics_urls"])
        platform = {"authorization": f"Bearer {ready['platforms'][0]['api_key']}"}
        with httpx.Client(trust_env=False, headers=platform) as http:
            accepted = http.post(f"{ready['ingest_url']}/v1/reports", json=REPORT)
            assert accepted.status_code == 202, accepted.text
            status_url = accepted.json()["status_url"]
            eventually_true(lambda: http.get(status_url).status_code == 200)
        assert stack.stop() == 0
    finally:
        stack.clean_up()

    async def found() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            assert await connection.fetchval("select external_id from reports") == "elsewhere-1"
        finally:
            await connection.close()

    run_apart(found())
    run_apart(local_stack.make_topics(fresh_topics))


def migrate(database_url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.review", "migrate"],
        cwd=ROOT,
        env={**os.environ, "MIZAN_DATABASE_URL": database_url, "MIZAN_CURSOR_KEY": "k" * 16},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_user_without_the_roles_is_told_in_one_line_what_is_missing(
    database_server: Server, roles: None
) -> None:
    done = migrate(made_for(database_server, roles_granted=False))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("mizan: review migrate: the database refuses: permission denied to")
    assert "mizan_tenant" in line


@pytest.mark.parametrize("wrong", ["password", "database", "port"])
def test_a_database_that_refuses_or_is_away_is_one_line_without_the_password(
    database_server: Server, wrong: str
) -> None:
    right = database_server.url("postgres")
    address = {
        "password": right.replace(database_server.password, "hunter2"),
        "database": right.replace("/postgres", "/nothing_there"),
        "port": right.replace(f":{database_server.port}/", f":{free_port()}/"),
    }
    done = migrate(address[wrong])
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("mizan: review migrate: the database ")
    assert database_server.password not in line
    assert "hunter2" not in line


def test_an_address_of_any_provider_is_understood() -> None:
    url = asyncpg_url("postgresql://someone:p%40ss@db.example:6432/mizan?sslmode=require")
    assert (url.drivername, url.password) == ("postgresql+asyncpg", "p@ss")
    assert dict(url.query) == {"ssl": "require"}


def test_a_broker_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_stack, "SETTLING_SECONDS", 0)
    port = free_port()
    with pytest.raises(StackError, match=f"no broker answers at 127.0.0.1:{port}"):
        asyncio.run(local_stack.make_topics(f"127.0.0.1:{port}"))


AT_ONCE = """
import sys
from deploy.local import stack
from deploy.local.__main__ import main
stack.SETTLING_SECONDS = 0.5
sys.exit(main())
"""


def test_nothing_but_that_one_line_is_told_of_a_broker_that_is_not_there(tmp_path: Path) -> None:
    broker = f"127.0.0.1:{free_port()}"
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE],
        cwd=ROOT,
        env={
            **os.environ,
            "MIZAN_VAR": str(tmp_path),
            "MIZAN_PORT_BASE": str(free_block()),
            "MIZAN_KAFKA": broker,
            "MIZAN_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/nothing",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (f"mizan: the topics cannot be made: no broker answers at {broker}\n")
