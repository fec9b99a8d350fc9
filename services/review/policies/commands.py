"""`mizan policies list|show|set`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.review.audit import service as audit
from services.review.audit.models import Act, Actor, ActorKind
from services.review.database.engine import Database
from services.review.errors import NotFound
from services.review.platforms.reference import publish_policy
from services.review.policies.models import Policy
from services.review.policies.repository import list_policies
from services.review.settings import Settings
from shared.settings import read_settings

commands = typer.Typer(no_args_is_help=True, help="Policies, as data.")

OPERATOR = Actor(ActorKind.OPERATOR, "command-line")
T = TypeVar("T")


@commands.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002 — an option
) -> None:
    """List the policies in force."""
    found = _run(list_policies)
    if as_json:
        print(json.dumps([policy.as_json() for policy in found.values()]))
        return
    table = Table("Policy", "Version", "Title", "Severity", "Queue", "Active")
    for policy in found.values():
        table.add_row(
            policy.policy_id,
            str(policy.revision),
            policy.title,
            f"{policy.severity:g}",
            policy.queue_id,
            "yes" if policy.active else "no",
        )
    Console().print(table)


@commands.command()
def show(policy_id: str) -> None:
    """Show a policy with its text, as JSON."""
    policy = _run(lambda session: _get(session, policy_id))
    print(json.dumps(policy.as_json(), indent=2, ensure_ascii=False))


@commands.command("set")
def set_fields(
    policy_id: str,
    title: Annotated[str | None, typer.Option()] = None,
    severity: Annotated[float | None, typer.Option(min=0.01, max=100)] = None,
    standing_days: Annotated[int | None, typer.Option(min=1, max=3650)] = None,
    appeal_days: Annotated[int | None, typer.Option(min=1, max=3650)] = None,
    active: Annotated[bool | None, typer.Option("--active/--retired")] = None,
) -> None:
    """Put a new version in force; what is not given stays as it is."""
    given = {
        "title": title,
        "severity": severity,
        "standing_days": standing_days,
        "appeal_days": appeal_days,
        "active": active,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        typer.echo("mizan: name what to change; see --help.", err=True)
        raise typer.Exit(2)
    version = _run(lambda session: new_version(session, policy_id, changes))
    print(f"{policy_id} is at version {version}.")


async def new_version(
    session: AsyncSession, policy_id: str, changes: dict[str, str | float | bool]
) -> int:
    """A revision of its own, audited and published with its making. Raises NotFound."""
    policy = await _get(session, policy_id)
    revision = policy.revision + 1
    kept = policy.model_dump(exclude={"created_at"})
    now = (await session.execute(text("select now()"))).scalar_one()
    session.add(Policy(**{**kept, **changes, "revision": revision, "created_at": now}))
    await session.flush()
    facts = Act(
        action="policy_changed",
        actor=OPERATOR,
        before={"policy": policy_id, "revision": policy.revision},
        after={"policy": policy_id, "revision": revision, "changed": [*sorted(changes)]},
    )
    await audit.record(session, [facts])
    return await publish_policy(session, policy_id)


async def _get(session: AsyncSession, policy_id: str) -> Policy:
    policy = (await list_policies(session)).get(policy_id)
    if policy is None:
        raise NotFound("policy_not_found", f"There is no policy {policy_id}.")
    return policy


def _run(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def run() -> T:
        settings = read_settings(Settings)
        url = settings.database_url.get_secret_value()
        database = Database(url, pool_size=2, application="mizan")
        try:
            async with database.as_worker() as session:
                return await work(session)
        finally:
            await database.close()

    return asyncio.run(run())
