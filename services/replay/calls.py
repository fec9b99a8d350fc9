"""The two calls that a replay makes: the edge's bulk call, and the state of many reports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from pydantic import BaseModel, ValidationError

from services.replay.errors import Unreachable, WrongUse
from services.replay.pacing import Allowance, allowance_of

RETRY_SECONDS = 1.0  # where Retry-After says nothing
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class Detail(BaseModel):
    pointer: str
    code: str
    message: str


class Problem(BaseModel):
    code: str = "unknown"
    title: str = ""
    detail: str | None = None
    errors: tuple[Detail, ...] = ()

    @property
    def reason(self) -> str:
        if self.errors:
            return "; ".join(f"{error.pointer} {error.message}" for error in self.errors)
        return ": ".join(part for part in (self.title.rstrip("."), self.detail) if part)


class Result(BaseModel):
    """What became of one line. 202: it is in the log. `line` counts from 1 in the request."""

    line: int
    status: int
    report_id: str | None = None
    external_id: str | None = None
    subject_id: str | None = None
    warnings: tuple[Detail, ...] = ()
    problem: Problem = Problem()


@dataclass(frozen=True)
class Answered:
    """`results` may lack some lines: what became of those is unknown."""

    results: tuple[Result, ...]
    allowance: Allowance | None


@dataclass(frozen=True)
class Busy:
    """Nothing is known to be taken; to be sent again after so many seconds."""

    seconds: float
    reason: str


class State(BaseModel):
    report_id: str
    state: str


class _Page(BaseModel):
    items: tuple[State, ...]


class Calls:
    """Each call raises Unreachable without a whole answer, and WrongUse where the key is refused
    or the server is not what it should be. `review_url` may be empty where nothing is asked there.
    """

    def __init__(
        self, client: httpx.AsyncClient, *, ingest_url: str, review_url: str, key: str
    ) -> None:
        self._client = client
        self._bulk = _checked(f"{ingest_url.rstrip('/')}/v1/reports/bulk")
        self._status = review_url and _checked(f"{review_url.rstrip('/')}/v1/reports")
        self._key = {"authorization": f"Bearer {key}"}

    async def post(self, bodies: Sequence[bytes], *, strict: bool = False) -> Answered | Busy:
        """At most 5,000 lines and 8 MiB. `strict` has a line refused that would get warnings."""
        headers = {**self._key, "content-type": "application/x-ndjson"}
        if strict:
            headers["prefer"] = "handling=strict"
        request = self._client.build_request(
            "POST", self._bulk, content=b"\n".join(bodies), headers=headers
        )
        response = await self._answer(request)
        if isinstance(response, Busy):
            return response
        return Answered(tuple(_results(response.content)), allowance_of(response.headers))

    async def states(self, report_ids: Sequence[str]) -> dict[str, str] | Busy:
        """By report id, at most 100 of them; those that are not there yet are absent."""
        request = self._client.build_request(
            "GET", self._status, params={"report_id": list(report_ids)}, headers=self._key
        )
        response = await self._answer(request)
        if isinstance(response, Busy):
            return response
        try:
            page = _Page.model_validate_json(response.content)
        except ValidationError:
            raise WrongUse(f"{self._status} is no review API of this version") from None
        return {item.report_id: item.state for item in page.items}

    async def _answer(self, request: httpx.Request) -> httpx.Response | Busy:
        where = f"{request.url.scheme}://{request.url.netloc.decode()}"
        try:
            response = await self._client.send(request)
        except httpx.TransportError as error:
            raise Unreachable(f"no answer from {where} ({type(error).__name__})") from error
        if response.status_code == 200:
            return response
        problem = _problem(response.content)
        reason = f"{where} answered {response.status_code} {problem.code}"
        if response.status_code in BUSY:
            return Busy(_retry_after(response.headers.get("retry-after", "")), reason)
        raise WrongUse(f"{reason}: {problem.reason}" if problem.reason else reason)


def _checked(url: str) -> str:
    """Raises WrongUse for what is no address of a server."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise WrongUse(f"{url} is no address; it must begin with http:// or https://")
    return url


def _results(content: bytes) -> Iterable[Result]:
    """Up to where the answer was cut off."""
    for line in content.splitlines():
        try:
            yield Result.model_validate_json(line)
        except ValidationError:
            return


def _problem(content: bytes) -> Problem:
    try:
        return Problem.model_validate_json(content)
    except ValidationError:
        return Problem()


def _retry_after(text: str) -> float:
    """Seconds, from a number of them or a date."""
    if text.isascii() and text.isdigit():
        return float(text[:6])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return RETRY_SECONDS
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
