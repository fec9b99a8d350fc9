"""Classifiers of a known mind."""

from collections.abc import Sequence

from services.scoring.classifiers.interface import Judgement, Label
from shared.contracts.scored_report import Model

PRIOR = Judgement({Label.TOXIC: 0.4, Label.HATE: 0.2})
BAD_WORD = "unbearable"


class FakeClassifier:
    """Implements `Classifier`. Breaks on any text that holds the word, whole batches with it."""

    def __init__(self, *, breaks: bool = True) -> None:
        self._breaks = breaks
        self.judged: list[str] = []

    @property
    def model(self) -> Model:
        return Model(name="fake", version="7")

    @property
    def languages(self) -> frozenset[str]:
        return frozenset({"en"})

    @property
    def prior(self) -> Judgement:
        return PRIOR

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        self.judged += texts
        if self._breaks and any(BAD_WORD in text for text in texts):
            raise ValueError("cannot bear it")
        return [Judgement({Label.TOXIC: 0.9, Label.HATE: 0.8}) for _ in texts]


class UnsoundClassifier(FakeClassifier):
    """Gives this for any text that holds the word."""

    def __init__(self, given: Judgement | None) -> None:
        super().__init__(breaks=False)
        self._given = given

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        judged = super().judge(texts)
        pairs = zip(texts, judged, strict=True)
        found = [self._given if BAD_WORD in text else one for text, one in pairs]
        return [one for one in found if one is not None]
