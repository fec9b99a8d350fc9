"""A platform's client that posts until each report is accepted, whatever happens in between."""

import asyncio
from collections.abc import Mapping, Sequence

import orjson
from pydantic import JsonValue

from tests.chaos.calls import TRY_AGAIN, Answer, Caller, Unexpected
from tests.chaos.history import ACCEPTED, History, Sending, Tenant
from tests.chaos.traffic import Envelope, Letter

POSTERS = 24


class Postbox:
    """Envelopes wait here until they are released; `open` is how many reports are posted and not
    answered.
    """

    def __init__(
        self,
        envelopes: Sequence[Envelope],
        *,
        url: str,
        keys: Mapping[Tenant, str],
        caller: Caller,
        history: History,
    ) -> None:
        self._waiting = list(reversed(envelopes))
        self._released: asyncio.Queue[Envelope] = asyncio.Queue()
        self._url = url
        self._keys = keys
        self._caller = caller
        self._history = history
        self.total = len(envelopes)
        self.busy = 0
        self.accepted = 0

    @property
    def open(self) -> int:
        return self._caller.under_way.count

    @property
    def unposted(self) -> int:
        """Envelopes that are released and not accepted."""
        return self._released.qsize() + self.busy

    @property
    def idle(self) -> bool:
        return not self.unposted

    @property
    def left(self) -> int:
        return len(self._waiting)

    def release(self, count: int) -> None:
        for _ in range(min(count, len(self._waiting))):
            self._released.put_nowait(self._waiting.pop())

    async def post_all(self) -> None:
        """Posts what is released, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(POSTERS):
                group.create_task(self._post_some())

    async def _post_some(self) -> None:
        while True:
            envelope = await self._released.get()
            self.busy += 1
            try:
                await self._post(envelope)
            finally:
                self.busy -= 1

    async def _post(self, envelope: Envelope) -> None:
        """Returns when every letter in it is accepted; only those that are not go again."""
        left = list(envelope.letters)
        while left:
            answer = await (self._bulk if envelope.bulk else self._single)(envelope.tenant, left)
            left = self._unanswered(left, answer, bulk=envelope.bulk)
            if left:
                await self._caller.pause(answer)

    async def _single(self, tenant: Tenant, letters: Sequence[Letter]) -> Answer:
        return await self._caller.ask(
            "POST",
            f"{self._url}/v1/reports",
            token=self._keys[tenant],
            content=orjson.dumps(letters[0].document),
        )

    async def _bulk(self, tenant: Tenant, letters: Sequence[Letter]) -> Answer:
        return await self._caller.ask(
            "POST",
            f"{self._url}/v1/reports/bulk",
            token=self._keys[tenant],
            content=b"\n".join(orjson.dumps(letter.document) for letter in letters),
            media_type="application/x-ndjson",
            weight=len(letters),
        )

    def _unanswered(self, letters: Sequence[Letter], answer: Answer, *, bulk: bool) -> list[Letter]:
        """Writes down what became of each letter; those to be sent again."""
        left = []
        lines = _lines(answer, len(letters)) if bulk else [_single_line(answer)]
        for letter, line in zip(letters, lines, strict=True):
            status = line.get("status")
            if status not in (None, ACCEPTED, *TRY_AGAIN):
                raise Unexpected(f"{letter.name} was answered {line}")
            self._history.add(
                Sending(
                    name=letter.name,
                    body=letter.body,
                    subject_id=letter.subject_id,
                    began=answer.began,
                    ended=answer.ended,
                    status=status if isinstance(status, int) else None,
                    report_id=_text(line.get("report_id")),
                    told_subject=_text(line.get("subject_id")),
                    bulk=bulk,
                )
            )
            if status == ACCEPTED:
                self.accepted += 1
            else:
                left.append(letter)
        return left


def _single_line(answer: Answer) -> dict[str, JsonValue]:
    said = answer.json() if answer.status is not None else {}
    return {**said, "status": answer.status}


def _lines(answer: Answer, count: int) -> list[dict[str, JsonValue]]:
    """What is said of each line; the same of all where the request as a whole was refused."""
    if answer.status != 200:
        return [{"status": answer.status}] * count
    return [orjson.loads(line) for line in answer.body.splitlines()]


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
