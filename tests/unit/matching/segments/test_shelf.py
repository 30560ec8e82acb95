import json
import os
import shutil
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
from safehold.matching.segments.shelf import LOOSE_PARTS, Shelf
from safehold.vocabulary import Algorithm, HarmClass

LISTED = values(2100)


def segments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def open_index(folder: Path, *banks: BankContents, small_rows: int = 0, checked: bool = True) -> Index:
    folder.mkdir(exist_ok=True)
    return Index.over(banks or [pdq_bank("made-up", LISTED)], Shelf(folder, small_rows=small_rows, checked=checked))


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


def test_what_is_no_longer_wanted_of_a_segment_is_not_found_and_the_rest_needs_no_new_one(tmp_path: Path) -> None:
    open_index(tmp_path, pdq_bank("a", values(50, seed=5)), pdq_bank("b", LISTED))
    before = segments(tmp_path)
    index = open_index(tmp_path, pdq_bank("b", LISTED))
    assert finds_all(index)
    assert len(index.lookup(Algorithm.PDQ, values(50, seed=5))) == 0
    assert index.class_counts() == ({HarmClass.TEST: 2100},)
    assert segments(tmp_path) == before


def test_a_segment_of_which_half_is_no_longer_wanted_is_made_anew(tmp_path: Path) -> None:
    open_index(tmp_path, pdq_bank("a", values(2100, seed=5)), pdq_bank("b", LISTED))
    before = segments(tmp_path)
    assert finds_all(open_index(tmp_path, pdq_bank("b", LISTED)))
    assert len(segments(tmp_path)) == 1
    assert segments(tmp_path) != before


def test_few_new_entries_are_made_into_a_segment_of_their_own_and_small_segments_into_one(tmp_path: Path) -> None:
    sizes = [1500, 100, 100, 100, 300]
    ends = np.cumsum(sizes)
    parts = [
        part(rows(Algorithm.PDQ, LISTED[end - size : end], first=end - size))
        for size, end in zip(sizes, ends, strict=True)
    ]
    held = []
    for count, end in enumerate(ends, 1):
        index = open_index(tmp_path, contents("made-up", *parts[:count]), small_rows=50)
        assert index.lookup(Algorithm.PDQ, LISTED[:end], threshold=31).entry.tolist() == list(range(end))
        held.append(sorted(int(str(facts_of(segment)["rows"])) for segment in segments(tmp_path)))
    assert held == [[1500], [100, 1500], [200, 1500], [300, 1500], [2100]]


def test_many_small_parts_become_a_segment_though_they_have_few_entries(tmp_path: Path) -> None:
    parts = [part(rows(Algorithm.PDQ, LISTED[n : n + 1], first=n)) for n in range(LOOSE_PARTS + 1)]
    open_index(tmp_path, contents("made-up", *parts[:-1]), small_rows=5000)
    assert segments(tmp_path) == []
    open_index(tmp_path, contents("made-up", *parts), small_rows=5000)
    assert len(segments(tmp_path)) == 1


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


@pytest.mark.parametrize("damage", [truncate, flip, remove, empty])
@pytest.mark.parametrize("name", ["values.npy", "manifest.json"])
def test_an_opening_that_checks_no_digests_still_sees_whatever_wrote_to_a_file(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    open_index(tmp_path)
    (segment,) = segments(tmp_path)
    damage(segment / name)
    index = open_index(tmp_path, checked=False)
    assert finds_all(index)
    assert index.rebuilt == (segment.name,)


def test_a_bit_that_the_medium_forgets_is_found_by_whoever_asks_for_a_check(tmp_path: Path) -> None:
    open_index(tmp_path)
    (segment,) = segments(tmp_path)
    flip(segment / "values.npy")
    seal(segment)
    index = open_index(tmp_path, checked=False)
    assert index.rebuilt == ()
    with pytest.raises(SegmentDamagedError):
        index.verify()
    assert open_index(tmp_path).rebuilt == (segment.name,)
    open_index(tmp_path, checked=False).verify()


def seal(segment: Path) -> None:
    """Say of a segment's files that their digests were compared as they are now."""
    names = ["manifest.json", *(path.name for path in segment.glob("*.npy"))]
    seen = {name: (segment / name).stat() for name in names}
    told = {name: [one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino] for name, one in seen.items()}
    (segment / "seal.json").write_text(json.dumps(told))


def test_a_copied_segment_is_checked_once_and_then_sealed(tmp_path: Path) -> None:
    open_index(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (segment,) = segments(tmp_path / "two")
    before = (segment / "seal.json").read_bytes()
    assert finds_all(open_index(tmp_path / "two", checked=False))
    after = (segment / "seal.json").read_bytes()
    assert after != before
    assert finds_all(open_index(tmp_path / "two", checked=False))
    assert (segment / "seal.json").read_bytes() == after


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


def test_a_builder_killed_at_any_moment_loses_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.unit.matching.segments.killed_builder", os.fspath(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True)
    *killed, last = map(json.loads, done.stdout.splitlines())
    assert len(killed) > 20
    right = {"found": True, "rebuilt": [], "unfinished": [], "rows": [500]}
    assert killed == [{"killed": True, "ended": False, **right}] * len(killed)
    assert last == {"killed": False, "ended": True, **right}


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
