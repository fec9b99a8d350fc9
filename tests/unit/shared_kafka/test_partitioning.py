"""Keys that are sent together go where each would go alone."""

from hypothesis import given
from hypothesis import strategies as st

from shared.kafka.partitioning import partitions_of
from shared.kafka.partitions import partition_of

_ALIKE = st.integers(0, 40).flatmap(lambda size: st.lists(st.binary(min_size=size, max_size=size)))


@given(_ALIKE | st.lists(st.binary(max_size=40)), st.integers(1, 64))
def test_keys_together_belong_where_each_belongs_alone(keys: list[bytes], partitions: int) -> None:
    assert partitions_of(keys, partitions) == [partition_of(key, partitions) for key in keys]
