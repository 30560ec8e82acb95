import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.unit.matching.made_up import contents, part, pdq_bank, rows, values

from safehold.matching import Index
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.errors import SegmentDamagedError
from safehold.matching.segments.files import facts_of, opened, publish
from safehold.matching.segments.shelf import Shelf
from safehold.vocabulary import Algorithm

LISTED = values(2100)


def segments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def open_index(folder: Path, *banks: BankContents, small_rows: int = 0) -> Index:
    return Index.over(banks or [pdq_bank("made-up", LISTED)], Shelf(folder, small_rows=small_rows))


def finds_all(index: Index) -> bool:
    return index.lookup(Algorithm.PDQ, LISTED, threshold=31).query.tolist() == list(range(2100))


def test_a_segment_is_made_once_and_used_again(tmp_path: Path) -> None:
    assert finds_all(open_index(tmp_path))
    (segment,) = segments(tmp_path)
    written = (segment / "manifest.json").stat().st_mtime_ns
    index = open_index(tmp_path)
    assert finds_all(index)
    assert index.rebuilt == ()
    assert (segment / "manifest.json").stat().st_mtime_ns == written


def test_few_entries_make_no_files(tmp_path: Path) -> None:
    assert finds_all(open_index(tmp_path, small_rows=2100))
    assert segments(tmp_path) == []


def test_later_parts_are_searched_in_memory_until_they_are_many_then_all_becomes_one_segment(tmp_path: Path) -> None:
    first, second = part(rows(Algorithm.PDQ, LISTED[:600])), part(rows(Algorithm.PDQ, LISTED[600:], first=600))
    open_index(tmp_path, contents("made-up", first))
    before = segments(tmp_path)
    both = contents("made-up", first, second)
    assert finds_all(open_index(tmp_path, both, small_rows=1600))
    assert segments(tmp_path) == before
    assert finds_all(open_index(tmp_path, both, small_rows=1400))
    assert len(segments(tmp_path)) == 1
    assert segments(tmp_path) != before


def test_a_segment_that_holds_a_part_which_is_no_longer_wanted_is_not_used(tmp_path: Path) -> None:
    open_index(tmp_path, pdq_bank("a", LISTED), pdq_bank("b", values(50, seed=5)))
    index = open_index(tmp_path, pdq_bank("a", LISTED))
    assert finds_all(index)
    assert len(index.lookup(Algorithm.PDQ, values(50, seed=5))) == 0


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))


def remove(file: Path) -> None:
    file.unlink()


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncate, flip, remove, empty])
@pytest.mark.parametrize(
    "name", ["values.npy", "next_words.npy", "rows.npy", "starts.npy", "posting_entry.npy", "manifest.json"]
)
def test_a_damaged_segment_is_made_anew_and_reported(tmp_path: Path, name: str, damage: Callable[[Path], None]) -> None:
    open_index(tmp_path)
    (segment,) = segments(tmp_path)
    damage(segment / name)
    index = open_index(tmp_path)
    assert finds_all(index)
    assert index.rebuilt == (segment.name,)
    assert finds_all(open_index(tmp_path))


@pytest.mark.parametrize("manifest", ["[]", "{", '{"format": "another/1"}', '{"format": "safehold.segment/2"}'])
def test_a_manifest_that_says_nothing_of_use_is_damage(tmp_path: Path, manifest: str) -> None:
    open_index(tmp_path)
    (segment,) = segments(tmp_path)
    (segment / "manifest.json").write_text(manifest)
    with pytest.raises(SegmentDamagedError) as raised:
        opened(segment)
    assert "made anew" in raised.value.advice
    assert finds_all(open_index(tmp_path))


def test_a_segment_of_another_layout_is_not_used(tmp_path: Path) -> None:
    open_index(tmp_path)
    (segment,) = segments(tmp_path)
    facts = {**facts_of(segment), "layout": "another"}
    (segment / "manifest.json").write_text(json.dumps(facts))
    assert finds_all(open_index(tmp_path))


def test_what_a_killed_builder_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / "building-abc").mkdir()
    (tmp_path / "building-abc" / "values.npy").write_bytes(b"half")
    assert finds_all(open_index(tmp_path))
    assert [path.name.startswith("building") for path in segments(tmp_path)] == [False]


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    publish(tmp_path / "one", {"rows": 1}, {"values": np.zeros(3)})
    publish(tmp_path / "one", {"rows": 2}, {"values": np.ones(3)})
    facts, arrays = opened(tmp_path / "one")
    assert facts["rows"] == 1
    assert arrays["values"].tolist() == [0, 0, 0]
    assert (tmp_path / "one").stat().st_mode & 0o077 == 0


def test_segments_are_mapped_and_can_not_be_written_to(tmp_path: Path) -> None:
    publish(tmp_path / "one", {}, {"values": np.zeros(3)})
    _, arrays = opened(tmp_path / "one")
    assert not arrays["values"].flags.writeable


OPEN = """
import sys
from pathlib import Path
from safehold.matching import Index
from safehold.matching.segments.shelf import Shelf
from safehold.vocabulary import Algorithm
from tests.unit.matching.made_up import pdq_bank, values

index = Index.over([pdq_bank("made-up", values(2100))], Shelf(Path(sys.argv[1]), small_rows=0))
sys.exit(0 if index.lookup(Algorithm.PDQ, values(2100)).query.size == 2100 else 1)
"""


def test_processes_that_open_at_once_all_find_everything_and_make_one_segment(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, os.fspath(tmp_path)]
    root = Path(__file__).parents[4]
    started = [subprocess.Popen(command, cwd=root) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert len(segments(tmp_path)) == 1


def test_a_searched_segment_may_be_removed_meanwhile(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    for file in segments(tmp_path)[0].iterdir():
        file.unlink()
    assert finds_all(index)
