"""Every pod keeps our policies, and each policy is seen to fail."""

import copy

import pytest

from tests.unit.kubernetes.documents import Document, mapping, of_kind
from tests.unit.kubernetes.policies import ALWAYS, WORKLOADS, breaches, containers_of, pod_of
from tests.unit.kubernetes.rendering import render
from tests.unit.kubernetes.test_rendering import FOLDERS, MANIFESTS


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_manifests_keep_every_policy(folder: str) -> None:
    documents = render(MANIFESTS / folder)
    assert of_kind(documents, *WORKLOADS)
    assert breaches(documents, ALWAYS) == []


@pytest.fixture(scope="module")
def good() -> list[Document]:
    return render(MANIFESTS / "base")


def spoilt(documents: list[Document], where: str, field: str, value: object) -> list[Document]:
    """The documents with one field of the first workload's pod or container changed."""
    changed = copy.deepcopy(documents)
    workload = of_kind(changed, *WORKLOADS)[0]
    place = pod_of(workload) if where == "pod" else containers_of(workload)[-1]
    *path, last = field.split("/")
    mapping(place, *path)[last] = value  # type: ignore[assignment] # bad on purpose
    return changed


@pytest.mark.parametrize(
    ("rule", "where", "field", "value"),
    [
        ("runs_as_nobody", "pod", "securityContext/runAsNonRoot", False),
        ("runs_as_nobody", "pod", "securityContext/runAsUser", 0),
        ("has_a_seccomp_profile", "pod", "securityContext/seccompProfile", None),
        ("writes_only_where_it_may", "container", "securityContext/readOnlyRootFilesystem", False),
        ("has_no_capabilities", "container", "securityContext/capabilities", {"drop": ["NET_RAW"]}),
        ("has_no_capabilities", "container", "securityContext/allowPrivilegeEscalation", True),
        ("has_no_token", "pod", "automountServiceAccountToken", None),
        ("has_no_token", "pod", "serviceAccountName", None),
        ("shares_nothing_with_the_node", "pod", "hostNetwork", True),
        ("shares_nothing_with_the_node", "pod", "volumes", [{"name": "n", "hostPath": {}}]),
        ("asks_for_what_it_needs", "container", "resources/limits", None),
        ("asks_for_what_it_needs", "container", "resources/requests/cpu", None),
    ],
)
def test_each_policy_fails_on_a_pod_that_breaks_it(
    good: list[Document], rule: str, where: str, field: str, value: object
) -> None:
    found = breaches(spoilt(good, where, field, value), ALWAYS)
    assert [line.partition(":")[0] for line in found] == [rule]
