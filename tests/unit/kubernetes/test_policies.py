"""Every pod keeps our policies, and each policy is seen to fail."""

import copy
from collections.abc import Callable

import pytest

from tests.unit.kubernetes import installations, policies
from tests.unit.kubernetes.documents import Document, mapping, of_kind, sequence
from tests.unit.kubernetes.installations import INSTALLATIONS, rendered
from tests.unit.kubernetes.policies import (
    ALWAYS,
    RELEASED,
    WORKLOADS,
    Rule,
    breaches,
    containers_of,
    pod_of,
)


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_the_manifests_keep_every_policy(installation: str) -> None:
    documents = rendered(installation)
    assert len(of_kind(documents, *WORKLOADS)) == 6
    assert breaches(documents, ALWAYS) == []


@pytest.mark.parametrize("overlay", installations.RELEASED)
def test_a_release_runs_one_image_by_its_digest(overlay: str) -> None:
    assert breaches(rendered(f"release/{overlay}"), RELEASED) == []


def test_the_job_that_restores_keeps_the_policies_of_a_pod() -> None:
    rules = [rule for rule in RELEASED if rule is not policies.opens_only_named_ways]
    assert len(of_kind(installations.restoring(), "Job")) == 1
    assert breaches(installations.restoring(), rules) == []


@pytest.mark.parametrize("overlay", installations.RELEASED)
def test_an_overlay_that_nobody_released_runs_nothing(overlay: str) -> None:
    """No image is invented: what the overlay names lies under a name that no server can have."""
    documents = rendered(f"overlays/{overlay}")
    images = {container["image"] for _, container in policies.each_container(documents)}
    assert images == {"parameter.invalid/mizan"}
    assert breaches(documents, [policies.runs_what_was_built]) != []


@pytest.fixture(scope="module")
def good() -> list[Document]:
    return rendered("release/prod")


def pod(field: str, value: object) -> Callable[[list[Document]], None]:
    return lambda documents: put(pod_of(of_kind(documents, *WORKLOADS)[0]), field, value)


def container(field: str, value: object) -> Callable[[list[Document]], None]:
    return lambda documents: put(containers_of(of_kind(documents, *WORKLOADS)[0])[-1], field, value)


def first(kind: str, field: str, value: object) -> Callable[[list[Document]], None]:
    return lambda documents: put(of_kind(documents, kind)[0], field, value)


def put(place: Document, field: str, value: object) -> None:
    *path, last = field.split("/")
    mapping(place, *path)[last] = value  # type: ignore[assignment] # bad on purpose


def without(kind: str) -> Callable[[list[Document]], None]:
    def change(documents: list[Document]) -> None:
        documents.remove(of_kind(documents, kind)[0])

    return change


def added_policy(spec: Document) -> Callable[[list[Document]], None]:
    return lambda documents: documents.append(
        {"kind": "NetworkPolicy", "metadata": {"name": "open"}, "spec": spec}
    )


NET_RAW = {"drop": ["NET_RAW"]}
PLAIN_KEY = [{"name": "MIZAN_SUBJECT_KEY", "value": "abc"}]
BAD: list[tuple[Rule, Callable[[list[Document]], None]]] = [
    (policies.runs_as_nobody, pod("securityContext/runAsNonRoot", value=False)),
    (policies.runs_as_nobody, pod("securityContext/runAsUser", 0)),
    (policies.has_a_seccomp_profile, pod("securityContext/seccompProfile", None)),
    (
        policies.writes_only_where_it_may,
        container("securityContext/readOnlyRootFilesystem", value=False),
    ),
    (policies.has_no_capabilities, container("securityContext/capabilities", NET_RAW)),
    (policies.has_no_capabilities, container("securityContext/privileged", value=True)),
    (
        policies.has_no_capabilities,
        container("securityContext/allowPrivilegeEscalation", value=True),
    ),
    (policies.has_no_token, pod("automountServiceAccountToken", None)),
    (policies.has_no_token, pod("serviceAccountName", None)),
    (policies.shares_nothing_with_the_node, pod("hostNetwork", value=True)),
    (policies.shares_nothing_with_the_node, pod("volumes", [{"name": "n", "hostPath": {}}])),
    (policies.asks_for_what_it_needs, container("resources/limits", None)),
    (policies.asks_for_what_it_needs, container("resources/requests/cpu", None)),
    (policies.keeps_secrets_by_reference, container("env", PLAIN_KEY)),
    (policies.is_probed_in_three_ways, container("readinessProbe", None)),
    (policies.is_probed_in_three_ways, container("livenessProbe/httpGet/path", "/readyz")),
    (policies.is_spread, pod("topologySpreadConstraints", None)),
    (policies.loses_one_copy_at_a_time, without("PodDisruptionBudget")),
    (policies.loses_one_copy_at_a_time, first("PodDisruptionBudget", "spec/maxUnavailable", 2)),
    (policies.opens_only_named_ways, without("NetworkPolicy")),
    (
        policies.opens_only_named_ways,
        added_policy({"podSelector": {}, "egress": [{"ports": [{"port": 443}]}]}),
    ),
    (
        policies.opens_only_named_ways,
        added_policy({"podSelector": {"matchLabels": {"a": "b"}}, "ingress": [{}]}),
    ),
    (policies.is_held_to_the_restricted_standard, first("Namespace", "metadata/labels", {})),
    (policies.runs_what_was_built, container("image", "registry.example.org/mizan:latest")),
]


@pytest.mark.parametrize(
    ("rule", "spoil"), BAD, ids=[f"{rule.__name__}-{n}" for n, (rule, _) in enumerate(BAD)]
)
def test_each_policy_fails_on_what_breaks_it(
    good: list[Document], rule: Rule, spoil: Callable[[list[Document]], None]
) -> None:
    documents = copy.deepcopy(good)
    spoil(documents)
    found = breaches(documents, RELEASED)
    assert {line.partition(":")[0] for line in found} == {rule.__name__}


def test_every_policy_is_seen_to_fail() -> None:
    assert {rule for rule, _ in BAD} == set(RELEASED)


def test_the_first_network_policy_is_the_one_that_denies(good: list[Document]) -> None:
    """What the case above takes away."""
    assert not sequence(of_kind(good, "NetworkPolicy")[0], "spec", "ingress")
