"""A cleaned output is linked only if its inputs say themselves that nothing of them is dropped."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.vectors import tars

from safehold.datasets.sources import discover, is_kept_whole, read


def tar(folder: Path) -> Path:
    return Path(tars.write(folder, tars.plain(3)))


def parquet(folder: Path) -> Path:
    pq.write_table(pa.table({"image": [b"1", b"2", b"3"], "caption": list("abc")}), folder / "a.parquet")
    return folder


def metadata(folder: Path) -> Path:
    pq.write_table(pa.table({"url": list("abc"), "caption": list("abc")}), folder / "a.parquet", row_group_size=1)
    return folder


def pictures(folder: Path) -> Path:
    for name in "abc":
        (folder / f"{name}.jpg").write_bytes(b"picture")
    return folder


def lines(folder: Path) -> Path:
    pictures(folder)
    (folder / "rows.jsonl").write_text("".join(f'{{"image": "{name}.jpg", "text": "cube"}}\n' for name in "abc"))
    return folder / "rows.jsonl"


@pytest.mark.parametrize("make", [tar, parquet, metadata, pictures, lines])
def test_records_that_nobody_told_of_are_noticed(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    mix = discover([str(make(tmp_path))])
    (output,) = mix.outputs
    keys = {record.key for shard in output.shards for record in read(shard)}
    assert len(keys) == 3
    assert is_kept_whole(output, keys.__contains__)
    for key in keys:
        assert not is_kept_whole(output, (keys - {key}).__contains__)


def test_an_archive_behind_the_end_of_another_is_not_kept_whole(tmp_path: Path) -> None:
    (output,) = discover([tars.write(tmp_path, tars.hidden_after_the_end())]).outputs
    assert not is_kept_whole(output, {"00000", "00001"}.__contains__)
