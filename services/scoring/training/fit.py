"""Fitting the linear model: a masked logistic head a label, calibrated on folds it did not see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from services.scoring.classifiers.features import BUCKETS, grams_of
from services.scoring.classifiers.interface import Label
from services.scoring.classifiers.linear import Weights
from services.scoring.text.normalise import normalised
from services.scoring.training.data import Example

FOLDS = 3
STRENGTH = 4.0  # inverse of the penalty
LABELS = tuple(Label)
# Folds of near-copies cannot say how sure to be: calibrated on its own frames, the head would be
# certain of everything. Its chances rank texts and mean nothing more.
UNCALIBRATED = frozenset({Label.EXTREMISM})
# An ordinary text, before anybody has read it: what a report is given when judging fails.
PRIOR = dict.fromkeys(LABELS, 0.05) | {Label.TOXIC: 0.3, Label.EXTREMISM: 0.01, Label.THREAT: 0.02}


@dataclass(frozen=True)
class Head:
    weights: NDArray[np.float64]
    bias: float
    slope: float
    shift: float


def matrix(texts: Sequence[str], *, batch: int = 512) -> csr_matrix:
    """Texts x buckets, each row divided by the root of its number of grams."""
    rows, columns, values, first = [], [], [], 0
    for start in range(0, len(texts), batch):
        grams = grams_of([normalised(text).text for text in texts[start : start + batch]])
        rows.append(grams.texts + first)
        columns.append(grams.buckets)
        values.append(1.0 / np.sqrt(np.maximum(grams.counts, 1))[grams.texts])
        first += len(grams.counts)
    data = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return csr_matrix(data, shape=(len(texts), BUCKETS))


def fit(examples: Sequence[Example]) -> Iterator[tuple[Label, Head]]:
    """Heads in the order of the labels. Deterministic for one version of the libraries."""
    features = matrix([example.text for example in examples])
    for label in LABELS:
        known = np.array([label in example.labels for example in examples])
        truth = np.array([example.labels.get(label, False) for example in examples])[known]
        weight = np.array([example.weight for example in examples])[known]
        head = _head(features[known], truth, weight)
        yield label, replace(head, slope=1.0, shift=0.0) if label in UNCALIBRATED else head


def quantised(heads: Sequence[tuple[Label, Head]]) -> Weights:
    """The heads in eight bits."""
    table = np.stack([head.weights for _, head in heads])
    scales = np.maximum(np.abs(table).max(axis=1), 1e-9) / 127
    return Weights(
        labels=tuple(label for label, _ in heads),
        heads=np.rint(table / scales[:, None]).astype(np.int8),
        scales=scales.astype(np.float32),
        bias=np.array([head.bias for _, head in heads], dtype=np.float32),
        slope=np.array([head.slope for _, head in heads], dtype=np.float32),
        shift=np.array([head.shift for _, head in heads], dtype=np.float32),
        prior=np.array([PRIOR[label] for label, _ in heads], dtype=np.float32),
    )


def area_under_curve(truth: Sequence[bool], chances: Sequence[float]) -> float | None:
    """None where only one of the two classes is there."""
    return float(roc_auc_score(truth, chances)) if len(set(truth)) == 2 else None


def _logistic() -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, solver="liblinear", random_state=0, max_iter=200)


def _head(features: csr_matrix, truth: NDArray[np.bool_], weight: NDArray[np.float64]) -> Head:
    folds = np.arange(len(truth)) % FOLDS
    unseen = np.zeros(len(truth))
    for fold in range(FOLDS):
        inside = folds != fold
        model = _logistic().fit(features[inside], truth[inside], sample_weight=weight[inside])
        unseen[~inside] = model.decision_function(features[~inside])
    calibration = LogisticRegression(C=1e6, random_state=0).fit(
        unseen[:, None], truth, sample_weight=weight
    )
    model = _logistic().fit(features, truth, sample_weight=weight)
    return Head(
        weights=model.coef_[0],
        bias=float(model.intercept_[0]),
        slope=float(calibration.coef_[0, 0]),
        shift=float(calibration.intercept_[0]),
    )
