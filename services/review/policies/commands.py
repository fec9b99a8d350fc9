"""`mizan policies list|show|set`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.review.database.by_command import run_in_transaction
from services.review.policies.repository import list_policies
from services.review.policies.service import change_policy, get_policy

commands = typer.Typer(no_args_is_help=True, help="Policies, as data.")


@commands.command("list")
def list_all(
    *,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """List the policies in force."""
    found = run_in_transaction(list_policies)
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
    policy = run_in_transaction(lambda session: get_policy(session, policy_id))
    print(json.dumps(policy.as_json(), indent=2, ensure_ascii=False))


@commands.command("set")
def set_fields(  # noqa: PLR0913 — its options are what a policy has
    policy_id: str,
    *,
    title: Annotated[str | None, typer.Option()] = None,
    text: Annotated[str | None, typer.Option(help="What reviewers and owners read.")] = None,
    text_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The text, from a file.")
    ] = None,
    severity: Annotated[float | None, typer.Option(min=0.01, max=100)] = None,
    queue: Annotated[str | None, typer.Option(help="Where new cases wait.")] = None,
    actions: Annotated[
        list[str] | None,
        typer.Option(help="Actions open for a kind of subject: content=remove,label."),
    ] = None,
    standing_days: Annotated[int | None, typer.Option(min=1, max=3650)] = None,
    reopen_reporters: Annotated[int | None, typer.Option(min=1, max=100_000)] = None,
    appeal_days: Annotated[int | None, typer.Option(min=1, max=3650)] = None,
    active: Annotated[bool | None, typer.Option("--active/--retired")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Put a new version in force; what is not given stays as it is."""
    given = {
        "title": title,
        "text": text if text_file is None else text_file.read_text("utf-8"),
        "severity": severity,
        "queue_id": queue,
        "actions": _actions(actions) if actions else None,
        "standing_days": standing_days,
        "reopen_reporters": reopen_reporters,
        "appeal_days": appeal_days,
        "active": active,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes or (text is not None and text_file is not None):
        typer.echo("mizan: name what to change, each once; see --help.", err=True)
        raise typer.Exit(2)
    version, changed = run_in_transaction(
        lambda session: change_policy(session, policy_id, changes)
    )
    if as_json:
        print(json.dumps({"policy_id": policy_id, "version": version, "changed": changed}))
    elif changed:
        print(f"{policy_id} is at version {version}: {', '.join(changed)} changed.")
    else:
        print(f"{policy_id} stays at version {version}: it is so already.")


def _actions(given: list[str]) -> dict[str, list[str]]:
    """`content=remove,label` for each kind of subject."""
    found: dict[str, list[str]] = {}
    for one in given:
        kind, there, names = one.partition("=")
        if not there or kind in found:
            raise typer.BadParameter("once for each kind, as content=remove,label")
        found[kind] = [name.strip() for name in names.split(",") if name.strip()]
    return found
