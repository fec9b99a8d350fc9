"""`mizan reviewers add|list`."""

import json
import os
import secrets
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.review.database.by_command import run_in_transaction
from services.review.reviewers import repository, service
from services.review.reviewers.models import Reviewer
from services.review.reviewers.rules import Role
from shared.clock import new_id

commands = typer.Typer(no_args_is_help=True, help="People who review: add and list them.")

PASSWORD_VARIABLE = "MIZAN_REVIEWER_PASSWORD"  # noqa: S105 — the name of a variable


@commands.command()
def add(
    email: str,
    name: Annotated[str, typer.Option(help="As colleagues see it.")],
    role: Annotated[list[Role], typer.Option(help="Give it again for further roles.")],
    language: Annotated[list[str] | None, typer.Option(help="Default: all.")] = None,
    platform: Annotated[list[str] | None, typer.Option(help="Default: all.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002 — an option
) -> None:
    """Add a reviewer. MIZAN_REVIEWER_PASSWORD has the password, else one is made and shown."""
    password = os.environ.get(PASSWORD_VARIABLE) or secrets.token_urlsafe(12)
    reviewer = service.new_reviewer(new_id, email=email, name=name, roles=role)
    reviewer.languages = language or reviewer.languages
    reviewer.platforms = platform or reviewer.platforms
    if not run_in_transaction(
        lambda session: service.add_reviewer(session, reviewer, password=password)
    ):
        typer.echo(f"mizan: {email} is there already; nothing was changed.", err=True)
        raise typer.Exit(1)
    shown = None if PASSWORD_VARIABLE in os.environ else password
    facts = {"reviewer_id": reviewer.reviewer_id, "email": reviewer.email, "password": shown}
    if as_json:
        print(json.dumps(facts))
    else:
        print(f"Added {reviewer.email}." + (f" Password: {shown}" if shown else ""))


@commands.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json")] = False,  # noqa: FBT002 — an option
) -> None:
    """List the reviewers with their roles and grants."""
    found = run_in_transaction(repository.list_reviewers)
    if as_json:
        print(json.dumps([_facts(reviewer) for reviewer in found]))
        return
    table = Table("E-mail", "Name", "Roles", "Platforms", "Queues", "Languages", "Active")
    for reviewer in found:
        grants = (reviewer.roles, reviewer.platforms, reviewer.queues, reviewer.languages)
        table.add_row(
            reviewer.email,
            reviewer.name,
            *(", ".join(grant) for grant in grants),
            "yes" if reviewer.active else "no",
        )
    Console().print(table)


def _facts(reviewer: Reviewer) -> dict[str, object]:
    return {
        "reviewer_id": reviewer.reviewer_id,
        "email": reviewer.email,
        "name": reviewer.name,
        "roles": reviewer.roles,
        "platforms": reviewer.platforms,
        "queues": reviewer.queues,
        "languages": reviewer.languages,
        "active": reviewer.active,
    }
