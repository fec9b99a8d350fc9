"""A key belongs to one partition, whoever writes it."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from shared.kafka.partitions import choose_partition, partition_of


@given(st.binary(max_size=80), st.integers(1, 64))
def test_a_key_goes_where_every_other_kafka_client_puts_it(key: bytes, count: int) -> None:
    partitions = list(range(count))
    expected = DefaultPartitioner()(key, partitions, partitions)
    assert partition_of(key, count) == choose_partition(key, partitions, partitions) == expected


def test_a_record_without_a_key_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="key"):
        choose_partition(None, [0, 1], [0, 1])
