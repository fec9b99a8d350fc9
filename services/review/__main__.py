"""`python -m services.review api|worker|migrate|await-schema|seed`."""

import argparse
import asyncio
import sys
from pathlib import Path

import uvloop

from services.review.database.refusal import refusals_in_one_line
from services.review.settings import Settings
from shared.collector import tune_collector
from shared.errors import MizanError
from shared.observability.logging import configure_logging
from shared.settings import read_settings


def main(arguments: list[str]) -> None:
    """Ends with status 2 for a bad setting or argument, 1 for what cannot start."""
    parser = argparse.ArgumentParser(prog="python -m services.review")
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("api", help="the review API and the desk")
    roles.add_parser("worker", help="the duties")
    migrate = roles.add_parser("migrate", help="bring the schema up to date, then end")
    migrate.add_argument("--then-seed", type=Path, dest="file", help="a file as for seed")
    roles.add_parser("await-schema", help="wait until the schema is up to date, changing nothing")
    seed = roles.add_parser("seed", help="policies, queues, platforms and reviewers; again is safe")
    seed.add_argument("--file", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    settings = read_settings(Settings)
    configure_logging(f"review {chosen.role}", settings.log_level)
    try:
        _run(chosen.role, settings, getattr(chosen, "file", None))
    except MizanError as error:
        sys.exit(f"mizan: review {chosen.role}: {error}")


def _run(role: str, settings: Settings, file: Path | None) -> None:
    # Each role loads only what it needs: a migration starts no web framework.
    match role:
        case "api":
            from services.review.app import run_api  # noqa: PLC0415 — as above

            tune_collector()
            uvloop.run(run_api(settings))
        case "worker":
            from services.review.worker import run_worker  # noqa: PLC0415 — as above

            tune_collector()
            uvloop.run(run_worker(settings))
        case "migrate":
            from services.review.database.migrate import upgrade  # noqa: PLC0415 — as above

            with refusals_in_one_line():
                upgrade(settings.database_url.get_secret_value())
            if file is not None:
                _run("seed", settings, file)
        case "await-schema":
            from services.review.database.readiness import await_schema  # noqa: PLC0415 — as above

            asyncio.run(await_schema(settings.database_url.get_secret_value()))
        case "seed":
            from services.review.seed import seed_file  # noqa: PLC0415 — as above

            assert file is not None
            with refusals_in_one_line():
                asyncio.run(seed_file(settings, file))


if __name__ == "__main__":
    main(sys.argv[1:])
