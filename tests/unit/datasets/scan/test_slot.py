"""A slot gives the part that this machine gives, refuses other files under the same name, and sends no secrets."""

from pathlib import Path

from tests.functional.datasets.builders import plain_records, write_tar
from tests.unit.datasets.made_up import SETTINGS

from safehold.datasets.scan.engine import ProcessEngine
from safehold.datasets.scan.likeness import difference, traits_of
from safehold.datasets.scan.slot import Slot
from safehold.datasets.sources import SourceOptions, discover


def test_a_slot_gives_the_bytes_that_the_process_engine_gives_and_notices_another_file(tmp_path: Path) -> None:
    file = write_tar(tmp_path / "0.tar", plain_records(2))
    (shard,) = discover((str(file),), SourceOptions()).shards
    slot = Slot(SETTINGS.to_json())
    try:
        described = slot.describe([shard.to_json()])
        assert difference(traits_of(SETTINGS), described["traits"]) == ""
        assert described["hidden"] == []
        (expected,) = ProcessEngine(1).submit((shard,), SETTINGS)
        assert slot.scan(shard.to_json()) == expected.part
        assert slot.glance() == 0
        write_tar(file, plain_records(3))
        assert slot.describe([shard.to_json()])["hidden"] == [0]
        assert slot.scan(shard.to_json()) == {"fault": "hidden"}
    finally:
        slot.close()


def test_a_slot_whose_children_do_not_start_says_so(tmp_path: Path) -> None:
    file = write_tar(tmp_path / "0.tar", plain_records(1))
    (shard,) = discover((str(file),), SourceOptions()).shards
    answer = Slot(SETTINGS.to_json(), argv=("/bin/false",)).scan(shard.to_json())
    assert isinstance(answer, dict)
    assert answer["fault"] == "no child"
    assert answer["advice"]
