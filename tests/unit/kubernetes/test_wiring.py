"""The parts find each other: ports, pages, labels, topics, groups, servers, connections."""

import re
from pathlib import Path

import pytest

from deploy.k8s import rules
from deploy.k8s import topics as topic_manifests
from deploy.local.parts import SERVICES
from services.review.settings import Settings as ReviewSettings
from services.review.webhooks import egress
from services.scoring import score_role, worker
from shared import http_server
from shared.contracts.topics import FINGERPRINTS, REPORTS, all_topics
from shared.observability.admin import Liveness, admin_app
from tests.unit.kubernetes.documents import (
    Document,
    Value,
    at,
    mapping,
    named,
    of_kind,
    parse,
    sequence,
    text,
)
from tests.unit.kubernetes.installations import INSTALLATIONS, MANIFESTS, rendered, restoring
from tests.unit.kubernetes.policies import (
    LASTING,
    WORKLOADS,
    containers_of,
    each_container,
    pod_of,
    selects,
)

REFERRED = "0123456789abcdef"
CONNECTIONS_KEPT_BACK = 20  # for the operator, the migration and whoever looks


def settings_map(documents: list[Document]) -> Document:
    (found,) = [
        one for one in of_kind(documents, "ConfigMap") if "MIZAN_KAFKA" in mapping(one, "data")
    ]
    return found


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_services_and_monitors_reach_ports_that_are_there(installation: str) -> None:
    documents = rendered(installation)
    reached = set()
    for service in of_kind(documents, "Service"):
        selector: Document = {"matchLabels": mapping(service, "spec", "selector")}
        (target,) = [
            one
            for one in of_kind(documents, *LASTING)
            if selects(selector, mapping(one, "spec", "template", "metadata", "labels"))
        ]
        ports = {
            text(mapping(port), "name")
            for container in containers_of(target)
            for port in sequence(container, "ports")
        }
        wanted = {text(mapping(port), "targetPort") for port in sequence(service, "spec", "ports")}
        assert wanted == ports, named(service)
        reached.add(text(target, "metadata", "name"))
    assert reached == set(SERVICES)
    for monitor in of_kind(documents, "ServiceMonitor"):
        seen = {
            text(service, "metadata", "name")
            for service in of_kind(documents, "Service")
            if selects(mapping(monitor, "spec", "selector"), mapping(service, "metadata", "labels"))
        }
        assert seen == set(SERVICES)
        label = text(monitor, "spec", "jobLabel")
        assert {
            text(one, "metadata", "labels", label) for one in of_kind(documents, "Service")
        } == (set(SERVICES))


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_what_selects_pods_selects_some(installation: str) -> None:
    documents = rendered(installation)
    pods = [mapping(one, "spec", "template", "metadata", "labels") for one in
            of_kind(documents, *WORKLOADS)]  # fmt: skip
    others: list[Document] = [
        {"strimzi.io/cluster": "mizan", "strimzi.io/kind": "Kafka"},
        {"cnpg.io/cluster": "mizan-database"},
        {"k8s-app": "kube-dns"},
    ]
    jobs = [mapping(one, "spec", "template", "metadata", "labels") for one in restoring()]
    for policy in of_kind(documents, "NetworkPolicy"):
        spec = mapping(policy, "spec")
        peers = [
            mapping(peer, "podSelector")
            for way in (*sequence(spec, "ingress"), *sequence(spec, "egress"))
            for peer in (*sequence(way, "from"), *sequence(way, "to"))
            if "podSelector" in mapping(peer)
        ]
        for selector in (mapping(spec, "podSelector"), *peers):
            assert any(selects(selector, labels) for labels in (*pods, *jobs, *others)), named(
                policy
            )
    for workload in of_kind(documents, *LASTING):
        own = mapping(workload, "spec", "template", "metadata", "labels")
        assert [
            labels for labels in pods if selects(mapping(workload, "spec", "selector"), labels)
        ] == [own]


async def test_probed_and_scraped_pages_are_served() -> None:
    served = {getattr(route, "path", "") for route in admin_app(Liveness(), {}).routes}
    documents = rendered("release/prod")
    asked: set[Value] = {
        at(container, probe, "httpGet", "path")
        for _, container in each_container(documents)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        if probe in container
    }
    (monitor,) = of_kind(documents, "ServiceMonitor")
    asked |= {at(endpoint, "path") for endpoint in sequence(monitor, "spec", "endpoints")}
    assert asked == served


