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
DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")

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


def keeps_secrets_by_reference(documents: list[Document]) -> Iterator[str]:
    for secret in of_kind(documents, "Secret"):
        yield f"{named(secret)} is in the manifests"
    for place, container in each_container(documents):
        for variable in map(mapping, sequence(container, "env")):
            name = text(variable, "name")
            secret_like = name.endswith(("_KEY", "_SECRET", "_PASSWORD", "DATABASE_URL"))
            if secret_like and not at(variable, "valueFrom", "secretKeyRef"):
                yield f"{place} has {name} in plain sight"


def is_probed_in_three_ways(documents: list[Document]) -> Iterator[str]:
    """Started and alive by the same page, ready by another: what waits is not killed."""
    for workload in of_kind(documents, *LASTING):
        for container in map(mapping, sequence(pod_of(workload), "containers")):
            pages = tuple(text(container, probe, "httpGet", "path") for probe in PROBES)
            if pages != ("/livez", "/livez", "/readyz"):
                yield f"{named(workload)} is probed at {pages}"


def is_spread(documents: list[Document]) -> Iterator[str]:
    for workload in of_kind(documents, *LASTING):
        labels = mapping(workload, "spec", "template", "metadata", "labels")
        spread = {
            text(rule, "topologyKey")
            for rule in map(mapping, sequence(pod_of(workload), "topologySpreadConstraints"))
            if selects(mapping(rule, "labelSelector"), labels)
        }
        for place in {"kubernetes.io/hostname", "topology.kubernetes.io/zone"} - spread:
            yield f"all copies of {named(workload)} may be in one {place}"


def loses_one_copy_at_a_time(documents: list[Document]) -> Iterator[str]:
    budgets = of_kind(documents, "PodDisruptionBudget")
    for workload in of_kind(documents, *LASTING):
        labels = mapping(workload, "spec", "template", "metadata", "labels")
        own = [one for one in budgets if selects(mapping(one, "spec", "selector"), labels)]
        if [at(one, "spec", "maxUnavailable") for one in own] != [1]:
            yield f"{named(workload)} has {len(own)} budgets that let one copy go at a time"


def opens_only_named_ways(documents: list[Document]) -> Iterator[str]:
    policies = of_kind(documents, "NetworkPolicy")
    if not any(_denies_all(policy) for policy in policies):
        yield "no policy denies what no other allows"
    for policy in policies:
        for direction in ("ingress", "egress"):
            for way in map(mapping, sequence(policy, "spec", direction)):
                if not way.get("ports"):
                    yield f"{named(policy)} opens all ports"
                peers = sequence(way, "from") or sequence(way, "to")
                if not peers and at(policy, "spec", "podSelector") == {}:
                    yield f"{named(policy)} lets every pod reach everybody"


def _denies_all(policy: Document) -> bool:
    spec = mapping(policy, "spec")
    both = set(map(str, sequence(spec, "policyTypes"))) == {"Ingress", "Egress"}
    return spec.get("podSelector") == {} and both and not {"ingress", "egress"} & spec.keys()


def is_held_to_the_restricted_standard(documents: list[Document]) -> Iterator[str]:
    for space in of_kind(documents, "Namespace"):
        label = text(space, "metadata", "labels", "pod-security.kubernetes.io/enforce")
        if label != "restricted":
            yield f"{named(space)} takes pods that may do more"


def runs_what_was_built(documents: list[Document]) -> Iterator[str]:
    """A tag may be moved; a digest is one image for ever."""
    for place, container in each_container(documents):
        if not DIGEST.fullmatch(text(container, "image")):
            yield f"{place} runs {text(container, 'image')}, which may change"


def selects(selector: Document, labels: Document) -> bool:
    """By labels or by expressions of the kind In; an empty selector selects everything."""
    wanted = mapping(selector, "matchLabels")
    expressions = [mapping(one) for one in sequence(selector, "matchExpressions")]
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        labels.get(text(one, "key")) in sequence(one, "values") for one in expressions
    )


ALWAYS: tuple[Rule, ...] = (
    runs_as_nobody,
    has_a_seccomp_profile,
    writes_only_where_it_may,
    has_no_capabilities,
    has_no_token,
    shares_nothing_with_the_node,
    asks_for_what_it_needs,
    keeps_secrets_by_reference,
    is_probed_in_three_ways,
    is_spread,
    loses_one_copy_at_a_time,
    opens_only_named_ways,
    is_held_to_the_restricted_standard,
)
RELEASED: tuple[Rule, ...] = (*ALWAYS, runs_what_was_built)
