"""What a run takes as its sources: records once, files by their own format, and never silently fewer than before."""

import hashlib
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.functional.datasets.builders import (
    LISTED,
    Place,
    jpeg,
    plain_records,
    safeguard,
    write_image_folder,
    write_parquet,
    write_tar,
)
from tests.functional.datasets.conftest import Driver

from safehold.datasets.errors import ChangedSourceError
from safehold.datasets.safeguard import decide
from safehold.datasets.sources.errors import EmptySourceError


def write_pointers(path: Path, digests: list[str]) -> Path:
    urls = [f"https://host.example/{at}" for at in range(len(digests))]
    pq.write_table(pa.table({"url": urls, "md5": digests}), path)
    return path


def test_pictures_and_pointers_named_side_by_side_are_two_sources(place: Place) -> None:
    folder = place.root / "tables"
    rows = write_parquet(folder / "a.parquet", [jpeg(41), jpeg(42)], ["colours", "more"])
    pointers = write_pointers(folder / "b.parquet", [hashlib.md5(b"x", usedforsecurity=False).hexdigest()])
    outcome = safeguard(place, [rows, pointers], place.root / "out")
    sources = [(one["format"], one["records"]) for one in outcome.summary["sources"]]
    assert sources == [("parquet", 2), ("metadata", 1)]
    assert outcome.summary["records"]["by_kind"]["image"] == 2
    assert outcome.summary["records"]["pointers"] == 1


def test_a_folder_with_pictures_and_pointers_says_both(place: Place) -> None:
    folder = place.root / "tables"
    write_parquet(folder / "a.parquet", [jpeg(41)], ["colours"])
    write_pointers(folder / "b.parquet", ["0f" * 16])
    summary = safeguard(place, [folder], place.root / "out").summary
    assert [one["format"] for one in summary["sources"]] == ["parquet, metadata"]
    assert "Parquet, metadata only" in (place.root / "out" / "card.html").read_text()


def test_of_pointers_is_only_said_what_was_done(place: Place) -> None:
    listed = hashlib.md5(LISTED.by_md5, usedforsecurity=False).hexdigest()
    path = write_pointers(place.root / "meta.parquet", [listed, "0f" * 16])
    summary = safeguard(place, [path], place.root / "out").summary
    assert summary["records"]["confirmed"] == 1
    assert {"detector": "md5", "kind": "pointer", "required": False, "examined": 2, "of": 2} in summary["coverage"]
    assert any("only point at media: 2" in sentence for sentence in summary["not_covered"])
    card = (place.root / "out" / "card.html").read_text()
    assert "2 records only point at media" in card
    assert "very bytes" not in card
    assert "0 bytes" not in card


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_source_without_a_record_is_refused_before_anything_is_written(place: Place, form: str) -> None:
    path = place.root / f"none.{form}"
    if form == "csv":
        path.write_text("path,caption\n")
    else:
        write_parquet(path, [], [])
    with pytest.raises(EmptySourceError):
        safeguard(place, [path], place.root / "out")
    assert not (place.root / "out").exists()


def test_a_shard_that_is_gone_is_missed_and_nothing_smaller_is_certified(place: Place) -> None:
    source, out = place.root / "shards", place.root / "out"
    for number in range(3):
        write_tar(source / f"{number}.tar", plain_records(1, first=100 + number))
    safeguard(place, [source], out)
    before = (out / "certificate.json").read_bytes()
    (source / "1.tar").unlink()
    with pytest.raises(ChangedSourceError, match="2 of 3 shards are still there"):
        safeguard(place, [source], out)
    with place.open() as workshop, pytest.raises(ChangedSourceError, match="missing"):
        decide(out, workshop.equipment(place.policy))
    assert (out / "certificate.json").read_bytes() == before
    assert (out / "clean" / "1.tar").exists()


def test_slices_of_another_cut_are_refused(place: Place, driver: Driver) -> None:
    source, out = place.root / "shards", place.root / "out"
    for number in range(3):
        write_tar(source / f"{number}.tar", plain_records(1, first=100 + number))
    assert "error" not in driver.ask(place, sources=[source], out=out, slice=(0, 3))
    said = driver.ask(place, sources=[source], out=out, slice=(1, 2))
    assert (said["error"], "--num-shards 3" in said["advice"]) == ("ForeignOutputError", True)
    assert "error" not in driver.ask(place, sources=[source], out=out, slice=(1, 3))


