"""Why the edge refuses.

MizanError
├── Permanent
│   └── Refused        this request is wrong: 4xx, nothing is stored
└── Transient
    └── Unavailable    this edge cannot take it now: 429 or 503 with Retry-After
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.problems import Problem
from shared.errors import Permanent, Transient


@dataclass(frozen=True)
class FieldProblem:
    """`pointer` is a JSON Pointer into the body. The message never repeats what was sent."""

    pointer: str
    code: str
    message: str


class Refused(Permanent):
    """The request is wrong and the same request will be wrong again."""

    def __init__(
        self, problem: Problem, detail: str = "", errors: Sequence[FieldProblem] = ()
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.detail = detail
        self.errors = tuple(errors)


class Unavailable(Transient):
    """Nothing is wrong with the request. It may be sent again after `retry_after` seconds."""

    def __init__(self, problem: Problem, retry_after: int, detail: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.retry_after = retry_after
        self.detail = detail
