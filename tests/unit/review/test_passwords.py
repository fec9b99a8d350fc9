"""A stolen table of passwords is dear to guess at, and an answer tells nobody who has one."""

from argon2 import extract_parameters
from argon2.low_level import Type

from services.review.reviewers.passwords import _NOBODY, Passwords, hashed

MEBIBYTE = 1024  # of argon2's unit, a kibibyte


def test_a_guess_costs_64_mebibytes_and_three_passes_each_time() -> None:
    cost = extract_parameters(hashed("secret"))
    assert (cost.type, cost.time_cost) == (Type.ID, 3)
    assert cost.memory_cost == 64 * MEBIBYTE


def test_an_address_that_nobody_has_costs_what_every_other_does() -> None:
    assert extract_parameters(_NOBODY) == extract_parameters(hashed("secret"))


async def test_a_password_belongs_to_its_own_hash_alone() -> None:
    passwords = Passwords()
    assert await passwords.matches("secret", hashed("secret"))
    assert not await passwords.matches("Secret", hashed("secret"))
    assert not await passwords.matches("secret", None)
