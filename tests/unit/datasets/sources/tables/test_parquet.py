import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from safehold.datasets.sources import Format, Record, ShardError, SourceError, SourceOptions, discover, read, rewrite
from safehold.datasets.sources.errors import UnknownColumnError
from safehold.vocabulary import GapReason

STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
FEATURES = {"huggingface": '{"info": {"features": {"image": {"_type": "Image"}}}}'}


def pictures(count: int) -> pa.Table:
    return pa.table(
        {
            "image": pa.array([{"bytes": b"picture %d" % n, "path": f"{n}.jpg"} for n in range(count)], STRUCT),
            "caption": [f"red cube {n}" for n in range(count)],
            "url": [f"https://pictures.example/{n}" for n in range(count)],
            "width": list(range(count)),
        }
    ).replace_schema_metadata(FEATURES)


def write(folder: Path, table: pa.Table, name: str = "train.parquet", **options: object) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / name, **options)
    return str(folder)


def records_of(folder: Path, table: pa.Table) -> list[Record]:
    return [record for shard in discover([write(folder, table)]).shards for record in read(shard)]


def reasons(record: Record) -> set[GapReason]:
    return {gap.reason for gap in record.gaps}


def test_a_row_with_a_picture_is_a_record(tmp_path: Path) -> None:
    record = records_of(tmp_path, pictures(3))[2]
    assert record.key == "2"
    assert [(member.name, member.extension, bytes(member.data)) for member in record.members] == [
        ("2.jpg", "image", b"picture 2")
    ]
    assert [text.text for text in record.texts] == ["red cube 2"]
    assert record.url == "https://pictures.example/2"
    assert record.gaps == ()


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.list_(pa.binary())])
def test_bytes_are_found_in_every_shape(tmp_path: Path, kind: pa.DataType) -> None:
    cell = [b"one", b"two"] if pa.types.is_list(kind) else b"one"
    record = records_of(tmp_path, pa.table({"anything": pa.array([cell], kind), "text": ["a"]}))[0]
    assert [bytes(member.data) for member in record.members] == (cell if isinstance(cell, list) else [cell])


@pytest.mark.parametrize(
    "column",
    [
        pa.array([b"one"]).dictionary_encode(),
        pa.array([[("a", b"one")]], pa.map_(pa.string(), pa.binary())),
        pa.StructArray.from_arrays([pa.array([b"one"]).dictionary_encode()], ["bytes"]),
        pa.ExtensionArray.from_storage(pa.opaque(pa.binary(), "name", "vendor"), pa.array([b"one"])),
    ],
    ids=["dictionary", "map", "dictionary in a struct", "extension"],
)
def test_bytes_do_not_hide_in_what_wraps_them(tmp_path: Path, column: pa.Array) -> None:
    table = pictures(1).append_column("extra", column)
    assert [bytes(member.data) for member in records_of(tmp_path, table)[0].members] == [b"picture 0", b"one"]


def test_a_column_of_bytes_with_an_unknown_name_is_examined_too(tmp_path: Path) -> None:
    table = pictures(1).append_column("extra", pa.array([b"more"]))
    assert [member.extension for member in records_of(tmp_path, table)[0].members] == ["image", "extra"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (None, GapReason.MISSING),
        ({"bytes": None, "path": "elsewhere.jpg"}, GapReason.MISSING),
        ({"bytes": b"", "path": "a.jpg"}, GapReason.EMPTY),
    ],
)
def test_a_missing_or_empty_cell_is_a_gap(tmp_path: Path, cell: object, reason: GapReason) -> None:
    record = records_of(tmp_path, pa.table({"image": pa.array([cell], STRUCT), "text": ["a"]}))[0]
    assert (reasons(record), record.members) == ({reason}, ())


def test_a_caption_that_is_not_utf_8_is_a_gap_of_its_row_alone(tmp_path: Path) -> None:
    captions = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\4\0\0\0\7\0\0\0"), pa.py_buffer(b"caf\xe9tea")]
    )
    records = records_of(tmp_path, pa.table({"image": [b"1", b"2"], "caption": captions}))
    assert [reasons(record) for record in records] == [{GapReason.NOT_TEXT}, set()]
    assert [text.text for text in records[1].texts] == ["tea"]


def test_row_groups_become_shards_of_one_output_whose_keys_do_not_overlap(tmp_path: Path) -> None:
    mix = discover([write(tmp_path, pictures(20), row_group_size=3)], SourceOptions(shard_rows=7))
    assert [(shard.part, shard.records) for shard in mix.shards] == [("0-1", 6), ("2-3", 6), ("4-5", 6), ("6-6", 2)]
    assert [record.key for shard in mix.shards for record in read(shard)] == [str(n) for n in range(20)]
    assert [(output.name, len(output.shards)) for output in mix.outputs] == [("train.parquet", 4)]


@pytest.mark.parametrize("dropped", [set(), {"0"}, {"3", "4", "5"}, {str(n) for n in range(20)}])
def test_kept_rows_are_what_they_were(tmp_path: Path, dropped: set[str]) -> None:
    table = pictures(20)
    output = discover([write(tmp_path, table, row_group_size=3)], SourceOptions(shard_rows=7)).outputs[0]
    result = rewrite(output, lambda key: key not in dropped, tmp_path / "out")
    found = pq.read_table(tmp_path / "out")
    assert found.schema.equals(table.schema, check_metadata=True)
    assert found.to_pylist() == [row for n, row in enumerate(table.to_pylist()) if str(n) not in dropped]
    assert (result.kept, result.dropped) == (20 - len(dropped), len(dropped))
    assert result.sha256 == hashlib.sha256((tmp_path / "out").read_bytes()).hexdigest()


