"""The edge's own reading of demo reports, as after the seed of `make run`."""

from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
from pydantic import JsonValue

from deploy.local.credentials import ORGANISATIONS
from deploy.local.demo.writer import Sending
from services.ingest.forms import REPORT_REQUIRES, ReportForm
from services.ingest.json_parser import parse
from services.ingest.leniency import read_form
from services.ingest.rules import Accepted, Reading, Sender, accepted_of, named_of, shown_of
from services.ingest.subjects.phones import Phones
from services.review.policies.defaults import default_policies
from shared.contracts.identifiers import Environment, OrganisationId, PlatformId
from shared.contracts.reference import Organisation
from shared.contracts.report import ReporterKind

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
QUEUES = {policy.policy_id: policy.queue_id for policy in default_policies()}
_REGISTERED = {
    name: Organisation(organisation_id=OrganisationId(name), name=title, kind=ReporterKind(kind))
    for name, title, kind in ORGANISATIONS
}
_READING = Reading(Phones(b"a key for the tests"), frozenset(QUEUES), NOW)


def read(platform: str, body: dict[str, JsonValue]) -> Accepted:
    """As `POST /v1/reports` reads it. Raises Refused."""
    sender = Sender(PlatformId(platform), Environment.LIVE, _REGISTERED)
    form = read_form(ReportForm, parse(orjson.dumps(body)), REPORT_REQUIRES)
    return accepted_of(shown_of(named_of(form, sender, _READING), sender, _READING), sender)


def all_read(sendings: list[Sending]) -> Iterator[Accepted]:
    for sending in sendings:
        for body in sending.bodies:
            yield read(sending.platform, body)
