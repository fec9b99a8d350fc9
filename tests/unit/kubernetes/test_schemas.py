"""The manifests are valid for the oldest and the newest Kubernetes that they are made for."""

import copy

import pytest

from tests.unit.kubernetes.documents import Document, mapping, named, parse
from tests.unit.kubernetes.installations import INSTALLATIONS, rendered, restoring
from tests.unit.kubernetes.schemas import CUSTOM_KINDS, KUBERNETES, NoSchema, complaints


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_every_document_is_valid(installation: str, kubernetes: str) -> None:
    found = {
        named(document): complaints(document, kubernetes) for document in rendered(installation)
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_job_that_restores_is_valid() -> None:
    assert [line for one in restoring() for line in complaints(one)] == []


def service(field: str) -> Document:
    return parse(f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{{field}: 1}}\n")[0]


def test_a_field_that_kubernetes_does_not_know_is_found() -> None:
    assert "replicaz" in complaints(service("replicaz"))[0]


@pytest.mark.parametrize("api_version", ["example.org/v1", *CUSTOM_KINDS])
def test_a_kind_without_a_schema_is_not_taken_for_valid(api_version: str) -> None:
    with pytest.raises(NoSchema):
        complaints({"apiVersion": api_version, "kind": "Anything", "metadata": {}})


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Kafka", "kafka/listeners", []),
        ("Kafka", "kafka/zookeeper", {}),
        ("Kafka", "entityOperator/template/pod/securityContext/runAsNonRoot", "yes"),
        ("KafkaNodePool", "replicas", "three"),
        ("KafkaNodePool", "storage/volumes", None),
        ("KafkaTopic", "partitions", "three"),
        ("KafkaTopic", "config/retention.ms", 5),
        ("Cluster", "storage/sise", "1Gi"),
        ("Cluster", "postgresql/parameters/max_connections", 200),
        ("ScheduledBackup", "schedule", "30 1 * * *"),
        ("ScaledObject", "scaleTargetRef", {}),
        ("ScaledObject", "triggers", [{"type": "kafka", "metadata": {"topic": "reports"}}]),
        ("ServiceMonitor", "endpoints", [{"port": "admin"}]),
    ],
)
def test_a_custom_resource_that_its_operator_would_refuse_is_found(
    kind: str, path: str, value: object
) -> None:
    (good, *_) = [one for one in rendered("release/prod") if one["kind"] == kind]
    bad = copy.deepcopy(good)
    *steps, last = path.split("/")
    mapping(bad, "spec", *steps)[last] = value  # type: ignore[assignment] # bad on purpose
    assert complaints(good) == []
    assert complaints(bad) != []


def test_a_resource_without_its_spec_is_found() -> None:
    topic: Document = {"apiVersion": "kafka.strimzi.io/v1", "kind": "KafkaTopic", "metadata": {}}
    assert "'spec' is a required property" in complaints(topic)[0]
