"""Processes that are started bare have the ports that `make run` gives them."""

from pydantic_settings import BaseSettings

from deploy.local.settings import Endpoints, Ports, StackSettings
from services.ingest.settings import Settings as IngestSettings
from services.review.settings import Settings as ReviewSettings
from services.scoring.settings import Settings as ScoringSettings

BASE = StackSettings.model_fields["port_base"].default


def default_ports(*kinds: type[BaseSettings]) -> dict[str, int]:
    return {
        name: field.default
        for kind in kinds
        for name, field in kind.model_fields.items()
        if name.endswith("_port")
    }


def test_no_two_processes_have_one_default_port() -> None:
    ports = default_ports(IngestSettings, ScoringSettings, ReviewSettings)
    assert len(set(ports.values())) == len(ports) == 7


def test_the_default_ports_are_those_of_the_local_stack() -> None:
    endpoints = Endpoints(ports=Ports(BASE), kafka="", database_url="")
    ports = default_ports(IngestSettings, ScoringSettings, ReviewSettings)
    assert endpoints.admin_ports == {
        "ingest": ports["ingest_admin_port"],
        "scoring-score": ports["score_admin_port"],
        "scoring-match": ports["match_admin_port"],
        "review-api": ports["review_admin_port"],
        "review-worker": ports["review_worker_admin_port"],
    }
    assert endpoints.ports.ingest == ports["ingest_port"]
    assert endpoints.ports.review == ports["review_port"]
