"""Many reports in one request: a result for each line, in order, and none spoils another."""

import asyncio
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from services.ingest.errors import FieldProblem, Refused, Unavailable
from services.ingest.problems import Problem
from services.ingest.publisher import RETRY_AFTER, Publisher, Sending
from services.ingest.reading import Head, Posted, Ready, Receipt
from services.ingest.service import Intake, count

MAX_BYTES = 8 * 1024 * 1024
MAX_LINES = 5000
LOT = 500  # lines that are sent together
CHUNK = 100  # lines that are read without giving way to other requests


class Line(NamedTuple):
    """`number` counts from 1 over all lines, empty ones included."""

    number: int
    data: bytes


class Result(NamedTuple):
    """Either a receipt, and then the report is in the log, or an error."""

    line: Line
    receipt: Receipt | None = None
    error: Refused | Unavailable | None = None


def decompressed(data: bytes) -> bytes:
    """One gzip member. Raises Refused, before more than the limit is ever in memory."""
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(data, MAX_BYTES + 1)
    except zlib.error:
        raise Refused(Problem.BAD_COMPRESSION) from None
    if len(plain) > MAX_BYTES:
        raise Refused(Problem.TOO_LARGE, "More than 8 MiB when decompressed.")
    if not reader.eof or reader.unused_data:
        raise Refused(Problem.BAD_COMPRESSION)
    return plain


def lines_of(data: bytes) -> list[Line]:
    """The lines that are not empty. Raises Refused for none or too many."""
    parts = data.split(b"\n", MAX_LINES * 20)  # blank lines are free, but not without end
    lines = [Line(number, part) for number, part in enumerate(parts, 1) if part.strip()]
    if not lines:
        raise Refused(Problem.JSON_EMPTY)
    if len(lines) > MAX_LINES or len(parts) > MAX_LINES * 20:
        raise Refused(Problem.TOO_LARGE, f"More than {MAX_LINES} lines.")
    return lines


class BulkIntake:
    """Reads in chunks, and other calls get their turn in between; sends in lots, and the log
    takes one while the next is read. One lot is read at a time, whatever the number of requests:
    what was sent is then heard of soon, and a request too many waits before it is read.
    """

    def __init__(self, intake: Intake, publisher: Publisher) -> None:
        self._intake = intake
        self._publisher = publisher
        self._reading = asyncio.Lock()

    async def reports(self, lines: Sequence[Line], head: Head) -> list[Result]:
        """A result for each line. Raises Unavailable when Kafka took none at all.

        Once a lot was not handed over or acknowledged in time the lines behind it are not tried.
        """
        results: list[Result] = []
        waiting: list[_Sent] = []
        for start in range(0, len(lines), LOT):
            sent = await self._send(lines[start : start + LOT], head)
            results += await self._settled(waiting, head)
            waiting = sent
            away = any(isinstance(result.error, Unavailable) for result in results[-LOT:])
            if away or any(one.is_left for one in sent):
                results += self._results(sent, head) if away else await self._settled(sent, head)
                results += [Result(line, error=_away()) for line in lines[start + LOT :]]
                break
        else:
            results += await self._settled(waiting, head)
        if not any(result.receipt for result in results):
            for result in results:
                if isinstance(result.error, Unavailable):
                    raise result.error
        return results

    async def _send(self, lines: Sequence[Line], head: Head) -> "list[_Sent]":
        """Reads a lot and hands it over. Of many requests that met a log that is away, those whose
        turn has not come are not read any more: they would be answered too late.
        """
        read: list[Ready | Refused] = []
        async with self._reading:
            if self._publisher.is_silent():
                return [_Sent(line, None, None) for line in lines]
            for start in range(0, len(lines), CHUNK):
                chunk = [Posted(line.data, head) for line in lines[start : start + CHUNK]]
                read += self._intake.read_reports(chunk)
                await asyncio.sleep(0)
        records = [one.record for one in read if isinstance(one, Ready)]
        handed = iter(await self._publisher.hand_over_all(records))
        return [
            _Sent(line, one.receipt, next(handed))
            if isinstance(one, Ready)
            else _Sent(line, one, None)
            for line, one in zip(lines, read, strict=True)
        ]

    async def _settled(self, sent: "Sequence[_Sent]", head: Head) -> list[Result]:
        """The results when there is nothing left to wait for."""
        await self._publisher.settle(_sendings(sent))
        return self._results(sent, head)

    def _results(self, sent: "Sequence[_Sent]", head: Head) -> list[Result]:
        stored = {sending for sending in _sendings(sent) if sending.stored}
        results: list[Result] = []
        warnings: list[FieldProblem] = []
        for line, read, sending in sent:
            if isinstance(read, Refused):
                results.append(Result(line, error=read))
            elif read is not None and sending in stored:
                warnings += read.warnings
                results.append(Result(line, receipt=read))
            else:
                results.append(Result(line, error=_away()))
        accepted = sum(result.receipt is not None for result in results)
        count(head.sender.platform, warnings, accepted=accepted)
        return results


class _Sent(NamedTuple):
    """A line with what was read in it, if it was; `sending` is absent where it was not handed
    over.
    """

    line: Line
    read: Receipt | Refused | None
    sending: Sending | None

    @property
    def is_left(self) -> bool:
        """Whether it ought to have been handed over."""
        return self.sending is None and not isinstance(self.read, Refused)


def _sendings(sent: Sequence[_Sent]) -> set[Sending]:
    return {one.sending for one in sent if one.sending is not None}


def _away() -> Unavailable:
    return Unavailable(Problem.KAFKA_AWAY, RETRY_AFTER)
