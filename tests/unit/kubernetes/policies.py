"""What we ask of every pod beyond being valid. Each rule gives one line for each breach."""

import re
from collections.abc import Callable, Iterable, Iterator

from tests.unit.kubernetes.documents import (
    Document,
    at,
    mapping,
    mappings_within,
    named,
    of_kind,
    sequence,
    text,
)

WORKLOADS = ("Deployment", "StatefulSet", "Job")
LASTING = ("Deployment", "StatefulSet")

Rule = Callable[[list[Document]], Iterator[str]]


def breaches(documents: list[Document], rules: Iterable[Rule]) -> list[str]:
    """Every breach of every rule, with the rule's name."""
    return [f"{rule.__name__}: {breach}" for rule in rules for breach in rule(documents)]


def pod_of(workload: Document) -> Document:
    return mapping(workload, "spec", "template", "spec")


def containers_of(workload: Document) -> list[Document]:
    """Those that wait before the others too."""
    pod = pod_of(workload)
    fields = ("initContainers", "containers")
    return [mapping(container) for field in fields for container in sequence(pod, field)]


def each_container(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    for workload in of_kind(documents, *WORKLOADS):
        for container in containers_of(workload):
            yield f"{named(workload)}/{text(container, 'name')}", container


def runs_as_nobody(documents: list[Document]) -> Iterator[str]:
    for workload in of_kind(documents, *WORKLOADS):
        security = mapping(pod_of(workload), "securityContext")
        user = security.get("runAsUser")
        if security.get("runAsNonRoot") is not True or not isinstance(user, int) or user < 10_000:
            yield f"{named(workload)} may run as root or as a user of the node"


def has_a_seccomp_profile(documents: list[Document]) -> Iterator[str]:
    for workload in of_kind(documents, *WORKLOADS):
        if text(pod_of(workload), "securityContext", "seccompProfile", "type") != "RuntimeDefault":
            yield f"{named(workload)} may call anything of the kernel"


def writes_only_where_it_may(documents: list[Document]) -> Iterator[str]:
    for place, container in each_container(documents):
        if at(container, "securityContext", "readOnlyRootFilesystem") is not True:
            yield f"{place} can write into its image"


def has_no_capabilities(documents: list[Document]) -> Iterator[str]:
    for place, container in each_container(documents):
        security = mapping(container, "securityContext")
        dropped = at(security, "capabilities", "drop") == ["ALL"]
        added = at(security, "capabilities", "add")
        if not dropped or added or security.get("privileged"):
            yield f"{place} has capabilities"
        if security.get("allowPrivilegeEscalation") is not False:
            yield f"{place} may gain rights"


def has_no_token(documents: list[Document]) -> Iterator[str]:
    for workload in of_kind(documents, *WORKLOADS):
        if pod_of(workload).get("automountServiceAccountToken") is not False:
            yield f"{named(workload)} gets a token of the cluster"
        if not text(pod_of(workload), "serviceAccountName"):
            yield f"{named(workload)} runs under the account that all share"


def shares_nothing_with_the_node(documents: list[Document]) -> Iterator[str]:
    for workload in of_kind(documents, *WORKLOADS):
        pod = pod_of(workload)
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.get(field):
                yield f"{named(workload)} has {field}"
        if any("hostPath" in inner for inner in mappings_within(pod)):
            yield f"{named(workload)} mounts a folder of the node"


def asks_for_what_it_needs(documents: list[Document]) -> Iterator[str]:
    """No limit of processor time: a process that is held back answers late for nothing."""
    for place, container in each_container(documents):
        for path in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
            if not at(container, "resources", *path):
                yield f"{place} has no {' of '.join(reversed(path))}"


ALWAYS: tuple[Rule, ...] = (
    runs_as_nobody,
    has_a_seccomp_profile,
    writes_only_where_it_may,
    has_no_capabilities,
    has_no_token,
    shares_nothing_with_the_node,
    asks_for_what_it_needs,
)
DIGEST = re.compile(r"^[^@\s]+@sha256:[0-9a-f]{64}$")
