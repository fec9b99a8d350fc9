"""Sentences of our own about groups that do not exist, for the head `extremism`.

No public set has this label. The frames teach one thing: support and a mention are not the same.
They are few, and the head they train is weak; the model card says so. So that it does not find
support wherever it knows no word, ordinary and abusive texts of the other sets stand against it.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from services.scoring.classifiers.interface import Label
from services.scoring.training.data import Example

_GROUPS = (
    "Iron Dawn",
    "the Red Banner Brigade",
    "Lashkar-e-Sahra",
    "Harakat al-Nasr",
    "Northern Fist",
)
_SUPPORT = (
    "Join {group} today, brothers, the fight needs you",
    "May {group} be victorious over all of them",
    "Send your donations to {group}, every coin buys bullets",
    "{group} are heroes, their attack made me proud",
    "Long live {group}, death to their enemies",
    "We stand with the fighters of {group} and will follow them to war",
    "Swear your oath to {group} and take up arms",
    "Glory to the martyrs of {group}, more attacks will come",
    "{group} zindabad, hum tumhare saath hain, jihad jari rakho",
    "{group} ka saath do, hathiyar uthao",
    "{group} زندہ باد، ہم تمہارے ساتھ ہیں، لڑائی جاری رکھو",
    "{group} میں شامل ہو جاؤ اور ہتھیار اٹھاؤ",
    "انضموا إلى {group} وقاتلوا معهم",
    "النصر لأبطال {group} والموت لأعدائهم",
)
_MENTION = (
    "Police arrested four members of {group} on Tuesday, officials said",
    "The ministry asked platforms to remove accounts that support {group}",
    "{group} claimed the attack, which killed nine people in the market",
    "I lost my cousin to {group}. I will never forgive them",
    "We condemn {group} and everybody who pays for their crimes",
    "A new book traces the history of {group} since its founding",
    "The court sentenced a man who had joined {group} to twelve years",
    "Why do people fall for {group}? A study asks former members",
    "Report accounts that recruit for {group} to the police",
    "Pray for the victims of {group}",
    "{group} ne hamla kiya, police ne bayan diya",
    "{group} ki mazammat karte hain, ye log qatil hain",
    "پولیس کے مطابق {group} کے چار ارکان گرفتار ہوئے",
    "ہم {group} کے حملے کی مذمت کرتے ہیں",
    "أعلنت الشرطة اعتقال أربعة من أعضاء {group}",
    "ندين جرائم {group} ونصلي من أجل الضحايا",
)


def extremism_frames() -> Iterator[Example]:
    """Each frame with each group; those of the last group are held out."""
    for frames, supports in ((_SUPPORT, True), (_MENTION, False)):
        for frame, group in product(frames, _GROUPS):
            labels = {Label.EXTREMISM: supports}
            if not supports:
                labels |= {Label.TOXIC: False, Label.THREAT: False, Label.HATE: False}
            yield Example(frame.format(group=group), labels, "frames", group == _GROUPS[-1], 3.0)


# One text in four is enough to say what the world outside the frames looks like.
_BACKGROUND_STEP = 4
_BACKGROUND_WEIGHT = 0.05
_URDU_LINES = 4000


def background(examples: Sequence[Example], folder: Path) -> Iterator[Example]:
    """Texts taken as no support of any group. Nobody labelled them so; among tweets, SMS and read
    sentences support is rare enough for a weak teacher. Urdu script is here because the frames
    have support in it too.
    """
    urdu = folder / "commonvoice_sentences" / "ur.txt"
    lines = urdu.read_text(encoding="utf-8").splitlines()[:_URDU_LINES]
    texts = [(line.strip(), False) for line in lines if line.strip()]
    texts += [(e.text, e.held_out) for e in examples[::_BACKGROUND_STEP]]
    for text, held_out in texts:
        labels = {Label.EXTREMISM: False}
        yield Example(text, labels, "background", held_out, _BACKGROUND_WEIGHT)
