"""Hashes of passwords that cost next to nothing, for tests that log in often."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher

from services.review.reviewers import passwords


@contextmanager
def quick_hashes() -> Iterator[None]:
    """In this process. What a hash must cost is told by `tests/unit/review/test_passwords.py`."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", quick)
        patch.setattr(passwords, "_NOBODY", quick.hash("nobody"))
        yield
