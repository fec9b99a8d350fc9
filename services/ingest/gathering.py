"""Work that is cheaper for many at once, for those who ask one by one."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Gathering(Generic[A, B]):
    """What is asked in one turn of the loop is done together, `most` at a time; other work gets
    its turn in between.

    `do` gives an answer for each, in order. Where it raises, each is tried alone: what fails for
    one fails for that one.
    """

    def __init__(self, do: Callable[[Sequence[A]], Sequence[B]], most: int) -> None:
        self._do = do
        self._most = most
        self._asked: list[tuple[A, asyncio.Future[B]]] = []

    def ask(self, item: A) -> asyncio.Future[B]:
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._take_turn)
        answer: asyncio.Future[B] = loop.create_future()
        self._asked.append((item, answer))
        return answer

    def _take_turn(self) -> None:
        now, self._asked = self._asked[: self._most], self._asked[self._most :]
        if self._asked:
            asyncio.get_running_loop().call_soon(self._take_turn)
        self._answer(now)

    def _answer(self, asked: Sequence[tuple[A, asyncio.Future[B]]]) -> None:
        asked = [one for one in asked if not one[1].done()]
        try:
            answers = self._do([item for item, _ in asked])
        except Exception as error:  # noqa: BLE001 — goes to the one who asked
            if len(asked) == 1:
                asked[0][1].set_exception(error)
            else:
                for one in asked:
                    self._answer([one])
        else:
            for (_, answer), found in zip(asked, answers, strict=True):
                answer.set_result(found)