def test_who_serves_calls_is_left_in_peace_before_it_stops() -> None:
    """The pause before SIGTERM, what the code itself takes to stop, and something to spare."""
    own_seconds = {
        "ingest": http_server.DRAIN_SECONDS,
        "review-api": http_server.DRAIN_SECONDS,
        "scoring-score": score_role.STOP_SECONDS,
    }
    for workload in of_kind(rendered("release/prod"), *LASTING):
        pause = 0
        for container in containers_of(workload):
            ports = {text(mapping(port), "name") for port in sequence(container, "ports")}
            seconds = at(container, "lifecycle", "preStop", "sleep", "seconds")
            assert isinstance(seconds, int) == ("http" in ports), named(workload)
            pause += seconds if isinstance(seconds, int) else 0
        grace = at(pod_of(workload), "terminationGracePeriodSeconds")
        assert isinstance(grace, int)
        needed = pause + own_seconds.get(text(workload, "metadata", "name"), 10) + 10
        assert grace >= needed, named(workload)


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_who_needs_the_schema_waits_and_one_job_migrates(installation: str) -> None:
    documents = rendered(installation)
    (job,) = of_kind(documents, "Job")
    assert re.fullmatch(r"mizan-migrate-[a-z0-9-]+", text(job, "metadata", "name"))
    (migrating,) = containers_of(job)
    assert sequence(migrating, "args") == ["services.review", "migrate"]
    for workload in of_kind(documents, *LASTING):
        containers = containers_of(workload)
        waits = [one for one in containers if "await-schema" in sequence(one, "args")]
        uses = "services.review" in sequence(containers[-1], "args")
        assert len(waits) == len(containers) - 1 == int(uses), named(workload)
        assert {text(one, "image") for one in containers} == {text(migrating, "image")}


def test_the_topics_are_made_from_the_registry() -> None:
    assert topic_manifests.PATH.read_text() == topic_manifests.manifest()
    made = parse(topic_manifests.manifest())
    assert {text(one, "metadata", "name"): at(one, "spec", "partitions") for one in made} == {
        topic.name: topic.partitions for topic in all_topics()
    }
    replicas = {at(one, "spec", "replicas") for one in made}
    in_sync = {at(one, "spec", "config", "min.insync.replicas") for one in made}
    assert (replicas, in_sync) == ({3}, {"2"})


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_the_services_find_the_servers_of_the_manifests(installation: str) -> None:
    documents = rendered(installation)
    (kafka,) = of_kind(documents, "Kafka")
    (listener,) = sequence(kafka, "spec", "kafka", "listeners")
    service = f"{text(kafka, 'metadata', 'name')}-kafka-bootstrap"
    settings = settings_map(documents)
    assert at(settings, "data", "MIZAN_KAFKA") == f"{service}:{at(listener, 'port')}"
    (database,) = of_kind(documents, "Cluster")
    secrets = {
        text(variable, "valueFrom", "secretKeyRef", "name")
        for _, container in each_container(documents)
        for variable in sequence(container, "env")
        if text(variable, "name") == "MIZAN_DATABASE_URL"
    }
    assert secrets == {f"{text(database, 'metadata', 'name')}-app"}
    jars = (Path(MANIFESTS).parent / "local" / "kafka-jars.sha256").read_text()
    assert f"kafka_2.13-{text(kafka, 'spec', 'kafka', 'version')}.jar" in jars


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_every_shard_has_a_pod_and_every_partition_a_shard(installation: str) -> None:
    (shards,) = of_kind(rendered(installation), "StatefulSet")
    (container,) = containers_of(shards)
    told = {text(one, "name"): at(one, "value") for one in map(mapping, sequence(container, "env"))}
    replicas = at(shards, "spec", "replicas")
    assert told["MIZAN_MATCH_SHARDS"] == str(replicas)
    assert isinstance(replicas, int)
    assert replicas <= FINGERPRINTS.partitions


def test_scalers_follow_what_the_code_reads_and_own_their_number() -> None:
    documents = rendered("release/prod")
    replicas = {
        text(one, "metadata", "name"): at(one, "spec", "replicas")
        for one in of_kind(documents, "Deployment")
    }
    scaled = [
        text(one, "spec", "scaleTargetRef", "name") for one in of_kind(documents, "ScaledObject")
    ]
    assert sorted(scaled) == sorted(set(scaled))
    assert {name for name, number in replicas.items() if number is None} == set(scaled)
    assert of_kind(documents, "HorizontalPodAutoscaler") == []
    (score,) = [one for one in of_kind(documents, "ScaledObject")
                if text(one, "metadata", "name") == "scoring-score"]  # fmt: skip
    (trigger,) = sequence(score, "spec", "triggers")
    assert at(trigger, "metadata", "consumerGroup") == worker.GROUP
    assert at(trigger, "metadata", "topic") == REPORTS.name
    assert at(score, "spec", "maxReplicaCount") == REPORTS.partitions
    settings = settings_map(documents)
    host, _, port = text(settings, "data", "MIZAN_KAFKA").partition(":")
    wanted = f"{host}.{text(settings, 'metadata', 'namespace')}.svc:{port}"
    assert at(trigger, "metadata", "bootstrapServers") == wanted


