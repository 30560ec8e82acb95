"""Confirmed records leave every kind of source, with all that tells of them, however often it is killed."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.functional.datasets.builders import (
    IS_SOAK,
    LISTED,
    Place,
    jpeg,
    leftovers,
    safeguard,
    write_image_folder,
    write_tar,
)
from tests.functional.datasets.conftest import Driver

from safehold.datasets.errors import ChangedSourceError
from safehold.datasets.purge import purge_source
from safehold.datasets.safeguard import decide
from safehold.vault import Reference, ReferenceKind

PICTURES = {"1.jpg": jpeg(31), "2.jpg": LISTED.by_md5, "3.jpg": jpeg(33)}


def manifest_source(folder: Path) -> Path:
    (folder / "img").mkdir(parents=True)
    for name, data in PICTURES.items():
        (folder / "img" / name).write_bytes(data)
    rows = [json.dumps({"path": f"img/{name}", "caption": "colours"}) for name in PICTURES]
    (folder / "m.jsonl").write_text("\n".join(rows) + "\n")
    return folder / "m.jsonl"


def write_metadata(folder: Path, form: str) -> Path:
    (folder / "metadata.jsonl").unlink()
    path = folder / f"metadata.{form}"
    match form:
        case "jsonl":
            path.write_text("".join(json.dumps({"file_name": name, "text": "x"}) + "\n" for name in PICTURES))
        case "csv":
            path.write_text("file_name,text\n" + "".join(f"{name},x\n" for name in PICTURES))
        case _:
            pq.write_table(pa.table({"file_name": list(PICTURES), "text": ["x"] * 3}), path)
    return path


def names_in(path: Path) -> list[str]:
    match path.suffix:
        case ".jsonl":
            return [json.loads(line)["file_name"] for line in path.read_text().splitlines()]
        case ".csv":
            return [row["file_name"] for row in csv.DictReader(path.read_text().splitlines())]
        case _:
            return pq.read_table(path).column("file_name").to_pylist()  # type: ignore[no-any-return]


def finished(driver: Driver, place: Place, *states: Path) -> set[tuple[bytes, ...]]:
    """Purge, killed before each change (or each third) and at last not at all, and return what the files were."""
    request = {"command": "purge", "out": place.root / "out", "sources": [str(place.root / "source")]}
    seen, number = set(), 1
    while driver.ask(place, **request, die_at_change=number)["killed"]:
        seen.add(tuple(path.read_bytes() for path in states))
        number += 1 if IS_SOAK else 3
    for _ in range(2):
        assert driver.ask(place, **request).get("purged") == 1
    assert number > 3
    assert leftovers(place.root / "source", place.root / "out") == []
    return seen


def test_a_manifest_loses_the_line_and_the_picture_of_a_confirmed_record(place: Place, driver: Driver) -> None:
    source = manifest_source(place.root / "source")
    before = source.read_bytes()
    safeguard(place, [source], place.root / "out")
    seen = finished(driver, place, source)
    after = source.read_bytes()
    assert seen <= {(before,), (after,)}, "old or new, never between"
    assert [json.loads(line)["path"] for line in after.splitlines()] == ["img/1.jpg", "img/3.jpg"]
    assert sorted(path.name for path in (place.root / "source" / "img").iterdir()) == ["1.jpg", "3.jpg"]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_a_folder_loses_the_picture_its_row_and_its_sidecars(place: Place, driver: Driver, form: str) -> None:
    source = write_image_folder(place.root / "source", PICTURES, {})
    metadata = write_metadata(source, form)
    for name in ("2.txt", "3.txt"):
        (source / name).write_text("colours")
    safeguard(place, [source], place.root / "out")
    finished(driver, place, metadata)
    assert names_in(metadata) == ["1.jpg", "3.jpg"]
    assert sorted(path.name for path in source.iterdir()) == ["1.jpg", "3.jpg", "3.txt", metadata.name]


def tar_with_companions(folder: Path) -> Path:
    shard = write_tar(folder / "0.tar", {"a": {"jpg": jpeg(31)}, "b": {"jpg": LISTED.by_md5}, "c": {"jpg": jpeg(33)}})
    rows = {"key": list("abcb"), "url": [f"https://pictures.example/{name}" for name in "abcd"]}
    pq.write_table(pa.table(rows).replace_schema_metadata({"made": "by nobody"}), folder / "0.parquet")
    (folder / "0.idx").write_text("v1.2 3\n")
    (folder / "0_stats.json").write_text('{"count": 3, "successes": 3}')
    return shard


def test_what_stands_beside_a_tar_no_longer_tells_of_a_confirmed_record(place: Place, driver: Driver) -> None:
    source = place.root / "source"
    shard = tar_with_companions(source)
    safeguard(place, [source], place.root / "out")
    seen = finished(driver, place, source / "0.parquet", source / "0.idx")
    rows = pq.read_table(source / "0.parquet")
    assert rows.to_pydict() == {"key": ["a", "c"], "url": ["https://pictures.example/a", "https://pictures.example/c"]}
    assert rows.schema.metadata[b"made"] == b"by nobody"
    assert LISTED.by_md5 not in shard.read_bytes()
    assert [line.split()[-1] for line in (source / "0.idx").read_text().splitlines()] == ["2", "a.jpg", "c.jpg"]
    assert (source / "0_stats.json").read_text() == '{"count": 3, "successes": 3}'
    assert len({rows for rows, _ in seen}) <= 2, "old or new, never between"


def test_what_a_confirmed_record_cannot_be_struck_out_of_is_named(place: Place) -> None:
    source = place.root / "source"
    tar_with_companions(source)
    pq.write_table(pa.table({"number": [1, 2, 3], "url": ["x", "y", "z"]}), source / "0.parquet")
    safeguard(place, [source], place.root / "out")
    with place.open() as workshop:
        reference = Reference(ReferenceKind.COUNSEL, "A-1")
        done = purge_source(place.root / "out", reference=reference, equipment=workshop.equipment(place.policy))
    assert (done.records, done.left) == (1, (str(source / "0.parquet"),))


def test_after_a_purge_a_repetition_takes_out_nothing_more_and_decide_asks_for_no_shard_back(place: Place) -> None:
    source = write_image_folder(place.root / "source", PICTURES, {})
    out = place.root / "out"
    safeguard(place, [source], out)
    with place.open() as workshop:
        equipment = workshop.equipment(place.policy)
        done = [purge_source(out, reference=Reference(ReferenceKind.COUNSEL, "A-1"), equipment=equipment) for _ in "12"]
        assert [(one.records, one.earlier) for one in done] == [(1, 0), (1, 1)]
        with pytest.raises(ChangedSourceError, match="purged") as caught:
            decide(out, equipment)
    assert "back" not in caught.value.advice
