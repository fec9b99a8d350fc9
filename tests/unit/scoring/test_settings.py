"""Settings of the scoring worker refuse what cannot work."""

import pytest

from services.scoring.duplicates.match_worker import partitions_of_shard
from services.scoring.settings import Settings
from shared.contracts.topics import FINGERPRINTS
from shared.settings import read_settings


def test_a_shard_that_does_not_exist_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIZAN_MATCH_SHARD", "2")
    monkeypatch.setenv("MIZAN_MATCH_SHARDS", "2")
    with pytest.raises(SystemExit) as end:
        read_settings(Settings)
    assert end.value.code == 2
    assert "MIZAN_MATCH_SHARD must be below MIZAN_MATCH_SHARDS" in capsys.readouterr().err


@pytest.mark.parametrize("shards", [1, 2, 3, 4])
def test_each_partition_belongs_to_one_shard(shards: int) -> None:
    owned = [tp.partition for shard in range(shards) for tp in partitions_of_shard(shard, shards)]
    assert sorted(owned) == list(range(FINGERPRINTS.partitions))
