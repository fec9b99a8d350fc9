"""The edge's own reading of demo reports, as after the seed of `make run`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from deploy.local.credentials import ORGANISATIONS
from deploy.local.demo.writer import Sending
from services.ingest.errors import FieldProblem
from services.ingest.forms import REPORT
from services.ingest.json_parser import parse
from services.ingest.leniency import read_form
from services.ingest.records import encoded
from services.ingest.rules import Reading, Sender, accepted_of, named_of, shown_of
from services.ingest.subjects.phones import Phones
from services.review.policies.defaults import default_policies
from shared.contracts.codec import decode
from shared.contracts.identifiers import Environment, OrganisationId, PlatformId
from shared.contracts.reference import Organisation
from shared.contracts.report import Report, ReporterKind

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
QUEUES = {policy.policy_id: policy.queue_id for policy in default_policies()}
_REGISTERED = {
    name: Organisation(organisation_id=OrganisationId(name), name=title, kind=ReporterKind(kind))
    for name, title, kind in ORGANISATIONS
}
_READING = Reading(Phones(b"a key for the tests"), frozenset(QUEUES), NOW)


class Accepted(NamedTuple):
    """`report` as the consumers of the log read it."""

    report: Report
    warnings: tuple[FieldProblem, ...]


def read(platform: str, body: dict[str, JsonValue]) -> Accepted:
    """As `POST /v1/reports` reads it. Raises Refused."""
    sender = Sender(PlatformId(platform), Environment.LIVE, _REGISTERED)
    form = read_form(REPORT, parse(orjson.dumps(body)))
    accepted = accepted_of(shown_of(named_of(form, sender, _READING), sender, _READING), sender)
    return Accepted(decode(Report, encoded(accepted.record)), accepted.warnings)


def all_read(sendings: list[Sending]) -> Iterator[Accepted]:
    for sending in sendings:
        for body in sending.bodies:
            yield read(sending.platform, body)
