"""The broker's storage can be formatted every time, not 63 times in 64."""

from deploy.local.kafka import new_cluster_id


def test_a_cluster_id_is_never_taken_for_an_option() -> None:
    names = {new_cluster_id() for _ in range(2000)}
    assert len(names) == 2000
    assert {len(name) for name in names} == {22}
    assert not [name for name in names if name.startswith("-")]