def test_a_picture_that_cannot_be_read_counts_once(place: Place) -> None:
    source = write_image_folder(place.root / "images", {"1.jpg": jpeg(31), "2.jpg": jpeg(32)}, {})
    outside = place.root / "outside.jpg"
    (source / "2.jpg").rename(outside)
    (source / "2.jpg").symlink_to(outside)
    with (source / "metadata.jsonl").open("a") as file:
        file.write(json.dumps({"file_name": "gone.jpg", "text": "colours"}) + "\n")
    records = safeguard(place, [source], place.root / "out").summary["records"]
    assert (records["total"], records["allow"], records["hold"]) == (3, 1, 2)


def test_a_risky_source_behind_files_side_by_side_is_held_as_such(place: Place) -> None:
    """Files side by side are one source, so that arguments and sources are not counted alike."""
    place.write_policy(known_risk="hold")
    shards = [write_tar(place.root / "plain" / f"{at}.tar", plain_records(1, first=100 + at)) for at in range(2)]
    risky = write_tar(place.root / "laion-400m" / "0.tar", plain_records(1, first=300))
    summary = safeguard(place, [*shards, risky.parent], place.root / "out").summary
    assert (summary["records"]["allow"], summary["records"]["hold"]) == (2, 1)


def test_files_that_are_no_record_are_counted_by_extension_in_summary_and_card(place: Place) -> None:
    folder = write_tar(place.root / "shards" / "0.tar", {"a": {"txt": b"colours"}}).parent
    for name in ("README.md", "notes.txt", "more.txt", "secret.Name-of-somebody"):
        (folder / name).write_text("about")
    outcome = safeguard(place, [folder], place.root / "out")
    assert outcome.summary["left_out"] == {"files": 4, "kinds": {"md": 1, "other": 1, "txt": 2}}
    card = (place.root / "out" / "card.html").read_text()
    assert "by extension: md 1, other 1, txt 2" in card
    assert "somebody" not in card


def test_media_and_linked_folders_that_nobody_could_read_leave_the_run_incomplete(place: Place) -> None:
    folder = place.root / "pictures"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(jpeg(101))
    (folder / os.fsdecode(b"\xff.jpg")).write_bytes(jpeg(102))
    (folder / "more").symlink_to(place.root)
    outcome = safeguard(place, [folder], place.root / "out")
    assert (outcome.found, outcome.incomplete, outcome.summary["records"]["total"]) == (False, True, 1)
    assert any(sentence.endswith("leads nowhere or to a folder): 2.") for sentence in outcome.summary["not_covered"])


def test_columns_of_text_that_nobody_read_are_counted_in_the_result_and_on_the_card(place: Place) -> None:
    (place.root / "rows").mkdir()
    words = pa.array([["a hill"], None])
    columns = {"text": ["a hill", "a field"], "notes": ["a hill", None], "tags of mine": words, "width": [7, 8]}
    pq.write_table(pa.table(columns), place.root / "rows" / "0.parquet")
    lines = [{"text": "a hill", "remark": "a field", "size": "7"}, {"text": "a hill", "later": {"deep": ["seen"]}}]
    (place.root / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = place.root / "out"
    told = "nobody screened: 4 (--column caption NAME"
    outcome = safeguard(place, [place.root / "rows", place.root / "lines.jsonl"], out)
    assert any(told in one for one in outcome.summary["not_covered"])
    assert told in (out / "card.html").read_text()
    with place.open() as workshop:
        again = decide(out, workshop.equipment(place.policy)).summary["not_covered"]
    assert again == outcome.summary["not_covered"]


def test_where_every_column_of_text_has_a_role_nothing_is_said_of_any(place: Place) -> None:
    source = write_parquet(place.root / "0.parquet", [jpeg(101)], ["a hill"])
    told = safeguard(place, [source], place.root / "out").summary["not_covered"]
    assert not any("no role claims" in one for one in told)


def test_a_table_beside_shards_loses_its_words_and_the_result_says_so(place: Place) -> None:
    folder = write_tar(place.root / "shards" / "0.tar", {"a": {"txt": b"colours"}}).parent
    pq.write_table(pa.table({"key": ["a"], "caption": ["colours"], "width": [9]}), folder / "0.parquet")
    outcome = safeguard(place, [folder], place.root / "out")
    assert pq.read_table(place.root / "out" / "clean" / "0.parquet").column_names == ["key", "width"]
    assert any("tables beside shards" in sentence for sentence in outcome.summary["not_covered"])
