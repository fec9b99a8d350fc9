"""Work that goes on is waited for, and work that stands still is not."""

from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.waiting import nothing_left


def counting(*numbers: int) -> Callable[[], Awaitable[int]]:
    given: Iterator[int] = iter(numbers)

    async def left() -> int:
        return next(given)

    return left


async def test_work_that_goes_on_is_waited_for_however_long_it_takes() -> None:
    await nothing_left(counting(9, 7, 8, 2, 1, 0), still_seconds=0, what="posting")


async def test_work_that_stands_still_is_named_with_how_much_is_left() -> None:
    with pytest.raises(AssertionError, match="posting: 7 left"):
        await nothing_left(counting(9, 7, 7, 0), still_seconds=0, what="posting")
