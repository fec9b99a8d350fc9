"""The real role `score` with a model that stops in mid-batch until a file appears.

`python -m tests.integration.scoring.gated_worker FOLDER`: writes FOLDER/entered when a batch is in
the model's hands, and goes on when FOLDER/go is there.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from services.scoring.choice import chosen_watch_lists
from services.scoring.classifiers.interface import Judgement, Label
from services.scoring.score_role import run_score
from services.scoring.service import Scorer
from services.scoring.settings import Settings
from shared.contracts.scored_report import Model
from shared.observability.logging import configure_logging
from shared.settings import read_settings


class GatedClassifier:
    """Implements `Classifier`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def model(self) -> Model:
        return Model(name="gated", version="1")

    @property
    def languages(self) -> frozenset[str]:
        return frozenset()

    @property
    def prior(self) -> Judgement:
        return Judgement({Label.TOXIC: 0.5})

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        (self._folder / "entered").touch()
        while not (self._folder / "go").exists():
            time.sleep(0.02)
        return [self.prior for _ in texts]


if __name__ == "__main__":
    configure_logging("gated")
    settings = read_settings(Settings)
    scorer = Scorer(GatedClassifier(Path(sys.argv[1])))
    uvloop.run(run_score(settings, scorer, chosen_watch_lists(settings)))
