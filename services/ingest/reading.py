"""From the bodies of reports to records that may be sent, many at once. Pure."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from services.ingest.errors import FieldProblem, Refused
from services.ingest.forms import REPORT
from services.ingest.json_parser import parse
from services.ingest.leniency import read_form
from services.ingest.problems import Problem
from services.ingest.records import encoded
from services.ingest.rules import (
    Accepted,
    Reading,
    Sender,
    Shown,
    accepted_of,
    named_of,
    shown_of,
)
from shared.contracts.topics import REPORTS
from shared.kafka.batches import Record

A = TypeVar("A")
B = TypeVar("B")
Headers = Sequence[tuple[str, bytes]]


class Head(NamedTuple):
    """What a request says of the bodies in it: with `strict` every warning refuses, and `headers`
    are those of the record.
    """

    sender: Sender
    strict: bool
    headers: Headers


class Posted(NamedTuple):
    """A body as it came."""

    body: bytes
    head: Head


class Receipt(NamedTuple):
    """What the client is told of a report: little, because a bulk request holds thousands."""

    report_id: str
    external_id: str
    subject_id: str
    warnings: tuple[FieldProblem, ...]


class Ready(NamedTuple):
    """A report that may be sent, and what is told of it once it is stored."""

    record: Record
    receipt: Receipt


def read_reports(posted: Sequence[Posted], reading: Reading) -> list[Ready | Refused]:
    """What is in each body.

    A step is done for all before the next begins: its code then stays in the processor's caches,
    which makes each report cheaper.
    """
    documents = _each(lambda body, _: parse(body), [one.body for one in posted], posted)
    forms = _each(lambda document, _: read_form(REPORT, document), documents, posted)
    named = _each(lambda read, one: named_of(read, one.head.sender, reading), forms, posted)
    shown = _each(lambda named, one: shown_of(named, one.head.sender, reading), named, posted)
    wanted = _each(_without_warnings, shown, posted)
    accepted = _each(lambda shown, one: accepted_of(shown, one.head.sender), wanted, posted)
    return _each(_ready, accepted, posted)


def _each(
    step: Callable[[A, Posted], B], items: list[A | Refused], posted: Sequence[Posted]
) -> list[B | Refused]:
    """The step for each item that was not refused before, with the body that it comes from.
    Empties the list: what a step is done with is freed while it is still in the caches, and its
    memory serves the next.
    """
    found: list[B | Refused] = []
    items.reverse()
    for one in posted:
        item = items.pop()
        if isinstance(item, Refused):
            found.append(item)
            continue
        try:
            found.append(step(item, one))
        except Refused as error:
            found.append(error)
    return found


def _without_warnings(shown: Shown, one: Posted) -> Shown:
    if one.head.strict and shown.warnings:
        raise Refused(Problem.STRICT, errors=shown.warnings)
    return shown


def _ready(accepted: Accepted, one: Posted) -> Ready:
    named, external_id, subject_id, fields, warnings = accepted
    record = Record(REPORTS.name, named.encode(), encoded(fields), one.head.headers)
    return Ready(record, Receipt(named, external_id, subject_id, warnings))
