"""`mizan dead-letters list|show|replay`: what could not be read, and once more."""

import asyncio
import getpass
import json
import logging
import os
from collections.abc import Callable, Coroutine
from typing import Annotated, NoReturn, TypeVar

import typer
from pydantic import JsonValue

from services.review.database.engine import Database
from services.review.dead_letters import operator_repository as repository
from services.review.dead_letters import service, showing
from services.review.dead_letters.replaying import Outcome, Replay
from services.review.dead_letters.rules import Place, Selection, State, find_place, find_topic
from shared.running import find_running

commands = typer.Typer(no_args_is_help=True, help="What could not be read, and once more.")

FAILED = 1
WRONG_USE = 2
T = TypeVar("T")
Objects = list[dict[str, JsonValue]]

Topic = Annotated[str | None, typer.Option(help="Only of this topic: reports, appeals, ...")]
Cause = Annotated[str | None, typer.Option(help="Only with this cause.")]
Stack = Annotated[str | None, typer.Option(help="Only of this fault, as --group shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
By = Annotated[str | None, typer.Option(help="Who you are, for the record; else your log-in.")]


@commands.command("list")
def list_some(
    *,
    topic: Topic = None,
    state: Annotated[State, typer.Option(help="replayed: no longer open.")] = State.OPEN,
    cause: Cause = None,
    stack: Stack = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    group: Annotated[bool, typer.Option("--group", help="One line a fault.")] = False,
    as_json: AsJson = False,
) -> None:
    """What is set aside, the oldest first, and how much. Content is never shown here."""
    selection = _selection(topic, state, cause, stack)

    async def work(database: Database, _: str) -> tuple[Objects, list[str], int]:
        async with service.session_of(database) as session:
            total = await repository.count_letters(session, selection)
            if group:
                groups = await repository.list_groups(session, selection, limit)
                objects = [showing.group_object(one) for one in groups]
                return objects, showing.group_lines(groups), total
            letters = await repository.list_letters(session, selection, limit)
            objects = [showing.letter_object(one) for one in letters]
            return objects, showing.letter_lines(letters), total

    items, lines, total = _run(work)
    if as_json:
        print(json.dumps({"items": items, "total": total}, ensure_ascii=False))
        return
    if items:
        print("\n".join(lines))
    shown = total if group else len(items)
    print(showing.counted(shown, total, state, more="--limit shows more, --group one line a fault"))


@commands.command()
def show(
    dead_letter: Annotated[str, typer.Argument(metavar="ID", help="As `list` prints it.")],
    *,
    value: Annotated[
        bool,
        typer.Option("--value", help="Its value too, with what people wrote; the audit says so."),
    ] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Everything of one: the row, and its record's headers from Kafka."""
    place = _place(dead_letter)
    view = (by or _log_in()) if value else None
    shown = _run(lambda database, kafka: service.show(database, kafka, place, view=view))
    if as_json:
        told = showing.shown_object(shown, with_value=value)
        print(json.dumps(told, ensure_ascii=False))
    else:
        print("\n".join(showing.shown_lines(shown, with_value=value)))


@commands.command()
def replay(
    dead_letters: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="As `list` prints them.")
    ] = None,
    *,
    topic: Topic = None,
    cause: Cause = None,
    stack: Stack = None,
    every: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Puts the records back on the topics that they came from, once what broke is mended.

    A row stays open until its record has arrived; one that is broken still is set aside again, and
    that letter takes the place of this one. Nothing arrives twice.
    """
    chosen = any((topic, cause, stack))
    if [bool(dead_letters), chosen, every].count(True) != 1:
        _wrong_use("name ids, or choose by --topic, --cause, --stack, or say --all.")
    places = [_place(one) for one in dead_letters or ()]
    selection = None if dead_letters else _selection(topic, State.OPEN, cause, stack)
    who = by or _log_in()
    report = _Report(as_json=as_json)

    async def work(database: Database, kafka: str) -> None:
        wanted = places if selection is None else await service.select_open(database, selection)
        async for outcome in Replay(database, kafka, who).run(wanted):
            report.take(outcome)

    try:
        _run(work)
    finally:
        report.finish()
    if report.failed:
        raise typer.Exit(FAILED)


class _Report:
    """Says at once what failed, so that it is said even when the rest is never come to."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.replayed: list[str] = []
        self.failed: list[dict[str, str]] = []

    def take(self, outcome: Outcome) -> None:
        if outcome.problem is None:
            self.replayed.append(str(outcome.place))
            return
        self.failed.append({"id": str(outcome.place), "problem": outcome.problem})
        if not self._as_json:
            typer.echo(f"mizan: {outcome.place}: {outcome.problem}", err=True)

    def finish(self) -> None:
        if self._as_json:
            print(json.dumps({"replayed": self.replayed, "failed": self.failed}))
        else:
            print(f"{len(self.replayed):,} put back, {len(self.failed):,} not")


def _selection(topic: str | None, state: State, cause: str | None, stack: str | None) -> Selection:
    name = None if topic is None else find_topic(topic)
    if topic is not None and name is None:
        _wrong_use(f"no topic {topic} has dead letters.")
    return Selection(topic=name, state=state, cause=cause, stack_hash=stack)


def _place(text: str) -> Place:
    place = find_place(text)
    if place is None:
        _wrong_use(f"{text!a} is no id; one looks like reports.dead-letter/2/17.")
    return place


def _wrong_use(what: str) -> NoReturn:
    typer.echo(f"mizan: {what}", err=True)
    raise typer.Exit(WRONG_USE)


def _log_in() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container need not know its user
        return f"user {os.getuid()}"


def _run(work: Callable[[Database, str], Coroutine[object, object, T]]) -> T:
    """With what MIZAN_KAFKA and MIZAN_DATABASE_URL, or ready.json in MIZAN_VAR, say."""
    running = find_running(os.environ)
    url, kafka = running.need("database_url"), running.need("kafka")
    # Kafka's client tells of every try; what came of it is said in one line
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

    async def run() -> T:
        database = Database(url, pool_size=2, application="mizan dead-letters")
        try:
            return await work(database, kafka)
        finally:
            await database.close()

    return asyncio.run(run())
