"""Topics as resources of Strimzi, from the registry that the local broker is set up from too."""

import json
from pathlib import Path

from shared.contracts.topics import Topic, all_topics
from shared.kafka.admin import Durability, topic_settings

PATH = Path(__file__).parent / "components" / "kafka-strimzi" / "topics.yaml"
CLUSTER = "mizan"
IN_A_CLUSTER = Durability(replicas=3, minimum_in_sync=2, flush_every_message=False)
MADE = "# Made from the registry of topics by `python -m deploy.k8s manifests`; do not edit it.\n"


def manifest() -> str:
    """All topics, dead letters among them, in the order of the registry."""
    return MADE + "---\n".join(_topic(topic) for topic in all_topics())


def _topic(topic: Topic) -> str:
    settings = topic_settings(topic, IN_A_CLUSTER)
    return (
        "apiVersion: kafka.strimzi.io/v1\n"
        "kind: KafkaTopic\n"
        "metadata:\n"
        f"  name: {topic.name}\n"
        f"  labels: {{strimzi.io/cluster: {CLUSTER}}}\n"
        "spec:\n"
        f"  partitions: {topic.partitions}\n"
        f"  replicas: {IN_A_CLUSTER.replicas}\n"
        "  config:\n"
        + "".join(f"    {name}: {json.dumps(value)}\n" for name, value in settings.items())
    )