def test_webhooks_leave_for_the_addresses_that_the_sender_allows() -> None:
    (policy,) = [one for one in of_kind(rendered("release/prod"), "NetworkPolicy")
                 if text(one, "metadata", "name") == "to-webhooks"]  # fmt: skip
    (way,) = sequence(policy, "spec", "egress")
    ports = {at(port, "port") for port in sequence(way, "ports")}
    assert ports == egress.HTTPS_PORTS
    blocks = {
        text(peer, "ipBlock", "cidr"): set(map(str, sequence(peer, "ipBlock", "except")))
        for peer in sequence(way, "to")
    }
    assert blocks == {
        "0.0.0.0/0": set(map(str, egress._PRIVATE_4)),
        str(egress._PUBLIC_6): set(map(str, egress._PRIVATE_6)),
    }


def test_the_database_takes_the_connections_of_all_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every copy that scaling or a change of version may bring, each with its whole pool."""
    monkeypatch.setenv("MIZAN_DATABASE_URL", "postgresql://nobody@nowhere/mizan")
    monkeypatch.setenv("MIZAN_CURSOR_KEY", REFERRED)
    from services.review.database.engine import Database  # noqa: PLC0415 — a database of none
    from services.review.worker import all_duties  # noqa: PLC0415 — the same

    settings = ReviewSettings()
    duties = len(all_duties(settings, Database(settings.database_url.get_secret_value())))
    documents = rendered("release/prod")
    (api,) = [at(one, "spec", "maxReplicaCount") for one in of_kind(documents, "ScaledObject")
              if text(one, "metadata", "name") == "review-api"]  # fmt: skip
    (workers,) = [at(one, "spec", "replicas") for one in of_kind(documents, "Deployment")
                  if text(one, "metadata", "name") == "review-worker"]  # fmt: skip
    assert isinstance(api, int)
    assert isinstance(workers, int)
    most = (api + 1) * settings.database_pool + (workers + 1) * (settings.database_pool + duties)
    (database,) = of_kind(documents, "Cluster")
    allowed = text(database, "spec", "postgresql", "parameters", "max_connections")
    assert most + CONNECTIONS_KEPT_BACK <= int(allowed)


def test_prometheus_has_the_rules_and_grafana_the_dashboards() -> None:
    documents = rendered("release/prod")
    (rule,) = of_kind(documents, "PrometheusRule")
    (source,) = parse(rules.SOURCE.read_text())
    assert mapping(rule, "spec") == source
    (boards,) = [
        one
        for one in of_kind(documents, "ConfigMap")
        if text(one, "metadata", "labels", "grafana_dashboard") == "1"
    ]
    folder = MANIFESTS.parent / "monitoring" / "dashboards"
    assert mapping(boards, "data") == {
        path.name: path.read_text() for path in sorted(folder.glob("*.json"))
    }


def test_the_processes_have_the_names_that_the_rules_ask_for() -> None:
    asked = set(re.findall(r'up\{job=\\?"([a-z-]+)\\?"\}', rules.SOURCE.read_text()))
    assert asked == set(SERVICES)


def test_the_job_that_restores_reaches_kafka_and_the_database_of_the_release() -> None:
    documents = rendered("release/prod")
    (job,) = restoring()
    (container,) = containers_of(job)
    told = {text(one, "name"): one for one in map(mapping, sequence(container, "env"))}
    assert at(told["MIZAN_KAFKA"], "value") == at(settings_map(documents), "data", "MIZAN_KAFKA")
    assert sequence(container, "args") == ["services.command_line", "restore"]
    assert text(job, "metadata", "namespace") == text(
        settings_map(documents), "metadata", "namespace"
    )
    ways = {
        text(policy, "metadata", "name")
        for policy in of_kind(documents, "NetworkPolicy")
        if "Egress" in sequence(policy, "spec", "policyTypes")
        and selects(
            mapping(policy, "spec", "podSelector"),
            mapping(job, "spec", "template", "metadata", "labels"),
        )
    }
    assert ways == {"default-deny", "to-names", "to-kafka", "to-database"}
