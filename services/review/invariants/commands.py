"""`mizan invariants`: whether a running system keeps its promises."""

import asyncio
import json
import os
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from services.review.database.engine import Database
from services.review.invariants.logs import Topics
from services.review.invariants.rules import Finding
from services.review.invariants.service import check_all
from shared.errors import Transient
from shared.running import find_running

commands = typer.Typer(no_args_is_help=True)

FAILED = 1
SHOWN = 20


@commands.command("invariants")
def invariants(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Checks a running system against its promises and names what is broken.

    Reads MIZAN_KAFKA and MIZAN_DATABASE_URL, or what ready.json in MIZAN_VAR says. Ends with 1
    when a promise is broken.
    """
    running = find_running(os.environ)
    findings = asyncio.run(_check(running.need("database_url"), running.need("kafka")))
    print(as_object(findings) if as_json else as_table(findings))
    if any(finding.broken for finding in findings):
        raise typer.Exit(FAILED)


async def _check(database_url: str, kafka: str) -> list[Finding]:
    database = Database(database_url, pool_size=2, application="mizan invariants")
    try:
        return await check_all(database, Topics(kafka))
    except (KafkaError, SQLAlchemyError, OSError) as error:
        raise Transient(f"cannot be checked now: {type(error).__name__}") from error
    finally:
        await database.close()


def as_object(findings: list[Finding]) -> str:
    broken = sum(len(finding.broken) for finding in findings)
    checks = [
        {"name": finding.name, "looked_at": finding.looked_at, "broken": list(finding.broken)}
        for finding in findings
    ]
    return json.dumps({"broken": broken, "checks": checks}, ensure_ascii=False)


def as_table(findings: list[Finding]) -> str:
    """A line a check, and below it the first of what is broken."""
    lines: list[str] = []
    for finding in findings:
        state = f"{len(finding.broken)} BROKEN" if finding.broken else "holds"
        lines.append(f"{finding.name:<36} {finding.looked_at:>9} {state}")
        lines += [f"  {sentence}" for sentence in finding.broken[:SHOWN]]
        if len(finding.broken) > SHOWN:
            lines.append(f"  and {len(finding.broken) - SHOWN} more; --json has all")
    return "\n".join(lines)
