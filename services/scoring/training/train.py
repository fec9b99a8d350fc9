"""From a folder of labelled files to a file of weights and the figures on what was held out."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.scoring.classifiers.interface import Label
from services.scoring.classifiers.linear import LinearClassifier, save
from services.scoring.training.data import Example, read_examples
from services.scoring.training.fit import area_under_curve, fit, quantised
from services.scoring.training.frames import background, extremism_frames


@dataclass(frozen=True)
class Figure:
    """Area under the curve of one label on the held-out examples of one source."""

    source: str
    label: Label
    examples: int
    positives: int
    auc: float | None


def train(folder: Path, out: Path, say: Callable[[str], None]) -> list[Figure]:
    """Writes the weights to `out` and returns figures. Takes some minutes on one core.

    Raises FileNotFoundError naming a set that is absent.
    """
    labelled = read_examples(folder)
    examples = (*labelled, *extremism_frames(), *background(labelled, folder))
    held_texts = {example.text for example in examples if example.held_out}
    training = [e for e in examples if not e.held_out and e.text not in held_texts]
    say(f"{len(training)} examples to train on, {len(held_texts)} texts held out")
    heads = []
    for label, head in fit(training):
        say(f"head {label} fitted")
        heads.append((label, head))
    save(quantised(heads), out)
    return figures(LinearClassifier.load(out), [e for e in examples if e.held_out])


def figures(classifier: LinearClassifier, held_out: list[Example]) -> list[Figure]:
    """How well the labels are told, source by source."""
    judgements = []
    for start in range(0, len(held_out), 512):
        judgements += classifier.judge([e.text for e in held_out[start : start + 512]])
    cases: dict[tuple[str, Label], list[tuple[bool, float]]] = defaultdict(list)
    for example, judgement in zip(held_out, judgements, strict=True):
        for label, truth in example.labels.items():
            cases[example.source, label].append((truth, judgement.labels[label]))
    return [
        Figure(
            source=source,
            label=label,
            examples=len(pairs),
            positives=sum(truth for truth, _ in pairs),
            auc=area_under_curve([t for t, _ in pairs], [c for _, c in pairs]),
        )
        for (source, label), pairs in sorted(cases.items())
    ]
