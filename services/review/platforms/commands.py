"""`mizan platforms add|list|rotate-key|limit`, `mizan platforms organisations add`."""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from services.review.database.by_command import run_in_transaction
from services.review.database.session import Session
from services.review.errors import Refused
from services.review.platforms import administration
from services.review.platforms.administration import NewKey
from shared.contracts.identifiers import Environment
from shared.contracts.report import ReporterKind

commands = typer.Typer(no_args_is_help=True, help="Platforms and their keys.")
organisations = typer.Typer(no_args_is_help=True, help="Trusted flaggers and authorities.")
commands.add_typer(organisations, name="organisations")

T = TypeVar("T")


@commands.command()
def add(
    platform_id: str,
    name: Annotated[str, typer.Option(help="As reviewers see it.")],
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002 — an option
) -> None:
    """Add a platform. Its keys are shown once."""
    keys = _run(lambda session: administration.add_platform(session, platform_id, name))
    _show(platform_id, keys, as_json=as_json)


@commands.command("rotate-key")
def rotate_key(
    platform_id: str,
    environment: Annotated[Environment, typer.Option()] = Environment.LIVE,
    # Flags of a command line, never passed by place.
    revoke: Annotated[bool, typer.Option(help="Stop the earlier keys.")] = False,  # noqa: FBT002
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002 — an option
) -> None:
    """Make a new key. It is shown once; the earlier ones live on unless --revoke is given."""
    key = _run(
        lambda session: administration.rotate_key(session, platform_id, environment, revoke=revoke)
    )
    _show(platform_id, [key], as_json=as_json)


@commands.command()
def limit(
    platform_id: str,
    reports_per_second: Annotated[float, typer.Option(min=1, max=1_000_000)],
) -> None:
    """Set how many reports a second each key of the platform may send; more are answered 429."""
    _run(lambda session: administration.limit_platform(session, platform_id, reports_per_second))
    print(f"Each key of {platform_id} may send {reports_per_second:,.0f} reports a second.")


@commands.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002 — an option
) -> None:
    """List the platforms with the number of their living keys."""
    rows = _run(administration.list_platforms)
    if as_json:
        print(json.dumps([{**row} for row in rows]))
        return
    table = Table("Platform", "Name", "Active", "Live keys", "Test keys")
    for row in rows:
        table.add_row(
            row["platform_id"],
            row["name"],
            "yes" if row["active"] else "no",
            str(row["live_keys"]),
            str(row["test_keys"]),
        )
    Console().print(table)


@organisations.command("add")
def add_organisation(
    platform_id: str,
    organisation_id: str,
    name: Annotated[str, typer.Option()],
    kind: Annotated[ReporterKind, typer.Option(help="trusted_flagger or authority")],
) -> None:
    """Register an organisation whose reports count as those of its kind."""
    if kind not in (ReporterKind.TRUSTED_FLAGGER, ReporterKind.AUTHORITY):
        typer.echo("mizan: --kind is trusted_flagger or authority.", err=True)
        raise typer.Exit(2)
    _run(
        lambda session: administration.add_organisation(
            session, platform_id, organisation_id, name, kind
        )
    )
    print(f"Registered {organisation_id} with {platform_id}.")


def _show(platform_id: str, keys: list[NewKey], *, as_json: bool) -> None:
    if as_json:
        facts = {str(key.environment): key.key for key in keys}
        print(json.dumps({"platform_id": platform_id, "keys": facts}))
        return
    for key in keys:
        print(f"{key.environment}: {key.key}")


def _run(work: Callable[[Session], Awaitable[T]]) -> T:
    try:
        return run_in_transaction(work)
    except Refused as error:
        typer.echo(f"mizan: {error.detail}", err=True)
        raise typer.Exit(1) from None
