"""Every process is there and starts: what it is given are settings, and all that it needs."""

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


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_every_process_starts_with_what_it_is_given(
    installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = rendered(installation)
    for _, container in each_container(documents):
        with monkeypatch.context() as patch:
            for name, value in environment(documents, container).items():
                patch.setenv(name, value)
            settings_of(container)()


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_every_variable_is_a_setting(installation: str) -> None:
    documents = rendered(installation)
    every = set().union(*(own_variables(kind) for kind in KINDS.values()))
    for place, container in each_container(documents):
        given = {text(mapping(one), "name") for one in sequence(container, "env")}
        assert given <= own_variables(settings_of(container)), place
        assert environment(documents, container).keys() <= every, place


def test_a_missing_setting_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIZAN_KAFKA", "kafka:9092")
    with pytest.raises(ValidationError, match="subject_key"):
        IngestSettings()


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
