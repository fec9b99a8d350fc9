"""Labelled files, each in the form that its authors gave it, as examples with masked labels.

A label that a set says nothing of is absent from its examples: it trains no head and judges none.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from services.scoring.classifiers.interface import Label

BENIGN_WEIGHT = 0.15


@dataclass(frozen=True)
class Example:
    """`held_out` examples are for figures alone and are never trained on."""

    text: str
    labels: dict[Label, bool]
    source: str
    held_out: bool
    weight: float = 1.0


def read_examples(folder: Path) -> tuple[Example, ...]:
    """All examples below the folder, in an order that is always the same.

    Raises FileNotFoundError naming the first set that is absent.
    """
    return tuple(example for read in _READERS for example in read(folder))


def is_held_out(text: str) -> bool:
    """The tenth of a set without a test file of its own that is kept back."""
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % 10 == 0


def _rows(path: Path, *, header: bool = True) -> Iterator[dict[str, str]]:
    """Comma-separated rows by column name, or tab-separated ones by column number."""
    with path.open(encoding="utf-8", newline="") as file:
        if header:
            yield from csv.DictReader(file)
        else:
            for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield {str(index): value for index, value in enumerate(row)}


def _example(text: str, source: str, labels: dict[Label, bool]) -> Example:
    return Example(text, labels, source, is_held_out(text))


def _davidson(folder: Path) -> Iterator[Example]:
    for row in _rows(folder / "davidson" / "labeled_data.csv"):
        kind = row["class"]
        labels = {Label.TOXIC: kind != "2", Label.HATE: kind == "0", Label.PROFANE: kind == "1"}
        yield _example(row["tweet"], "davidson", labels)


def _ruhsold(folder: Path) -> Iterator[Example]:
    for name, held_out in (("task_2_train.tsv", False), ("task_2_test.tsv", True)):
        for row in _rows(folder / "ruhsold" / name, header=False):
            if len(row) < 2 or not row["1"].strip().isdigit():
                continue
            kind = row["1"].strip()
            labels = {
                Label.TOXIC: kind != "1",
                Label.HATE: kind in "23",
                Label.ABUSE: kind == "0",
                Label.PROFANE: kind == "4",
            }
            yield Example(row["0"], labels, "ruhsold", held_out)


def _mpold(folder: Path) -> Iterator[Example]:
    name = "Arabic_offensive_comment_detection_annotation_4000_selected.xlsx"
    book = openpyxl.load_workbook(folder / "mpold" / name, read_only=True)
    for row in book.worksheets[0].iter_rows(min_row=2, values_only=True):
        text, majority, kind = str(row[2] or ""), str(row[3]), str(row[7])
        offensive = majority == "Offensive"
        labels = {
            Label.TOXIC: offensive,
            Label.HATE: "HS" in kind,
            Label.PROFANE: "V" in kind,
        }
        yield _example(text, "mpold", labels)


_ANSWERS = ("0.0", "1.0")  # others left it blank or wrote NL


def _uli(folder: Path) -> Iterator[Example]:
    for language in ("en", "hi"):
        for part, held_out in (("train", False), ("test", True)):
            path = folder / "uli" / f"{part}ing" / f"{part}_{language}_l1.csv"
            for row in _rows(path):
                answers = [
                    float(value)
                    for column, value in row.items()
                    if column not in ("text", "key") and value in _ANSWERS
                ]
                if answers:
                    abusive = sum(answers) / len(answers) >= 0.5
                    yield Example(row["text"], {Label.TOXIC: abusive}, f"uli {language}", held_out)


def _convabuse(folder: Path) -> Iterator[Example]:
    for name, held_out in (("train", False), ("test", True)):
        for row in _rows(folder / "convabuse" / f"ConvAbuseEMNLP{name}.csv"):
            votes = [
                any(row[f"{who}_is_abuse.{level}"] == "1" for level in ("-1", "-2", "-3"))
                for who in {column.split("_")[0] for column in row if "is_abuse" in column}
                if any(
                    row[f"{who}_is_abuse.{level}"] == "1" for level in ("1", "0", "-1", "-2", "-3")
                )
            ]
            if votes:
                abusive = sum(votes) * 2 >= len(votes)
                labels = {Label.TOXIC: abusive, Label.ABUSE: abusive}
                yield Example(row["user"], labels, "convabuse", held_out)


def _toxic_spans(folder: Path) -> Iterator[Example]:
    root = folder / "toxic_spans"
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in _rows(root / "spans.csv"):
        kinds[row["annotation"]].add(row["type"])
    by_comment: dict[str, list[set[str]]] = defaultdict(list)
    for row in _rows(root / "annotations.csv"):
        by_comment[row["comment_id"]].append(kinds.get(row["annotation"], set()))
    for row in _rows(root / "comments.csv"):
        votes = by_comment.get(row["comment_id"])
        if votes:
            labels = {
                label: _half_say(votes, said)
                for label, said in (
                    (Label.THREAT, "threat"),
                    (Label.HATE, "identity"),
                    (Label.ABUSE, "insult"),
                    (Label.PROFANE, "profane"),
                )
            }
            labels[Label.TOXIC] = sum(bool(vote) for vote in votes) * 2 >= len(votes)
            yield _example(row["comment_text"], "toxic_spans", labels)


def _half_say(votes: list[set[str]], said: str) -> bool:
    saying = sum(any(said in kind.lower() for kind in vote) for vote in votes)
    return saying * 2 >= len(votes) and saying > 0


def _surge(folder: Path) -> Iterator[Example]:
    for row in _rows(folder / "surge_toxicity" / "toxicity_en.csv"):
        toxic = row["is_toxic"] == "Toxic"
        yield _example(row["text"], "surge_toxicity", {Label.TOXIC: toxic})


def _spam(folder: Path) -> Iterator[Example]:
    for row in _rows(folder / "smsspam" / "SMSSpamCollection", header=False):
        if "1" not in row:
            continue
        spam = row["0"] == "spam"
        labels = {Label.SPAM: spam, **({} if spam else {Label.TOXIC: False})}
        yield _example(row["1"], "smsspam", labels)


def _benign(folder: Path) -> Iterator[Example]:
    """Everyday text in scripts that also have labelled text; Urdu script is left out on purpose:
    benign alone, it would teach that a script is a verdict.
    """
    sources: tuple[tuple[str, Iterable[str]], ...] = (
        ("arsarcasm", _column(folder / "arsarcasm" / "training_data.csv", "tweet", "NEU", "POS")),
        ("roman_urdu", _column(folder / "roman_urdu_sentiment" / "sentiment.csv", "sentence")),
        ("commonvoice en", _lines(folder / "commonvoice_sentences" / "en.txt", 8000)),
        ("commonvoice ar", _lines(folder / "commonvoice_sentences" / "ar.txt", 8000)),
        ("commonvoice hi", _lines(folder / "commonvoice_sentences" / "hi.txt", 4000)),
        ("shami", _lines(folder / "shami" / "jordinian.txt", 4000)),
    )
    benign = dict.fromkeys((Label.TOXIC, Label.HATE, Label.THREAT, Label.SPAM), False)
    for source, texts in sources:
        for text in texts:
            yield Example(text, benign, source, is_held_out(text), BENIGN_WEIGHT)


def _column(path: Path, name: str, *sentiments: str) -> Iterator[str]:
    for row in _rows(path):
        if row[name] and (not sentiments or row["sentiment"] in sentiments):
            yield row[name]


def _lines(path: Path, most: int) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            if number >= most:
                return
            if line.strip():
                yield line.strip()


_READERS: tuple[Callable[[Path], Iterator[Example]], ...] = (
    _davidson,
    _ruhsold,
    _mpold,
    _uli,
    _convabuse,
    _toxic_spans,
    _surge,
    _spam,
    _benign,
)
