"""`mizan restore`: after the database was restored from a backup."""

import asyncio
import json
import logging
from dataclasses import asdict
from typing import Annotated

import asyncpg
import typer
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from services.review.database.engine import Database
from services.review.restore.restoring import Restored, restore
from services.review.settings import Settings
from shared.errors import Transient
from shared.settings import read_settings

commands = typer.Typer(no_args_is_help=True)

FAILED = 1


@commands.command("restore")
def restored(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Brings a database that was restored from a backup up to what the log says.

    Run it before the review API and the review workers start; it refuses while one is there. It
    reads the settings of the review service. What the backup lacks and the log has is folded in:
    reports, decisions, appeals, revoked keys. Leases and log-ins end. Again is safe.

    Ends with 1 when a decision of the log has no case any more; docs/operating.md says what then.
    """
    settings = read_settings(Settings)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    done = asyncio.run(_restore(settings))
    print(json.dumps(asdict(done)) if as_json else as_lines(done))
    if done.lost:
        raise typer.Exit(FAILED)


async def _restore(settings: Settings) -> Restored:
    url = settings.database_url.get_secret_value()
    database = Database(url, pool_size=4, application="mizan restore")
    try:
        return await restore(settings, database)
    except (KafkaError, SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
        raise Transient(f"not restored, run it again: {type(error).__name__}") from error
    finally:
        await database.close()


def as_lines(done: Restored) -> str:
    lines = [
        f"{done.events:,} events that platforms were told since the backup are in the feed",
        f"{done.decisions:,} decisions are made again from them, {done.undone:,} were taken back",
        f"{done.platforms:,} platforms and {done.policies:,} policies are as the topics have them",
        f"{done.leases:,} leases are void; everybody logs in anew",
        *(f"decision {decision_id} has no case" for decision_id in done.lost),
    ]
    return "\n".join(lines)
