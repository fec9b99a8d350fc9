"""`mizan score`, `mizan duplicates` and `mizan train`: JSON Lines in, JSON Lines out.

Exit status: 0 done, 1 some lines could not be read (each named on standard error), 2 wrong use.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.scoring.classifiers.linear import SHIPPED, LinearClassifier
from services.scoring.duplicates.fingerprints import text_fingerprints
from services.scoring.duplicates.index import ExactIndex
from services.scoring.errors import BadInput
from services.scoring.service import Item, Scored, Scorer
from services.scoring.text.watch_list import ListedName, WatchList
from shared.contracts.fingerprint import Fingerprint
from shared.contracts.identifiers import Environment, PlatformId, PolicyId, ReportId, SubjectId
from shared.contracts.match import MatchMethod
from shared.errors import MizanError

commands = typer.Typer(no_args_is_help=True, help="Scores, duplicates, training.")

WRONG_USE = 2


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    id: Annotated[str | int, Field(union_mode="left_to_right")]


class TextLine(_Line):
    text: str
    policy_id: str | None = None


class NamesLine(_Line):
    names: tuple[str, ...]


L = TypeVar("L", bound=_Line)
T = TypeVar("T")


class Lines:
    """Reads lines of one form; those that are not are named on standard error and counted."""

    def __init__(self) -> None:
        self.refused = 0

    def read(self, lines: Iterable[bytes], form: type[L]) -> Iterator[L]:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield form.model_validate_json(line)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                place = "/".join(str(part) for part in first["loc"])
                sys.stderr.write(f"line {number}: /{place}: {first['msg']}\n")
                self.refused += 1

    def end(self) -> None:
        """Ends the command with 1 where a line was refused."""
        if self.refused:
            raise typer.Exit(1)


@commands.command("score")
def score_lines(
    batch: Annotated[
        int, typer.Option(min=1, max=10_000, help="Texts that are judged together.")
    ] = 256,
    watch_list: Annotated[
        Path | None, typer.Option(help='Lines of {"id", "names": [...]} to look for.')
    ] = None,
    model: Annotated[Path, typer.Option(help="Weights, in place of those that ship.")] = SHIPPED,
) -> None:
    """Scores lines of {"id", "text", "policy_id"?} as the worker does.

    Gives {"id", "violation", "labels", "language", "script", "spans", "watch_list"} a line.
    """
    try:
        names = _watch_list(watch_list)
        scorer = Scorer(LinearClassifier.load(model))
    except MizanError as error:
        raise _wrong_use(str(error)) from error
    lines = Lines()
    for batch_of_lines in _batches(lines.read(sys.stdin.buffer, TextLine), batch):
        items = [
            Item(line.text, PolicyId(line.policy_id) if line.policy_id else None)
            for line in batch_of_lines
        ]
        results = scorer.score(items, names)
        _write(
            _shown(line.id, scored) for line, scored in zip(batch_of_lines, results, strict=True)
        )
    lines.end()


@commands.command("duplicates")
def duplicate_lines() -> None:
    """Finds for each line of {"id", "text"} the best match among all lines before it.

    Gives {"id", "match": {"id", "method", "similarity"} | null} a line. Method `exact` so far:
    equal letters and digits in the normal form, for texts of 12 and more.
    """
    lines = Lines()
    index = ExactIndex()
    ids: list[str | int] = []
    for line in lines.read(sys.stdin.buffer, TextLine):
        ids.append(line.id)
        elder = _elder(index, place=len(ids) - 1, text=line.text)
        match = (
            None
            if elder is None
            else {"id": ids[elder], "method": MatchMethod.EXACT, "similarity": 1.0}
        )
        _write([{"id": line.id, "match": match}])
    lines.end()


@commands.command("train")
def train_model(
    folder: Annotated[Path, typer.Argument(help="Folder of labelled sets.")],
    out: Annotated[Path, typer.Option(help="Where the weights go.")] = Path("linear.npz"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON Lines.")] = False,
) -> None:
    """Trains the linear model and shows how it does on what was held out."""
    try:
        from services.scoring.training.train import train  # noqa: PLC0415 — needs extra `train`
    except ModuleNotFoundError as error:
        raise _wrong_use(f"{error.name} is missing: install mizan[train]") from error
    try:
        figures = train(folder, out, _say)
    except (OSError, KeyError, ValueError) as error:
        raise _wrong_use(f"{folder}: {error}") from error
    for figure in figures:
        auc = None if figure.auc is None else round(figure.auc, 4)
        if as_json:
            _write([{**vars(figure), "auc": auc}])
        else:
            share = f"{figure.positives} of {figure.examples}"
            sys.stdout.write(f"{figure.source:<24} {figure.label:<10} {share:>16}  AUC {auc}\n")


def _elder(index: ExactIndex, *, place: int, text: str) -> int | None:
    """Place of the first line with the same content. Lines are subjects, all of one day."""
    fingerprint = Fingerprint(
        report_id=ReportId(str(place)),
        platform=PlatformId("lines"),
        environment=Environment.TEST,
        subject_id=SubjectId(str(place)),
        fingerprints=text_fingerprints(text),
    )
    pair = index.add(fingerprint, timestamp_ms=0)
    return None if pair is None else int(pair.elder.subject_id)


def _watch_list(path: Path | None) -> WatchList:
    if path is None:
        return WatchList(())
    lines = Lines()
    try:
        with path.open("rb") as file:
            entries = list(lines.read(file, NamesLine))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    if lines.refused:
        raise BadInput(f"{path}: {lines.refused} lines cannot be read")
    return WatchList(
        ListedName(path.stem, str(entry.id), name) for entry in entries for name in entry.names
    )


def _shown(line_id: str | int, scored: Scored) -> dict[str, object]:
    scores = scored.scores
    return {
        "id": line_id,
        "violation": scores.violation,
        "labels": scores.labels,
        "language": scores.language,
        "script": scores.script,
        "spans": [span.model_dump() for span in scores.spans],
        "watch_list": [hit.model_dump() for hit in scores.watch_list],
    }


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def _write(rows: Iterable[dict[str, object]]) -> None:
    """Whole lines, handed on at once: whoever reads us need not wait for our end."""
    text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def _say(event: str) -> None:
    sys.stderr.write(f"{event}\n")


def _wrong_use(reason: str) -> typer.Exit:
    sys.stderr.write(f"mizan: {reason}\n")
    return typer.Exit(WRONG_USE)
