"""What a canonicaliser answers."""

from typing import NamedTuple

from shared.contracts.identifiers import SubjectId
from shared.contracts.report import Identity, SubjectKind

Kinds = tuple[SubjectKind, ...]  # so few that to look through them is cheaper than to hash one
CONTENT: Kinds = (SubjectKind.CONTENT,)
ACCOUNT: Kinds = (SubjectKind.ACCOUNT,)
GROUP: Kinds = (SubjectKind.GROUP,)
CHANNEL = ACCOUNT + GROUP  # a name that either may bear
ANY: Kinds = tuple(SubjectKind)


class Name(NamedTuple):
    """`kinds` are those that the thing can have; `understood` is false for an opaque name made
    of a hash because nobody knows the form.
    """

    subject_id: SubjectId
    kinds: Kinds
    identity: Identity
    understood: bool = True


def stable(subject_id: str, kinds: Kinds) -> Name:
    return Name(SubjectId(subject_id), kinds, Identity.STABLE)


def handle(subject_id: str, kinds: Kinds = ACCOUNT) -> Name:
    """A name that can change hands."""
    return Name(SubjectId(subject_id), kinds, Identity.HANDLE)


def opaque(subject_id: str, kinds: Kinds = CONTENT) -> Name:
    """A form that is known, around a code that tells nothing by itself."""
    return Name(SubjectId(subject_id), kinds, Identity.OPAQUE)
