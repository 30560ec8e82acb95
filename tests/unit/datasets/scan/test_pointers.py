"""Rows observed by column are what they are observed one by one."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.datasets.scan.child import scan_shard
from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.observation import tabulate
from safehold.datasets.scan.part import decode_part
from safehold.datasets.scan.pointers import is_observed_by_column
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Shard, SourceOptions, discover, read
from safehold.media import Limits

SETTINGS = ScanSettings(Limits(), ())
HEX = "00112233445566778899aabbccddeeff"
DISGUISED = "data:image/png;base64," + "A" * 100
NOTHING = "d41d8cd98f00b204e9800998ecf8427e"
ROW = st.fixed_dictionaries(
    {
        "caption": st.none() | st.sampled_from(["", "a red cube", "\u00fcber", DISGUISED]),
        "title": st.none() | st.just("a title"),
        "url": st.none() | st.sampled_from(["", "https://host.example/1"]),
        "md5": st.none() | st.sampled_from(["", HEX, HEX.upper(), "abc", HEX[:-2] + "zz", NOTHING]),
        "sha1": st.none() | st.sampled_from([b"", b"\x01" * 20, b"short"]),
        "punsafe": st.none() | st.sampled_from([0.0, 0.5, float("nan"), float("inf")]),
        "nsfw": st.none() | st.sampled_from(["NSFW", "unlikely", "0.25", "who knows"]),
        "notes": st.none() | st.sampled_from(["", "as found", DISGUISED]),
        "extra": st.none() | st.sampled_from([[], [1, 2], [*b"GIF89a", *bytes(200)]]),
    }
)
TYPES = {
    "caption": pa.string(),
    "title": pa.large_string(),
    "url": pa.string(),
    "md5": pa.string(),
    "sha1": pa.binary(),
    "punsafe": pa.float64(),
    "nsfw": pa.string(),
    "notes": pa.string(),
    "extra": pa.list_(pa.int64()),
}


def shards_of(folder: Path, table: pa.Table) -> tuple[Shard, ...]:
    pq.write_table(table, folder / "rows.parquet", row_group_size=7)
    options = SourceOptions(metadata_rows=10)
    return discover([str(folder)], options).shards


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in TYPES.items()})


def by_column(shard: Shard) -> pa.Table:
    return decode_part(scan_shard(shard, SETTINGS, announce=lambda _: None))[0].replace_schema_metadata(None)


def row_by_row(shard: Shard) -> pa.Table:
    return tabulate([examine(record, SETTINGS) for record in read(shard)])


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=20))
def test_rows_by_column_equal_rows_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    for shard in shards_of(tmp_path_factory.mktemp("rows"), table_of(rows)):
        assert is_observed_by_column(shard)
        assert by_column(shard).to_pylist() == row_by_row(shard).to_pylist()


def test_text_that_is_no_text_is_a_gap_of_its_row_alone(tmp_path: Path) -> None:
    broken = pa.array([b"fine", b"\xff\xfe", None], pa.binary()).view(pa.string())
    table = pa.table({"caption": broken, "md5": [HEX, HEX, HEX]})
    (shard,) = shards_of(tmp_path, table)
    assert is_observed_by_column(shard)
    seen = by_column(shard)
    assert seen.to_pylist() == row_by_row(shard).to_pylist()
    assert [len(gaps) for gaps in seen.column("gaps").to_pylist()] == [0, 1, 0]


def test_a_table_with_captions_in_lists_is_read_row_by_row(tmp_path: Path) -> None:
    (shard,) = shards_of(tmp_path, pa.table({"captions": [["one", "two"]], "md5": [HEX]}))
    assert not is_observed_by_column(shard)
    assert by_column(shard).column("texts").to_pylist()[0][1]["text"] == "two"


def test_a_row_that_lists_a_hash_is_examined_by_that_algorithm_and_no_other(tmp_path: Path) -> None:
    (shard,) = shards_of(tmp_path, pa.table({"url": ["https://host.example/1"] * 2, "md5": [HEX, None]}))
    assert by_column(shard).column("profile").to_pylist() == ["|md5", "|"]


def test_a_damaged_file_is_a_row_with_a_gap(tmp_path: Path) -> None:
    (shard,) = shards_of(tmp_path, pa.table({"url": ["https://host.example/1"], "md5": [HEX]}))
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 not any more")
    seen = by_column(shard)
    assert seen.column("record").to_pylist() == [""]
    assert len(seen.column("gaps").to_pylist()[0]) == 1
