"""The model that ships: one logistic head a label over hashed grams. Needs numpy alone."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.scoring.classifiers.features import BUCKETS, HASH_VERSION, Grams, grams_of
from services.scoring.classifiers.interface import Judgement, Label
from services.scoring.text.normalise import Normalised, normalised
from shared.contracts.scored_report import Model, Span
from shared.errors import Permanent

SHIPPED = Path(__file__).parent / "linear.npz"
SHOWN_LABELS_FROM = 0.5
MOST_SPANS = 5
# No set labels Urdu in its own script, Persian, Pashto or Sindhi.
TAUGHT = frozenset({"en", "ar", "hi", "ur-Latn"})
WORD_SPEAKS_FROM = 0.5  # a word is shown when it alone moves the logit by this much


class NotAModel(Permanent):
    """The file holds no weights that this code can use."""


@dataclass(frozen=True)
class Weights:
    """`heads` is labels x buckets, int8, times `scales` a label; `bias` and the calibration
    (`slope`, `shift`, applied to the logit) are one number a label; `prior` a probability each.
    """

    labels: tuple[Label, ...]
    heads: NDArray[np.int8]
    scales: NDArray[np.float32]
    bias: NDArray[np.float32]
    slope: NDArray[np.float32]
    shift: NDArray[np.float32]
    prior: NDArray[np.float32]


class LinearClassifier:
    """Implements `Classifier`. The same file and text give the same judgement on any machine."""

    def __init__(self, weights: Weights, version: str) -> None:
        self._weights = weights
        # one row a bucket: one cache line
        self._parts = weights.heads.T.astype(np.float32, order="C") * weights.scales
        self._model = Model(name="linear", version=version)

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "LinearClassifier":
        """Raises NotAModel for a file of another form. The version is a hash of the file."""
        try:
            data = path.read_bytes()
            with np.load(path, allow_pickle=False) as stored:
                if str(stored["hash"]) != HASH_VERSION:
                    raise NotAModel(f"{path.name}: weights of another hash")
                weights = Weights(
                    labels=tuple(Label(label) for label in stored["labels"].tolist()),
                    **{name: stored[name] for name in _ARRAYS},
                )
        except (OSError, ValueError, KeyError) as error:
            raise NotAModel(f"{path.name}: {error}") from error
        _check(weights, path.name)
        return cls(weights, hashlib.sha256(data).hexdigest()[:12])

    @property
    def model(self) -> Model:
        return self._model

    @property
    def languages(self) -> frozenset[str]:
        return TAUGHT

    @property
    def prior(self) -> Judgement:
        return Judgement(
            {
                label: float(value)
                for label, value in zip(self._weights.labels, self._weights.prior, strict=True)
            }
        )

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        forms = [normalised(text) for text in texts]
        grams = grams_of([form.text for form in forms])
        parts = self._parts.take(grams.buckets, axis=0)
        logits = text_sums(parts, grams) + self._weights.bias
        chances = probability(logits * self._weights.slope + self._weights.shift)
        rows = _rows_by_text(grams) if (chances >= SHOWN_LABELS_FROM).any() else None
        return [
            self._judgement(
                form, chances[index], parts, grams, None if rows is None else rows[index]
            )
            if form.text
            else self.prior
            for index, form in enumerate(forms)
        ]

    def _judgement(
        self,
        form: Normalised,
        chances: NDArray[np.float32],
        parts: NDArray[np.float32],
        grams: Grams,
        rows: NDArray[np.int64] | None,
    ) -> Judgement:
        """`rows` are the grams of the text, None where no label of any text is shown."""
        known: list[float] = chances.tolist()
        labels = {
            label: round(chance, 4)
            for label, chance in zip(self._weights.labels, known, strict=True)
        }
        if rows is None:
            return Judgement(labels)
        shown = [index for index, chance in enumerate(known) if chance >= SHOWN_LABELS_FROM]
        spans = [
            span
            for index in shown
            for span in _spans(
                form, parts[rows, index], grams, rows, label=self._weights.labels[index]
            )
        ]
        spans.sort(key=lambda span: -span.score)
        return Judgement(labels, tuple(spans[:MOST_SPANS]))


def _check(weights: Weights, name: str) -> None:
    """Raises NotAModel for numbers that would judge no text."""
    count = len(weights.labels)
    shapes = {"heads": (count, BUCKETS), **dict.fromkeys(_ARRAYS[1:], (count,))}
    for array, shape in shapes.items():
        values: NDArray[np.generic] = getattr(weights, array)
        if values.shape != shape or not np.isfinite(values.astype(np.float32)).all():
            raise NotAModel(f"{name}: {array} is not {shape} finite numbers")


_ARRAYS = ("heads", "scales", "bias", "slope", "shift", "prior")


def save(weights: Weights, path: Path) -> None:
    """Writes the file that `LinearClassifier.load` reads; the same weights give the same bytes."""
    np.savez_compressed(
        path,
        hash=np.array(HASH_VERSION),
        labels=np.array([str(label) for label in weights.labels]),
        **{name: getattr(weights, name) for name in _ARRAYS},
    )


def text_sums(parts: NDArray[np.float32], grams: Grams) -> NDArray[np.float32]:
    """Sum of the parts of each text over the root of its number of grams: texts x labels."""
    sums = np.zeros((len(grams.counts), parts.shape[1]), dtype=np.float32)
    for column in range(parts.shape[1]):
        sums[:, column] = np.bincount(
            grams.texts, weights=parts[:, column], minlength=len(grams.counts)
        )
    lengths = np.sqrt(np.maximum(grams.counts, 1)).astype(np.float32)
    averaged: NDArray[np.float32] = np.divide(sums, lengths[:, None], dtype=np.float32)
    return averaged


def probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logistic function, without overflow."""
    chances: NDArray[np.float32] = (1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))).astype(
        np.float32
    )
    return chances


def _rows_by_text(grams: Grams) -> list[NDArray[np.int64]]:
    order = np.argsort(grams.texts, kind="stable")
    return np.split(order, np.cumsum(grams.counts)[:-1])


def _spans(
    form: Normalised,
    weights: NDArray[np.float32],
    grams: Grams,
    rows: NDArray[np.int64],
    *,
    label: Label,
) -> list[Span]:
    """Words that speak for the label: each gives its characters an equal share of every gram."""
    length = len(form.text)
    shares = np.zeros(length + 1, dtype=np.float64)
    starts = np.clip(grams.starts[rows], 0, length)
    ends = np.clip(grams.ends[rows], 0, length)
    share = weights / np.maximum(ends - starts, 1)
    np.add.at(shares, starts, share)
    np.add.at(shares, ends, -share)
    by_character = np.cumsum(shares)[:length] / np.sqrt(max(len(rows), 1))
    spans: list[Span] = []
    start = 0
    for word in form.text.split(" "):
        end = start + len(word)
        strength = float(by_character[start:end].sum())
        if word and strength >= WORD_SPEAKS_FROM:
            first, last = form.original_span(start, end)
            score = float(probability(np.array([strength], dtype=np.float32))[0])
            spans.append(Span(start=first, end=last, label=label, score=round(score, 4)))
        start = end + 1
    return spans


def empty_weights(labels: tuple[Label, ...]) -> Weights:
    """Weights that know nothing: one half for every label."""
    count = len(labels)
    zeros = np.zeros(count, dtype=np.float32)
    ones = np.ones(count, dtype=np.float32)
    heads = np.zeros((count, BUCKETS), dtype=np.int8)
    return Weights(labels, heads, ones, zeros, ones, zeros, np.full(count, 0.5, dtype=np.float32))
