"""What the model's labels mean under the policy that was reported. Pure."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from services.scoring.classifiers.interface import Judgement, Label
from shared.contracts.identifiers import PolicyId

# Chance that a report is right where no label speaks of its policy, or nothing could be judged.
# Not measured: no decisions exist to measure it on. It ranks such reports between those that the
# model speaks for and those that it speaks against.
UNKNOWN_VIOLATION = 0.3

_ANY = (Label.TOXIC, Label.HATE, Label.THREAT, Label.SPAM, Label.EXTREMISM)
_EVIDENCE: Mapping[str, tuple[Label, ...]] = {
    "terrorism": (Label.EXTREMISM,),
    "violence": (Label.THREAT, Label.EXTREMISM),
    "threat": (Label.THREAT,),
    "hate": (Label.HATE,),
    "harassment": (Label.ABUSE, Label.TOXIC, Label.THREAT),
    "spam": (Label.SPAM,),
    "fraud": (Label.SPAM,),
    "other": _ANY,
}


def violation(
    labels: Mapping[Label, float], policy_id: PolicyId | None, *, language_taught: bool
) -> float:
    """Chance, 0 to 1, that a reviewer would find a violation of this policy.

    The strongest label that speaks of the policy; of any policy where none was named; a constant
    where no label can tell (property, privacy, impersonation and the like). In a language that the
    model was not taught it may speak for a violation, never against: else reports in Urdu would
    sink below all others for want of Urdu data.
    """
    evidence = _ANY if policy_id is None else _EVIDENCE.get(policy_id, ())
    chances = [labels[label] for label in evidence if label in labels]
    chance = max(chances, default=UNKNOWN_VIOLATION)
    return chance if language_taught else max(chance, UNKNOWN_VIOLATION)


def is_sound(judgement: Judgement, promised: AbstractSet[Label], length: int) -> bool:
    """Whether it has every promised label, probabilities alone (NaN is none), and spans within a
    text of this length.
    """
    chances = [*judgement.labels.values(), *(span.score for span in judgement.spans)]
    return (
        promised <= judgement.labels.keys()
        and all(0.0 <= chance <= 1.0 for chance in chances)
        and all(0 <= span.start < span.end <= length for span in judgement.spans)
    )
