"""The identity of a topic: a topic that was deleted and made again has another.

aiokafka speaks a form of the metadata request from before topics had ids, so the newer form is
spelt out here, on aiokafka's own building blocks.
"""

import uuid
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from shared.kafka.admin import TopicMismatch


class _Uuid:
    """Sixteen bytes, as the protocol has them."""

    @classmethod
    def encode(cls, value: uuid.UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: object) -> uuid.UUID:
        return uuid.UUID(bytes=data.read(16))  # type: ignore[attr-defined] # a BytesIO of aiokafka


class _MetadataResponse(Response):  # type: ignore[misc] # aiokafka has no types
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", CompactString("utf-8")),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _MetadataStruct(RequestStruct):  # type: ignore[misc] # aiokafka has no types
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic_id", _Uuid), ("topic", CompactString("utf-8")), ("tags", TaggedFields)
            ),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_MetadataStruct]):  # type: ignore[misc] # aiokafka has no types
    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_MetadataStruct]) -> _MetadataStruct:
        nameless = uuid.UUID(int=0)
        no_tags: dict[int, bytes] = {}
        wanted = [(nameless, topic, no_tags) for topic in self._topics]
        return request_struct_class(wanted, False, False, {})  # noqa: FBT003 — the wire's order


async def topic_ids(bootstrap: str, topics: Sequence[str]) -> dict[str, str]:
    """Id of each topic. Raises TopicMismatch for one that is not there."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        response = await client._send_request(_MetadataRequest(topics))  # noqa: SLF001 — no public way
    finally:
        await client.close()
    found: dict[str, str] = {}
    for code, topic, topic_id, *_ in response.topics:
        if code:
            raise TopicMismatch(f"topic {topic} is not there")
        found[topic] = str(topic_id)
    return found
