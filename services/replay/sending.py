"""Sends every line until the edge has said what became of it: accepted or refused."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from services.replay.calls import BUSY, Answered, Busy, Calls, Result
from services.replay.errors import GaveUp, Unreachable, WrongUse
from services.replay.feeding import Feed
from services.replay.pacing import Pace
from services.replay.patience import Patience, Timer
from services.replay.reading import Line
from services.replay.rules import Unsendable, is_subject_of
from services.replay.tally import Failure, Outcome, Tally

MOST_BYTES = 4 * 1024 * 1024  # half of what the edge takes in one request


@dataclass(frozen=True)
class Accepted:
    """A line whose report is in the log."""

    line: int
    report_id: str
    external_id: str | None


@dataclass(frozen=True)
class Ready:
    """A line with what is sent of it."""

    number: int
    body: bytes


Hook = Callable[[Sequence[Accepted]], Awaitable[None]]


@dataclass(frozen=True)
class Sender:
    """`accepted` is awaited with what each answer accepted: it may hold the sending back.
    `policy` is that of all reports of a table, None for reports that came as such.
    """

    calls: Calls
    pace: Pace
    patience: Patience
    timer: Timer
    tally: Tally
    platform: str
    policy: str | None
    accepted: Hook

    async def send(self, feed: Feed) -> None:
        """Returns at the end of the file. Raises GaveUp or WrongUse: running the same again then
        does no harm.

        One line goes alone and first, so that a wrong key or policy spoils no more than that.
        """
        most = 1
        while lines := await feed.take(most):
            ready = [one for line in lines if (one := self._ready(line)) is not None]
            if most == 1 and ready and self.policy is not None:
                await self._try_policy(ready[0])
            for batch in batches(ready):
                await self._deliver(batch)
            self.tally.read_to = lines[-1].read_to
            most = self.pace.most_lines if ready or most > 1 else 1

    def _ready(self, line: Line) -> Ready | None:
        if isinstance(line.body, bytes):
            return Ready(line.number, line.body)
        self._refuse(line.number, line.body)
        return None

    def _refuse(self, number: int, why: Unsendable) -> None:
        self.tally.fail(Failure(number, Outcome.REFUSED, why.code, why.reason))

    async def _try_policy(self, line: Ready) -> None:
        """Raises WrongUse where the edge does not know the policy: it would take every report all
        the same, under another one. Nothing is stored then.
        """
        answer = await self._post([line], strict=True)
        for result in answer.results:
            if any(error.pointer == "/reason/policy_id" for error in result.problem.errors):
                raise WrongUse(f"the edge knows no policy {self.policy}")

    async def _deliver(self, lines: Sequence[Ready]) -> None:
        left = list(lines)
        try:
            while left:
                answer = await self._post(left)
                before, left = len(left), await self._settle(left, answer.results)
                if len(left) < before:
                    self.patience.moved()
                if left:
                    await self.patience.wait("the edge could not store every line")
        except (GaveUp, WrongUse) as error:
            if isinstance(error, WrongUse) and self.tally.is_untouched:
                raise
            for line in left:
                self.tally.fail(Failure(line.number, Outcome.NOT_SENT, "unknown", str(error)))
            raise

    async def _post(self, lines: Sequence[Ready], *, strict: bool = False) -> Answered:
        bodies = [line.body for line in lines]
        while True:
            seconds = self.pace.seconds_until(len(bodies), self.timer.now())
            if seconds > 0:
                await self.timer.sleep(seconds)
                self.patience.moved()  # this wait was meant
            try:
                answer = await self.calls.post(bodies, strict=strict)
            except Unreachable as error:
                await self.patience.wait(str(error))
                continue
            if isinstance(answer, Busy):
                await self.patience.wait(answer.reason, answer.seconds)
                continue
            now = self.timer.now()
            self.pace.sent(len(bodies), now)
            self.pace.told(answer.allowance, now)
            return answer

    async def _settle(self, lines: Sequence[Ready], results: Sequence[Result]) -> list[Ready]:
        """The lines of which nothing certain is known yet."""
        accepted: list[Accepted] = []
        unknown = dict(enumerate(lines, start=1))
        for result in results:
            line = unknown.get(result.line)
            if line is None or result.status in BUSY:
                continue
            del unknown[result.line]
            if result.status == 202 and result.report_id is not None:
                accepted.append(Accepted(line.number, result.report_id, result.external_id))
                self._note(result)
            else:
                self._refused(line, result)
        self.tally.accepted += len(accepted)
        await self.accepted(accepted)
        return list(unknown.values())

    def _note(self, result: Result) -> None:
        if result.subject_id and not is_subject_of(self.platform, result.subject_id):
            raise WrongUse(
                f"the key is not one of platform {self.platform}: it gave {result.subject_id}"
            )
        for warning in result.warnings:
            self.tally.warn(warning.code, warning.pointer)

    def _refused(self, line: Ready, result: Result) -> None:
        problem = result.problem
        if self.policy is not None and problem.code == "not_this_platform":
            raise WrongUse(f"the key is not one of platform {self.platform}")
        self.tally.fail(
            Failure(line.number, Outcome.REFUSED, problem.code, problem.reason, result.external_id)
        )


def batches(lines: Sequence[Ready]) -> Iterator[list[Ready]]:
    """In order, each no larger than one request may be."""
    batch: list[Ready] = []
    size = 0
    for line in lines:
        if batch and size + len(line.body) + 1 > MOST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line.body) + 1
    if batch:
        yield batch
