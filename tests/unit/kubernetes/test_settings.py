"""Every process is there and starts: what it is given are settings, and all that it needs."""

import copy
import os

import pytest
from pydantic import ValidationError

from deploy.local.parts import SERVICES
from services.ingest.settings import Settings as IngestSettings
from services.review.settings import Settings as ReviewSettings
from services.scoring.settings import Settings as ScoringSettings
from shared.settings import PREFIX, ServiceSettings
from tests.unit.kubernetes.documents import (
    Document,
    at,
    mapping,
    of_kind,
    sequence,
    text,
)
from tests.unit.kubernetes.installations import INSTALLATIONS, rendered
from tests.unit.kubernetes.policies import (
    LASTING,
    each_container,
    pod_of,
)

KINDS: dict[str, type[ServiceSettings]] = {
    "services.ingest": IngestSettings,
    "services.scoring": ScoringSettings,
    "services.review": ReviewSettings,
}
REFERRED = "0123456789abcdef"  # stands for what a secret or the cluster itself gives


def environment(documents: list[Document], container: Document) -> dict[str, str]:
    """What the process finds there."""
    found: dict[str, str] = {}
    for source in map(mapping, sequence(container, "envFrom")):
        name = text(source, "configMapRef", "name")
        (settings,) = [
            one for one in of_kind(documents, "ConfigMap") if text(one, "metadata", "name") == name
        ]
        found |= {key: str(value) for key, value in mapping(settings, "data").items()}
    for variable in map(mapping, sequence(container, "env")):
        field = text(variable, "valueFrom", "fieldRef", "fieldPath")
        value = "0" if "pod-index" in field else text(variable, "value") or REFERRED
        found[text(variable, "name")] = value
    return found


def settings_of(container: Document) -> type[ServiceSettings]:
    return KINDS[str(sequence(container, "args")[0])]


def own_variables(kind: type[ServiceSettings]) -> set[str]:
    return {PREFIX + name.upper() for name in kind.model_fields}


def start(container: Document, given: dict[str, str], patch: pytest.MonkeyPatch) -> None:
    """Reads the settings as the process does, from this environment and no other."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        patch.delenv(name)
    for name, value in given.items():
        patch.setenv(name, value)
    settings_of(container)()


def strange_variables(documents: list[Document]) -> list[str]:
    """Those that nobody reads, by the container that has them."""
    every = set().union(*(own_variables(kind) for kind in KINDS.values()))
    found = []
    for place, container in each_container(documents):
        own = {text(mapping(one), "name") for one in sequence(container, "env")}
        strange = own - own_variables(settings_of(container))
        strange |= environment(documents, container).keys() - every
        found += [f"{place} {name}" for name in sorted(strange)]
    return found


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_every_process_starts_with_what_it_is_given(
    installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = rendered(installation)
    for _, container in each_container(documents):
        with monkeypatch.context() as patch:
            start(container, environment(documents, container), patch)


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_every_variable_is_a_setting(installation: str) -> None:
    assert strange_variables(rendered(installation)) == []


def test_a_setting_that_must_be_given_and_is_not_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = rendered("release/prod")
    for place, container in each_container(documents):
        given = environment(documents, container)
        secret = next((name for name in given if name.endswith("_KEY")), None)
        if secret is not None:
            del given[secret]
            with monkeypatch.context() as patch, pytest.raises(ValidationError, match="required"):
                start(container, given, patch)
        else:
            assert "scoring" in place


@pytest.mark.parametrize(
    ("name", "value"),
    [("MIZAN_MATCH_SHARD", "7"), ("MIZAN_MATCH_SHARDS", "four"), ("MIZAN_LOG_LEVEL", "loud")],
)
def test_a_value_that_stops_the_start_is_found(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = rendered("release/prod")
    (container,) = [
        one for place, one in each_container(documents) if place.endswith("/scoring-match")
    ]
    with monkeypatch.context() as patch, pytest.raises(ValidationError):
        start(container, environment(documents, container) | {name: value}, patch)


@pytest.mark.parametrize("name", ["MIZAN_KAFKAA", "MIZAN_UNDO_SECONDS"])
def test_a_variable_that_the_process_does_not_read_is_found(name: str) -> None:
    documents = copy.deepcopy(rendered("release/prod"))
    place, container = next(each_container(documents))
    container["env"] = [*sequence(container, "env"), {"name": name, "value": "1"}]
    assert strange_variables(documents) == [f"{place} {name}"]


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_every_process_of_the_product_has_its_workload(installation: str) -> None:
    documents = rendered(installation)
    found = {
        text(workload, "metadata", "name"): tuple(
            sequence(mapping(sequence(pod_of(workload), "containers")[0]), "args")
        )
        for workload in of_kind(documents, *LASTING)
    }
    assert found == SERVICES


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_ports_are_those_that_the_settings_have(installation: str) -> None:
    fields = {
        ("ingest", "http"): IngestSettings.model_fields["ingest_port"],
        ("ingest", "admin"): IngestSettings.model_fields["ingest_admin_port"],
        ("scoring-score", "admin"): ScoringSettings.model_fields["score_admin_port"],
        ("scoring-match", "admin"): ScoringSettings.model_fields["match_admin_port"],
        ("review-api", "http"): ReviewSettings.model_fields["review_port"],
        ("review-api", "admin"): ReviewSettings.model_fields["review_admin_port"],
        ("review-worker", "admin"): ReviewSettings.model_fields["review_worker_admin_port"],
    }
    found = {
        (text(container, "name"), text(port, "name")): at(port, "containerPort")
        for _, container in each_container(rendered(installation))
        for port in map(mapping, sequence(container, "ports"))
    }
    assert found == {place: field.default for place, field in fields.items()}
