"""What a canonicaliser answers."""

from typing import NamedTuple

from shared.contracts.identifiers import SubjectId
from shared.contracts.report import Identity, SubjectKind

CONTENT = frozenset({SubjectKind.CONTENT})
ACCOUNT = frozenset({SubjectKind.ACCOUNT})
GROUP = frozenset({SubjectKind.GROUP})
CHANNEL = ACCOUNT | GROUP  # a name that either may bear
ANY = frozenset(SubjectKind)


class Name(NamedTuple):
    """`kinds` are those that the thing can have; `understood` is false for an opaque name made
    of a hash because nobody knows the form.
    """

    subject_id: SubjectId
    kinds: frozenset[SubjectKind]
    identity: Identity
    understood: bool = True


def stable(subject_id: str, kinds: frozenset[SubjectKind]) -> Name:
    return Name(SubjectId(subject_id), kinds, Identity.STABLE)


def handle(subject_id: str, kinds: frozenset[SubjectKind] = ACCOUNT) -> Name:
    """A name that can change hands."""
    return Name(SubjectId(subject_id), kinds, Identity.HANDLE)


def opaque(subject_id: str, kinds: frozenset[SubjectKind] = CONTENT) -> Name:
    """A form that is known, around a code that tells nothing by itself."""
    return Name(SubjectId(subject_id), kinds, Identity.OPAQUE)