def test_writing_twice_gives_the_same_bytes_and_media_is_stored_plain(tmp_path: Path) -> None:
    output = discover([write(tmp_path, pictures(9), compression="zstd")]).outputs[0]
    first, second = (rewrite(output, lambda key: key != "4", tmp_path / name) for name in ("one", "two"))
    assert first == second
    with pq.ParquetFile(tmp_path / "one") as parquet:
        group = parquet.metadata.row_group(0)
        columns = {group.column(n).path_in_schema: group.column(n) for n in range(group.num_columns)}
    assert columns["image.bytes"].compression == "UNCOMPRESSED"
    assert not columns["image.bytes"].has_dictionary_page
    assert columns["caption"].compression == "ZSTD"


def test_columns_can_be_named(tmp_path: Path) -> None:
    from safehold.datasets.sources import Fields

    folder = write(tmp_path, pa.table({"pixels": [b"1"], "said": ["red cube"]}))
    mix = discover([folder], SourceOptions(fields=Fields(caption=("said",))))
    assert [text.text for text in next(read(mix.shards[0])).texts] == ["red cube"]
    with pytest.raises(UnknownColumnError, match="no column sayd"):
        discover([folder], SourceOptions(fields=Fields(caption=("sayd",))))


def test_a_table_in_which_nothing_is_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownColumnError, match="none of the columns"):
        discover([write(tmp_path, pa.table({"x": [1]}))])


def test_a_damaged_file_is_a_fault_of_its_shard_and_all_damaged_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, pictures(3))
    (tmp_path / "zzz.parquet").write_bytes((tmp_path / "train.parquet").read_bytes()[:-20])
    shards = discover([folder]).shards
    assert len(list(read(shards[0]))) == 3
    with pytest.raises(ShardError) as error:
        list(read(shards[1]))
    assert error.value.reason is GapReason.UNREADABLE
    (tmp_path / "train.parquet").write_bytes(b"PAR1")
    with pytest.raises(SourceError, match="no Parquet file"):
        discover([folder])


def test_damaged_pages_are_a_fault_of_the_shard(tmp_path: Path) -> None:
    folder = write(tmp_path, pictures(300), compression="zstd")
    data = bytearray((tmp_path / "train.parquet").read_bytes())
    data[4:400] = bytes(396)
    (tmp_path / "train.parquet").write_bytes(data)
    with pytest.raises(ShardError):
        list(read(discover([folder]).shards[0]))


def test_a_table_without_media_is_metadata(tmp_path: Path) -> None:
    mix = discover([write(tmp_path, pa.table({"URL": ["https://a.example"], "TEXT": ["red cube"], "punsafe": [0.5]}))])
    assert mix.shards[0].format is Format.METADATA
    record = next(read(mix.shards[0]))
    assert (record.url, record.labels, record.members) == ("https://a.example", {"punsafe": 0.5}, ())


@pytest.fixture
def counted() -> Iterator[pa.MemoryPool]:
    """Arrow's memory, counted for this test alone."""
    usual, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(pool)
    yield pool
    pa.set_memory_pool(usual)


def repeated(rows: int, size: int, captions: list[str]) -> pa.Table:
    """Few bytes that stand for `rows` times `size`."""
    words = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x y " * (size // 4)]))
    return pa.table({"image": [b"picture"] * rows, "caption": captions, "junk": words})


def test_a_column_that_unpacks_to_gigabytes_is_written_again_in_little_memory(
    tmp_path: Path, counted: pa.MemoryPool
) -> None:
    rows, size = 18_000, 60_000
    table = repeated(rows, size, ["c"] * rows)
    write(tmp_path / "in", table, compression="zstd", store_schema=False, row_group_size=rows)
    del table
    assert (tmp_path / "in" / "train.parquet").stat().st_size < 300_000
    (output,) = discover([str(tmp_path / "in")]).outputs
    written = rewrite(output, lambda key: int(key) % 100 == 7, tmp_path / "out.parquet")
    assert (written.kept, written.dropped) == (rows // 100, rows - rows // 100)
    assert rows * size > 1 << 30
    assert 1 << 20 < counted.max_memory() < 256 << 20


@pytest.mark.long
@pytest.mark.slow
def test_rows_that_are_too_big_to_be_decoded_together_are_a_fault_of_the_shard(
    tmp_path: Path, counted: pa.MemoryPool
) -> None:
    write(tmp_path / "in", repeated(300, 5_000_000, ["c"] * 300), compression="zstd", store_schema=False)
    (output,) = discover([str(tmp_path / "in")]).outputs
    with pytest.raises(ShardError) as error:
        rewrite(output, lambda key: key == "7", tmp_path / "out.parquet")
    assert error.value.reason is GapReason.OVER_LIMIT
    assert not (tmp_path / "out.parquet").exists()
    assert counted.max_memory() < 3 << 30
