"""The shipped model keeps the promises of the interface. How good it is, `mizan train` prints."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.classifiers.features import grams_of
from services.scoring.classifiers.interface import Label
from services.scoring.classifiers.linear import (
    SHIPPED,
    LinearClassifier,
    NotAModel,
    Weights,
    empty_weights,
    save,
)

THREAT = "i will find you and kill you, you are dead"


@pytest.fixture(scope="module")
def shipped() -> LinearClassifier:
    return LinearClassifier.load()


def test_every_label_has_a_probability(shipped: LinearClassifier) -> None:
    (judgement,) = shipped.judge([THREAT])
    assert set(judgement.labels) == set(Label)
    assert all(0.0 <= chance <= 1.0 for chance in judgement.labels.values())


def test_a_threat_is_likelier_a_threat_than_a_greeting_is(shipped: LinearClassifier) -> None:
    threat, greeting = shipped.judge([THREAT, "good morning, the tea is ready"])
    assert threat.labels[Label.THREAT] > 3 * greeting.labels[Label.THREAT]
    assert threat.labels[Label.TOXIC] > greeting.labels[Label.TOXIC]


def test_a_judgement_does_not_depend_on_its_neighbours_in_the_batch(
    shipped: LinearClassifier,
) -> None:
    texts = [THREAT, "", "hello", "تم سب مارے جاؤ گے", THREAT * 50]
    together = shipped.judge(texts)
    assert together == [judgement for text in texts for judgement in shipped.judge([text])]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_spans_lie_inside_the_text(text: str) -> None:
    (judgement,) = LinearClassifier.load().judge([text])
    for span in judgement.spans:
        assert 0 <= span.start < span.end <= len(text)


def test_spans_name_the_words_that_speak(shipped: LinearClassifier) -> None:
    text = "well, you f u c k i n g bitch"
    (judgement,) = shipped.judge([text])
    assert any("bitch" in text[span.start : span.end] for span in judgement.spans)


def test_an_empty_text_gets_the_prior(shipped: LinearClassifier) -> None:
    assert shipped.judge(["", " \u200b"]) == [shipped.prior, shipped.prior]


def test_the_weights_that_ship_are_small(shipped: LinearClassifier) -> None:
    assert SHIPPED.stat().st_size <= 3 * 1024 * 1024
    assert len(shipped.model.version) == 12


def test_the_same_weights_make_the_same_file(tmp_path: Path) -> None:
    weights = empty_weights(tuple(Label))
    for name in ("a.npz", "b.npz"):
        save(weights, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    np.savez_compressed(path, hash=np.array("another"))
    with pytest.raises(NotAModel):
        LinearClassifier.load(path)


BLANK = empty_weights((Label.TOXIC,))


@pytest.mark.parametrize(
    "weights",
    [
        replace(BLANK, prior=np.array([np.nan], dtype=np.float32)),
        replace(BLANK, bias=np.array([np.inf], dtype=np.float32)),
        replace(BLANK, scales=np.ones(2, dtype=np.float32)),
        replace(BLANK, heads=np.zeros((1, 5), dtype=np.int8)),
    ],
    ids=["prior", "bias", "scales", "heads"],
)
def test_a_model_of_numbers_that_judge_nothing_is_refused(tmp_path: Path, weights: Weights) -> None:
    path = tmp_path / "weights.npz"
    save(weights, path)
    with pytest.raises(NotAModel):
        LinearClassifier.load(path)


@given(st.lists(st.text(alphabet="ab c", max_size=12), max_size=5))
def test_grams_are_counted_by_text_and_lie_inside_it(texts: list[str]) -> None:
    grams = grams_of(texts)
    assert len(grams.counts) == len(texts)
    for index, count in enumerate(grams.counts):
        assert count == np.sum(grams.texts == index)
    for text, end in zip(grams.texts, grams.ends, strict=True):
        assert end <= len(texts[int(text)]) + 1
