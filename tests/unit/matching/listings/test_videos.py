import json
from pathlib import Path

import pytest

from safehold.matching.listings import Listing, read_listing
from safehold.matching.listings.videos import is_frame_note, video_of_json, video_of_lines
from safehold.vocabulary import Algorithm

VALUES = [f"{number:02x}" * 32 for number in range(17, 23)]
TIMES = [f"{number / 10:.3f}" for number in range(6)]
COMPACT = [f"{value},100,{at}" for value, at in zip(VALUES, TIMES, strict=True)]
LINES = [f"{number},100,{value},{at}" for number, (value, at) in enumerate(zip(VALUES, TIMES, strict=True))]
OBJECTS = [
    {"pdq_hex": value, "quality": 100, "frame_number": number, "timestamp": float(at)}
    for number, (value, at) in enumerate(zip(VALUES, TIMES, strict=True))
]
BY_NUMBER = {
    str(number): {"hash": value, "quality": 100, "timestamp": float(at)}
    for number, (value, at) in enumerate(zip(VALUES, TIMES, strict=True))
}


def listed(tmp_path: Path, text: str) -> Listing:
    path = tmp_path / "list"
    path.write_text(text)
    return read_listing(path)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(LINES),
        "\n\n".join(LINES) + "\n",
        "\n".join(COMPACT),
        json.dumps(COMPACT),
        json.dumps(COMPACT, indent=1),
        json.dumps(OBJECTS),
        json.dumps(BY_NUMBER),
        json.dumps(BY_NUMBER, indent=2),
        json.dumps({"frames": COMPACT}),
        json.dumps({"algorithm": "vpdq", "value": json.dumps(COMPACT)}),
        "vpdq " + json.dumps(COMPACT),
        'signal_type,signal_str\nvpdq,"' + json.dumps(COMPACT).replace('"', '""') + '"\n',
    ],
)
def test_every_shape_of_a_vpdq_list_gives_the_same_entries(tmp_path: Path, text: str) -> None:
    listing = listed(tmp_path, text)
    rows = listing.groups[Algorithm.PDQ]
    assert [row.tobytes().hex() for row in rows.values] == VALUES
    assert set(rows.source_id.to_pylist()) == {video_of_json(COMPACT).id}
    assert rows.note.to_pylist() == [f"vPDQ frame {number} at {at} s" for number, at in enumerate(TIMES)]
    assert (listing.videos, listing.unclear, listing.fault_count) == (1, 0, 0)


def test_videos_of_a_list_keep_the_ids_and_classes_that_it_gives(tmp_path: Path) -> None:
    videos = [{"source_id": name, "frames": COMPACT[first:], "class": "ncii"} for first, name in enumerate("ab")]
    listing = listed(tmp_path, "\n".join(map(json.dumps, videos)))
    rows = listing.groups[Algorithm.PDQ]
    assert rows.source_id.to_pylist() == ["a"] * 6 + ["b"] * 5
    assert listing.videos == 2
    assert len(set(rows.harm_class.tolist())) == 1


def test_a_file_of_json_lists_has_a_video_a_line(tmp_path: Path) -> None:
    listing = listed(tmp_path, f"{json.dumps(COMPACT[:2])}\n\n{json.dumps(COMPACT[2:])}\n")
    assert listing.videos == 2
    assert len(listing) == 6


def test_frames_of_a_low_quality_are_left_out_and_counted(tmp_path: Path) -> None:
    listing = listed(tmp_path, "\n".join([*LINES[:3], f"3,49,{VALUES[3]},0.3", f"4,50,{VALUES[4]},0.4"]))
    assert (len(listing), listing.unclear, listing.fault_count) == (4, 1, 0)


def test_a_video_that_nothing_could_find_is_a_fault(tmp_path: Path) -> None:
    for text in (f"0,49,{VALUES[0]},0", "[]", json.dumps({"frames": []})):
        listing = listed(tmp_path, text)
        assert (len(listing), listing.fault_count) == (0, 1)
        assert "could never be found" in listing.faults[0].reason


def test_a_value_that_a_video_repeats_is_one_entry(tmp_path: Path) -> None:
    listing = listed(tmp_path, "\n".join([*LINES, f"6,100,{VALUES[0]},0.600"]))
    assert (len(listing), listing.duplicates) == (6, 1)


@pytest.mark.parametrize(
    "line",
    [
        f"1,101,{VALUES[1]},0.1",
        f"1,-1,{VALUES[1]},0.1",
        f"-1,100,{VALUES[1]},0.1",
        f"1,100,{VALUES[1]},-0.1",
        f"1,100,{VALUES[1]},inf",
        f"1,100,{VALUES[1]},nan",
        f"1,100,{VALUES[1][:-1]},0.1",
        f"1,100,{VALUES[1][:-1]}g,0.1",
        f"1,100,{VALUES[1]},0.1,more",
        f"1,high,{VALUES[1]},0.1",
        VALUES[1],
    ],
)
def test_a_line_that_is_no_frame_is_a_fault_with_its_number(tmp_path: Path, line: str) -> None:
    listing = listed(tmp_path, f"{LINES[0]}\n{line}\n{LINES[2]}\n")
    assert [fault.line for fault in listing.faults] == [2]
    assert len(listing) == 2


@pytest.mark.parametrize("value", [None, 3, [None], [[1]], "no json", "{}", {"0": 3}, [{"quality": 100}], [10**400]])
def test_what_is_no_video_is_a_fault_and_never_an_empty_one(value: object) -> None:
    assert video_of_json(value).faults
    assert not video_of_json(value).frames


def test_a_list_that_is_cut_inside_json_is_a_fault(tmp_path: Path) -> None:
    for text in (json.dumps(COMPACT)[:-1], "{\n", '{"source_id": "x", "frames": [], "more": 1}'):
        assert listed(tmp_path, text).fault_count >= 1


def test_the_note_of_a_frame_is_known_again_and_others_are_not() -> None:
    (frame, *_) = video_of_lines(enumerate(LINES, 1)).frames
    assert is_frame_note(frame.note)
    assert not is_frame_note("a note on vPDQ frame 3")


def test_the_name_of_a_video_depends_on_its_frames_alone() -> None:
    assert video_of_lines(enumerate(LINES, 1)).id == video_of_json(OBJECTS).id != video_of_json(OBJECTS[1:]).id
