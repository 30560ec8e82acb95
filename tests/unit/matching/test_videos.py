import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.unit.matching.made_up import AT, contents, part, rows, values

from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.matching import BankStore, BankTerms, BankTraits, Index
from safehold.matching.videos import NO_VIDEO, ListedVideos
from safehold.vocabulary import Algorithm, FixedClock, HarmClass

TRAITS = BankTraits(harm_class=HarmClass.TEST, terms=BankTerms(onward_sharing=True))
TEXTS = [value.tobytes().hex() for value in values(9)]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", FixedClock(AT)) as opened:
        yield opened


@pytest.fixture
def store(home: Home) -> BankStore:
    return BankStore(home, open_ledger(home))


def listed(folder: Path, name: str, **videos: list[int]) -> Path:
    path = folder / name
    said = ({"source_id": one, "frames": [f"{TEXTS[at]},100,0.0" for at in frames]} for one, frames in videos.items())
    path.write_text("\n".join(map(json.dumps, said)))
    return path


def known(home: Home) -> tuple[list[int], list[int]]:
    videos = Index.open(home).videos.of_bank(0)
    return videos.frames.tolist(), videos.videos_of(np.arange(10)).tolist()


def test_entries_are_frames_of_their_video_over_several_imports(home: Home, store: BankStore, tmp_path: Path) -> None:
    stills = tmp_path / "stills.csv"
    stills.write_text(f"algorithm,value,note,source_id\npdq,{TEXTS[8]},a note,a\npdq,{TEXTS[7]},zzz,a\n")
    store.import_file("bank", listed(tmp_path, "1", a=[0, 1, 1, 2], b=[1]), TRAITS)
    store.import_file("bank", stills)
    store.import_file("bank", listed(tmp_path, "2", b=[3, 4]))

    assert known(home) == ([3, 3], [0, 0, 0, 1, NO_VIDEO, NO_VIDEO, 1, 1, NO_VIDEO, NO_VIDEO])


def test_withdrawn_frames_are_none_of_their_video_any_more(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("bank", listed(tmp_path, "1", a=[0, 1], b=[2, 3, 4]), TRAITS)
    store.withdraw("bank", [TEXTS[3]], reason="made up")
    store.withdraw("bank", [], source_ids=["a"], reason="made up")

    assert known(home) == ([2], [NO_VIDEO, NO_VIDEO, 0, NO_VIDEO, 0, *[NO_VIDEO] * 5])


def test_videos_come_through_an_export_whole(home: Home, store: BankStore, tmp_path: Path) -> None:
    store.import_file("bank", listed(tmp_path, "1", a=[0, 1], b=[2]), TRAITS)
    store.export("bank", tmp_path / "out.csv")
    report = store.import_file("a-copy", tmp_path / "out.csv", TRAITS)

    assert report.videos == 2
    assert known(home) == ([2, 1], [0, 0, 1, *[NO_VIDEO] * 7])


def test_parts_without_frames_are_not_read_for_videos(home: Home, store: BankStore, tmp_path: Path) -> None:
    stills = tmp_path / "stills.csv"
    for name, note in (("plain", ""), ("noted", "a note on something")):
        stills.write_text(f"algorithm,value,note\npdq,{TEXTS[8]},{note}\n")
        store.import_file(name, stills, TRAITS)
        (file,) = (home.banks / name).glob("*.parquet")

        videos = Index.open(home).videos
        data = file.read_bytes()
        file.write_bytes(data[:4] + bytes(8) + data[12:])  # reading its rows would raise

        assert not videos
        assert not len(videos.of_bank(0).frames)
        file.write_bytes(data)


def test_the_statistics_say_nothing_where_notes_are_on_both_sides(store: BankStore, home: Home, tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    path.write_text(f"algorithm,value,note\npdq,{TEXTS[0]},a\npdq,{TEXTS[1]},z\n")
    store.import_file("both", path, TRAITS)
    videos = Index.open(home).videos

    assert videos
    assert not len(videos.of_bank(0).frames)


def test_a_bank_without_pdq_has_no_videos() -> None:
    videos = ListedVideos([contents("digests", part(rows(Algorithm.MD5, values(3, width=16))))])

    assert not videos
    assert videos.of_bank(0).videos_of(np.arange(2)).tolist() == [NO_VIDEO, NO_VIDEO]
